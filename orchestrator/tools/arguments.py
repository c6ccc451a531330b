"""From what the model sent to typed arguments, and from types to the schema it is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.domain.errors import ToolArgumentsError
from orchestrator.domain.message import ToolSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.json import Json, JsonObject

_KEPT = frozenset(
    {"type", "description", "enum", "const", "items", "properties", "required", "default"}
)
_SHOWN_PROBLEMS = 8

T = TypeVar("T", bound=BaseModel)


class Arguments(BaseModel):
    """The parameters of one tool; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def describe(name: str, description: str, shape: type[BaseModel], *, strict: bool) -> ToolSpec:
    """Return what the model is told about a tool: the same bytes in every run.

    Args:
        name: As the model calls it.
        description: What it does, when to use it, what it answers.
        shape: The arguments; limits such as lengths are checked by us and not shown.
        strict: Whether the service guarantees the schema; then no part may be recursive.
    """
    schema = shape.model_json_schema()
    definitions = schema.get("$defs", {})
    return ToolSpec(
        name=name,
        description=description,
        input_schema=_plain(schema, definitions),
        strict=strict,
    )


def parse(spec: ToolSpec, shape: type[T], arguments: JsonObject) -> T:
    """Return the typed arguments.

    Words of a closed list are accepted in any case, and JSON text where JSON was asked for:
    both are known slips of models and have one meaning only.

    Raises:
        ToolArgumentsError: Names each wrong parameter and shows what the tool takes.
    """
    try:
        return shape.model_validate(_lenient(arguments, spec.input_schema))
    except ValidationError as error:
        raise ToolArgumentsError(_lesson(spec, error)) from error


def _plain(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> dict[str, Json]:
    """Inline references, keep what the service knows, sort all keys but the parameters.

    Parameters stay in their declared order, which is the order the model writes them in.
    """
    schema = _direct(schema, definitions)
    plain: dict[str, Json] = {}
    for key in sorted(_KEPT & schema.keys()):
        value = schema[key]
        if key == "properties" and isinstance(value, dict):
            plain[key] = {name: _plain(part, definitions) for name, part in value.items()}
        elif key == "items" and isinstance(value, dict):
            plain[key] = _plain(value, definitions)
        elif key == "default" and value is None:
            continue
        else:
            plain[key] = value
    if plain.get("type") == "object":
        plain["additionalProperties"] = False
        plain.setdefault("properties", {})
        plain.pop("description", None)
    return dict(sorted(plain.items()))


def _direct(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """Replace a reference by what it names, and "this or null" by this: it is optional anyway."""
    rest = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf"}}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        named = dict(definitions[reference.rsplit("/", 1)[-1]])
        named.pop("description", None)
        return {**named, **rest}
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        (given,) = (choice for choice in choices if choice != {"type": "null"})
        return {**_direct(given, definitions), **rest}
    return schema


def _lenient(value: Json, schema: JsonObject) -> Json:
    kind = schema.get("type")
    if kind in {"array", "object"} and isinstance(value, str):
        value = _decoded(value)
    words = schema.get("enum")
    if isinstance(words, list) and isinstance(value, str) and value.lower() in words:
        return value.lower()
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        return [_lenient(item, items) for item in value]
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, dict):
        return {name: _lenient(part, properties.get(name, {})) for name, part in value.items()}
    return value


def _decoded(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def _lesson(spec: ToolSpec, error: ValidationError) -> str:
    problems = [_problem(entry["loc"], entry["msg"], entry["type"]) for entry in error.errors()]
    more = len(problems) - _SHOWN_PROBLEMS
    shown = [f"- {problem}" for problem in problems[:_SHOWN_PROBLEMS]]
    if more > 0:
        shown.append(f"- and {more} more")
    return "\n".join(
        [f"{spec.name} was not run: its parameters are wrong.", *shown, _taken(spec.input_schema)]
    )


def _problem(place: Sequence[int | str], message: str, kind: str) -> str:
    name = ".".join(str(step) for step in place) or "the parameters"
    if kind == "missing":
        return f"`{name}` is required and missing."
    if kind == "extra_forbidden":
        return f"`{name}` is not a parameter of this tool."
    return f"`{name}`: {message}."


def _taken(schema: JsonObject) -> str:
    properties = schema.get("properties")
    required = schema.get("required")
    if not isinstance(properties, dict):
        return ""
    needed = required if isinstance(required, list) else []
    parts = [
        f"{name} ({_kind(part)}{'' if name in needed else ', optional'})"
        for name, part in properties.items()
    ]
    return "It takes: " + ", ".join(parts) + "."


def _kind(schema: JsonObject) -> str:
    words = schema.get("enum")
    if isinstance(words, list):
        return " | ".join(str(word) for word in words)
    return str(schema.get("type", "any"))
