"""One question to the forge: what is asked, what came back, and how long to keep trying.

Answers and failures are values here, so that retrying, falling back and translating into
errors are three separate decisions.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.json import Json
    from orchestrator.telemetry.clock import Clock

_WRITES_PER_MINUTE = 60
"""GitHub allows about 80 content writes a minute (its secondary limit)."""
_MINUTE_S = 60.0
_TOO_QUICK = "was submitted too quickly"
"""How GitHub refuses, with 422, what one account creates too much of in a short time."""
_LIMITED = ("rate limit", "abuse detection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What we are about to ask, in the words an error uses."""

    doing: str
    """Completes "GitHub refused to …"."""
    needs: tuple[str, ...] = ()
    """Keys of the workflow's `permissions:` block that must be `write` for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The forge did what was asked."""

    body: Json
    has_next: bool = False
    """Whether a list goes on on the next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The forge did not do what was asked, or did not say; `status` is `None` without an answer."""

    status: int | None
    message: str
    details: tuple[str, ...] = ()
    retry_after_s: float | None = None
    is_exhausted: bool = False
    """Whether the hourly allowance of the token is used up."""

    @property
    def words(self) -> str:
        """Message and details as one text."""
        return " ".join((self.message, *self.details))

    @property
    def may_have_happened(self) -> bool:
        """Whether the request may have been carried out in spite of this answer."""
        return self.status is None or self.status >= 500  # noqa: PLR2004 -- HTTP's server errors

    @property
    def is_throttled(self) -> bool:
        """Whether the forge put the request off instead of judging it."""
        said = self.words.lower()
        return (
            self.status == 429  # noqa: PLR2004 -- HTTP's "too many requests"
            or _TOO_QUICK in said
            or (
                self.status == 403  # noqa: PLR2004 -- GitHub's other way to say so
                and (
                    self.retry_after_s is not None
                    or self.is_exhausted
                    or any(words in said for words in _LIMITED)
                )
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long to try again.

    Source: GitHub asks to wait `retry-after` seconds, or a minute where it names none.
    """

    tries: int = 4
    first_pause_s: float = 1.0
    longest_wait_s: float = 90.0

    def pause_s(self, failure: Failure, *, tries_done: int) -> float | None:
        """Return the seconds to wait before the next try, or `None` to give up."""
        if tries_done >= self.tries:
            return None
        if failure.is_throttled:
            asked_s = _MINUTE_S if failure.retry_after_s is None else failure.retry_after_s
            return asked_s if asked_s <= self.longest_wait_s else None
        if failure.may_have_happened:
            own_s = self.first_pause_s * float(2 ** (tries_done - 1))
            return min(max(own_s, failure.retry_after_s or 0.0), self.longest_wait_s)
        return None


@dataclass(slots=True, kw_only=True)
class Pace:
    """Keeps writes below the forge's secondary limit; short bursts are free."""

    clock: Clock
    writes_per_minute: int = _WRITES_PER_MINUTE
    _writes: deque[float] = field(default_factory=deque)

    def before_write(self) -> None:
        """Wait until one more write fits into the last minute, and count it."""
        now = self.clock.monotonic()
        while self._writes and now - self._writes[0] >= _MINUTE_S:
            self._writes.popleft()
        if len(self._writes) >= self.writes_per_minute:
            self.clock.sleep(_MINUTE_S - (now - self._writes[0]))
            self._writes.popleft()
        self._writes.append(self.clock.monotonic())


def persist(
    ask: Callable[[], Answer | Failure],
    *,
    patience: Patience,
    clock: Clock,
    look: Callable[[], Answer | None] | None = None,
) -> Answer | Failure:
    """Ask until there is an answer or patience ends.

    Args:
        ask: One try.
        patience: When to stop.
        clock: What waits.
        look: For requests that must not happen twice: whether the last try happened after all.
            Only one that it did not find is repeated, or one that was certainly not carried out.
    """
    tries_done = 0
    while True:
        result = ask()
        if isinstance(result, Answer):
            return result
        tries_done += 1
        pause_s = patience.pause_s(result, tries_done=tries_done)
        if pause_s is not None:
            clock.sleep(pause_s)
        if result.may_have_happened and look is not None:
            found = look()
            if found is not None:
                return found
        if pause_s is None:
            return result
