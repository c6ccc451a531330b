"""Tests that are printed below the suites they stand in, by how far they are indented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class _Suite:
    indent: int
    name: str
    has_inner: bool = False


class Suites:
    """The suites that the line being read stands in."""

    def __init__(self) -> None:
        """Begin outside of every suite."""
        self._open: list[_Suite] = []

    def enter(self, indent: int, name: str) -> None:
        """Read the line that a suite begins with."""
        self._leave(indent)
        self._open.append(_Suite(indent=indent, name=name))

    def path_of(self, indent: int, name: str) -> str:
        """Return the id of a test printed at an indent: its suites, the outermost first, and it."""
        self._leave(indent)
        return " > ".join((*(suite.name for suite in self._open), name))

    def closes(self, indent: int, name: str) -> bool:
        """Tell whether a line ends the suite that began at its indent, under its name."""
        while self._open and self._open[-1].indent > indent:
            self._open.pop()
        last = self._open[-1] if self._open else None
        return last is not None and last.has_inner and (last.indent, last.name) == (indent, name)

    def _leave(self, indent: int) -> None:
        while self._open and self._open[-1].indent >= indent:
            self._open.pop()
        if self._open:
            self._open[-1].has_inner = True


def indent_of(line: str) -> int:
    """Return how many blanks a line begins with."""
    return len(line) - len(line.lstrip(" \t"))
