"""A configuration text as values, with the place of each one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.json import Json, JsonObject

KeyPath: TypeAlias = "tuple[str | int, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value came from: a line of a file, or a note where there is no file."""

    file: str = ""
    line: int | None = None
    note: str = ""

    def __str__(self) -> str:
        """Write `file:line`, as an editor opens it, or the note."""
        if self.file and self.line is not None:
            return f"{self.file}:{self.line}"
        return self.file or self.note


BUILT_IN = Source(note="built-in default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One layer of configuration; `sources` has an entry for each key and list item."""

    values: JsonObject
    sources: Mapping[KeyPath, Source]

    def source_of(self, path: KeyPath) -> Source | None:
        """Return the place of a value, or of the nearest thing around it that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.sources:
                return self.sources[path[:length]]
        return None


EMPTY = Document(values={}, sources={})


def dotted(path: KeyPath) -> str:
    """Write a path as people do: `workflow.stages[1].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def leaves(values: JsonObject, prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, Json]]:
    """Yield each value that is not a mapping with keys, lists whole, in order."""
    for key, value in values.items():
        path = (*prefix, key)
        if isinstance(value, dict) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def one_value(path: tuple[str, ...], value: Json, source: Source) -> Document:
    """Return a document that holds a single value."""
    values: JsonObject = {}
    nested: Json = value
    for key in reversed(path):
        values = {key: nested}
        nested = values
    return Document(values=values, sources={path: source})
