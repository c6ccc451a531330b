"""What the Messages API refuses in a list of tools, strict ones above all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.json import Json, JsonObject

_FIELDS = frozenset(
    {
        "name",
        "description",
        "input_schema",
        "strict",
        "input_examples",
        "cache_control",
        "defer_loading",
        "allowed_callers",
        "eager_input_streaming",
        "type",
    }
)
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_STRICT = 20
_MOST_OPTIONAL = 24
_MOST_UNIONS = 16
_NOT_IN_STRICT = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
)


def tools_complaint(body: JsonObject) -> str | None:
    """Return the first thing that is wrong with the tools of a request body."""
    choice = cast("Mapping[str, Json]", body.get("tool_choice") or {})
    if choice.get("type") in {"any", "tool"}:
        return "tool_choice: forced tool use is not supported by this model"
    tools = cast("Sequence[JsonObject]", body.get("tools") or ())
    names = [str(tool.get("name")) for tool in tools]
    if len(set(names)) != len(names):
        return "tools: Tool names must be unique."
    complaints = (_complaint(at, tool) for at, tool in enumerate(tools))
    found = next((complaint for complaint in complaints if complaint is not None), None)
    return found or _strict_complaint([tool for tool in tools if tool.get("strict")])


def _complaint(at: int, tool: JsonObject) -> str | None:
    for field in tool:
        if field not in _FIELDS:
            return f"tools.{at}.{field}: Extra inputs are not permitted"
    schema = cast("Mapping[str, Json]", tool.get("input_schema") or {})
    if not _NAME.fullmatch(str(tool.get("name"))):
        return f"tools.{at}.name: String should match pattern '{_NAME.pattern}'"
    if schema.get("type") != "object":
        return f"tools.{at}.input_schema.type: Input should be 'object'"
    return None


def _strict_complaint(tools: Sequence[JsonObject]) -> str | None:
    """Check what can be compiled into a grammar, and how much of it."""
    if len(tools) > _MOST_STRICT:
        return f"tools: too many strict tools, at most {_MOST_STRICT}"
    parts = [part for tool in tools for part in _schemas(tool.get("input_schema"))]
    for part in parts:
        if part.get("type") == "object" and part.get("additionalProperties") is not False:
            return "tools: strict schemas need `additionalProperties: false` in every object"
        if any(word in part for word in _NOT_IN_STRICT):
            return f"tools: strict schemas take none of {', '.join(_NOT_IN_STRICT)}"
        if "$ref" in part:
            return "tools: strict schemas may not be recursive"
    if sum(map(_optional, parts)) > _MOST_OPTIONAL:
        return f"tools: strict schemas have more than {_MOST_OPTIONAL} optional parameters"
    if sum(map(_is_union, parts)) > _MOST_UNIONS:
        return f"tools: strict schemas have more than {_MOST_UNIONS} parameters of several types"
    return None


def _schemas(value: Json) -> Iterator[JsonObject]:
    """Yield a schema and all schemas in it; names of properties are no keywords."""
    if not isinstance(value, Mapping):
        return
    yield value
    properties = value.get("properties")
    inner = list(properties.values()) if isinstance(properties, Mapping) else []
    inner += [value.get("items")]
    for word in ("anyOf", "oneOf", "allOf"):
        inner += list(cast("Sequence[Json]", value.get(word) or ()))
    for word in ("$defs", "definitions"):
        inner += list(cast("Mapping[str, Json]", value.get(word) or {}).values())
    for each in inner:
        yield from _schemas(each)


def _optional(schema: JsonObject) -> int:
    properties = cast("Mapping[str, Json]", schema.get("properties") or {})
    required = cast("Sequence[str]", schema.get("required") or ())
    return len(properties.keys() - set(required))


def _is_union(schema: JsonObject) -> bool:
    return isinstance(schema.get("type"), list) or "anyOf" in schema or "oneOf" in schema
