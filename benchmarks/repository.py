"""What a repository's size costs: taking it, listing it, one worktree, one search."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.sandbox.repository import RunRepository
from orchestrator.sandbox.sandbox import Access
from orchestrator.stages.reading import CommitFiles
from orchestrator.stages.workplace import Workplaces
from orchestrator.tools.globbing import GlobTool
from orchestrator.tools.grepping import GrepTool
from tests.unit.tools.workshop import make_cell, make_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

_GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid")
_SEARCHES = 5
_MANY, _WHOLE = 50_000, 1.5
_SEARCHED, _SEARCH = 20_000, 1.2


def row(files: int, megabytes: int, rounds: int) -> str:
    """Return one line of the table: medians of so many rounds, in which both take turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        source = _repository(Path(name) / "source", files, megabytes)
        found = [_taken(source, Path(name) / f"round-{at}", files) for at in range(rounds)]
        git, taken, opened = map(statistics.median, zip(*found, strict=True))
        ours, alone = _searches(Path(name) / "round-0" / "clone")
    whole = (taken + opened) / git
    return (
        f"| {files:,} | {megabytes} | {git:.2f} | {taken:.2f} | {opened:.2f} "
        f"| {whole:.2f} | {_verdict(whole, _WHOLE, files == _MANY)} | {alone * 1e3:.0f} "
        f"| {ours[0] * 1e3:.0f} | {ours[1] * 1e3:.0f} | {max(ours) / alone:.2f} "
        f"| {_verdict(max(ours) / alone, _SEARCH, files == _SEARCHED)} |"
    )


def _taken(source: Path, folder: Path, files: int) -> tuple[float, float, float]:
    """Return the seconds of git alone, of taking and listing, and of one worktree."""
    folder.mkdir()
    git = _once(lambda: _git(folder, "clone", "-q", f"file://{source}", "clone"))
    git += _once(lambda: _git(folder / "clone", "ls-files"))
    began = time.perf_counter()
    repository = RunRepository(folder / "run.git")
    base = repository.take_base(checkout=source, remote=None, branch=None)
    paths = CommitFiles(git=repository.git, commit=base.commit).paths()
    taken = time.perf_counter() - began
    assert len(list(paths)) == files
    began = time.perf_counter()
    places = Workplaces(repository.git, folder=folder / "trees", sandbox=None)
    with places.open(base.commit, access=Access.READ):
        opened = time.perf_counter() - began
    return git, taken, opened


def _verdict(ratio: float, most: float, is_target: bool) -> str:  # noqa: FBT001 -- of a row
    if not is_target:
        return ""
    return f"≤ {most}: {'met' if ratio <= most else '**missed**'}"


HEAD = (
    "| files | history MB | limit: clone + ls-files s | take and list s | worktree s | ratio "
    "| target | limit: rg alone ms | Grep ms | Glob ms | worse ratio | target |\n"
    + "|---:" * 12
    + "|"
)


def _searches(tree: Path) -> tuple[tuple[float, float], float]:
    """Return what Grep and Glob take, and ripgrep alone, in alternating rounds."""
    workspace, cell = make_workspace(tree), make_cell(tree)
    grep, glob = GrepTool(workspace, cell), GlobTool(workspace, cell)
    calls = (
        lambda: grep.call({"pattern": "needle"}),
        lambda: glob.call({"pattern": "**/7*.txt"}),
        lambda: _ripgrep(tree),
    )
    rounds = [[_once(call) for call in calls] for _ in range(_SEARCHES)]
    found, listed, alone = map(statistics.median, zip(*rounds, strict=True))
    return (found, listed), alone


def _ripgrep(tree: Path) -> None:
    words = ["rg", "--no-config", "-l", "needle", "."]
    subprocess.run(words, cwd=tree, stdout=subprocess.DEVNULL, check=True)


def _repository(folder: Path, files: int, megabytes: int) -> Path:
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    for number in range(files):
        place = folder / f"d{number % 200}" / f"{number}.txt"
        place.parent.mkdir(exist_ok=True)
        needle = "needle" if number % 1_000 == 0 else "hay"
        place.write_text(f"{needle} {number}\n" * 20)
    _git(folder, "add", "--all")
    _git(folder, "commit", "-q", "-m", "begin")
    for number in range(megabytes // 8):
        blob = folder / "d0" / "0.txt"
        with Path("/dev/urandom").open("rb") as noise:
            blob.write_bytes(noise.read(8_000_000))
        _git(folder, "commit", "-qam", f"grow {number}")
    if megabytes >= 8:  # noqa: PLR2004 -- one commit's noise
        (folder / "d0" / "0.txt").write_text("needle 0\n" * 20)
        _git(folder, "commit", "-qam", "shrink")
        # As a clone has it: one pack, which is passed on as it is.
        _git(folder, "-c", "pack.window=0", "-c", "core.compression=0", "repack", "-adq")
    return folder


def _git(folder: Path, *words: str) -> None:
    subprocess.run([*_GIT, *words], cwd=folder, stdout=subprocess.DEVNULL, check=True)


def _once(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
