"""What an agent has done so far, in code's own words: for whoever has to go on from there."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from orchestrator.agents import notes
from orchestrator.tools.toolbox import CHANGING, AnswerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.tools.toolbox import Answer

_LATEST: Final = 40
_WORDS: Final = 6_000
_SUBJECT_CHARS: Final = 200
_TRACED_CALLS: Final = 12
_TRACED_WORDS: Final = 1_500


class Deeds:
    """An agent's changed files, latest calls and last words, in all its conversations."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._changed: dict[str, None] = {}
        self._latest: deque[str] = deque(maxlen=_LATEST)
        self._words = ""

    @property
    def changed(self) -> tuple[str, ...]:
        """The files that were changed, each once, in order."""
        return tuple(self._changed)

    @property
    def latest(self) -> tuple[str, ...]:
        """The latest calls, one line each, oldest first."""
        return tuple(self._latest)

    @property
    def words(self) -> str:
        """What the agent said last."""
        return self._words

    @property
    def trace(self) -> str:
        """What a fresh attempt has to know of one that brought no result."""
        latest = self.latest[-_TRACED_CALLS:]
        return notes.left_behind(
            changed=self.changed, latest=latest, words=self._words[-_TRACED_WORDS:]
        )

    def did(self, answers: Sequence[Answer]) -> None:
        """Take in what one turn's calls came to."""
        for answer in answers:
            subject = _one_line(answer.subject)
            what = f"{answer.call.name} {subject}".strip()
            self._latest.append(what if answer.kind is AnswerKind.DONE else f"{what} (failed)")
            if answer.call.name in CHANGING and answer.kind is AnswerKind.DONE:
                self._changed[subject] = None

    def said(self, text: str) -> None:
        """Take in the text of a reply; a reply without text leaves the words before."""
        self._words = text.strip()[:_WORDS] or self._words


def _one_line(text: str) -> str:
    """Keep what an agent wrote from looking like words of the program to the next one."""
    return " ".join(text.split())[:_SUBJECT_CHARS]
