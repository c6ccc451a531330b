"""Holding documents against the schema, with every problem told at its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError

from orchestrator.config.document import dotted
from orchestrator.config.problems import Problem, choices, shown
from orchestrator.config.settings import Settings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from orchestrator.config.document import Document, KeyPath

_QUOTED = re.compile(r"'([^']*)'")
_KINDS = {
    "bool_type": "true or false",
    "decimal_type": "a number, such as 12.5",
    "decimal_parsing": "a number, such as 12.5",
    "dict_type": "keys with values",
    "int_type": "a whole number",
    "model_type": "keys with values",
    "string_type": "text; quote it if it looks like a number",
    "tuple_type": "a list",
}
_BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "text that is not empty",
    "string_pattern_mismatch": "text of the form {pattern}",
}


def validate(document: Document) -> Settings | tuple[Problem, ...]:
    """Return the settings of a document, or everything that is wrong with it."""
    try:
        return Settings.model_validate(document.values)
    except ValidationError as exc:
        return _problems(exc, document)


def check_part(document: Document) -> tuple[Problem, ...]:
    """Return what is wrong with one layer by itself; what it lacks may be in another."""
    try:
        Settings.model_validate(document.values)
    except ValidationError as exc:
        return _problems(exc, document, without="missing")
    return ()


def _problems(
    failure: ValidationError, document: Document, *, without: str = ""
) -> tuple[Problem, ...]:
    """Return the problems in the order of their lines."""
    errors = failure.errors(include_url=False)
    problems = [_problem(error, document) for error in errors if error["type"] != without]
    return tuple(sorted(problems, key=_line))


def _line(problem: Problem) -> tuple[str, int]:
    source = problem.source
    return (source.file, source.line or 0) if source else ("", 0)


def _problem(error: ErrorDetails, document: Document) -> Problem:
    path: KeyPath = tuple(part for part in error["loc"] if part != "[key]")
    return Problem(source=document.source_of(path), key=dotted(path), what=_what(error, path))


def _what(error: ErrorDetails, path: KeyPath) -> str:
    kind, given = error["type"], error["input"]
    context = error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is not a known key; {choices(_keys_at(path[:-1]), given=str(path[-1]))}"
    if kind == "missing":
        return "is missing"
    if kind in {"enum", "literal_error"}:
        words = _QUOTED.findall(str(context.get("expected", "")))
        return f"{shown(given)} is not allowed; {choices(words, given=str(given))}"
    if kind in _KINDS:
        return f"{shown(given)} is not allowed; allowed: {_KINDS[kind]}"
    if kind in _BOUNDS:
        return f"{shown(given)} is not allowed; allowed: {_BOUNDS[kind].format(**context)}"
    return f"{shown(given)} {error['msg']}"


def _keys_at(path: KeyPath) -> tuple[str, ...]:
    """Return the keys that the schema has at a place."""
    part: type[BaseModel] = Settings
    for key in path:
        if isinstance(key, str) and key in part.model_fields:
            part = part_of(part.model_fields[key].annotation) or part
    return tuple(part.model_fields)


def part_of(annotation: object) -> type[BaseModel] | None:
    """Return the schema inside an annotation such as `tuple[Part, ...]` or `Mapping[str, Part]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (part_of(argument) for argument in get_args(annotation))
    return next((part for part in found if part is not None), None)
