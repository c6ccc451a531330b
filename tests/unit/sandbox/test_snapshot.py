"""Snapshots: what is believed of what an agent leaves behind."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.files import DEEPEST
from orchestrator.sandbox.sandbox import Access, Command, CommandResult, LimitKind
from orchestrator.sandbox.snapshot import SnapshotLimits
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.sandbox.worktree import open_worktree
from tests.builders_git import commit_files, git, make_repository, make_run, write_files
from tests.unit.sandbox.worktrees import FILES, make_worktree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.sandbox.sandbox import Cell
    from orchestrator.sandbox.snapshot import SnapshotReport
    from orchestrator.sandbox.worktree import Worktree


@contextlib.contextmanager
def _cell(worktree: Worktree, scratch: Path) -> Iterator[Cell]:
    sandbox = Unconfined(scratch, toolchain=Toolchain())
    with contextlib.closing(sandbox.open(worktree.root, access=Access.WRITE)) as cell:
        yield cell


def _snapshot(worktree: Worktree, folder: Path) -> SnapshotReport:
    with _cell(worktree, folder / "scratch") as cell:
        return worktree.snapshot(cell)


def _paths(worktree: Worktree, tree: str) -> dict[str, str]:
    return {entry.path: entry.mode for entry in worktree.git.list_paths(tree)}


def test_snapshot__of_an_untouched_tree_is_its_base(tmp_path: Path) -> None:
    """No work is no change, to the byte."""
    worktree = make_worktree(tmp_path)

    report = _snapshot(worktree, tmp_path)

    assert report.tree == worktree.git.tree_of(worktree.commit)
    assert report.skipped == ()


def test_snapshot__takes_new_changed_and_deleted_files(tmp_path: Path) -> None:
    """All kinds of ordinary work arrive; ignored files do not."""
    worktree = make_worktree(tmp_path)
    write_files(
        worktree.root,
        {
            "src/app.py": "changed\n",
            "docs/new ü.md": "new\n",
            "debug.log": "ignored",
            "node_modules/x/index.js": "ignored",
        },
    )
    (worktree.root / "src/old.py").unlink()
    (worktree.root / "src/run.sh").chmod(0o755)
    (worktree.root / "alias").symlink_to("src/app.py")

    report = _snapshot(worktree, tmp_path)

    assert report.skipped == ()
    assert _paths(worktree, report.tree) == {
        ".gitignore": "100644",
        "README.md": "100644",
        "alias": "120000",
        "docs/new ü.md": "100644",
        "src/app.py": "100644",
        "src/run.sh": "100755",
    }


def test_snapshot__takes_tracked_files_that_are_ignored(tmp_path: Path) -> None:
    """An ignore rule cannot make a committed file vanish."""
    worktree = make_worktree(tmp_path)
    write_files(worktree.root, {".gitignore": "*\n", "src/app.py": "changed\n", "new": "ignored"})

    paths = _paths(worktree, _snapshot(worktree, tmp_path).tree)

    assert set(paths) == set(FILES)


def test_snapshot__works_without_a_cell(tmp_path: Path) -> None:
    """Where no command can run, every file was written on purpose."""
    worktree = make_worktree(tmp_path)
    write_files(worktree.root, {"debug.log": "written by a tool"})

    assert "debug.log" in _paths(worktree, worktree.snapshot(None).tree)


def test_snapshot__skips_and_reports_what_is_dangerous(tmp_path: Path) -> None:
    """Links out, special files and git's names never enter a commit, and the report says so."""
    worktree = make_worktree(tmp_path)
    root = worktree.root
    (root / "absolute").symlink_to("/etc/passwd")
    (root / "out").symlink_to("../../secret")
    (root / "src/hooks").symlink_to("../.git/hooks")
    os.mkfifo(root / "src/pipe")
    write_files(root, {"a\nb": "", ".GIT/config": "", "bad\udcff": "", "ok.txt": ""})

    report = _snapshot(worktree, tmp_path)

    reasons = {skipped.path: skipped.reason for skipped in report.skipped}
    assert set(reasons) == {
        *("absolute", "out", "src/hooks", "src/pipe", "a\nb", ".GIT", "bad\ufffd"),
    }
    assert all(reasons.values())
    assert set(_paths(worktree, report.tree)) == {*FILES, "ok.txt"}


