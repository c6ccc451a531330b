"""How runs end that are not to do anything."""

from __future__ import annotations

from orchestrator.domain.outcome import Conclusion, Outcome


def busy(issue_number: int, *, who: str) -> Outcome:
    """Return the ending of a run that found another one at work on its issue."""
    return Outcome(
        conclusion=Conclusion.SKIPPED,
        summary=f"Another run is at work on issue #{issue_number}: {who}",
        hint="Wait for it to end; a lock left by a dead run expires after a quarter of an hour.",
    )


def dry() -> Outcome:
    """Return the ending of a dry run."""
    return Outcome(
        conclusion=Conclusion.SKIPPED,
        summary="Dry run: the request, the permissions, the base and the configuration are "
        "in order. No model was asked, no command was run, nothing was pushed or written "
        "on the forge.",
        hint="Run again without the input or option `dry-run`.",
    )
