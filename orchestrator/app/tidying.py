"""What a job leaves on its runner, and what a run that was killed could not do itself.

The runner starts `tidy` in a fresh container after the step, also when that was cancelled or
killed. It knows of the run by the step's state, which the runner hands on in `STATE_…`.
"""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app.places import open_github, open_repository, remote_of
from orchestrator.app.resuming import BOT
from orchestrator.app.sandboxes import CELLS, is_action_container, job_label
from orchestrator.domain.errors import OrchestratorError, SandboxError
from orchestrator.domain.event import RunEnded
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.forge.exchange import Patience
from orchestrator.sandbox.ownership import hand_over
from orchestrator.sandbox.removal import remove_tree
from orchestrator.stages.lease import Owner
from orchestrator.stages.state import StateRef
from orchestrator.telemetry.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.app.desk import Desk
    from orchestrator.domain.event import Event
    from orchestrator.sandbox.repository import RunRepository

COMPANION = "ORCHESTRATOR_COMPANION"
"""Set for the processes of a step that works on several issues."""
RUNS = "orchestrator"
"""The folder of run folders, below the runner's temporary one."""
_JOURNAL = "journal-"
_ENDED = "ended-"
_SUMMED = "summed-"
_PATIENCE = Patience(tries=2, longest_wait_s=15.0)
"""The runner gives the step after a job less than five minutes, for all its issues."""
_KILLED = Outcome(
    conclusion=Conclusion.FAILURE,
    failure_class=FailureClass.CANCELLED,
    summary="The job was cancelled or killed before the run could end.",
    hint="Run the same issue again.",
    exit_code=130,
)


def tidy(desk: Desk) -> int:
    """Put right what a job that was cancelled or killed has left, and return 0.

    Containers and worktrees go; a comment that says the run is at work is corrected; the run's own
    lock on the issue is taken away; what stays belongs to the runner's user. Says nothing, and
    changes nothing, after a run that has ended.
    """
    temp = desk.runner.temp
    if not is_action_container(desk) or temp is None:
        return 0
    from orchestrator.sandbox.lending import remove_siblings

    steps: list[Callable[[], object]] = [partial(_end_for, desk, path) for path in unended(desk)]
    steps += [partial(remove_siblings, job_label(desk)), partial(remove_tree, temp / CELLS)]
    for step in steps:
        # One that fails must not keep the others, of other issues too, from being done.
        try:
            step()
        except OrchestratorError as error:
            desk.console.say(f"Not all is tidy: {error} {error.hint}")
    give_back(desk)
    return 0


def remember_start(desk: Desk, journal: Path, *, issue_number: int) -> None:
    """Let `tidy` know of a run that begins; one step may have several, on different issues."""
    desk.actions.save_state({f"{_JOURNAL}{issue_number}": str(journal)})


def remember_end(desk: Desk, *, issue_number: int) -> None:
    """Let `tidy` know that the run has said itself how it ended."""
    desk.actions.save_state({f"{_ENDED}{issue_number}": "true"})


def remember_summary(desk: Desk, *, issue_number: int) -> None:
    """Let `tidy` know that the job summary tells of the run already."""
    desk.actions.save_state({f"{_SUMMED}{issue_number}": "true"})


def is_summed(desk: Desk, *, issue_number: int) -> bool:
    """Tell whether the run that was cut off could still write its summary."""
    return bool(desk.environment.get(f"STATE_{_SUMMED}{issue_number}"))


def give_back(desk: Desk) -> None:
    """Give the run folders to the runner's user: later steps cannot move what is root's.

    Of several issues in one step the last one's end is waited for: git refuses to fetch from a
    repository that belongs to somebody else.
    """
    temp = desk.runner.temp
    if not is_action_container(desk) or temp is None or not (temp / RUNS).exists():
        return
    if desk.environment.get(COMPANION):
        return
    owner = temp.stat()
    try:
        hand_over(temp / RUNS, owner.st_uid, owner.st_gid)
    except SandboxError as error:
        desk.console.say(f"The run folder stays root's: {error}")