def test_snapshot__keeps_the_base_of_what_it_skips(tmp_path: Path) -> None:
    """Turning a file into something dangerous does not delete it either."""
    worktree = make_worktree(tmp_path)
    (worktree.root / "README.md").unlink()
    (worktree.root / "README.md").symlink_to("/proc/self/environ")
    (worktree.root / "src/app.py").unlink()
    os.mkfifo(worktree.root / "src/app.py")

    report = _snapshot(worktree, tmp_path)

    assert {skipped.path for skipped in report.skipped} == {"README.md", "src/app.py"}
    assert report.tree == worktree.git.tree_of(worktree.commit)


def test_snapshot__keeps_links_of_the_base(tmp_path: Path) -> None:
    """A link that people committed stays, wherever it points."""
    checkout = make_repository(tmp_path / "checkout")
    (checkout / "etc").symlink_to("/etc")
    commit_files(checkout, {})
    repository, _ = make_run(tmp_path / "other")
    base = repository.take_base(checkout=checkout, remote=None, branch=None)
    worktree = open_worktree(repository.git, commit=base.commit, root=tmp_path / "tree")

    report = _snapshot(worktree, tmp_path)

    assert report.skipped == ()
    assert report.tree == repository.git.tree_of(base.commit)


def test_snapshot__believes_no_repository_in_the_tree(tmp_path: Path) -> None:
    """A repository that an agent nests is not taken, not entered by git, and reported."""
    worktree = make_worktree(tmp_path)
    make_repository(worktree.root / "nested", {"file": ""})
    trap = tmp_path / "sprung"
    git(worktree.root / "nested", "config", "core.fsmonitor", f"touch {trap}")

    report = _snapshot(worktree, tmp_path)

    assert [skipped.path for skipped in report.skipped] == ["nested"]
    assert set(_paths(worktree, report.tree)) == set(FILES)
    assert not trap.exists()


def test_snapshot__ignores_what_the_agent_did_to_its_git(tmp_path: Path) -> None:
    """Planted hooks, filters, aliases and a broken index change nothing and start nothing."""
    worktree = make_worktree(tmp_path)
    trap = tmp_path / "sprung"
    for key in ("core.fsmonitor", "filter.evil.clean", "core.sshCommand", "diff.external"):
        git(worktree.root, "config", key, f"touch {trap}; cat")
    git(worktree.root, "config", "core.hooksPath", str(tmp_path))
    git(worktree.root, "config", "core.excludesFile", "/dev/zero-not-there")
    write_files(worktree.root, {".gitattributes": "* filter=evil\n", "new": "1"})
    (worktree.root / ".git/index").write_bytes(b"broken")
    (worktree.root / ".git/info/exclude").write_text("*\n")

    report = _snapshot(worktree, tmp_path)

    assert set(_paths(worktree, report.tree)) == {*FILES, ".gitattributes", "new"}
    assert not trap.exists()


def test_snapshot__works_after_git_was_deleted(tmp_path: Path) -> None:
    """An agent may break its own copy without losing its work."""
    worktree = make_worktree(tmp_path)
    with _cell(worktree, tmp_path / "scratch") as cell:
        (worktree.root / ".git").rename(tmp_path / "moved")
        write_files(worktree.root, {"new": "1"})

        report = worktree.snapshot(cell)

    assert "new" in _paths(worktree, report.tree)


def test_snapshot__misses_no_file_behind_a_warning(tmp_path: Path) -> None:
    """What git says on the way, here of a template that is not there, is no part of a name."""
    worktree = make_worktree(tmp_path)
    with _cell(worktree, tmp_path / "scratch") as cell:
        set_up = "git config --global init.templateDir /nowhere; echo 1 > .a"
        assert cell.run(Command(argv=("sh", "-c", set_up))).exit_code == 0

        report = worktree.snapshot(cell)

    assert ".a" in _paths(worktree, report.tree)


