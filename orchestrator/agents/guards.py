"""Notice when an agent goes in circles."""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from orchestrator.tools.toolbox import CHANGING, Answer, AnswerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

SAME_CALL: Final = 3
SAME_ERROR: Final = 3
ALTERNATIONS: Final = 6
INVALID_CALLS: Final = 3
IDLE_TURNS: Final = 8

_DURATION: Final = re.compile(r"\d+(?:\.\d+)?\s?(?:ms|s|sec|secs|seconds)\b")


class LoopGuards:
    """Watches the answers of each turn; counts begin anew after a warning."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._known: set[bytes] = set()
        self._begin()

    def _begin(self) -> None:
        self._calls: Counter[bytes] = Counter()
        self._errors: Counter[bytes] = Counter()
        self._latest: deque[bytes] = deque(maxlen=2 * ALTERNATIONS)
        self._invalid_in_row = 0
        self._idle_turns = 0

    def observe(self, answers: Sequence[Answer]) -> str | None:
        """Take in one turn and return what goes in circles, or `None`.

        A repetition is reported exactly when it reaches its number, then counting begins anew.
        """
        ends = [_digest(_DURATION.sub("", answer.result.text)) for answer in answers]
        circles = [self._circle(*each) for each in zip(answers, ends, strict=True)]
        reasons = [reason for reason in circles if reason is not None]
        is_new = [self._is_progress(*each) for each in zip(answers, ends, strict=True)]
        self._idle_turns = 0 if any(is_new) else self._idle_turns + 1
        if self._idle_turns >= IDLE_TURNS:
            reasons.append(f"nothing changed and nothing new was learned in {IDLE_TURNS} turns")
        if not reasons:
            return None
        self._begin()
        return reasons[0]

    def _circle(self, answer: Answer, end: bytes) -> str | None:
        name = answer.call.name
        call = _digest(name, json.dumps(answer.call.arguments, sort_keys=True))
        same, error = call + end, _digest(name) + end
        if name in CHANGING and answer.kind is AnswerKind.DONE:
            # After a change all may be tried again, but the same change over and over is none.
            self._calls = Counter({same: self._calls[same]})
            self._errors.clear()
        self._latest.append(call)
        self._invalid_in_row = self._invalid_in_row + 1 if answer.kind is AnswerKind.INVALID else 0
        self._calls[same] += 1
        if answer.result.is_error and answer.kind is not AnswerKind.SKIPPED:
            self._errors[error] += 1
        if self._invalid_in_row >= INVALID_CALLS:
            return f"{INVALID_CALLS} calls in a row had wrong parameters"
        if self._calls[same] >= SAME_CALL:
            return f"the same call of {name} gave the same result {SAME_CALL} times"
        if self._errors[error] >= SAME_ERROR:
            return f"{name} failed with the same error {SAME_ERROR} times"
        if self._alternates():
            return f"two calls followed each other {ALTERNATIONS} times"
        return None

    def _alternates(self) -> bool:
        calls = list(self._latest)
        return (
            len(calls) == 2 * ALTERNATIONS
            and len(set(calls[::2])) == 1
            and len(set(calls[1::2])) == 1
            and calls[0] != calls[1]
        )

    def _is_progress(self, answer: Answer, end: bytes) -> bool:
        if answer.kind is not AnswerKind.DONE:
            return False
        seen = _digest(answer.call.name) + end
        is_new = seen not in self._known
        self._known.add(seen)
        return is_new or answer.call.name in CHANGING


def _digest(*parts: str) -> bytes:
    """Return what stands for a text that may be long, for as long as the agent works."""
    return sha256("\n".join(parts).encode(errors="surrogatepass")).digest()