def unended(desk: Desk) -> Iterator[Path]:
    """Yield the journals of runs that did not say themselves how they ended."""
    prefix = f"STATE_{_JOURNAL}"
    for name, value in desk.environment.items():
        if name.startswith(prefix) and Path(value).is_file():
            number = name.removeprefix(prefix)
            if not desk.environment.get(f"STATE_{_ENDED}{number}"):
                yield Path(value)


def _end_for(desk: Desk, path: Path) -> None:
    from orchestrator.rendering.reports import files_of_run
    from orchestrator.rendering.templates import Templates
    from orchestrator.stages.reports import write_reports
    from orchestrator.telemetry.checkpoint import Checkpoint
    from orchestrator.telemetry.replay import read_journal

    with contextlib.closing(Journal(path, clock=desk.clock, redactor=desk.redactor)) as journal:
        if journal.record.started is None:
            return
        if journal.record.outcome is None:
            journal.write(RunEnded(outcome=_KILLED))
        files = write_reports(Templates(), read_journal(path), path.parent)
        if not is_summed(desk, issue_number=journal.record.started.issue_number):
            desk.actions.append_summary(
                files.summary.read_text(encoding="utf-8"),
                files=files_of_run(desk.runner.run_url or ""),
            )
        state = _state(desk, journal, open_repository(path.parent / "repository.git", desk))
        try:
            # The lock keeps a new run away until all is said.
            _publish(desk, journal, state)
        finally:
            content = Checkpoint(read_journal(path)).content()
            if state.free(journal.record.started.run_id, content, head=journal.record.head):
                number = journal.record.started.issue_number
                desk.console.say(f"Issue #{number} is not locked any more.")


def _state(desk: Desk, journal: Journal, repository: RunRepository) -> StateRef:
    started = journal.record.started
    assert started is not None  # noqa: S101 -- looked at by who calls
    return StateRef(
        repository,
        remote_of(started.repository, desk),
        issue_number=started.issue_number,
        owner=Owner(run=started.run_id),
        identity=BOT,
        clock=desk.clock,
    )


def _publish(desk: Desk, journal: Journal, state: StateRef) -> None:
    """Write the last words where the run has written before, and nowhere else."""
    from orchestrator.rendering.templates import Templates
    from orchestrator.stages.publish import Publisher, Target

    record = journal.record
    started, outcome, request = record.started, record.outcome, record.pull_request
    is_ready = request is not None and not request.is_draft
    if started is None or (is_ready and outcome and outcome.conclusion is Conclusion.SUCCESS):
        # All that was judged green is shown so; only its very last words may be missing.
        return

    def say(event: Event) -> None:
        journal.write(event)

    place = open_github(started.repository, desk, say, patience=_PATIENCE)
    target = Target(
        issue_number=started.issue_number,
        branch=started.branch,
        base_branch=started.base_branch,
    )
    comments = place.reader.comments(started.issue_number)
    requests = place.reader.pull_requests(head_branch=started.branch)
    is_request_ours = request is not None and any(
        each.number == request.number for each in requests
    )
    known = record.progress
    if known is not None:
        is_comment_ours = any(each.id == known.comment_id for each in comments)
    else:
        # Killed before it heard of its comment, the run has left its lock all the same.
        marked = any(each.body.startswith(target.marker) for each in comments)
        is_comment_ours = marked and state.is_of(started.run_id)
    if not is_request_ours and not is_comment_ours:
        return
    publisher = Publisher(
        writer=place.writer,
        push=_push_nothing,
        journal=journal,
        target=target,
        templates=Templates(),
    )
    if record.pushed is not None and is_request_ours:
        publisher.take_over(record.pushed.commit)
    publisher.settle(is_ready=False)
    desk.console.say(f"The run was ended from outside; issue #{started.issue_number} says so now.")


def _push_nothing(_branch: str, _commit: str) -> None:
    """Leave the branch where the run has left it."""
