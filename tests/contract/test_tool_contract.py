"""One suite for every tool: what the port promises, each of them keeps."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import external_file

from orchestrator.domain.errors import ToolError
from orchestrator.tools.bash import BashTool
from orchestrator.tools.delegating import TaskTool
from orchestrator.tools.editing import EditTool, MultiEditTool
from orchestrator.tools.globbing import GlobTool
from orchestrator.tools.grepping import GrepTool
from orchestrator.tools.reading import ReadTool
from orchestrator.tools.submitting import SUBMITS, Submit
from orchestrator.tools.todos import TodoTool
from orchestrator.tools.toolbox import IMPLEMENTERS, ORCHESTRATOR, READERS
from orchestrator.tools.writing import WriteTool
from tests.unit.tools.workshop import make_cell, make_tree, make_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import ToolSpec
    from orchestrator.tools.tools import Tool

SPECS = tuple({spec.name: spec for spec in (*ORCHESTRATOR, *READERS, *IMPLEMENTERS)}.values())
NAMES = tuple(spec.name for spec in SPECS)
LONG = "x" * 100_000
WELL_FORMED: dict[str, JsonObject] = {
    "Read": {"file_path": "long.txt"},
    "Edit": {"file_path": "long.txt", "old_string": "gone", "new_string": LONG},
    "MultiEdit": {
        "file_path": "long.txt",
        "edits": [{"old_string": "gone", "new_string": LONG}],
    },
    "Write": {"file_path": "new.txt", "content": LONG},
    "Grep": {"pattern": "x", "output_mode": "content"},
    "Glob": {"pattern": "**"},
    "Bash": {"command": "cat long.txt; pwd"},
    "Task": {"description": "long", "prompt": "answer at length"},
    "TodoWrite": {"todos": [{"content": "step", "status": "pending"}]},
}


def make_tools(folder: Path) -> dict[str, Tool]:
    """Return one of each kind of tool, on a tree with a long file."""
    tree = make_tree(folder, {"long.txt": f"{LONG}\n" * 3})
    workspace = make_workspace(tree)
    cell = make_cell(tree)
    tools: list[Tool] = [
        ReadTool(workspace),
        EditTool(workspace),
        MultiEditTool(workspace),
        WriteTool(workspace),
        GrepTool(workspace, cell),
        GlobTool(workspace, cell),
        BashTool(workspace, cell, frozenset()),
        TaskTool(lambda *_: LONG),
        TodoTool(lambda _: None),
        *(Submit(shape) for shape in SUBMITS),
    ]
    return {tool.spec.name: tool for tool in tools}


def parts_of(schema: JsonObject) -> Iterator[JsonObject]:
    """Yield every schema inside a schema."""
    yield schema
    properties, items = schema.get("properties"), schema.get("items")
    for part in properties.values() if isinstance(properties, dict) else ():
        yield from parts_of(part)
    if isinstance(items, dict):
        yield from parts_of(items)


def optional_in(spec: ToolSpec) -> list[str]:
    """Return the names of every parameter that may be left out."""
    names: list[str] = []
    for part in parts_of(spec.input_schema):
        properties, required = part.get("properties"), part.get("required")
        if isinstance(properties, dict):
            needed = required if isinstance(required, list) else []
            names += [name for name in properties if name not in needed]
    return names


@pytest.mark.parametrize(
    ("name", "specs"),
    [("orchestrator", ORCHESTRATOR), ("readers", READERS), ("implementers", IMPLEMENTERS)],
)
def test_tool_list__is_the_same_bytes_in_every_run(name: str, specs: tuple[ToolSpec, ...]) -> None:
    """A change of a tool's words is seen in review, because it costs every cached prefix."""
    shown = json.dumps([asdict(spec) for spec in specs], indent=1, ensure_ascii=False) + "\n"

    assert shown == external_file(f"../snapshots/tools/{name}.json", format=".txt")


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_tool__describes_itself_in_three_to_six_sentences(spec: ToolSpec) -> None:
    """A description long enough to be used rightly and short enough to be read."""
    sentences = [part for part in spec.description.split(". ") if part]

    assert 2 <= len(sentences) <= 8
    assert len(spec.description) < 520


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_tool_schema__is_closed_and_without_bounds(spec: ToolSpec) -> None:
    """Every schema is one that the service accepts for strict use."""
    for part in parts_of(spec.input_schema):
        assert not {"$ref", "anyOf", "minimum", "minLength", "pattern", "minItems"} & set(part)
        assert part.get("type") != "object" or part.get("additionalProperties") is False


@pytest.mark.parametrize("spec", SUBMITS.values(), ids=lambda spec: spec.name)
def test_submit_schema__requires_every_field(spec: ToolSpec) -> None:
    """A strict result has no optional part whose absence could mean two things."""
    assert spec.strict
    assert optional_in(spec) == []


def test_strict_tools__stay_within_the_services_limits() -> None:
    """At most twenty strict tools and twenty-four optional parameters in them."""
    strict = [spec for spec in IMPLEMENTERS if spec.strict]

    assert len(strict) <= 20
    assert sum(len(optional_in(spec)) for spec in strict) <= 24


@pytest.mark.parametrize("name", NAMES)
def test_tool__teaches_when_the_parameters_are_wrong(name: str, tmp_path: Path) -> None:
    """A wrong call changes nothing and gets a sentence about each parameter."""
    tool = make_tools(tmp_path)[name]

    with pytest.raises(ToolError, match=f"{name} was not run: its parameters are wrong"):
        tool.call({"nonsense": 1})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("arguments", [{}, {"file_path": 7, "command": None, "todos": {}}])
def test_tool__names_its_subject_in_one_line_whatever_was_sent(
    name: str, arguments: dict[str, Json], tmp_path: Path
) -> None:
    """The log never breaks on a broken call."""
    subject = make_tools(tmp_path)[name].subject(arguments)

    assert "\n" not in subject


@pytest.mark.parametrize("name", WELL_FORMED)
def test_tool__answer_is_bounded_and_hides_the_machine(name: str, tmp_path: Path) -> None:
    """However long the matter, the context is not flooded; no path of this machine is shown."""
    tool = make_tools(tmp_path)[name]

    try:
        said = tool.call(WELL_FORMED[name])
    except ToolError as error:
        said = str(error)

    assert 0 < len(said) < 25_000
    assert str(tmp_path) not in said


@pytest.mark.parametrize("name", NAMES)
def test_tool__is_one_of_a_list(name: str, tmp_path: Path) -> None:
    """Every tool there is can be shown, and every tool shown can be made."""
    assert set(make_tools(tmp_path)) == set(NAMES)
    assert make_tools(tmp_path)[name].spec.name == name
