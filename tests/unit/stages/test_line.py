"""However a plan's tasks are scheduled, the same tree stands on the branch."""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.sandbox.trees import REGULAR, TreeEntry
from orchestrator.scheduling.file_rules import clashes
from orchestrator.scheduling.graph import ancestors
from orchestrator.scheduling.scheduler import Hooks, run_tasks
from orchestrator.stages.branch import Misfit, Piece, RunBranch
from orchestrator.stages.line import Line
from tests.unit.scheduling.plans import task
from tests.unit.stages.test_branch import AT, BOT, _branch, _reopened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from orchestrator.domain.plan import Task


@st.composite
def legal_plans(draw: st.DrawFn) -> tuple[Task, ...]:
    """Draw a plan that the rules let through: who may run at once shares no file."""
    tasks: list[Task] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        earlier = st.integers(1, max(1, number - 1))
        needs = draw(st.sets(earlier, max_size=2)) if number > 1 else set()
        own = task(number, *sorted(needs), files=(f"{number}.txt",))
        shared = own.model_copy(
            update={"files": (f"{number}.txt", *(f"{need}.txt" for need in sorted(needs)))}
        )
        tasks.append(own if list(clashes([*tasks, shared])) else shared)
    return tuple(tasks)


def _work(branch: RunBranch, one: Task, start: str) -> Piece:
    """Return the change of a task: its number at the end of each of its files."""
    entries = {entry.path: entry for entry in branch.git.list_paths(start)}
    for path in one.files:
        before = branch.git.blob(start, path) or b""
        blob = branch.git.write_blob(before + f"{one.id}\n".encode())
        entries[path] = TreeEntry(mode=REGULAR, object_id=blob, path=path)
    tree = branch.git.write_tree_from(entries.values())
    return Piece(task_id=one.id, start=start, tree=tree, message=f"Task {one.id}\n")


def _scheduled(
    branch: RunBranch, plan: Sequence[Task], *, limit: int, wait: Callable[[Task], None]
) -> tuple[str, list[tuple[str, int]]]:
    """Run a plan on the branch and return its tree, and what began and ended when."""
    line, diary = Line(branch, plan, plan=plan), list[tuple[str, int]]()

    def start(one: Task) -> Piece:
        piece = _work(branch, one, line.start_of(one))
        wait(one)
        return piece

    def end(one: Task, piece: Piece) -> None:
        laid = line.add(piece)
        assert not isinstance(laid, Misfit)
        branch.advance(laid)
        diary.append(("end", one.id))

    hooks = Hooks(
        on_start=lambda one: diary.append(("start", one.id)),
        on_end=end,
        on_skip=lambda *_: None,
    )
    run_tasks(plan, start, limit=limit, is_success=lambda _: True, hooks=hooks)
    return branch.git.tree_of(branch.head), diary


@given(plan=legal_plans(), limit=st.integers(1, 4), spins=st.lists(st.integers(0, 40), min_size=6))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_line__is_the_same_tree_for_every_legal_schedule(
    tmp_path: Path, plan: tuple[Task, ...], limit: int, spins: list[int]
) -> None:
    """Order is kept, no more than N run at once, and one tree comes out, with real git."""
    folder = tmp_path / "shared"
    branch = _branch(folder) if not folder.exists() else _reopened(folder)
    again = RunBranch(branch.git, base=branch.base, identity=BOT, at=AT)

    def wait(one: Task) -> None:
        for _ in range(spins[one.id - 1]):
            os.sched_yield()

    expected, _ = _scheduled(branch, plan, limit=1, wait=lambda _: None)
    tree, diary = _scheduled(again, plan, limit=limit, wait=wait)

    assert tree == expected
    assert again.head == branch.head
    before, running, ended = ancestors(plan), set[int](), set[int]()
    by_id = {one.id: one for one in plan}
    for what, number in diary:
        if what == "start":
            assert before[number] <= ended
            running.add(number)
            assert len(running) <= limit
            pairs = combinations((by_id[other] for other in running), 2)
            assert not [pair for pair in pairs if set(pair[0].files) & set(pair[1].files)]
        else:
            running.remove(number)
            ended.add(number)
    assert ended == set(by_id)


def test_line__knows_the_others_after_it_began_anew(tmp_path: Path) -> None:
    """Who meets a conflict after one was resolved still hears whose changes are in the way."""
    plan = (task(1), task(2), task(3, 1), task(4))
    branch = _branch(tmp_path)
    line = Line(branch, plan, plan=plan)
    begin = branch.head

    for one in plan[:2]:
        laid = line.add(_work(branch, one, begin))
        assert not isinstance(laid, Misfit)
        branch.advance(laid)
    branch.advance(line.put_on_top(_work(branch, plan[2], branch.head)))

    assert [other.id for other in line.others(plan[3])] == [1, 2, 3]
    assert [other.id for other in line.others(plan[2])] == [2]
    assert line.start_of(plan[3]) != begin


def test_line__starts_a_task_from_what_it_builds_on_alone(tmp_path: Path) -> None:
    """Nobody works on top of a change that they did not ask for, whoever came first."""
    plan = (task(1), task(2), task(3, 1), task(4, 3))
    branch = _branch(tmp_path)
    line = Line(branch, plan, plan=plan)
    begin = branch.head

    for one in (plan[1], plan[0], plan[2]):
        laid = line.add(_work(branch, one, line.start_of(one)))
        assert not isinstance(laid, Misfit)
        branch.advance(laid)

    assert line.start_of(plan[1]) == begin
    assert _parts(branch, line.start_of(plan[2])) == ["src/part1.js"]
    assert _parts(branch, line.start_of(plan[3])) == ["src/part1.js", "src/part3.js"]


def _parts(branch: RunBranch, commit: str) -> list[str]:
    paths = [entry.path for entry in branch.git.list_paths(commit)]
    return [path for path in paths if path.startswith("src/part")]
