"""User ids that belong to cells and to nothing else on this machine."""

from __future__ import annotations

import itertools
import secrets

from orchestrator.sandbox.watchdog import read_processes

# Above ordinary users and below 65,536, where remapped containers end. Never 1001, the runner's:
# the kernel counts processes and delivers signals by user id.
_FIRST = 60_100
_BLOCKS = 5
_BLOCK = 1_000
_ATTEMPTS = 20


class Slots:
    """A block of user ids that are handed out in turn."""

    def __init__(self, first: int, count: int = _BLOCK) -> None:
        """Begin with `first`; after `count` ids the first comes again."""
        self._ids = range(first, first + count)
        # One `next` on this iterator is one step for all threads.
        self._turn = itertools.cycle(self._ids)

    def __contains__(self, uid: int) -> bool:
        return uid in self._ids

    def take(self) -> int:
        """Return the next id."""
        return next(self._turn)


def claim_slots() -> Slots:
    """Return a block of ids as which nothing runs at present."""
    used = {process.uid for process in read_processes()}
    slots = Slots(_FIRST)
    for _ in range(_ATTEMPTS):
        slots = Slots(_FIRST + _BLOCK * secrets.randbelow(_BLOCKS))
        if not any(uid in slots for uid in used):
            break
    return slots