@pytest.mark.parametrize(
    "spoilt",
    [
        'rm -rf "$TMPDIR"',
        'rm -rf "$TMPDIR"; touch "$TMPDIR"',
        "echo '[broken' > ~/.gitconfig",
        "git config --global core.excludesFile '*'",
        "git config --global core.fsmonitor 'touch sprung; false'",
    ],
)
def test_snapshot__rests_on_nothing_in_the_agents_home(tmp_path: Path, spoilt: str) -> None:
    """Work is not lost because a command tidied up or set git up behind itself."""
    worktree = make_worktree(tmp_path)
    with _cell(worktree, tmp_path / "scratch") as cell:
        cell.run(Command(argv=("sh", "-c", f"{spoilt}; echo 1 > new")))

        report = worktree.snapshot(cell)

    assert set(_paths(worktree, report.tree)) == {*FILES, "new"}


@pytest.mark.parametrize("folder", [".", "src", "fresh"])
def test_snapshot__tells_of_a_folder_that_could_not_be_listed(tmp_path: Path, folder: str) -> None:
    """What its owner may not list stays as it was in the base, and is not silently lost."""
    worktree = make_worktree(tmp_path)
    place = worktree.root / folder
    write_files(place, {"new": "1"})
    with _cell(worktree, tmp_path / "scratch") as cell:
        place.chmod(0o300)

        report = worktree.snapshot(cell)
        place.chmod(0o700)

    assert [skipped.path for skipped in report.skipped] == [folder]
    assert report.tree == worktree.git.tree_of(worktree.commit)


def test_snapshot__goes_only_so_deep(tmp_path: Path) -> None:
    """Files behind endless folders are left out and told of; looking there would take hours."""
    worktree = make_worktree(tmp_path)
    write_files(worktree.root, {f"{'d/' * DEEPEST}taken": "", f"{'d/' * (DEEPEST + 1)}lost": ""})

    report = _snapshot(worktree, tmp_path)

    assert [skipped.path.count("d") for skipped in report.skipped] == [DEEPEST + 1]
    assert set(_paths(worktree, report.tree)) == {*FILES, f"{'d/' * DEEPEST}taken"}


def test_snapshot__of_a_root_that_is_no_folder_deletes_nothing(tmp_path: Path) -> None:
    """Where the tree cannot be entered, nothing is known, and nothing counts as deleted."""
    worktree = make_worktree(tmp_path)
    worktree.root.rename(tmp_path / "moved")
    worktree.root.symlink_to(tmp_path / "moved")

    report = worktree.snapshot(None)

    assert [skipped.path for skipped in report.skipped] == ["."]
    assert report.tree == worktree.git.tree_of(worktree.commit)


@pytest.mark.parametrize(
    "name", [".gitmodules", ".GitModules. ", "GITMOD~1", "gi7eba~9", "gi7eb~10"]
)
def test_snapshot__takes_no_link_that_git_refuses(tmp_path: Path, name: str) -> None:
    """One name that git takes in no tree costs that link, not the run."""
    worktree = make_worktree(tmp_path)
    (worktree.root / name).symlink_to("README.md")

    report = _snapshot(worktree, tmp_path)

    assert [skipped.path for skipped in report.skipped] == [name]
    assert report.tree == worktree.git.tree_of(worktree.commit)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_snapshot__takes_no_second_name_of_a_foreign_file(tmp_path: Path) -> None:
    """A hard link to somebody else's file does not carry it into the change."""
    worktree = make_worktree(tmp_path)
    os.chown(worktree.root, 60_099, 60_099)
    (tmp_path / "secret").write_text("secret")
    os.link(tmp_path / "secret", worktree.root / "mine")

    report = worktree.snapshot(None)

    assert [skipped.path for skipped in report.skipped] == ["mine"]
    assert report.tree == worktree.git.tree_of(worktree.commit)


