"""One stage's tasks: in order, side by side, with one fresh second attempt."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Event
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.endings import Exited, Failed, FailureKind, Submitted
from orchestrator.domain.errors import SandboxError
from orchestrator.domain.event import TaskStatus
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.domain.plan import StageName
from orchestrator.domain.requirements import SearchAnswer
from orchestrator.domain.work import ExitStatus, HonestExit, TestsReport, WorkReport
from orchestrator.stages.tasks import Attempted, attempt_all, ended_event
from tests.unit.scheduling.plans import task
from tests.unit.tools.workshop import WORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.plan import Task
    from tests.unit.stages.house import Furnish

LONG_S = 20.0
WORKED = Attempted(result=WorkReport.model_validate(WORK))
EXIT = HonestExit(status=ExitStatus.BLOCKED, reason="No key.", evidence=(), questions=())
STOPPED = Attempted(exit=EXIT)


def _failed(kind: FailureKind = FailureKind.STUCK) -> Attempted:
    return Attempted(failure=Failed(kind=kind, text="It went in circles.", hint="Split it."))


class Attempts:
    """Answers each attempt from a list, and remembers what it was told."""

    def __init__(self, *answers: Attempted) -> None:
        self._answers = list(answers)
        self.told: list[tuple[int, int, str]] = []

    def __call__(self, task: Task, number: int, evidence: str) -> Attempted:
        self.told.append((task.id, number, evidence))
        return self._answers.pop(0)


def test_attempt_all__tries_a_failed_task_once_more(furnish: Furnish) -> None:
    """The second attempt is told what happened in the first, and is on record."""
    house, attempts = furnish(), Attempts(_failed(), WORKED)

    done = attempt_all(house.context, [task(1)], attempts)

    assert attempts.told == [(1, 1, ""), (1, 2, "It went in circles.")]
    assert done.stop is None
    record = house.journal.record.tasks[1]
    assert (record.attempt, record.status) == (2, TaskStatus.DONE)


def test_attempt_all__gives_up_after_two(furnish: Furnish) -> None:
    """There is no third attempt; the run ends with the task's name and the reason."""
    house, attempts = furnish(), Attempts(_failed(), _failed())

    done = attempt_all(house.context, [task(1, title="Greet")], attempts)

    assert done.stop is not None
    assert done.stop.conclusion is Conclusion.FAILURE
    assert done.stop.summary == "Task 1 (Greet, javascript-pro): It went in circles."
    assert house.journal.record.tasks[1].status is TaskStatus.FAILED


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind.ends_run])
def test_attempt_all__does_not_repeat_what_must_fail_again(
    furnish: Furnish, kind: FailureKind
) -> None:
    """No money, no time, no model, no sandbox: a second attempt would only cost."""
    house, attempts = furnish(), Attempts(_failed(kind))

    done = attempt_all(house.context, [task(1)], attempts)

    assert len(attempts.told) == 1
    assert done.stop is not None


def test_attempt_all__takes_an_honest_exit_for_an_answer(furnish: Furnish) -> None:
    """Who says that it cannot be done is not asked again."""
    house, attempts = furnish(), Attempts(STOPPED)

    done = attempt_all(house.context, [task(1)], attempts)

    assert len(attempts.told) == 1
    assert done.stop is not None
    assert done.stop.conclusion is Conclusion.BLOCKED
    assert house.journal.record.tasks[1].status is TaskStatus.STOPPED


def test_attempt_all__sends_back_a_result_that_is_not_good_enough(furnish: Furnish) -> None:
    """A result with a reason to try again is no result."""
    house = furnish()
    poor = Attempted(result=WORKED.result, why_again="Nothing changed.")
    attempts = Attempts(poor, poor)

    done = attempt_all(house.context, [task(1)], attempts)

    assert attempts.told[1] == (1, 2, "Nothing changed.")
    assert done.stop is not None
    assert "Nothing changed." in done.stop.summary


def test_attempt_all__stops_trying_when_cancelled(furnish: Furnish) -> None:
    """Somebody who cancels does not wait for second attempts."""
    house = furnish()
    house.context.cancel.cancel()
    attempts = Attempts(_failed())

    attempt_all(house.context, [task(1)], attempts)

    assert len(attempts.told) == 1


def test_attempt_all__lets_others_end_when_one_s_sandbox_breaks(furnish: Furnish) -> None:
    """What is paid for beside it is kept; the run ends with the reason, and nothing is repeated."""
    house, is_broken = furnish(), Barrier(2)
    kept: list[int] = []

    def attempt(each: Task, number: int, evidence: str) -> Attempted:
        is_broken.wait(10)
        if each.id == 1:
            raise SandboxError("No cell could be made.", hint="Look at the engine.")
        return WORKED

    def integrate(each: Task, attempted: Attempted) -> Attempted:
        kept.append(each.id)
        return attempted

    done = attempt_all(house.context, [task(1), task(2), task(3, 1)], attempt, on_done=integrate)

    assert kept == [2]
    assert not house.context.cancel.is_cancelled
    assert done.stop is not None
    assert done.stop.failure_class is FailureClass.ENVIRONMENT_BROKEN
    assert "No cell could be made." in done.stop.summary
    statuses = {number: each.status for number, each in house.journal.record.tasks.items()}
    assert statuses == {1: TaskStatus.FAILED, 2: TaskStatus.DONE, 3: TaskStatus.SKIPPED}


