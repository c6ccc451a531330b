"""Scenarios: what may be written, and how a play is followed and checked at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from orchestrator.domain.errors import ConfigError, ModelRejectedError
from orchestrator.llm.playback import Playback
from orchestrator.llm.scenario import Scenario
from orchestrator.llm.scripted import ScriptedModel
from orchestrator.llm.translate import wire_body
from tests.unit.llm.builders import answered, request, user

if TYPE_CHECKING:
    from orchestrator.domain.json import Json


def play(*conversations: Json) -> Scenario:
    """Return a scenario of these conversations."""
    return Scenario.parse({"conversations": list(conversations)}, source="a test")


def one(name: str, *contains: str, times: int = 1, without: str = "") -> Json:
    """Return a conversation of two replies that tell its name."""
    return {
        "name": name,
        "when": {"contains": list(contains), "not_contains": [without] if without else []},
        "times": times,
        "replies": [{"text": f"{name} 1"}, {"text": f"{name} 2"}],
    }


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "the document"),
        ({"conversations": []}, "conversations"),
        ({"conversations": [{"name": "a", "replies": []}]}, "conversations.0.replies"),
        ({"conversations": [{"name": "a", "replys": [{}]}]}, "conversations.0.replys"),
        ({"conversations": [{"name": "a", "times": 0, "replies": [{}]}]}, "conversations.0.times"),
        (
            {"conversations": [{"name": "a", "replies": [{"text": "x", "raw_blocks": [{}]}]}]},
            "`raw_blocks` stands alone",
        ),
        (
            {"conversations": [{"name": "a", "replies": [{"truncated": True}]}]},
            "`truncated` needs `tools`",
        ),
    ],
)
def test_parse__names_every_wrong_place(document: Json, place: str) -> None:
    """A scenario that cannot be played says where it is wrong and in which file."""
    with pytest.raises(ConfigError) as caught:
        Scenario.parse(document, source="dark-mode.yml")

    assert place in str(caught.value)
    assert "'dark-mode.yml'" in str(caught.value)
    assert caught.value.hint


def test_conversation__is_the_first_free_one_that_fits() -> None:
    """Conversations are claimed in their order, each by as many beginnings as it stands for."""
    model = ScriptedModel(play(one("a", "task", times=2), one("b", "task")))

    texts = [model.reply(request(user("x", f"task {n}"))).text for n in (1, 2, 3)]

    assert texts == ["a 1", "a 1", "b 1"]


def test_conversation__stays_with_its_first_message() -> None:
    """A retry or a resumed run meets the conversation it had, even when it is taken."""
    model = ScriptedModel(play(one("a", "task"), one("b", "task")))

    texts = [model.reply(request(user("x", f"task {n}"))).text for n in (1, 2, 1, 2, 1)]

    assert texts == ["a 1", "b 1", "a 1", "b 1", "a 1"]


def test_when__needs_all_wanted_words_and_no_unwanted_one() -> None:
    """The words may stand in any block of the first message."""
    model = ScriptedModel(play(one("a", "brief", "task", without="again"), one("b", "task")))

    first = model.reply(request(user("the brief", "the task, again")))
    second = model.reply(request(user("the brief", "the task")))

    assert (first.text, second.text) == ("b 1", "a 1")


def test_when__looks_at_the_first_message_alone() -> None:
    """What tools answer later cannot lead into another conversation."""
    model = ScriptedModel(play(one("a", "task"), one("b", "surprise")))
    asked = request(user("x", "task"))

    second = model.reply(answered(asked, model.reply(asked), "surprise"))

    assert second.text == "a 2"


def test_unused__lists_what_was_not_played() -> None:
    """A story that was only told in part says which parts are left, in order."""
    model = ScriptedModel(play(one("a", "task", times=2), one("b", "other")))
    model.reply(request(user("x", "task")))

    assert model.unused() == (
        "conversation 'a' was begun 1 of 2 times",
        "reply 1 of conversation 'a' was never asked for",
        "conversation 'b' was begun 0 of 1 times",
    )


def test_unused__is_empty_after_the_whole_play() -> None:
    """A story told to its end leaves nothing."""
    model = ScriptedModel(play(one("a")))
    asked = request()
    model.reply(answered(asked, model.reply(asked)))

    assert model.unused() == ()


def test_playback__remembers_unexpected_requests() -> None:
    """What the scenario had no answer for can be told at the end, too."""
    playback = Playback(play(one("a", "task")))

    with pytest.raises(ModelRejectedError):
        playback.cue(wire_body(request(user("something else"))))

    assert "something else" in playback.unexpected()[0]
    assert "'a' (waits for 'task')" in playback.unexpected()[0]


def test_playback__takes_plain_string_content() -> None:
    """The wire allows a string for a single text; it is read like a text block."""
    body: dict[str, Json] = {"messages": [{"role": "user", "content": "the task"}]}

    cue = Playback(play(one("a", "task"))).cue(body)

    assert cue.reply.text == "a 1"


def test_playback__knows_a_conversation_without_its_markers() -> None:
    """Cache markers move; the conversation is the same."""
    playback = Playback(play(one("a"), one("b")))
    body = wire_body(request())
    unmarked_body: Json = {
        "messages": [{"role": "user", "content": list(request().messages[0].blocks)}]
    }

    first = playback.cue(body)
    again = playback.cue(cast("dict[str, Json]", unmarked_body))

    assert first.conversation == again.conversation == "a"
