"""The configuration's own documentation: every key, its default and what it is for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_origin

from orchestrator.config.settings import Settings
from orchestrator.config.validation import part_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from orchestrator.domain.json import Json, JsonObject

MARKS = ("<!-- keys: begin, written by make schema -->", "<!-- keys: end -->")
_LONGEST_DEFAULT = 50


def with_keys(page: str) -> str:
    """Return a Markdown page with the tables of keys between its marks written anew."""
    before, rest = page.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    return f"{before}{MARKS[0]}\n\n{key_tables()}\n{MARKS[1]}{after}"


def key_tables() -> str:
    """Return a Markdown table for the top of the file and one for each part of it."""
    tops = {name: part_of(field.annotation) for name, field in Settings.model_fields.items()}
    plain = [row for row in _rows(Settings, "") if tops.get(row[0], Settings) is None]
    tables = [_table("Top of the file", "", plain)]
    for name, part in tops.items():
        if part is not None:
            field = Settings.model_fields[name]
            prefix = f"{name}{_inner(field.annotation)}."
            tables.append(_table(f"`{name}`", field.description or "", _rows(part, prefix)))
    return "\n".join(tables)


def _rows(part: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Yield key, default and description of everything in a part and below it."""
    defaults = _defaults(part)
    for name, field in part.model_fields.items():
        key, about = f"{prefix}{name}", field.description or ""
        below, inner = part_of(field.annotation), _inner(field.annotation)
        if below is None or inner:
            default = "required" if field.is_required() else _shown(defaults.get(name))
            yield key, default, about
        if below is not None:
            yield from _rows(below, f"{key}{inner}.")


def _inner(annotation: object) -> str:
    """Return how the key of an entry in a list or a mapping is written."""
    origin: object = get_origin(annotation)
    return "[]" if origin is tuple else ".<name>" if origin is Mapping else ""


def _defaults(part: type[BaseModel]) -> JsonObject:
    values: JsonObject = part.model_construct().model_dump(mode="json", warnings=False)
    return values


def _shown(value: Json) -> str:
    if value is None:
        return "–"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = [entry["name"] for entry in value if isinstance(entry, dict)]
    text = json.dumps(value)
    if isinstance(value, list) and len(text) > _LONGEST_DEFAULT:
        return f"{len(value)} entries: `validate` shows them"
    return f"`{text}`"


def _table(
    title: str, about: str, rows: Iterator[tuple[str, str, str]] | list[tuple[str, str, str]]
) -> str:
    lines = [f"### {title}\n"]
    if about:
        lines.append(f"{about}\n")
    lines += ["| Key | Default | What it is for |", "|---|---|---|"]
    lines += [f"| `{key}` | {default} | {text} |" for key, default, text in rows]
    return "\n".join(lines) + "\n"
