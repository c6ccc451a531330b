"""Measures what a command costs in each sandbox; run it in the image, or on a laptop.

    python -m benchmarks.sandbox [--sibling FOLDER] [--rounds N]

Prints a Markdown table: the median and the 95th percentile of `sh -c true`, as agents run it with
a pause for thought before each command, and back to back; and what opening and closing a cell
takes. A busy machine makes all of it slower: its load stands above the table.
FOLDER is below a mount of our own container, RUNNER_TEMP in a job.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.lending import SiblingPlace
from orchestrator.sandbox.sandbox import Access, Command
from orchestrator.sandbox.selection import Policy, choose

if TYPE_CHECKING:
    from orchestrator.sandbox.sandbox import Cell

_OWN = Path("/opt/orchestrator")
_TRUE = Command(argv=("sh", "-c", "true"))


def main() -> None:
    """Measure every backend that works here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sibling", type=Path, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--pause", type=float, default=0.5, metavar="SECONDS")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| backend | median ms | p95 ms | back to back: median ms | p95 ms | open and close ms |")
    print("|---|---|---|---|---|---|")
    for policy in (Policy.UNCONFINED, Policy.BUBBLEWRAP, Policy.LOCAL, Policy.SIBLING):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o711)
            print(_row(policy, Path(folder), options))


def _row(policy: Policy, scratch: Path, options: argparse.Namespace) -> str:
    place = None
    if options.sibling is not None:
        place = SiblingPlace(folder=options.sibling, beside=_OWN / "beside", run="benchmark")
    filter_ = _OWN / "nonet.bpf"
    choice = choose(
        policy,
        scratch=scratch / "cells",
        toolchain=Toolchain(),
        seccomp_filter=filter_ if filter_.exists() else None,
        sibling=place,
        allow_unconfined=True,
    )
    if choice.sandbox is None:
        return f"| {policy} | not here: {choice.verdicts[-1].failures[0]} | | | | |"
    tree = choice.folder / f"tree-{time.monotonic_ns()}"
    tree.mkdir()
    began = time.perf_counter()
    with contextlib.closing(choice.sandbox.open(tree, access=Access.WRITE)) as cell:
        opened = time.perf_counter()
        figures = [*_figures(cell, options, options.pause), *_figures(cell, options, 0.0)]
        closing = time.perf_counter()
    figures.append((opened - began + time.perf_counter() - closing) * 1000)
    return f"| {policy} | {' | '.join(f'{figure:.1f}' for figure in figures)} |"


def _figures(cell: Cell, options: argparse.Namespace, pause_s: float) -> tuple[float, float]:
    """Return the median and the 95th percentile in milliseconds."""
    taken = []
    for _ in range(options.rounds):
        time.sleep(pause_s)
        start = time.perf_counter()
        cell.run(_TRUE)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


if __name__ == "__main__":
    main()
