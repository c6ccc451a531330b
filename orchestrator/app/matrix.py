"""The verb `matrix`: issues become the jobs of a workflow, one machine each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.app.places import connect_github
from orchestrator.domain.errors import UsageError
from orchestrator.domain.outcome import Conclusion
from orchestrator.forge.issue_numbers import parse_issue_numbers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from orchestrator.app.desk import Desk

MOST = 256
"""GitHub makes no more jobs from one matrix."""


def matrix(options: argparse.Namespace, desk: Desk) -> int:
    """Print a job matrix for issue numbers, or for a label, and set it as the output `matrix`.

    Raises:
        UsageError: A word is not an issue number, there are both or neither, or too many.
        ForgeError: GitHub was asked and did not answer.
    """
    return show_matrix(desk, options.issues, label=options.label, repository=options.repository)


def show_matrix(
    desk: Desk, words: Sequence[str], *, label: str | None = None, repository: str | None = None
) -> int:
    """Print and set the matrix; without any issue say so, as a matrix of none fails its job."""
    numbers = tuple(sorted(parse_issue_numbers(words)))
    if bool(numbers) == bool(label):
        raise UsageError(
            "There are no issues to make a matrix of."
            if not label
            else "There are issue numbers and a label; it is not clear which issues are meant.",
            hint="Give issue numbers, or a label (--label, the input `label`) for all open issues "
            "that have it.",
        )
    if label:
        numbers = _labelled(desk, label, repository)
    if len(numbers) > MOST:
        raise UsageError(
            f"{len(numbers)} issues are too many: a job matrix has {MOST} jobs at most.",
            hint="Give fewer numbers, or use a label that fewer open issues have.",
        )
    text = json.dumps({"issue": numbers})
    reason = "" if numbers else f"No open issue has the label {label!r}."
    desk.console.say(text)
    if reason:
        desk.console.say(f"Nothing to do: {reason}")
    values = {"matrix": text, "skip-reason": reason}
    if reason:
        values["conclusion"] = Conclusion.SKIPPED.value
    desk.actions.set_outputs(values)
    return 0


def _labelled(desk: Desk, label: str, repository: str | None) -> tuple[int, ...]:
    full_name = repository or desk.runner.repository
    if not full_name:
        raise UsageError(
            "It is not known which repository's issues are meant.",
            hint="Give --repository OWNER/NAME.",
        )

    from orchestrator.forge.github_issues import list_labelled

    return list_labelled(connect_github(full_name, desk, desk.console.say), label)
