"""The verb `withdraw`, and what a push to a branch of ours sets off: no model, no checkout."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app.places import known_forge, open_folder, open_github, open_repository
from orchestrator.app.resuming import BOT, is_alive, owner_here
from orchestrator.config.inputs import NO_INPUTS
from orchestrator.domain.errors import UsageError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import Conclusion
from orchestrator.forge.issue_numbers import parse_issue_number
from orchestrator.rendering.templates import Templates
from orchestrator.stages.state import StateRef
from orchestrator.stages.withdrawal import Withdrawer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from orchestrator.app.desk import Desk
    from orchestrator.app.places import Place
    from orchestrator.domain.event import Event
    from orchestrator.forge.asked import Pushed
    from orchestrator.stages.withdrawal import Withdrawal


def answer_push(desk: Desk, pushed: Pushed, *, phrase: str, dry_run: bool) -> int:
    """Look at a branch that somebody has pushed to; a request that is ready no longer is told.

    The step starts no run, whatever it finds, so it always ends as skipped.

    Raises:
        OrchestratorError: It could not be looked at, or the request could not be made a draft.
    """
    if not desk.runner.repository:
        raise UsageError(
            "The runner did not say which repository was pushed to.",
            hint="Set GITHUB_REPOSITORY, as GitHub Actions does.",
        )
    place = open_github(desk.runner.repository, desk, _speaker(desk))
    found = _look(
        desk, place, pushed.branch, number=pushed.issue_number, phrase=phrase, dry_run=dry_run
    )
    desk.console.say(f"No run is started: {found.text}")
    outputs = {"conclusion": Conclusion.SKIPPED.value, "skip-reason": found.text}
    if found.request is not None:
        outputs["pull-request-number"] = str(found.request.number)
        outputs["pull-request-url"] = found.request.url
        desk.actions.append_summary(f"## Ready no longer\n\n{found.text}\n\n{found.request.url}")
    desk.actions.set_outputs(outputs)
    return Conclusion.SKIPPED.exit_code


def withdraw(options: argparse.Namespace, desk: Desk) -> int:
    """Look at the branch of an issue, as a push to it would, and say what came of it.

    Raises:
        UsageError: It is not known where to look.
        OrchestratorError: As for `answer_push`.
    """
    number = parse_issue_number(options.issue)
    place = _place(options, desk)
    branch = f"{NO_INPUTS.branch_prefix}issue-{number}"
    phrase = NO_INPUTS.trigger_phrase
    found = _look(desk, place, branch, number=number, phrase=phrase, dry_run=options.dry_run)
    desk.console.say(found.text)
    return 0


def _place(options: argparse.Namespace, desk: Desk) -> Place:
    if options.forge is not None:
        folder = known_forge(options.forge)
        return open_folder(folder, desk, full_name=f"local/{folder.resolve().name}")[0]
    full_name = options.repository or desk.runner.repository
    if not full_name:
        raise UsageError(
            "It is not known which repository the pull request is in.",
            hint="Give --repository OWNER/NAME, or --forge DIR.",
        )
    return open_github(full_name, desk, _speaker(desk))


def _look(
    desk: Desk, place: Place, branch: str, *, number: int, phrase: str, dry_run: bool
) -> Withdrawal:
    ref = f"refs/heads/{branch}"
    with tempfile.TemporaryDirectory(prefix="orchestrator-") as folder:
        repository = open_repository(Path(folder) / "repository.git", desk)
        state = StateRef(
            repository,
            place.remote,
            issue_number=number,
            owner=owner_here(desk, run="withdraw"),
            identity=BOT,
            clock=desk.clock,
        )
        return Withdrawer(
            state=state,
            reader=place.reader,
            writer=place.writer,
            templates=Templates(),
            there=lambda: repository.remote_refs(place.remote, ref).get(ref),
            is_alive=is_alive,
            say=desk.console.say,
            phrase=phrase,
        ).look(branch, issue_number=number, dry_run=dry_run)


def _speaker(desk: Desk) -> Callable[[Event], None]:
    def say(event: Event) -> None:
        if isinstance(event, Noted):
            desk.console.say(f"note: {event.text}")

    return say
