"""Other spellings of the same settings, as the article prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.document import Document, dotted
from orchestrator.config.merge import merge
from orchestrator.config.problems import Problem, shown

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject

SPELLINGS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("workflow", "branch_strategy"): ("constraints", "branch_strategy"),
    ("workflow", "merge_strategy"): ("constraints", "merge_strategy"),
    ("specialized_agents",): ("agents",),
}
"""Where a value may also stand, and where it belongs."""


def normalise(document: Document) -> tuple[Document, tuple[Problem, ...]]:
    """Move values to the keys they belong to; say where one document contradicts itself."""
    problems: list[Problem] = []
    for written, meant in SPELLINGS.items():
        value = _get(document.values, written)
        if value is None:
            continue
        problems.extend(_contradictions(document, written, meant))
        moved = Document(
            values=_nest(meant, value),
            sources={
                (*meant, *path[len(written) :]): source
                for path, source in document.sources.items()
                if path[: len(written)] == written
            },
        )
        rest = Document(
            values=_without(document.values, written),
            sources={
                path: source
                for path, source in document.sources.items()
                if path[: len(written)] != written
            },
        )
        document = merge(rest, moved)
    return document, tuple(problems)


def _contradictions(
    document: Document, written: tuple[str, ...], meant: tuple[str, ...]
) -> list[Problem]:
    """Return a problem for each value that stands under both keys with different content."""
    value, other = _get(document.values, written), _get(document.values, meant)
    pairs: list[tuple[tuple[str, ...], Json, Json]] = [((), value, other)]
    if isinstance(value, dict) and isinstance(other, dict):
        pairs = [((key,), value[key], other[key]) for key in value if key in other]
    return [
        Problem(
            source=document.source_of((*written, *key)),
            key=dotted((*written, *key)),
            what=f"{shown(given)} contradicts {dotted((*meant, *key))}, which says {shown(there)}; "
            "keep one of the two",
        )
        for key, given, there in pairs
        if there is not None and given != there
    ]


def _get(values: JsonObject, path: tuple[str, ...]) -> Json:
    found: Json = values
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _nest(path: tuple[str, ...], value: Json) -> JsonObject:
    return {path[0]: _nest(path[1:], value) if len(path) > 1 else value}


def _without(values: JsonObject, path: tuple[str, ...]) -> JsonObject:
    below = values[path[0]]
    rest = {key: value for key, value in values.items() if key != path[0]}
    if len(path) == 1 or not isinstance(below, dict):
        return rest
    return {**rest, path[0]: _without(below, path[1:])}
