"""Which lines the project's tests ran, per file, small enough to be kept."""

from __future__ import annotations

from itertools import count, groupby
from typing import TYPE_CHECKING

from orchestrator.domain.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class FileCoverage(Frozen):
    """The lines of one file that can be run, as spans such as `1-4,9`; see `lines_of`."""

    path: str
    covered: str
    missed: str


class Coverage(Frozen):
    """What one run of the coverage command measured on one commit."""

    covered_lines: int
    coverable_lines: int
    covered_branches: int | None = None
    """`None` where the report does not count branches."""
    coverable_branches: int | None = None
    files: tuple[FileCoverage, ...] = ()
    """Not all files need be listed; the totals are of all that the report names."""

    @property
    def missed_lines(self) -> int:
        """Lines that can be run and were not."""
        return self.coverable_lines - self.covered_lines

    def only(self, paths: Collection[str]) -> Coverage:
        """Return the same totals with the lines of these files alone."""
        kept = tuple(file for file in self.files if file.path in paths)
        return self.model_copy(update={"files": kept})


def lines_of(spans: str) -> frozenset[int]:
    """Return the line numbers that spans stand for."""
    pairs = (part.partition("-") for part in spans.split(",") if part)
    return frozenset(
        line for first, _, last in pairs for line in range(int(first), int(last or first) + 1)
    )


def spans_of(lines: Iterable[int]) -> str:
    """Return line numbers as spans, in order."""
    counter = count()
    runs = (list(run) for _, run in groupby(sorted(set(lines)), key=lambda at: at - next(counter)))
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
