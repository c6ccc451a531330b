"""User ids that belong to cells and to nothing else on this machine."""

from __future__ import annotations

import itertools
import secrets
from typing import TYPE_CHECKING

from orchestrator.sandbox.watchdog import read_processes

if TYPE_CHECKING:
    from collections.abc import Iterator

# Above ordinary users and below 65,536, where remapped containers end. Never 1001, the runner's:
# the kernel counts processes and delivers signals by user id.
_FIRST = 60_100
_BLOCKS = 5
_BLOCK = 1_000
_ATTEMPTS = 20


class Slots:
    """A block of user ids that are handed out in turn."""

    def __init__(self, first: int, count: int = _BLOCK, *, skip: int = 0) -> None:
        """Hand out `count` ids from `first` on in turn, beginning after `skip` of them."""
        self._ids = range(first, first + count)
        # One `next` on this iterator is one step for all threads.
        self._turn: Iterator[int] = itertools.cycle((*self._ids[skip:], *self._ids[:skip]))

    def __contains__(self, uid: int) -> bool:
        return uid in self._ids

    def take(self) -> int:
        """Return the next id."""
        return next(self._turn)


def claim_slots() -> Slots:
    """Return a block of ids as which nothing runs at present.

    Two runs that begin on one machine may still find the same block free, and would end each
    other's commands: so each begins at a place of its own in it.
    """
    used = {process.uid for process in read_processes()}
    slots = Slots(_FIRST)
    for _ in range(_ATTEMPTS):
        first = _FIRST + _BLOCK * secrets.randbelow(_BLOCKS)
        slots = Slots(first, skip=secrets.randbelow(_BLOCK))
        if not any(uid in slots for uid in used):
            break
    return slots
