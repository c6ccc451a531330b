"""The plan as a drawing that GitHub renders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.rendering.markdown import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.rendering.report_lines import TaskLine

_UNSAFE = re.compile(r"[^\w ,.:/()+-]")
_LONGEST = 60
_CLASSES: Mapping[TaskStatus, str] = {
    TaskStatus.DONE: "done",
    TaskStatus.FAILED: "failed",
    TaskStatus.RUNNING: "active",
    TaskStatus.STOPPED: "failed",
    TaskStatus.PENDING: "open",
    TaskStatus.SKIPPED: "open",
}


def mermaid(tasks: Sequence[TaskLine]) -> str:
    """Return Mermaid source; titles lose every character that could mean something to it."""
    rows = ["flowchart LR"]
    for task in tasks:
        text = f"{task.id}: {label(task.title)}<br/>{label(task.agent)}"
        rows.append(f'  t{task.id}["{text}"]:::{_CLASSES[task.status]}')
    rows += [f"  t{before} --> t{task.id}" for task in tasks for before in task.dependencies]
    rows += [
        "  classDef done fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
        "  classDef failed fill:#ffebe9,stroke:#cf222e,color:#1f2328",
        "  classDef active fill:#ddf4ff,stroke:#0969da,color:#1f2328",
        "  classDef open fill:#f6f8fa,stroke:#818b98,color:#1f2328",
    ]
    return "\n".join(rows)


def label(text: str) -> str:
    """Return foreign text as short words that mean nothing to Mermaid."""
    words = " ".join(_UNSAFE.sub(" ", plain(text)).split())
    return words if len(words) <= _LONGEST else words[:_LONGEST].rstrip() + "…"
