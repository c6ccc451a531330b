"""Noticing circles: at exactly the right repetition, once."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from orchestrator.agents.guards import IDLE_TURNS, LoopGuards
from orchestrator.domain.message import ToolCall, ToolResult
from orchestrator.tools.toolbox import Answer, AnswerKind

if TYPE_CHECKING:
    from orchestrator.domain.json import Json

_IDS = count()


def answer(
    name: str, text: str = "ok", kind: AnswerKind = AnswerKind.DONE, **arguments: Json
) -> Answer:
    """Return an answered call."""
    call = ToolCall(id=f"call_{next(_IDS)}", name=name, arguments=arguments)
    result = ToolResult(call_id=call.id, text=text, is_error=kind is not AnswerKind.DONE)
    return Answer(call=call, kind=kind, result=result, subject="", duration_s=0.0)


def observed(*turns: list[Answer]) -> list[str | None]:
    """Return what the guards say after each turn."""
    guards = LoopGuards()
    return [guards.observe(turn) for turn in turns]


def test_guards__same_call_with_same_result_fires_at_the_third() -> None:
    """Twice is a check, three times is a circle; then counting begins anew."""
    said = observed(*[[answer("Bash", "1 failed", command="make test")] for _ in range(5)])

    assert said == [None, None, "the same call of Bash gave the same result 3 times", None, None]


def test_guards__durations_do_not_hide_a_repetition() -> None:
    """A test log that differs in its time only is the same log."""
    said = observed(
        *[[answer("Bash", f"1 failed in {n}.{n}2s", command="pytest")] for n in range(3)]
    )

    assert said[2] is not None


def test_guards__same_call_with_other_results_is_progress() -> None:
    """Running the tests again after a change is how work is done."""
    said = observed(*[[answer("Bash", f"{n} failed", command="pytest")] for n in range(6)])

    assert said == [None] * 6


def test_guards__changed_file_starts_the_count_again() -> None:
    """Edit, test, edit, test is a loop of work, not a circle."""
    turns = [
        [answer("Edit", f"changed {n}", old_string=str(n)), answer("Bash", "1 failed", command="t")]
        for n in range(8)
    ]

    assert observed(*turns) == [None] * 8


def test_guards__same_change_over_and_over_fires_at_the_third() -> None:
    """Writing what is there already is no work, whatever is looked at in between."""
    turns = [
        [answer("Write", "written", content="same"), answer("Read", f"line {n}", offset=n)]
        for n in range(3)
    ]

    said = observed(*turns)

    assert said == [None, None, "the same call of Write gave the same result 3 times"]


def test_guards__same_change_after_another_one_is_work() -> None:
    """Going back to an earlier text once or twice is how things are tried."""
    turns = [[answer("Write", "written", content=text)] for text in ("a", "b", "a", "c", "a")]

    assert observed(*turns) == [None] * 5


def test_guards__same_error_of_different_calls_fires_at_the_third() -> None:
    """Guessing paths one after the other is a circle, too."""
    said = observed(
        *[[answer("Edit", "not found", AnswerKind.FAILED, old_string=str(n))] for n in range(3)]
    )

    assert said[-1] == "Edit failed with the same error 3 times"


def test_guards__three_invalid_calls_in_a_row() -> None:
    """A model that cannot shape its calls is told so."""
    said = observed(*[[answer("Edit", f"wrong {n}", AnswerKind.INVALID, x=n)] for n in range(3)])

    assert said[-1] == "3 calls in a row had wrong parameters"


def test_guards__valid_call_ends_the_row() -> None:
    """Slips apart from each other are ordinary."""
    turns = [
        [answer("Edit", f"wrong {n}", AnswerKind.INVALID, x=n), answer("Read", f"text {n}", x=n)]
        for n in range(4)
    ]

    assert observed(*turns) == [None] * 4


def test_guards__alternating_pair_fires_at_the_sixth() -> None:
    """Edit and revert, over and over, is seen although each changes the file."""
    pair = [
        lambda: answer("Edit", "changed", old_string="a", new_string="b"),
        lambda: answer("Edit", "changed back", old_string="b", new_string="a"),
    ]
    said = observed(*[[pair[n % 2]()] for n in range(12)])

    assert said == [None] * 11 + ["two calls followed each other 6 times"]


def test_guards__turns_without_news_add_up() -> None:
    """Reading what is known and changing nothing is standing still."""
    first = [answer("Read", f"text {n}", path=n) for n in range(IDLE_TURNS)]
    again = [[answer("Read", f"text {n}", path=n + 100)] for n in range(IDLE_TURNS)]

    said = observed(first, *again)

    assert said == [None] * IDLE_TURNS + [
        f"nothing changed and nothing new was learned in {IDLE_TURNS} turns"
    ]


def test_guards__skipped_calls_are_nobodys_error() -> None:
    """What we did not run is not held against the agent."""
    said = observed(
        *[[answer("Bash", "Not run", AnswerKind.SKIPPED, command=str(n))] for n in range(4)]
    )

    assert said == [None] * 4
