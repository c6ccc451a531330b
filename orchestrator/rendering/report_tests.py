"""The rows about tests: what each new one proves, and which errors none of them noticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.strength import TestWorth
from orchestrator.rendering.report_lines import current_checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.strength import Mutant, TestVerdict
    from orchestrator.domain.work import NewTest

_WORDS: Mapping[TestWorth, str] = {
    TestWorth.PROVES: "✅ proves the change",
    TestWorth.GUARDS: "✅ guards what was there",
    TestWorth.VACUOUS: "❌ vacuous",
    TestWorth.WRONG_REASON: "❌ fails for another reason",
    TestWorth.NOT_RUN: "❌ was not run",
    TestWorth.RED_ON_BASE: "❌ was red before",
    TestWorth.RED_ON_HEAD: "❌ fails here",
    TestWorth.UNKNOWN: "⚠️ not told apart",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestLine:
    """A new test, what it did on both commits, and what that proves."""

    __test__ = False

    test: NewTest
    base: str
    head: str
    worth: str
    why: str
    """One sentence, as foreign text; empty when nothing is to be said."""


def test_lines(record: RunRecord) -> tuple[TestLine, ...]:
    """Return every new test that a test author reported, with what was seen of it."""
    return tuple(
        _line(record, known.task_id, test)
        for known in record.tasks.values()
        if known.ended and known.ended.tests
        for test in known.ended.tests.tests
    )


def _line(record: RunRecord, task_id: int, test: NewTest) -> TestLine:
    judged = record.verdicts.get(task_id, ())
    verdict = next((one for one in judged if one.id == test.id), None)
    expected = f"expected to {test.expects_on_base}"
    if verdict is None:
        worth, why = "not judged", ""
    else:
        worth, why = _WORDS[verdict.worth], verdict.why
        if verdict.is_dropped:
            worth = f"{worth}, left out"
    return TestLine(
        test=test,
        base=verdict.on_base if verdict is not None and verdict.on_base else expected,
        head=_on_head(record, task_id, test, verdict),
        worth=worth,
        why=why,
    )


def _on_head(record: RunRecord, task_id: int, test: NewTest, verdict: TestVerdict | None) -> str:
    """Return what the test did on the head, and on no older commit."""
    is_current = record.judged_at.get(task_id) == record.head
    if verdict is not None and verdict.on_head and is_current:
        return verdict.on_head
    reports = current_checks(record)
    results = {case.id: case.result for report in reports for case in report.cases or ()}
    if test.id in results:
        return results[test.id]
    if verdict is not None and verdict.is_dropped:
        return "left out"
    return "not seen by name" if reports else "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """What became of the small errors that were put into the changed lines."""

    sentence: str
    survivors: tuple[Mutant, ...]
    is_current: bool
    """Whether they were put into the tree that is published."""


def strength_of(record: RunRecord) -> Strength | None:
    """Return how strong the tests are, `None` when nobody tried."""
    sample = record.mutation
    if sample is None:
        return None
    if not sample.mutants:
        sentence = sample.why_none or "No small error could be put into the changed lines."
    elif not sample.viable:
        tried = (
            "1 small error was"
            if len(sample.mutants) == 1
            else f"{len(sample.mutants)} small errors were"
        )
        sentence = f"{tried} tried, and the tests did not run."
    else:
        sentence = (
            f"{sample.killed} of {sample.viable} small errors put into the changed lines made a "
            "test fail"
        )
        sentence += f" (a sample of {sample.possible})." if sample.possible > sample.viable else "."
        sentence += " Time ran out before the sample was done." if sample.cut_short else ""
    return Strength(
        sentence=sentence,
        survivors=sample.survivors,
        is_current=record.head in {None, sample.commit},
    )
