"""What an agent may not change gets its old value back, and nothing else is touched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.role import Restriction, RoleKind
from orchestrator.stages.scope import within_scope
from orchestrator.tools.write_rules import WriteRules
from tests.builders_git import git, make_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.sandbox.git import Git

FILES = {
    "src/app.py": "app\n",
    "src/other.py": "other\n",
    "docs/guide.md": "guide\n",
    "tests/test_app.py": "test\n",
    ".github/workflows/ci.yml": "on: push\n",
}
RULES = WriteRules(
    kind=RoleKind.IMPLEMENTER, task_files=("src/app.py", "src/new/**"), protected=("src/new/key",)
)
LATIN = os.fsdecode(b"src/caf\xe9.py")


class Tree:
    """A base commit, and the tree that somebody left on it."""

    def __init__(self, folder: Path, change: Callable[[Path], None]) -> None:
        repository, base = make_run(folder, {**FILES, LATIN: "latin\n"})
        self.git: Git = repository.git
        self.base = base.commit
        checkout = folder / "checkout"
        change(checkout)
        git(checkout, "add", "--all", "--force")
        git(checkout, "push", "--quiet", str(self.git.bare), f"{_commit(checkout)}:refs/heads/left")
        left = self.git.resolve("refs/heads/left")
        assert left is not None
        self.tree = self.git.tree_of(left)

    def paths(self, tree: str) -> dict[str, tuple[str, str]]:
        """Return path → (mode, object) of a tree."""
        listing = self.git.plumbing.call("ls-tree", "-r", "-z", tree, git_dir=self.git.bare).stdout
        lines = (line.partition(b"\t") for line in listing.split(b"\0") if line)
        return {
            os.fsdecode(path): (facts.decode().split()[0], facts.decode().split()[2])
            for facts, _, path in lines
        }


def _commit(checkout: Path) -> str:
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "Left")
    return git(checkout, "rev-parse", "HEAD")


def _write(path: str, text: str = "changed\n") -> Callable[[Path], None]:
    def change(checkout: Path) -> None:
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(text)

    return change


def _link(checkout: Path) -> None:
    (checkout / "src/other.py").unlink()
    (checkout / "src/other.py").symlink_to("app.py")


VIOLATIONS: dict[str, Callable[[Path], None]] = {
    "src/other.py": _write("src/other.py"),
    "src/new/key": _write("src/new/key"),
    "tests/test_app.py": _write("tests/test_app.py"),
    ".github/workflows/ci.yml": _write(".github/workflows/ci.yml"),
    "docs/guide.md": lambda checkout: (checkout / "docs/guide.md").unlink(),
    "src/fresh.py": _write("src/fresh.py"),
}


@pytest.mark.parametrize("path", VIOLATIONS)
def test_scope__puts_back_what_may_not_change(tmp_path: Path, path: str) -> None:
    """A change of a path that is not the task's is undone, and the permitted one stays."""

    def change(checkout: Path) -> None:
        VIOLATIONS[path](checkout)
        _write("src/app.py", "better\n")(checkout)

    left = Tree(tmp_path, change)

    scoped = within_scope(left.git, start=left.base, tree=left.tree, rules=RULES)

    before, after = left.paths(left.base), left.paths(scoped.tree)
    assert after.get(path) == before.get(path)
    assert {name for name in before | after if before.get(name) != after.get(name)} == {
        "src/app.py"
    }
    (violation,) = scoped.violations
    assert violation.startswith(f"`{path}` was changed and put back: ")


@pytest.mark.parametrize("disguise", ["mode", "link"])
def test_scope__sees_modes_and_links(tmp_path: Path, disguise: str) -> None:
    """A file that only became executable, or a link, has changed as well."""
    left = Tree(
        tmp_path,
        _link if disguise == "link" else lambda checkout: (checkout / "src/other.py").chmod(0o755),
    )

    scoped = within_scope(left.git, start=left.base, tree=left.tree, rules=RULES)

    assert left.tree != left.git.tree_of(left.base)
    assert scoped.tree == left.git.tree_of(left.base)
    assert len(scoped.violations) == 1


def test_scope__leaves_a_permitted_tree_alone(tmp_path: Path) -> None:
    """Files of the task may be changed, added below its globs and removed again."""

    def change(checkout: Path) -> None:
        (checkout / "src/app.py").unlink()
        _write("src/new/deep/one.py")(checkout)

    left = Tree(tmp_path, change)

    scoped = within_scope(left.git, start=left.base, tree=left.tree, rules=RULES)

    assert (scoped.tree, scoped.violations) == (left.tree, ())


@pytest.mark.parametrize("act", ["change", "delete"])
def test_scope__knows_names_that_are_not_text(tmp_path: Path, act: str) -> None:
    """A name of bytes that are no UTF-8 is put back like any other, and can be told."""

    def change(checkout: Path) -> None:
        (checkout / LATIN).write_text("new\n")
        if act == "delete":
            (checkout / LATIN).unlink()

    left = Tree(tmp_path, change)

    scoped = within_scope(left.git, start=left.base, tree=left.tree, rules=RULES)

    assert scoped.tree == left.git.tree_of(left.base)
    (violation,) = scoped.violations
    assert violation.encode().decode().startswith("`src/caf\ufffd.py` was changed and put back")


@pytest.mark.parametrize("shape", ["file for folder", "folder for file"])
def test_scope__takes_away_what_stands_in_the_way(tmp_path: Path, shape: str) -> None:
    """A permitted path that blocks a forbidden one cannot end the run: it goes, with a word."""

    def change(checkout: Path) -> None:
        if shape == "file for folder":
            (checkout / "docs/guide.md").unlink()
            (checkout / "docs").rmdir()
            (checkout / "docs").write_text("a file\n")
        else:
            (checkout / "src/other.py").unlink()
            _write("src/other.py/new.py")(checkout)

    left = Tree(tmp_path, change)
    rules = WriteRules(
        kind=RoleKind.IMPLEMENTER,
        task_files=("docs", "src/other.py/*"),
        protected=("docs/guide.md",),
    )

    scoped = within_scope(left.git, start=left.base, tree=left.tree, rules=rules)

    assert scoped.tree == left.git.tree_of(left.base)
    assert any("in the way" in violation for violation in scoped.violations)


def test_scope__keeps_the_tester_to_tests(tmp_path: Path) -> None:
    """Whoever writes the tests cannot touch what they judge."""

    def change(checkout: Path) -> None:
        _write("src/app.py")(checkout)
        _write("tests/test_app.py")(checkout)

    left = Tree(tmp_path, change)
    rules = WriteRules(kind=RoleKind.TESTER, task_files=("**",))

    scoped = within_scope(left.git, start=left.base, tree=left.tree, rules=rules)

    before, after = left.paths(left.base), left.paths(scoped.tree)
    assert after["src/app.py"] == before["src/app.py"]
    assert after["tests/test_app.py"] != before["tests/test_app.py"]


def test_scope__takes_new_files_from_who_may_not_create(tmp_path: Path) -> None:
    """The restriction `no_file_creation` holds against commands too."""
    left = Tree(tmp_path, _write("src/new/one.py"))
    rules = WriteRules(
        kind=RoleKind.IMPLEMENTER,
        restrictions=frozenset({Restriction.NO_FILE_CREATION}),
        task_files=("**",),
    )

    scoped = within_scope(left.git, start=left.base, tree=left.tree, rules=rules)

    assert scoped.tree == left.git.tree_of(left.base)
