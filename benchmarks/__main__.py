"""Every figure of the house in one go; by hand, never as a test.

    make bench                                  # all, half an hour on a quiet machine
    python -m benchmarks [--only PART] [--rounds N] [--whole]

Parts: start, turn, bill, memory, repository, tasks, sandbox. Prints Markdown: medians of so
many rounds, the same work on a minimal loop beside them (`benchmarks/minimal.py`), the limit
that nothing could pass, the target and whether it was met. The contestants take turns, round
by round, so that what else the machine does meets both. All run from compiled bytecode, as in
the image. What crashes, is refused something, or does other or less work, ends the benchmark.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from benchmarks import contests, repository
from benchmarks.trial import HERE, SpoiledError

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Measure and print; every part is tried, and one that was spoiled is an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", choices=tuple(_PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="also a history of 2 GB: half an hour")
    options = parser.parse_args()
    print(_machine(), flush=True)
    spoiled = 0
    with tempfile.TemporaryDirectory(prefix="bench-bytecode-") as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        for name, part in _PARTS.items():
            if options.only not in {None, name}:
                continue
            print(f"\n## {name} (load {os.getloadavg()[0]:.1f})\n", flush=True)
            try:
                part(options)
            except (SpoiledError, subprocess.SubprocessError, AssertionError, OSError) as error:
                spoiled += 1
                print(f"\n**SPOILED, no result**: {error}", flush=True)
    return 1 if spoiled else 0


def _machine() -> str:
    packages = ("anthropic", "httpx2", "pydantic")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return (
        f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {versions}"
    )


def _repository(options: argparse.Namespace) -> None:
    sizes = [(100, 1), (1_000, 1), (20_000, 1), (50_000, 1), (1_000, 96)]
    if options.whole:
        sizes.append((1_000, 2_000))
    print(repository.HEAD)
    for files, megabytes in sizes:
        print(repository.row(files, megabytes, min(3, options.rounds)), flush=True)


def _module(name: str, *words: str) -> None:
    subprocess.run([sys.executable, "-m", name, *words], cwd=HERE, check=True)


_PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "start": lambda options: contests.start(options.rounds),
    "turn": lambda options: contests.turn(min(3, options.rounds)),
    "bill": lambda _: contests.bill(),
    "memory": lambda options: contests.memory(min(3, options.rounds)),
    "repository": _repository,
    "tasks": lambda options: _module("benchmarks.makespan", f"--rounds={options.rounds}"),
    "sandbox": lambda _: _module("benchmarks.sandbox"),
}

if __name__ == "__main__":
    sys.exit(main())
