"""Every figure of the house in one go; by hand, never as a test.

    make bench                                  # all, about ten minutes
    python -m benchmarks [--only PART] [--rounds N] [--quick]

Parts: start, turn, bill, memory, repository, tasks, sandbox. Prints Markdown: medians of so
many rounds, the same work on a minimal loop beside them (`benchmarks/minimal.py`), the target
and whether it was met.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import repository
from benchmarks.trial import HERE, Trial, run
from tests.doubles.messages_api import API_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PY = sys.executable
_SHORT, _LONG, _GROWN = 12, 60, 200
_TURN_MS, _MOST_MB = 8, 200
"""Targets."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", choices=tuple(_PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small repositories only")
    options = parser.parse_args()
    print(_machine(), flush=True)
    for name, part in _PARTS.items():
        if options.only in {None, name}:
            print(f"\n## {name}\n", flush=True)
            part(options)


def _machine() -> str:
    packages = ("anthropic", "httpx2", "pydantic")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    load = os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {versions}; load average {load:.1f} at the beginning"
    )


def _tree(folder: Path, turns: int, *, large: int = 0) -> Path:
    """Make the files that the trajectory reads; so many of them large."""
    for turn in range(turns):
        lines = 300 if turn < large else 20
        text = "".join(f"line {at} of file {turn} says something\n" for at in range(lines))
        (folder / f"f{turn}.txt").write_text(text)
    return folder


def _minimal(tree: Path, turns: int) -> Trial:
    return run(turns, [_PY, "-m", "benchmarks.minimal", "{url}", str(tree), API_KEY])


def _single(tree: Path, turns: int, agents: int = 1) -> Trial:
    words = [_PY, "-m", "benchmarks.single", "{url}", str(tree), API_KEY, str(agents)]
    return run(turns, words)


def _product(folder: Path) -> Trial:
    """Start the whole program on a small repository without commands, up to its first request."""
    site = folder / "site"
    site.mkdir()
    (site / "README.md").write_text("# Notes\n")
    git = ("git", "-c", "user.name=b", "-c", "user.email=b@example.invalid")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "begin")):
        subprocess.run([*git, *words], cwd=site, check=True)
    issue = folder / "issue.md"
    issue.write_text("# Say hello\n\nThe README must say hello.\n\n- [ ] it says hello\n")
    environment = {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": "{url}"}
    argv = [_PY, str(HERE / "entrypoint.py"), "run", f"--issue-file={issue}", f"--repo={site}"]
    argv += [f"--forge={folder / 'forge'}", f"--output={folder / 'run'}", "--sandbox=unconfined"]
    return run(1, argv, environment=environment)


def _rounds(count: int, trial: Callable[[Path], Trial]) -> list[Trial]:
    found: list[Trial] = []
    for _ in range(count):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found.append(trial(Path(folder)))
    return found


def _median(trials: Sequence[Trial], what: Callable[[Trial], float]) -> float:
    return statistics.median(map(what, trials))


def _line(what: str, ours: float, theirs: float, unit: str, target: str, *, met: bool) -> None:
    ratio = ours / theirs if theirs else 0.0
    verdict = "met" if met else "MISSED"
    print(
        f"| {what} | {ours:.2f} {unit} | {theirs:.2f} {unit} | {ratio:.2f} | {target} | {verdict} |"
    )


def _head() -> None:
    print("| what | ours | minimal loop | ratio | target | |\n|---|---:|---:|---:|---|---|")


def _start(options: argparse.Namespace) -> None:
    ours = _median(_rounds(options.rounds, _product), lambda trial: trial.start_s)
    theirs = _median(
        _rounds(options.rounds, lambda f: _minimal(_tree(f, 1), 1)), lambda trial: trial.start_s
    )
    _head()
    _line(
        "start to first request, whole program",
        ours,
        theirs,
        "s",
        "≤ 1.15 ×",
        met=ours <= 1.15 * theirs,
    )


def _turn(options: argparse.Namespace) -> None:
    _head()
    ours: list[Trial] = []
    for turns, large in ((_SHORT, 0), (_LONG, 24), (_GROWN, 0)):
        ours = _rounds(options.rounds, lambda f: _single(_tree(f, turns, large=large), turns))  # noqa: B023 -- called at once
        theirs = _rounds(options.rounds, lambda f: _minimal(_tree(f, turns, large=large), turns))  # noqa: B023 -- called at once
        wall, other = (_median(each, lambda trial: trial.turn_ms) for each in (ours, theirs))
        name = f"{turns} turns, {large} large reads"
        _line(f"wall a turn, {name}", wall, other, "ms", "≤ 8 ms", met=wall <= _TURN_MS)
        cpu, least = (_median(each, lambda trial: trial.cpu_ms) for each in (ours, theirs))
        _line(f"processor a turn, {name}", cpu, least, "ms", "–", met=True)
    gaps = [list(trial.gaps_ms) for trial in ours]
    early = statistics.median(gap for each in gaps for gap in each[9:29])
    late = statistics.median(gap for each in gaps for gap in each[-20:])
    print(
        f"\nGrowth: turns 10–30 take {early:.2f} ms, turns 180–200 {late:.2f} ms "
        f"({late / early:.2f} ×; flat is the target)."
    )


def _bill(options: argparse.Namespace) -> None:
    del options
    _head()
    for turns, large, most in ((_SHORT, 0, 8.6), (_LONG, 24, 1.15)):
        ours = _rounds(1, lambda f: _single(_tree(f, turns, large=large), turns))[0]  # noqa: B023 -- called at once
        theirs = _rounds(1, lambda f: _minimal(_tree(f, turns, large=large), turns))[0]  # noqa: B023 -- called at once
        name = f"billed input, {turns} turns, {large} large reads"
        ratio = ours.billed / theirs.billed
        _line(name, ours.billed, theirs.billed, "tokens", f"≤ {most} ×", met=ratio <= most)


def _memory(options: argparse.Namespace) -> None:
    _head()
    theirs = _median(
        _rounds(options.rounds, lambda f: _minimal(_tree(f, _LONG, large=24), _LONG)),
        lambda trial: trial.peak_mb,
    )
    for agents in (1, 4):
        trials = _rounds(
            options.rounds,
            lambda f: _single(_tree(f, _LONG, large=24), _LONG, agents),  # noqa: B023 -- called at once
        )
        peak = _median(trials, lambda trial: trial.peak_mb)
        _line(f"peak memory, {agents} agents", peak, theirs, "MB", "≤ 200 MB", met=peak <= _MOST_MB)


def _repository(options: argparse.Namespace) -> None:
    sizes = [(100, 1), (1_000, 1), (20_000, 1)]
    if not options.quick:
        sizes += [(50_000, 1), (1_000, 96)]
    print(repository.HEAD)
    for files, megabytes in sizes:
        print(repository.row(files, megabytes), flush=True)
    print("\nTargets: ratio ≤ 1.5 at 50,000 files; Grep and Glob ≤ 1.2 × ripgrep alone at 20,000.")


def _module(name: str) -> Callable[[argparse.Namespace], None]:
    def call(options: argparse.Namespace) -> None:
        del options
        subprocess.run([_PY, "-m", name], cwd=HERE, check=False)

    return call


_PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "start": _start,
    "turn": _turn,
    "bill": _bill,
    "memory": _memory,
    "repository": _repository,
    "tasks": _module("benchmarks.makespan"),
    "sandbox": _module("benchmarks.sandbox"),
}

if __name__ == "__main__":
    main()
