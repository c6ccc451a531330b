"""Several issues on one machine: a process of our own for each, a few at a time.

A process each keeps them apart: own run folder, repository, worktrees and user ids, and an
interrupt reaches every one of them as it would reach it alone.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app import grace
from orchestrator.domain.errors import UsageError
from orchestrator.sandbox.command import Launch, accompany
from orchestrator.scheduling.workers import Crew, lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.app.desk import Desk
    from orchestrator.scheduling.workers import Ending

MOST = 10
"""More issues than this belong on more machines."""
AT_ONCE = 3
_CANCELLED = 130
_ANNOTATION = re.compile(r"::(error|warning|notice)(?: [^:]*)?::(.*)")
_GROUP = re.compile(r"::group::(.*)")
_COMMAND = re.compile(r"::[^:]+::")


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """One issue and the process that works on it."""

    number: int
    words: tuple[str, ...]
    """The command line; empty for the action."""
    environment: Mapping[str, str]


def refuse_too_many(numbers: Sequence[int]) -> None:
    """Let pass what one machine can do.

    Raises:
        UsageError: There are too many.
    """
    if len(numbers) > MOST:
        raise UsageError(
            f"{len(numbers)} issues are too many for one machine; {MOST} are allowed.",
            hint="Use the reusable workflow: one machine for each issue (docs/many-machines.md).",
        )


def run_several(companions: Sequence[Companion], desk: Desk, *, at_once: int) -> int:
    """Let every companion run to its end and return the highest of their exit codes.

    What they say is shown as it comes, each line with its issue in front. An interrupt is
    passed on: those that run end in their own orderly way, and no further one starts.
    """
    # Each companion has its own.
    desk.sidecar.end()
    return _Several(companions, desk, at_once=at_once).run()


class _Several:
    """Changes on the caller's thread only, but for the process ids."""

    def __init__(self, companions: Sequence[Companion], desk: Desk, *, at_once: int) -> None:
        self._waiting = list(companions)
        self._desk = desk
        self._at_once = at_once
        self._guard = lock()
        self._pids: dict[int, int] = {}
        self._codes: dict[int, int] = {}
        self._is_cancelled = False
        self._crew: Crew[int] = Crew("issue")

    def run(self) -> int:
        while self._waiting or self._crew.busy:
            try:
                self._start_next()
                self._take(self._crew.next_ending())
            except KeyboardInterrupt:
                self._cancel()
        for number, code in self._codes.items():
            self._desk.console.say(f"[#{number}] exit code {code}")
        return _CANCELLED if self._is_cancelled else max(self._codes.values(), default=0)

    def _start_next(self) -> None:
        while self._waiting and self._crew.busy < self._at_once:
            companion = self._waiting.pop(0)
            self._crew.start(companion.number, partial(self._accompany, companion))

    def _take(self, ending: Ending[int]) -> None:
        self._codes[ending.key] = ending.value()

    def _accompany(self, companion: Companion) -> int:
        number = companion.number

        def remember(pid: int) -> None:
            with self._guard:
                self._pids[number] = pid
                is_late = self._is_cancelled
            if is_late:
                _interrupt(pid)

        def show(line: str) -> None:
            text = plain(line)
            if text is not None:
                with self._guard:
                    self._desk.console.say(f"[#{number}] {text}")

        try:
            return accompany(
                Launch(
                    argv=(*_program(), *companion.words),
                    environment=companion.environment,
                    cwd=Path.cwd(),
                    timeout_s=0,
                    output_bytes=0,
                ),
                on_start=remember,
                on_line=show,
            )
        finally:
            with self._guard:
                self._pids.pop(number, None)

    def _cancel(self) -> None:
        # Each companion keeps the time itself.
        grace.end()
        with self._guard:
            self._is_cancelled = True
            self._waiting.clear()
            pids = tuple(self._pids.values())
        for pid in pids:
            _interrupt(pid)


def plain(line: str) -> str | None:
    """Return a companion's line without the runner's commands; `None` when it was nothing else."""
    if found := _ANNOTATION.fullmatch(line):
        return f"{found[1]}: {found[2].replace('%0A', ' ').replace('%25', '%')}"
    if found := _GROUP.fullmatch(line):
        return found[1]
    return None if _COMMAND.match(line) else line


def _interrupt(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)


def _program() -> tuple[str, ...]:
    """Return how this very program was started, without its words."""
    own = len(sys.orig_argv) - len(sys.argv) + 1
    return (sys.executable, *sys.orig_argv[1:own])
