"""Every effective setting with its value and where that came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.config.document import dotted, leaves

if TYPE_CHECKING:
    from orchestrator.config.loading import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One effective setting."""

    key: str
    value: str
    """As JSON, on one line."""
    source: str
    """`file:line`, `built-in default`, `input …` or `detected from …`."""


def explain(loaded: Loaded) -> tuple[Line, ...]:
    """Return every effective setting, in the order of the schema."""
    return tuple(
        Line(
            key=dotted(path),
            value=json.dumps(value, ensure_ascii=False),
            source=str(loaded.provenance[dotted(path)]),
        )
        for path, value in leaves(loaded.settings.model_dump(mode="json"))
    )
