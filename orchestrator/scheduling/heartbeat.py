"""Something small that has to happen every so often while something long goes on."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.scheduling.workers import Catching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def heartbeat(beat: Callable[[], object], *, every_s: float) -> Iterator[None]:
    """Call `beat` every so often, in a thread of its own, until the block is left.

    Its errors are dropped: what matters has to be asked again where it matters. A beat that
    is under way when the block is left is not waited for.
    """
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(every_s):
            with Catching():
                beat()

    threading.Thread(target=work, name="heartbeat", daemon=True).start()
    try:
        yield
    finally:
        stop.set()