def test_attempt_all__skips_what_builds_on_a_failure(furnish: Furnish) -> None:
    """Dependents, however far, never start; others do, and the report names why."""
    house, attempts = furnish(), Attempts(STOPPED, WORKED)

    done = attempt_all(house.context, [task(1), task(2, 1), task(3, 2), task(4)], attempts)

    assert set(done.by_task) == {1, 4}
    statuses = {number: each.status for number, each in house.journal.record.tasks.items()}
    assert statuses == {
        1: TaskStatus.STOPPED,
        2: TaskStatus.SKIPPED,
        3: TaskStatus.SKIPPED,
        4: TaskStatus.DONE,
    }
    ended = house.journal.record.tasks[3].ended
    assert ended is not None
    assert ended.summary == "Not started: it needs task 2."


def test_attempt_all__skips_what_builds_on_a_refused_result(furnish: Furnish) -> None:
    """A result that could not be integrated is nothing to build on."""
    house, attempts = furnish(), Attempts(WORKED)

    attempt_all(
        house.context,
        [task(1), task(2, 1)],
        attempts,
        on_done=lambda _task, attempted: replace(attempted, why_again="It does not fit."),
    )

    assert house.journal.record.tasks[2].status is TaskStatus.SKIPPED


def test_attempt_all__integrates_before_dependents_start(furnish: Furnish) -> None:
    """What a task builds on is in place when it begins."""
    house = furnish()
    order: list[str] = []

    def attempt(each: Task, number: int, evidence: str) -> Attempted:
        order.append(f"start {each.id}")
        return WORKED

    def integrate(each: Task, attempted: Attempted) -> Attempted:
        order.append(f"in {each.id}")
        return attempted

    attempt_all(house.context, [task(1), task(2, 1)], attempt, on_done=integrate)

    assert order == ["start 1", "in 1", "start 2", "in 2"]


@pytest.mark.parametrize(("stage", "most"), [("implementation", 3), ("testing", 1)])
def test_attempt_all__keeps_to_the_stage_s_parallelism(
    furnish: Furnish, stage: str, most: int
) -> None:
    """`parallel` and `limits.parallel` bound how many tasks run at the same time."""
    house = furnish()
    running: list[int] = []
    peaks: list[int] = []
    all_there = Event()

    def attempt(each: Task, number: int, evidence: str) -> Attempted:
        running.append(each.id)
        if len(running) >= most:
            all_there.set()
        if most > 1 and each.id <= most:
            all_there.wait(LONG_S)
            # One more would come in now, if it could.
            house.context.cancel.wait(0.1)
        peaks.append(len(running))
        running.remove(each.id)
        return WORKED

    tasks: Sequence[Task] = [task(number, stage=StageName(stage)) for number in range(1, 6)]
    attempt_all(house.context, tasks, attempt)

    assert max(peaks) == most


@pytest.mark.parametrize(
    ("attempted", "summary"),
    [
        (Attempted.of(Submitted(result=WORKED.result or EXIT)), "Added the toggle."),
        (Attempted.of(Exited(exit=EXIT)), "Stopped (blocked): No key."),
        (Attempted.of(_failed().failure or Exited(exit=EXIT)), "It went in circles."),
        (Attempted(result=SearchAnswer(answer="In a.py.", evidence=(), not_found=())), "In a.py."),
        (
            Attempted(result=TestsReport(summary="Two.", tests=(), cannot_test=(), commands=())),
            "Two.",
        ),
        (Attempted(result=WORKED.result, why_again="Vacuous."), "Vacuous."),
        (Attempted(), ""),
    ],
)
def test_attempted__sums_itself_up(attempted: Attempted, summary: str) -> None:
    """Each way of ending has one sentence for people."""
    assert attempted.summary == summary


@pytest.mark.parametrize(("why_again", "is_told"), [("", True), ("They do not fit.", False)])
def test_ended_event__tells_of_tests_only_if_they_are_there(
    why_again: str, *, is_told: bool
) -> None:
    """Reports list every test on record: none that was sent back, or did not fit."""
    report = TestsReport(summary="Two.", tests=(), cannot_test=(), commands=())

    event = ended_event(task(1), Attempted(result=report, why_again=why_again))

    assert (event.tests is not None) is is_told
    assert event.summary == (why_again or "Two.")
