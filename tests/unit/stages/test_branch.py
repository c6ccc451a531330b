"""The run's branch: whatever order tasks end in, the same line of commits comes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.repository import RunRepository
from orchestrator.sandbox.trees import REGULAR, TreeEntry
from orchestrator.stages.branch import Misfit, Piece, RunBranch
from tests.builders_git import make_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = {f"{letter}.txt": f"{letter}\n" for letter in "abcdef"}
BOT = Identity(name="bot", email="bot@example.com")
AT = datetime(2026, 1, 1, tzinfo=UTC)

ACTS = st.sampled_from(["change", "delete", "add", "nothing"])


def _branch(folder: Path) -> RunBranch:
    repository, base = make_run(folder, FILES)
    return RunBranch(repository.git, base=base.commit, identity=BOT, at=AT)


def _piece(
    branch: RunBranch, number: int, changes: Mapping[str, str | None], *, start: str | None = None
) -> Piece:
    """Return what a task adds: path → new text, or `None` for a deletion."""
    start = start or branch.base
    entries = {entry.path: entry for entry in branch.git.list_paths(start)}
    for path, text in changes.items():
        entries.pop(path, None)
        if text is not None:
            blob = branch.git.write_blob(text.encode())
            entries[path] = TreeEntry(mode=REGULAR, object_id=blob, path=path)
    tree = branch.git.write_tree_from(entries.values())
    return Piece(task_id=number, start=start, tree=tree, message=f"Task {number}\n")


def _acted(act: str, letter: str) -> Mapping[str, str | None]:
    acts: dict[str, Mapping[str, str | None]] = {
        "change": {f"{letter}.txt": f"{letter} was changed\n"},
        "delete": {f"{letter}.txt": None},
        "add": {f"new/{letter}.txt": "new\n"},
        "nothing": {},
    }
    return acts[act]


@given(acts=st.lists(ACTS, min_size=2, max_size=5), choice=st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_branch__is_the_same_for_every_order_of_ending(
    tmp_path: Path, acts: list[str], choice: st.DataObject
) -> None:
    """Tasks with disjoint files give one tree, one line of commits, however fast each is."""
    folder = tmp_path / "shared"
    branch = _branch(folder) if not folder.exists() else _reopened(folder)
    pieces = [
        _piece(branch, number, _acted(act, letter))
        for number, (act, letter) in enumerate(zip(acts, "abcdef", strict=False), start=1)
    ]
    order = choice.draw(st.permutations(pieces))

    ended: list[Piece] = []
    for piece in order:
        ended.append(piece)
        laid = branch.lay(branch.base, [each for each in pieces if each in ended])
        assert isinstance(laid, str)
        branch.advance(laid)

    assert branch.head == branch.lay(branch.base, pieces)
    subjects = [commit.subject for commit in branch.git.log(branch.head, since=branch.base)]
    busy = [f"Task {piece.task_id}" for piece, act in zip(pieces, acts, strict=True)]
    kept = [subject for subject, act in zip(busy, acts, strict=True) if act != "nothing"]
    assert subjects[::-1] == kept


def _reopened(folder: Path) -> RunBranch:
    repository = RunRepository(folder / "run.git")
    base = repository.take_base(checkout=folder / "checkout", remote=None, branch=None)
    return RunBranch(repository.git, base=base.commit, identity=BOT, at=AT)


def test_branch__begins_empty_at_its_base(tmp_path: Path) -> None:
    """Before the first task there is nothing to push."""
    branch = _branch(tmp_path)

    assert branch.is_empty
    assert branch.head == branch.base
    assert branch.change().files == ()
    assert [entry.path for entry in branch.base_entries()] == sorted(FILES)


def test_branch__reports_a_misfit_and_does_not_move(tmp_path: Path) -> None:
    """Two changes of one line are never merged by guessing."""
    branch = _branch(tmp_path)
    one = _piece(branch, 1, {"a.txt": "one\n"})
    other = _piece(branch, 2, {"a.txt": "other\n", "b.txt": "b2\n"})

    laid = branch.lay(branch.base, [one, other])

    assert laid == Misfit(task_id=2, paths=("a.txt",))
    assert branch.is_empty


def test_branch__adds_no_commit_for_nothing(tmp_path: Path) -> None:
    """A task without effect leaves no empty commit, also on top of others."""
    branch = _branch(tmp_path)
    one = _piece(branch, 1, {"a.txt": "one\n"})

    laid = branch.lay(branch.base, [one])

    assert branch.lay(branch.base, [_piece(branch, 2, {})]) == branch.base
    assert branch.lay(branch.base, [one, _piece(branch, 2, {}), one]) == laid


def test_branch__gives_the_same_ids_twice(tmp_path: Path) -> None:
    """Laying again names the same commits, in another process as well."""
    branch = _branch(tmp_path)
    pieces = [_piece(branch, 1, {"a.txt": "1\n"}), _piece(branch, 2, {"b.txt": None})]

    first, second = branch.lay(branch.base, pieces), branch.lay(branch.base, pieces)

    assert first == second == _reopened(tmp_path).lay(branch.base, pieces)


def test_branch__lays_what_builds_on_another_task(tmp_path: Path) -> None:
    """A piece that started from its dependency's commit keeps both changes of one file."""
    branch = _branch(tmp_path)
    one = _piece(branch, 1, {"a.txt": "one\n"})
    side = _piece(branch, 2, {"b.txt": "side\n"})
    start = branch.lay(branch.base, [one])
    assert isinstance(start, str)
    on_top = _piece(branch, 3, {"a.txt": "one\nand more\n"}, start=start)

    laid = branch.lay(branch.base, [one, side, on_top])

    assert isinstance(laid, str)
    assert branch.git.blob(laid, "a.txt") == b"one\nand more\n"
    assert branch.git.blob(laid, "b.txt") == b"side\n"


def test_branch__asks_again_for_another_start(tmp_path: Path) -> None:
    """The same tree from another start means another change."""
    branch = _branch(tmp_path)
    start = branch.lay(branch.base, [_piece(branch, 1, {"a.txt": "one\n"})])
    assert isinstance(start, str)
    from_base = _piece(branch, 2, {"a.txt": "one\n"})
    takes_back = replace(_piece(branch, 2, {"a.txt": "a\n"}, start=start), tree=from_base.tree)
    other = branch.lay(branch.base, [_piece(branch, 3, {"a.txt": "one\n", "b.txt": "b2\n"})])
    assert isinstance(other, str)

    assert branch.lay(other, [from_base]) == other
    assert branch.lay(other, [replace(takes_back, tree=branch.git.tree_of(branch.base))]) != other
