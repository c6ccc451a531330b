"""What a finished stage has to show for itself, in one sentence from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.plan import StageName
from orchestrator.domain.review import Lens, standing_passes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.check import CheckKind, CheckReport
    from orchestrator.domain.record import RunRecord


def summary_of(stage: str, record: RunRecord) -> str:
    """Return what the stage did; its name alone decides where to look."""
    match stage:
        case "preflight":
            return _checks(record.base_checks) or "No command was run on the base."
        case StageName.ANALYSIS:
            found = record.requirements
            return (
                "Done."
                if found is None
                else _counted(found.required_behaviour, "requirement") + "."
            )
        case "planning":
            return "Done." if record.plan is None else _counted(record.plan.tasks, "task") + "."
        case StageName.IMPLEMENTATION:
            change = record.change
            files = "no file" if change is None else _counted(change.files, "file")
            return f"{_done(record, stage)}; {files} changed so far."
        case StageName.TESTING:
            return f"{_done(record, stage)}; {_checks(record.head_checks) or 'no command ran.'}"
        case StageName.REVIEW:
            passes = (one for one in standing_passes(record.reviews) if one.lens is not Lens.TASK)
            words = (f"{one.lens}: {one.verdict or 'no verdict'}" for one in passes)
            return f"{', '.join(words) or 'no pass was made'}."
        case _:
            return "Done."


def _counted(things: Sequence[object], one: str) -> str:
    return f"{len(things)} {one}{'' if len(things) == 1 else 's'}"


def _done(record: RunRecord, stage: str) -> str:
    tasks = [task for task in record.tasks.values() if task.stage == stage]
    done = sum(task.status is TaskStatus.DONE for task in tasks)
    return f"{done} of {_counted(tasks, 'task')} done"


def _checks(reports: Sequence[CheckReport]) -> str:
    """Return how each command ended, in all of its runs on the commit."""
    seen: dict[CheckKind, list[bool]] = {}
    for report in reports:
        seen.setdefault(report.kind, []).append(report.is_green)
    text = ", ".join(f"{kind} {_in_words(are_green)}" for kind, are_green in seen.items())
    return f"{text}." if text else ""


def _in_words(are_green: Sequence[bool]) -> str:
    if all(are_green):
        return "green"
    return "now green, now red" if any(are_green) else "red"
