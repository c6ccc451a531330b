"""Threads, and everything that other rooms need to live with them."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

T = TypeVar("T")
_WAKE_S = 0.2
"""How often a waiting thread looks up, so that an interrupt is never far away."""


class CancelToken:
    """Tells workers to stop at their next safe point; once set it stays set."""

    def __init__(self) -> None:
        """Begin unset."""
        self._event = threading.Event()

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask everybody who looks at this token to stop."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait at most that long and tell whether to stop."""
        return self._event.wait(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending(Generic[T]):
    """How a call in another thread ended: with values, or with an error."""

    key: int
    values: tuple[T, ...] = ()
    error: BaseException | None = None

    def value(self) -> T:
        """Return the call's value, or raise its error here."""
        if self.error is not None:
            raise self.error
        return self.values[0]


class Catching(AbstractContextManager["Catching"]):
    """Keeps what a block raised, interrupts aside, for the thread that waits for it."""

    error: BaseException | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.error = error
        return error is None or isinstance(error, Exception)


class Crew(Generic[T]):
    """Starts calls in threads and collects their endings, one at a time.

    The threads are daemons: a process that is told to stop does not wait for them.
    """

    def __init__(self, name: str, *, wake_s: float = _WAKE_S) -> None:
        """Begin with nobody at work; who waits looks up every `wake_s`."""
        self._name = name
        self._wake_s = wake_s
        self._endings: SimpleQueue[Ending[T]] = SimpleQueue()
        self._busy = 0

    @property
    def busy(self) -> int:
        """How many calls were started whose endings were not collected yet."""
        return self._busy

    def start(self, key: int, call: Callable[[], T]) -> None:
        """Start a call in a thread of its own; its ending will carry the key."""
        threading.Thread(
            target=self._work, args=(key, call), name=f"{self._name}-{key}", daemon=True
        ).start()
        # Nobody waits for a call that this machine had no thread for.
        self._busy += 1

    def next_ending(self) -> Ending[T]:
        """Wait for the next call to end; an interrupt of the main thread gets through."""
        while True:
            try:
                ending = self._endings.get(timeout=self._wake_s)
            except Empty:
                continue
            self._busy -= 1
            return ending

    def _work(self, key: int, call: Callable[[], T]) -> None:
        self._endings.put(_made(key, call))


class Ahead(Generic[T]):
    """A call that is made beside other work; whoever needs its value waits for it then."""

    def __init__(self, call: Callable[[], T]) -> None:
        """Make the call, in a thread that nobody has to wait for."""
        self._crew: Crew[T] = Crew("ahead")
        self._crew.start(0, call)

    def value(self) -> T:
        """Return the call's value, or raise its error here; once."""
        return self._crew.next_ending().value()


def _made(key: int, call: Callable[[], T]) -> Ending[T]:
    values: tuple[T, ...] = ()
    with Catching() as caught:
        values = (call(),)
    return Ending(key=key, values=values, error=caught.error)


def map_parallel(calls: Sequence[Callable[[], T]], limit: int) -> tuple[T, ...]:
    """Make independent calls, at most `limit` at once, and return their values in order.

    All calls are made to the end; then the error of the first one that failed is raised.
    One call, or a limit of one, needs no thread.
    """
    endings: dict[int, Ending[T]] = {}
    if len(calls) <= 1 or limit <= 1:
        endings = {key: _made(key, call) for key, call in enumerate(calls)}
    crew: Crew[T] = Crew("call")
    started = 0
    while len(endings) < len(calls):
        while started < len(calls) and started - len(endings) < limit:
            crew.start(started, calls[started])
            started += 1
        ending = crew.next_ending()
        endings[ending.key] = ending
    return tuple(endings[key].value() for key in range(len(calls)))


class InOrder:
    """Makes calls in the background, each after the one before it has ended."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._latest: threading.Event | None = None

    def __call__(self, call: Callable[[], T]) -> Callable[[], T]:
        """Start a call and return how to wait for it, once: its error is raised there."""
        before, over = self._latest, threading.Event()
        self._latest = over

        def work() -> T:
            if before is not None:
                before.wait()
            try:
                return call()
            finally:
                over.set()

        return Ahead(work).value


def lock() -> AbstractContextManager[object]:
    """Return a re-entrant lock, for a journal or a ledger that several workers write to."""
    return threading.RLock()


def background(call: Callable[[], object]) -> Callable[[], None]:
    """Start a call that nobody waits for, such as a slow import, and return how to wait for it.

    Its errors are dropped: whoever needs the result will meet them again.
    """

    def work() -> None:
        with Catching():
            call()

    thread = threading.Thread(target=work, name="background", daemon=True)
    thread.start()
    return thread.join
