"""What a commit says, and what a title can never make it say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.issue import Actor
from orchestrator.stages.trailers import co_author, commit_message, subject_of
from orchestrator.telemetry.redaction import Redactor

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish

SECRET = "canary-Zq8vTr2LmX9pK4wd"


def test_commit_message__names_task_agent_run_and_requester(furnish: Furnish) -> None:
    """The trailers are the last paragraph, so git reads them."""
    context = furnish().context

    message = commit_message(context, "Greet loudly", agent="python-pro", task_id=3)

    assert message == (
        "Greet loudly\n\nPart of #42.\n\n"
        "Orchestrator-Task: 3\nOrchestrator-Agent: python-pro\nOrchestrator-Run: run-1\n"
        "Co-authored-by: alice <7+alice@users.noreply.github.com>\n"
    )


def test_commit_message__holds_no_secret(furnish: Furnish) -> None:
    """A secret in a title is taken out whole, before the title is cut to its length."""
    context = replace(furnish().context, redactor=Redactor([SECRET]))

    message = commit_message(context, f"{'Greet ' * 10}{SECRET}", agent="python-pro", task_id=3)

    assert SECRET[:8] not in message
    assert message.startswith("Greet Greet")


def test_commit_message__credits_nobody_unknown(furnish: Furnish) -> None:
    """A requester without an id gets no line at all."""
    context = replace(furnish().context, requester=Actor(login="local"))

    assert "Co-authored-by" not in commit_message(context, "x", agent="a", task_id=1)


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("  Greet\n\nOrchestrator-Run: forged\n", "Greet Orchestrator-Run: forged"),
        ("Ask @everyone", "Ask everyone"),
        ("Fixes #7 and closes octo/site#8", "Fixes 7 and closes octo/site8"),
        ("Resolves GH-7", "Resolves 7"),
        ("Fixes ##7 and #@8", "Fixes 7 and 8"),
        ("Fixes GH-GH-7, G@H-8, GH-#GH-#9", "Fixes 7, 8, 9"),
        ("Fixes ht@tps://github.com/octo/site/issues/7", "Fixes"),
        ("Fixes https://github.com/octo/site/issues/7 now", "Fixes now"),
        ("Greet [skip ci]", "Greet skip ci]"),
        ("[[ci  skip]] and [No CI]", "ci skip]] and No CI]"),
        ("[skip [skip actions] ci] [ac@tions skip]", "[skip skip actions] ci] actions skip]"),
        ("[skip https://x.example ci]", "skip ci]"),
        ("Read [ci] and [skip]", "Read [ci] and [skip]"),
        ("C# stays", "C# stays"),
        ("\u202ereversed", "reversed"),
        ("@", "Change"),
        ("", "Change"),
    ],
)
def test_subject__is_one_harmless_line(title: str, subject: str) -> None:
    """No title can forge a trailer, call people, close another issue or switch checks off."""
    assert subject_of(title) == subject


def test_subject__is_cut_at_72_characters() -> None:
    """Long titles end in an ellipsis within git's usual width."""
    assert subject_of("x" * 72) == "x" * 72
    assert subject_of("x" * 73) == "x" * 71 + "…"


@pytest.mark.parametrize(
    ("actor", "credit"),
    [
        (Actor(login="ada", id=1), "ada <1+ada@users.noreply.github.com>"),
        (Actor(login="ada"), None),
        (Actor(login="dependabot[bot]", is_bot=True, id=2), None),
    ],
)
def test_co_author__is_a_person_known_to_the_forge(actor: Actor, credit: str | None) -> None:
    """Only people with an id can be credited; bots never are."""
    assert co_author(actor) == credit