def test_snapshot__keeps_submodules_of_the_base(tmp_path: Path) -> None:
    """A submodule stays at its commit, whatever is put in its folder."""
    checkout = make_repository(tmp_path / "checkout")
    inner = git(checkout, "rev-parse", "HEAD")
    git(checkout, "update-index", "--add", "--cacheinfo", f"160000,{inner},sub")
    git(checkout, "commit", "--quiet", "--message", "Add a submodule")
    repository, _ = make_run(tmp_path / "other")
    base = repository.take_base(checkout=checkout, remote=None, branch=None)
    worktree = open_worktree(repository.git, commit=base.commit, root=tmp_path / "tree")
    make_repository(worktree.root / "sub", {"evil": ""})

    report = _snapshot(worktree, tmp_path)

    assert report.tree == repository.git.tree_of(base.commit)


def test_snapshot__bounds_what_may_be_new(tmp_path: Path) -> None:
    """Huge files, too many files and too many bytes are left out and reported."""
    worktree = make_worktree(tmp_path, {"big.bin": b"x" * 50, "kept.bin": b"y" * 50})
    write_files(worktree.root, {"a": "1", "b": "2", "big.bin": b"z" * 50, "huge": b"h" * 11})
    limits = SnapshotLimits(file_bytes=10, total_bytes=1_000, files=1)

    report = worktree.snapshot(None, limits=limits)

    reasons = {skipped.path: skipped.reason for skipped in report.skipped}
    assert set(reasons) == {"b", "big.bin", "huge"}
    assert "more than 1 files" in reasons["b"]
    assert "more than 10 bytes" in reasons["huge"]
    assert set(_paths(worktree, report.tree)) == {"a", "big.bin", "kept.bin"}


def test_snapshot__bounds_all_bytes_together(tmp_path: Path) -> None:
    """Many middling files are bounded as well."""
    worktree = make_worktree(tmp_path)
    write_files(worktree.root, {"a": "123456", "b": "123456"})

    report = worktree.snapshot(None, limits=SnapshotLimits(total_bytes=10))

    (skipped,) = report.skipped
    assert (skipped.path, "more than 10 bytes" in skipped.reason) == ("b", True)


def test_snapshot__replaces_a_file_by_a_folder(tmp_path: Path) -> None:
    """A path may change its kind both ways."""
    worktree = make_worktree(tmp_path)
    (worktree.root / "README.md").unlink()
    write_files(worktree.root, {"README.md/index.md": ""})
    for path in (worktree.root / "src").iterdir():
        path.unlink()
    (worktree.root / "src").rmdir()
    write_files(worktree.root, {"src": "a file now"})

    paths = _paths(worktree, _snapshot(worktree, tmp_path).tree)

    assert set(paths) == {".gitignore", "README.md/index.md", "src"}


class _BrokenCell:
    def __init__(self, result: CommandResult) -> None:
        self._result = result

    def run(self, command: Command) -> CommandResult:
        return self._result

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("limit", "said"), [(None, "no git here"), (LimitKind.OUTPUT, "at its output limit")]
)
def test_snapshot__stops_when_files_cannot_be_listed(
    tmp_path: Path, limit: LimitKind | None, said: str
) -> None:
    """Work is never taken by halves because a listing failed."""
    worktree = make_worktree(tmp_path)
    exit_code = None if limit else 127
    result = CommandResult(exit_code=exit_code, output="no git here", limit=limit, duration_s=0.1)

    with pytest.raises(SandboxError, match=said) as caught:
        worktree.snapshot(_BrokenCell(result))

    assert ".gitignore" in caught.value.hint


def test_snapshot__keeps_a_folder_that_became_a_way_out(tmp_path: Path) -> None:
    """A folder that was replaced by a refused link keeps the files of the base."""
    worktree = make_worktree(tmp_path)
    (worktree.root / "src").rename(tmp_path / "outside")
    (worktree.root / "src").symlink_to(tmp_path / "outside")

    report = _snapshot(worktree, tmp_path)

    assert [skipped.path for skipped in report.skipped] == ["src"]
    assert report.tree == worktree.git.tree_of(worktree.commit)
