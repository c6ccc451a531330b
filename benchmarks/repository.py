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
_SEARCHES = 24
_MANY, _WHOLE = 50_000, 1.5
_SEARCHED, _SEARCH = 20_000, 1.2


def row(files: int, megabytes: int, rounds: int) -> str:
    """Return one line of the table: medians of so many rounds, in which both take turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        source = _repository(Path(name) / "source", files, megabytes)
        found = [
            _taken(source, Path(name) / f"round-{at}", files, begins=at % 2) for at in range(rounds)
        ]
        git, taken, opened = map(statistics.median, zip(*found, strict=True))
        searches = _searches(Path(name) / "round-0" / "clone")
    whole = (taken + opened) / git
    cells = [f"{files:,}", str(megabytes), f"{git:.2f}", f"{taken:.2f}", f"{opened:.2f}"]
    cells += [f"{whole:.2f}", _verdict(whole, _WHOLE, files == _MANY)]
    for alone, ours in searches:
        cells += [f"{alone * 1e3:.0f}", f"{ours * 1e3:.0f}", f"{ours / alone:.2f}"]
        cells.append(_verdict(ours / alone, _SEARCH, files == _SEARCHED))
    return f"| {' | '.join(cells)} |"


def _taken(source: Path, folder: Path, files: int, *, begins: int) -> tuple[float, float, float]:
    """Return the seconds of git alone, of taking and listing, and of one worktree.

    Who `begins` (0: git alone) finds the source, and the disk, as the round before left them.
    """
    folder.mkdir()
    spans = {who: (_git_alone, _ours)[who](source, folder, files) for who in (begins, 1 - begins)}
    (git,), (taken, opened) = spans[0], spans[1]
    return git, taken, opened


def _git_alone(source: Path, folder: Path, files: int) -> tuple[float, ...]:
    clone = folder / "clone"
    took = _once(lambda: _git(folder, "clone", "-q", f"file://{source}", clone.name))
    assert sum(path.is_file() for path in clone.glob("d*/*")) == files
    return (took + _once(lambda: _git(clone, "ls-files")),)


def _ours(source: Path, folder: Path, files: int) -> tuple[float, ...]:
    began = time.perf_counter()
    repository = RunRepository(folder / "run.git")
    base = repository.take_base(checkout=source, remote=None, branch=None)
    paths = CommitFiles(git=repository.git, commit=base.commit).paths()
    taken = time.perf_counter() - began
    assert len(list(paths)) == files
    began = time.perf_counter()
    places = Workplaces(repository.git, folder=folder / "trees", sandbox=None)
    with places.open(base.commit, access=Access.READ) as place:
        opened = time.perf_counter() - began
        assert sum(path.is_file() for path in place.worktree.root.glob("d*/*")) == files
    return taken, opened


def _verdict(ratio: float, most: float, is_target: bool) -> str:  # noqa: FBT001 -- of a row
    if not is_target:
        return ""
    return f"≤ {most}: {'met' if ratio <= most else '**missed**'}"


HEAD = (
    "| files | history MB | limit: clone + ls-files s | take and list s | worktree s | ratio "
    "| target | limit: rg alone ms | Grep ms | ratio | target "
    "| limit: rg --files alone ms | Glob ms | ratio | target |\n" + "|---:" * 15 + "|"
)


def _searches(tree: Path) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what ripgrep alone takes for the same answer, and Grep; and the same of Glob."""
    workspace, cell = make_workspace(tree), make_cell(tree)
    grep, glob = GrepTool(workspace, cell), GlobTool(workspace, cell)
    calls = (
        lambda: _ripgrep(tree, "-l", "needle"),
        lambda: grep.call({"pattern": "needle"}),
        # With `--glob` it would be a little quicker, and bring back what git ignores.
        lambda: _ripgrep(tree, "--files", "--type-add=wanted:7*.txt", "--type=wanted"),
        lambda: glob.call({"pattern": "**/7*.txt"}),
    )
    # Each round begins with another one.
    orders = [[(first + at) % len(calls) for at in range(len(calls))] for first in range(_SEARCHES)]
    rounds = [{which: _once(calls[which]) for which in order} for order in orders]
    alone, found, names, listed = (
        statistics.median(each[which] for each in rounds) for which in range(len(calls))
    )
    return (alone, found), (names, listed)


def _ripgrep(tree: Path, *options: str) -> None:
    words = ["rg", "--no-config", *options, "."]
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
