"""What the model says in the measured runs, and the files that it reads meanwhile.

A trajectory is so many steps, each one `Read`, and then the work is handed in. A large read is
what one `Read` of ours gives back at most: a size that was not chosen by its result.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from orchestrator.agents.succession import MOST_CONVERSATIONS
from orchestrator.llm.playback import Playback
from orchestrator.llm.scenario import Conversation, Scenario, ScriptedReply
from orchestrator.tools.text import RESULT_CHARS
from tests.end_to_end import play, project
from tests.unit.tools.workshop import WORK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.llm.playback import Cue

_SMALL_LINES = 20
_AGENTS = 32
_CONTINUED = "begun before you"
_AGENT = re.compile(r"Do task \d+|the plan: task \d+, by")


def contents(turns: int, *, large: int = 0, large_chars: int = RESULT_CHARS) -> dict[str, str]:
    """Return the files that so many steps read; so many of them of `large_chars` or more."""
    line = "line {at} of file {turn} says something\n"
    fill = large_chars // len(line) + 1
    return {
        f"f{turn}.txt": "".join(
            line.format(at=at, turn=turn) for at in range(fill if turn < large else _SMALL_LINES)
        )
        for turn in range(turns)
    }


def one_agent(turns: int) -> Scenario:
    """Return a conversation that reads one file in each step and then hands in."""
    replies = (*_reads(turns), ScriptedReply(tools=(play.tool_call("SubmitWork", WORK),)))
    part = Conversation(name="work", times=_AGENTS, replies=replies)
    return Scenario(conversations=(part,))


def whole_pipeline(turns: int) -> Scenario:
    """Return a run in which the implementer takes the steps, the last of them its edit.

    The analyst looks at three files, the tester and every reviewer at the one that is changed.
    """
    look = play.call("Read", file_path=project.SOURCE)
    return play.play(
        play.talk("analysis", *_reads(3), play.requirements(), when=play.ANALYSIS),
        play.planner(),
        play.implementer(*_reads(turns - 1), play.edit(), play.work()).model_copy(
            update={"times": MOST_CONVERSATIONS}
        ),
        play.automator(
            look,
            play.call("Write", file_path=project.TESTS, content=project.TEST_SHOUT),
            play.tests_written(),
        ),
        play.reviewer(look, play.verdict(), times=_AGENTS),
    )


def _reads(turns: int) -> tuple[ScriptedReply, ...]:
    return tuple(
        ScriptedReply(
            text=f"I look at part {turn}.",
            tools=(play.tool_call("Read", {"file_path": f"f{turn}.txt"}),),
        )
        for turn in range(turns)
    )


class Continued(Playback):
    """Goes on where an agent's conversation was, when that had grown too long for one."""

    def __init__(self, scenario: Scenario) -> None:
        """Begin with nobody under way."""
        super().__init__(scenario)
        self._done: dict[str, int] = {}
        self._begun_at: dict[str, int] = {}

    def cue(self, body: Mapping[str, Json]) -> Cue:
        """Return the reply to a request; see `Playback`."""
        messages = cast("Sequence[JsonObject]", body["messages"])
        blocks = cast("Sequence[JsonObject]", messages[0]["content"])
        first = "\n".join(str(block["text"]) for block in blocks)
        found = _AGENT.search(first)
        if found is None:
            return super().cue(body)
        agent, index = found[0], (len(messages) - 1) // 2
        said = index
        if _CONTINUED in first:
            # The last reply of the conversation before was not heeded any more.
            said += self._begun_at.setdefault(first, self._done[agent])
        self._done[agent] = said
        turn: JsonObject = {"role": "assistant", "content": []}
        asked: list[Json] = [messages[0], *[turn] * said, *messages[-1:]]
        return replace(super().cue({**body, "messages": asked}), index=index)

    def left(self) -> tuple[str, ...]:
        """Return every reply that nobody has asked for, however often its part may be played."""
        return tuple(
            f"reply {index} of {part.name!r}"
            for at, part in enumerate(self._scenario.conversations)
            for index in range(len(part.replies))
            if (at, index) not in self._asked
        )
