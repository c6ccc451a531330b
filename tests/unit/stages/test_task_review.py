"""Stage one of the review: each task's change is looked at right after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.review import Lens, Standing, Verdict
from orchestrator.stages.implementation import implement
from orchestrator.stages.task_review import open_objections, open_tasks
from tests.end_to_end.play import (
    TASK_LOOK,
    edit,
    finding,
    implementer,
    say,
    talk,
    task,
    task_reviewer,
    verdict,
    verification,
    verifier,
    work,
)
from tests.end_to_end.project import GREET, OTHER_SOURCE, PART, SHOUT
from tests.unit.stages.house import lives, planned

if TYPE_CHECKING:
    from orchestrator.llm.scenario import Conversation
    from orchestrator.stages.results import Results
    from tests.unit.stages.house import Furnish, House

TWO = (
    task(1, "implementation", "python-pro"),
    task(2, "implementation", "python-pro", files=[OTHER_SOURCE]),
    task(3, "testing", "test-automator", dependencies=[1, 2]),
    task(4, "review", "code-reviewer", dependencies=[3]),
)
OBJECTS = verdict(finding(claim="Blanks are not stripped."), verdict="changes")
BETTER = GREET + SHOUT.replace(".upper()", ".upper().strip()")
AGAIN = "An earlier attempt failed"


def _other() -> Conversation:
    change = edit(OTHER_SOURCE, old=PART, new=PART.replace("Goodbye", "GOODBYE"))
    return implementer(change, work(OTHER_SOURCE), number=2)


def _done(house: House) -> Results:
    return implement(house.context, planned(*TWO))


def _looks(house: House) -> list[tuple[int | None, int, Verdict | None]]:
    reviews = house.journal.record.reviews
    return sorted((one.task_id or 0, one.round, one.verdict) for one in reviews)


def test_look__accepts_each_task(furnish: Furnish) -> None:
    """Every task has an accepting verdict of its own, bound to its own tree, by a reviewer."""
    house = furnish(implementer(), _other(), task_reviewer(times=2))

    results = _done(house)

    assert results.stop is None
    assert _looks(house) == [(1, 1, Verdict.APPROVE), (2, 1, Verdict.APPROVE)]
    assert {one.lens for one in house.journal.record.reviews} == {Lens.TASK}
    assert {one.reviewer for one in house.journal.record.reviews} == {"code-reviewer"}
    assert open_tasks(house.context, results.planned()) == ()


def test_look__at_one_task_is_kept_for_the_looks_at_others(furnish: Furnish) -> None:
    """Whole tasks lie between two looks: what they share is written for an hour, once."""
    house = furnish(implementer(), _other(), task_reviewer(times=2))

    _done(house)

    looks = [body for body in house.model.bodies if "SubmitReview" in str(body["tools"])]
    work = [body for body in house.model.bodies if "SubmitWork" in str(body["tools"])]
    assert [lives(body["system"]) for body in looks] == [{"1h"}] * 2
    assert {life for body in work for life in lives(body)} == {"5m"}


def test_look__objection_is_the_evidence_of_one_fresh_attempt(furnish: Furnish) -> None:
    """What the reviewer showed and a verifier could not refute starts the task afresh."""
    fresh = talk("fresh", edit(new=BETTER), work(), when="Blanks are not stripped.")
    objects = talk("objects", OBJECTS, when=TASK_LOOK, unless=("upper().strip()", OTHER_SOURCE))
    house = furnish(implementer(), _other(), verifier(), objects, task_reviewer(times=2), fresh)

    results = _done(house)

    assert results.stop is None
    assert _looks(house) == [
        (1, 1, Verdict.CHANGES),
        (1, 2, Verdict.APPROVE),
        (2, 1, Verdict.APPROVE),
    ]
    assert house.read("greeter/greet.py") == BETTER
    assert house.journal.record.tasks[1].attempt == 2


def test_look__that_objects_twice_hands_on_what_is_open(furnish: Furnish) -> None:
    """There is never a third attempt: the work stands, and the whole review hears of it."""
    fresh = talk("fresh", edit(), work(), when=AGAIN)
    objects = talk("objects", OBJECTS, when=TASK_LOOK, unless=(OTHER_SOURCE,), times=2)
    house = furnish(implementer(), _other(), verifier(times=2), objects, task_reviewer(), fresh)

    results = _done(house)

    assert results.stop is None
    assert house.journal.record.tasks[1].status is TaskStatus.DONE
    tasks = open_tasks(house.context, results.planned())
    assert [item.id for item in tasks] == [1]
    (objection,) = open_objections(house.context, tasks)
    assert "Blanks are not stripped." in objection


def test_look__refuted_objection_costs_no_attempt(furnish: Furnish) -> None:
    """An objection that does not stand up is no reason to do the work again."""
    objects = talk("objects", OBJECTS, when=TASK_LOOK, unless=(OTHER_SOURCE,))
    house = furnish(
        implementer(), _other(), verifier(verification(holds=False)), objects, task_reviewer()
    )

    _done(house)

    assert _looks(house) == [(1, 1, Verdict.APPROVE), (2, 1, Verdict.APPROVE)]
    assert house.journal.record.tasks[1].attempt == 1
    (refuted,) = (item for one in house.journal.record.reviews for item in one.refuted)
    assert refuted.standing is Standing.REFUTED


def test_look__without_an_answer_accepts_nothing(furnish: Furnish) -> None:
    """A silent reviewer neither stops the work nor accepts it."""
    silent = task_reviewer(say("Fine."), say("Fine, as I said."), times=2)
    house = furnish(implementer(), _other(), silent)

    results = _done(house)

    assert results.stop is None
    assert _looks(house) == [(1, 1, None), (2, 1, None)]
    assert [item.id for item in open_tasks(house.context, results.planned())] == [1, 2]


def test_look__is_skipped_when_the_whole_review_sees_the_same(furnish: Furnish) -> None:
    """One task is not looked at twice for money, and the record says so."""
    house = furnish(implementer())

    results = implement(house.context, planned())

    assert house.journal.record.reviews == ()
    (skipped,) = house.journal.record.skipped_reviews
    assert skipped.task_id == 1
    assert "sees the same diff" in skipped.why
    assert [item.id for item in open_tasks(house.context, results.planned())] == [1]
