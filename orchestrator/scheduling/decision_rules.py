"""Rules on the architecture decisions that a plan speaks of, or should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import UsageError
from orchestrator.scheduling.scopes import overlap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.plan import Plan

_SHOWN = 10


def problems(plan: Plan, known: Sequence[DecisionRecord]) -> Iterator[str]:
    """Yield what is wrong with the plan's `decisions`, one sentence each."""
    by_path = {record.path: record for record in known}
    for cited in plan.decisions:
        record = by_path.get(cited.source)
        if record is None:
            yield f"`decisions` cites {cited.source!r}, which is no decision record: {_list(known)}"
        elif not record.is_in_force:
            yield (
                f"`decisions` cites {cited.source!r}, whose status is {record.status!r}: "
                "leave it out, or cite the record that took its place."
            )
        if not cited.how_kept.strip():
            yield f"`decisions` says nothing on how {cited.source!r} is kept: fill in `how_kept`."
    told = {cited.source for cited in plan.decisions}
    for record in known:
        if record.path not in told and record.is_in_force:
            yield from _left_out(record, plan)


def _left_out(record: DecisionRecord, plan: Plan) -> Iterator[str]:
    for task in plan.tasks:
        for name in record.names:
            if _meets(name, task.files):
                yield (
                    f"The decision {record.path!r} ({record.title}) speaks of {name!r}, which "
                    f"task {task.id} may change: add it to `decisions` with how it is kept, or "
                    "with why it does not apply."
                )
                return


def _meets(name: str, files: Sequence[str]) -> bool:
    try:
        return overlap((name,), files)
    except UsageError:
        # Braces without end: whoever wrote it, nobody can mean a path by it.
        return False


def _list(known: Sequence[DecisionRecord]) -> str:
    if not known:
        return "this repository has none, so `decisions` must be empty."
    names = ", ".join(record.path for record in known[:_SHOWN])
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"there are {names}{more}."
