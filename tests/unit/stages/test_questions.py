"""People are asked once; what they answer holds, and what they leave out goes by its default."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.event import QuestionsAsked
from orchestrator.domain.issue import Actor, Comment, Trigger, TriggerKind
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.domain.requirements import Question
from orchestrator.stages.analysis import write_requirements
from orchestrator.stages.pipeline import run_pipeline
from orchestrator.stages.preflight.order import preflight
from orchestrator.stages.questions import settled, still_open, takes_defaults, text_digest
from orchestrator.stages.results import Results
from tests.end_to_end import project
from tests.end_to_end.play import ANALYSIS, call, planner, requirements, talk
from tests.unit.stages.house import an_issue

if TYPE_CHECKING:
    from orchestrator.domain.json import Json
    from orchestrator.llm.scenario import Conversation
    from tests.unit.stages.house import Furnish

GREEN = "project: {commands: {test: 'echo 1 passed'}}\n"
WHOM: Json = {"text": "Greet groups too?", "default": "no", "changes_if_other": "A list."}
HOW: Json = {"text": "In capitals?", "default": "yes", "changes_if_other": "A mark."}
BOTH = tuple(Question.model_validate(item) for item in (WHOM, HOW))
ASKED = QuestionsAsked(
    asked_by="x", why="", questions=BOTH, text_digest="", at="2026-01-02T03:00:00Z"
)


def _asking(*questions: Json) -> Conversation:
    usual = requirements().tools[0].input
    return talk(
        "analysis",
        call("SubmitRequirements", **{**usual, "questions": list(questions)}),  # type: ignore[arg-type]  # JSON by its name
        when=ANALYSIS,
    )


def _said(body: str, *, at: str = "2026-01-02T04:00:00Z", by: str = "alice") -> Comment:
    return Comment(id=1, author=Actor(login=by), body=body, created_at=at, updated_at=at)


@pytest.mark.parametrize(
    ("body", "answers"),
    [
        ("/orchestrate\n1: yes\n2: no", ("yes", "no")),
        ("/orchestrate 1: yes", ("yes", "")),
        ("1. Yes, please\n\n- 2) a mark!", ("Yes, please", "a mark!")),
        ("Q2 = keep it", ("", "keep it")),
        ("> 1: what was asked\nLooks good to me.", ("", "")),
        ("/orchestrate\n7: what?", ("", "")),
        ("/orchestrate\n1:yes", ("yes", "")),
        ("/orchestrate\n1: yes\n2: …", ("yes", "")),
        ("/orchestrate\n1: ...\n2: no…", ("", "no…")),
        ("1: yes\n2.7 is the oldest version.\n2-3 days are fine.", ("yes", "")),
        ("1. 5 at most\n2 - 3 of them", ("5 at most", "3 of them")),
    ],
)
def test_answers__are_read_by_their_number(body: str, answers: tuple[str, ...]) -> None:
    """People write numbers in many ways; what they quote is no answer."""
    found = settled(ASKED, [_said(body)], takes_defaults=False)

    assert found is not None
    assert tuple(item.text for item in found.answers) == answers
    assert {item.by for item in found.answers if item.text} <= {"alice"}


def test_answers__later_ones_count_and_older_comments_do_not() -> None:
    """What was said before the questions cannot answer them."""
    before = _said("1: old", at="2026-01-02T02:59:59Z")
    comments = [before, _said("1: first"), _said("1: second", by="bob")]

    found = settled(ASKED, comments, takes_defaults=False)

    assert found is not None
    assert (found.answers[0].text, found.answers[0].by) == ("second", "bob")
    assert settled(ASKED, [before], takes_defaults=False) is None


def test_defaults__are_taken_when_somebody_says_so() -> None:
    """One word settles everything without an answer."""
    trigger = Trigger(kind=TriggerKind.COMMENT, issue_number=42, actor=Actor(login="alice"))
    said = replace(trigger, comment=_said("/orchestrate defaults"))

    assert takes_defaults(said, phrase="/orchestrate")
    assert not takes_defaults(said, phrase="/go")
    assert not takes_defaults(trigger, phrase="/orchestrate")
    found = settled(ASKED, [], takes_defaults=True)
    assert found is not None
    assert [item.text for item in found.answers] == ["", ""]


def test_questions__are_gone_when_the_issue_is_edited(furnish: Furnish) -> None:
    """An edited issue may be asked about anew: it is another one."""
    house = furnish()
    asked = ASKED.model_copy(update={"text_digest": text_digest(house.context.scene.issue)})
    house.journal.write(asked)

    assert still_open(house.journal.record, house.context.scene.issue) == asked
    assert still_open(house.journal.record, an_issue(body="Something else.")) is None


def test_run__stops_to_ask_and_spends_nothing_on_work(furnish: Furnish) -> None:
    """Questions stop the run before the plan: label and comment, no branch, no plan."""
    house = furnish(_asking(WHOM, HOW), planner(), settings=GREEN)

    outcome = run_pipeline(house.context, house.publisher(), plan_only=False)

    record = house.journal.record
    assert outcome.conclusion is Conclusion.NEEDS_HUMAN
    assert outcome.failure_class is FailureClass.AMBIGUOUS_REQUIREMENTS
    assert {line.agent for line in record.spend_lines} == {"search-specialist"}
    assert (record.plan, record.pushed, record.pull_request) == (None, None, None)
    comments = list((house.folder / "forge" / "comments" / "42").glob("*.md"))
    assert len(comments) == 1
    text = comments[0].read_text(encoding="utf-8")
    assert "Greet groups too?" in text
    assert "/orchestrate\n1: …\n2: …" in text
    assert house.context.scene.forge.issue(project.NUMBER).labels == ("needs-info",)


def test_run__waits_without_spending_anything(furnish: Furnish) -> None:
    """Started again without an answer, a run says the same and asks no model."""
    house = furnish(_asking(WHOM), settings=GREEN)
    house.journal.write(ASKED)

    stop = preflight(house.context, Results()).stop

    assert stop is not None
    assert stop.failure_class is FailureClass.AMBIGUOUS_REQUIREMENTS
    assert house.journal.record.spend_lines == ()
    assert "answers stopped" in house.looks()


def test_run__asks_nothing_twice(furnish: Furnish) -> None:
    """Once answered, what is still open goes by its default and is told in the report."""
    house = furnish(_asking(HOW), settings=GREEN)
    house.journal.write(ASKED)
    found = settled(ASKED, [_said("1: yes")], takes_defaults=False)
    assert found is not None
    house.journal.write(found)

    results = write_requirements(house.context, Results())

    assert results.stop is None
    assert results.required().questions == ()
    assert [gap.text for gap in results.required().gaps] == ["In capitals?"]
    told = house.told(ANALYSIS)
    assert "Question 1: Greet groups too?" in told
    assert "Answer: yes" in told
    assert "nobody can be asked in this run" in told


def test_defaults__cost_no_second_analysis(furnish: Furnish) -> None:
    """Requirements were written on the defaults: taking these changes nothing in them."""
    house = furnish(_asking(WHOM), settings=GREEN)
    first = write_requirements(house.context, Results())
    spent = len(house.journal.record.spend_lines)
    asked = house.journal.record.asked
    assert asked is not None
    found = settled(asked, [], takes_defaults=True)
    assert found is not None
    house.journal.write(found)

    again = write_requirements(house.context, replace(first, stop=None))

    assert again.stop is None
    assert [gap.text for gap in again.required().gaps] == ["Greet groups too?"]
    assert len(house.journal.record.spend_lines) == spent


def test_questions__can_be_forbidden(furnish: Furnish) -> None:
    """`preflight.questions: 0` never stops: every question goes by its default."""
    house = furnish(_asking(WHOM, HOW), settings=f"{GREEN}preflight: {{questions: 0}}\n")

    results = write_requirements(house.context, Results())

    assert results.stop is None
    assert len(results.required().gaps) == 2


def test_questions__are_no_more_than_allowed(furnish: Furnish) -> None:
    """What is beyond the number goes by its default instead of into a longer list."""
    house = furnish(_asking(WHOM, HOW), settings=f"{GREEN}preflight: {{questions: 1}}\n")

    results = write_requirements(house.context, Results())

    asked = house.journal.record.asked
    assert results.stop is not None
    assert asked is not None
    assert [item.text for item in asked.questions] == ["Greet groups too?"]
    assert [gap.text for gap in results.required().gaps] == ["In capitals?"]
