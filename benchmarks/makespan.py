"""Measures how close a plan's tasks come to the shortest time that its dependencies allow.

    python -m benchmarks.makespan [--rounds N] [--seconds S]

Prints a Markdown table: random plans of 1 to 32 tasks whose work is a wait of known length. With
as many places as tasks nothing can be faster than the critical path; with four, nothing faster
than that or a fourth of all work, whichever is longer. The last column is what putting one task's
change on the branch costs at worst, with real git and the last task of the plan ending first.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from orchestrator.domain.plan import StageName, Task
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.repository import RunRepository
from orchestrator.sandbox.trees import REGULAR, TreeEntry
from orchestrator.scheduling.graph import chain_lengths
from orchestrator.scheduling.scheduler import run_tasks
from orchestrator.stages.branch import Piece, RunBranch
from orchestrator.stages.line import Line

SIZES = (1, 2, 4, 8, 16, 32)
PLACES = 4
MOST = 1.05
SEED = 47
_BOT = Identity(name="bench", email="bench@example.invalid")
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3, help="a task's usual length")
    options = parser.parse_args()
    print(
        "| tasks | edges | critical path s | makespan s | ratio | four places, bound s "
        "| makespan s | ratio | one change onto the branch ms |\n" + "|---:" * 9 + "|"
    )
    for size in SIZES:
        print(row(size, rounds=options.rounds, usual_s=options.seconds), flush=True)


def row(size: int, *, rounds: int, usual_s: float) -> str:
    """Return one line of the table: medians over so many plans of this size."""
    shape = random.Random(SEED + size)
    plans = [_plan(size, shape) for _ in range(rounds)]
    works = [{task.id: usual_s * shape.uniform(0.5, 1.5) for task in plan} for plan in plans]
    bounds = [
        max(chain_lengths(plan, lambda task, work=work: work[task.id]).values())  # type: ignore[misc]
        for plan, work in zip(plans, works, strict=True)
    ]
    narrow = [max(b, sum(w.values()) / PLACES) for b, w in zip(bounds, works, strict=True)]
    free = [_makespan(plan, work, size) for plan, work in zip(plans, works, strict=True)]
    bound = [_makespan(plan, work, PLACES) for plan, work in zip(plans, works, strict=True)]
    edges = statistics.median(sum(len(task.dependencies) for task in plan) for plan in plans)
    cells = [
        str(size),
        f"{edges:g}",
        *_compared(bounds, free),
        *_compared(narrow, bound),
        f"{1000 * _integration_s(plans[0]) / size:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _compared(bounds: list[float], spans: list[float]) -> tuple[str, str, str]:
    ratio = statistics.median(span / bound for span, bound in zip(spans, bounds, strict=True))
    verdict = "met" if ratio <= MOST else "**missed**"
    return (
        f"{statistics.median(bounds):.2f}",
        f"{statistics.median(spans):.2f}",
        f"{ratio:.3f} (≤ {MOST}: {verdict})",
    )


def _plan(size: int, shape: random.Random) -> tuple[Task, ...]:
    """Return tasks that each build on at most two earlier ones, on files of their own."""
    return tuple(
        Task(
            id=number,
            title=f"Task {number}",
            description="",
            agent="python-pro",
            dependencies=tuple(sorted(shape.sample(range(1, number), min(number - 1, drawn)))),
            stage=StageName.IMPLEMENTATION,
            files=(f"src/{number}.py",),
            acceptance=(),
        )
        for number in range(1, size + 1)
        for drawn in (shape.choice((0, 1, 1, 2)),)
    )


def _makespan(plan: tuple[Task, ...], work: dict[int, float], places: int) -> float:
    began = time.perf_counter()
    run_tasks(
        plan,
        lambda task: time.sleep(work[task.id]),
        limit=places,
        is_success=lambda _: True,
    )
    return time.perf_counter() - began


def _integration_s(plan: tuple[Task, ...]) -> float:
    """Return how long all changes of a plan take onto the branch, the last task's first."""
    with tempfile.TemporaryDirectory() as folder:
        git = RunRepository(Path(folder) / "run.git").git
        commit = partial(git.commit_tree, author=_BOT, committer=_BOT, at=_AT)
        base = commit(git.write_tree_from([]), parents=(), message="Base\n")
        branch = RunBranch(git, base=base, identity=_BOT, at=_AT)
        line = Line(branch, plan, plan=plan)
        pieces = []
        for task in plan:
            blob = git.write_blob(f"{task.id}\n".encode())
            entry = TreeEntry(mode=REGULAR, object_id=blob, path=task.files[0])
            tree = git.write_tree_from([entry])
            pieces.append(Piece(task_id=task.id, start=base, tree=tree, message=f"{task.title}\n"))
        began = time.perf_counter()
        for piece in reversed(pieces):
            branch.advance(str(line.add(piece)))
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
