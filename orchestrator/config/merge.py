"""Layers of configuration laid over each other."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from orchestrator.config.document import EMPTY, Document, leaves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.json import Json, JsonObject


def merge(base: Document, over: Document) -> Document:
    """Lay one document over another: mappings merge, everything else replaces.

    Each value keeps the place it came from. Associative for documents that agree on
    which keys hold mappings, as documents do that passed the schema.
    """
    replaced = {path for path, value in leaves(over.values) if value != {}}
    kept = {
        path: source
        for path, source in base.sources.items()
        if not any(path[:length] in replaced for length in range(1, len(path) + 1))
    }
    return Document(values=_merged(base.values, over.values), sources={**kept, **over.sources})


def merge_all(layers: Iterable[Document]) -> Document:
    """Merge any number of layers, the weakest first."""
    return reduce(merge, layers, EMPTY)


def _merged(base: JsonObject, over: JsonObject) -> JsonObject:
    values: dict[str, Json] = dict(base)
    for key, value in over.items():
        below = values.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            values[key] = _merged(below, value)
        else:
            values[key] = value
    return values
