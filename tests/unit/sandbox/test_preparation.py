"""What setup made is passed on, and nothing is written through an agent's links."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.preparation import Preparation, look_at
from orchestrator.sandbox.sandbox import Access, Command, CommandResult, LimitKind
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.sandbox.worktree import open_worktree
from tests.builders_git import make_run
from tests.unit.tools.workshop import FixedCell

if TYPE_CHECKING:
    from pathlib import Path

_SETUP = """
mkdir -p node_modules/.bin lib/build .venv/bin
echo '/node_modules/' > node_modules/.gitignore; echo '*' > .venv/.gitignore
echo '*' > lib/build/.gitignore; echo made > lib/build/out; echo dep > node_modules/dep.js
echo '*' > node_modules/.gitignore; echo 'home = /usr/bin' > .venv/pyvenv.cfg
printf '#!%s/.venv/bin/python\\n' "$PWD" > .venv/bin/tool; ln -s ../dep.js node_modules/.bin/dep
echo left > new.txt; echo kept > "$HOME/cache"
"""


def _prepared(place: Path) -> tuple[Preparation, Path, Unconfined]:
    repository, base = make_run(place / "run")
    sandbox = Unconfined(place / "cells", toolchain=Toolchain())
    first = open_worktree(repository.git, commit=base.commit, root=place / "trees" / "0001")
    with contextlib.closing(sandbox.open(first.root, access=Access.WRITE, network=True)) as cell:
        assert cell.run(Command(argv=("bash", "-ec", _SETUP))).exit_code == 0
    with contextlib.closing(sandbox.open(first.root, access=Access.READ)) as cell:
        found = look_at(cell, first.root)
    second = open_worktree(repository.git, commit=base.commit, root=place / "trees" / "0002")
    return found, second.root, sandbox


def test_preparation__passes_on_what_git_ignores(tmp_path: Path) -> None:
    """Dependencies are there in the next worktree; what would look like a change is not."""
    found, root, _ = _prepared(tmp_path)

    found.fill(root)

    assert (root / "node_modules" / ".bin" / "dep").read_text() == "dep\n"
    assert (root / "lib" / "build" / "out").read_text() == "made\n"
    assert found.new == ("new.txt",)
    assert not (root / "new.txt").exists()


def test_preparation__misses_nothing_behind_a_warning(tmp_path: Path) -> None:
    """What git says on the way does not hide the first of what setup has left."""
    repository, base = make_run(tmp_path / "run")
    tree = open_worktree(repository.git, commit=base.commit, root=tmp_path / "tree").root
    sandbox = Unconfined(tmp_path / "cells", toolchain=Toolchain())
    with contextlib.closing(sandbox.open(tree, access=Access.WRITE)) as cell:
        set_up = "git config --global core.fsyncMethod odd; mkdir a; echo '*' > a/.gitignore"
        assert cell.run(Command(argv=("sh", "-c", set_up))).exit_code == 0

        assert look_at(cell, tree).ignored == ("a",)


def test_preparation__moves_python_environments(tmp_path: Path) -> None:
    """A script of an environment starts the interpreter next to it, not that of setup."""
    found, root, _ = _prepared(tmp_path)

    found.fill(root)

    assert (root / ".venv" / "bin" / "tool").read_text() == f"#!{root}/.venv/bin/python\n"


def test_preparation__writes_through_no_link(tmp_path: Path) -> None:
    """A commit that made a link of a folder cannot send the copy elsewhere."""
    found, root, _ = _prepared(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "lib").symlink_to(elsewhere)
    (root / "node_modules").symlink_to(elsewhere)

    found.fill(root)

    assert list(elsewhere.iterdir()) == []


def test_look_at__that_met_a_limit_says_which(tmp_path: Path) -> None:
    """Too many new files are no broken repository: the advice fits what happened."""
    result = CommandResult(exit_code=None, output="?? a", limit=LimitKind.OUTPUT, duration_s=1.0)

    with pytest.raises(SandboxError, match="at its output limit") as caught:
        look_at(FixedCell(result), tmp_path)

    assert "gitignore" in caught.value.hint


def test_homes__begin_with_what_setup_left(tmp_path: Path) -> None:
    """A cache that setup filled is there for every command, and each has its own copy."""
    _, root, sandbox = _prepared(tmp_path)

    for _ in range(2):
        with contextlib.closing(sandbox.open(root, access=Access.WRITE)) as cell:
            said = cell.run(Command(argv=("sh", "-c", 'cat "$HOME/cache"; echo x > "$HOME/cache"')))
            assert said.output == "kept\n"


def test_homes__of_setup_stays_for_everybody_to_read(tmp_path: Path) -> None:
    """Programs installed into setup's home name its path, so it stays, without its clutter."""
    homes = Homes(tmp_path)
    home = homes.make(network=True)
    (home / "tool").write_text("x")

    homes.end(home)

    assert homes.of_setup == (home,)
    assert home.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in home.iterdir()) == ["tool"]


def test_preparation__reads_through_no_link(tmp_path: Path) -> None:
    """Setup can name a path below a link of its own: nothing is copied from there."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("secret")
    found, root, _ = _prepared(tmp_path)
    (found.tree / "way").symlink_to(secret)

    replace(found, ignored=("way/key",)).fill(root)

    assert not (root / "way").exists()


def test_preparation__moves_no_environment_behind_a_link(tmp_path: Path) -> None:
    """The programs of an environment may be a link: files elsewhere that name its path stay."""
    found, root, _ = _prepared(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "note").write_text(f"see {found.tree}")
    shutil.rmtree(found.tree / ".venv" / "bin")
    (found.tree / ".venv" / "bin").symlink_to(elsewhere)

    found.fill(root)

    assert (elsewhere / "note").read_text() == f"see {found.tree}"
