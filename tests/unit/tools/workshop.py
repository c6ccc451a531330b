"""A small real worktree with tools on it, for the tests of this room."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.message import ToolCall
from orchestrator.domain.role import Restriction, Role, RoleKind
from orchestrator.domain.work import WorkReport
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.files import TreeFiles
from orchestrator.sandbox.sandbox import Access
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.tools.outfit import Wanted, outfit
from orchestrator.tools.workspace import Workspace
from orchestrator.tools.write_rules import WriteRules
from tests.doubles.clock import SteppingClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from orchestrator.domain.event import Event
    from orchestrator.domain.json import Json
    from orchestrator.sandbox.sandbox import Cell, Command, CommandResult
    from orchestrator.tools.toolbox import CallMap, Toolbox

WORK: Mapping[str, Json] = {
    "summary": "Added the toggle.",
    "root_cause": "",
    "changes": [],
    "evidence": [],
    "untested": [],
    "followups": [],
}
EVERYTHING = frozenset(
    {"Read", "Edit", "MultiEdit", "Write", "Grep", "Glob", "Bash", "Task", "TodoWrite"}
)


def make_tree(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files below a new folder `tree` and return it."""
    tree = folder / "tree"
    tree.mkdir(exist_ok=True)
    for path, text in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    return tree


def make_workspace(
    tree: Path,
    *,
    kind: RoleKind = RoleKind.IMPLEMENTER,
    task_files: tuple[str, ...] = ("**",),
    protected: tuple[str, ...] = (),
    restrictions: frozenset[Restriction] = frozenset(),
) -> Workspace:
    """Return an agent's view of the tree."""
    rules = WriteRules(
        kind=kind, restrictions=restrictions, task_files=task_files, protected=protected
    )
    return Workspace(files=TreeFiles(tree), rules=rules, roots=(str(tree),))


def make_cell(tree: Path) -> Cell:
    """Return a cell that runs real commands in the tree, the project's ripgrep among them."""
    toolchain = Toolchain(path=(Path(sys.executable).parent,))
    return Unconfined(tree.parent / "cells", toolchain=toolchain).open(tree, access=Access.WRITE)


def make_role(
    kind: RoleKind = RoleKind.IMPLEMENTER,
    *,
    tools: frozenset[str] = EVERYTHING,
    restrictions: frozenset[Restriction] = frozenset(),
) -> Role:
    """Return a role named after nobody."""
    return Role(
        name="worker", kind=kind, description="", scope=(), tools=tools, restrictions=restrictions
    )


@dataclass
class FixedCell:
    """A cell at the sandbox port that answers every command alike, or fails alike."""

    answer: CommandResult | Exception
    commands: list[Command] = field(default_factory=list)

    def run(self, command: Command) -> CommandResult:
        self.commands.append(command)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        """Nothing was started."""


@dataclass
class Bench:
    """A toolbox, and what it told the journal."""

    toolbox: Toolbox
    events: list[Event]
    _ids: Iterator[int] = field(default_factory=lambda: iter(range(1000)))

    def call(self, name: str, arguments: Mapping[str, Json]) -> ToolCall:
        """Return a call with an id of its own."""
        return ToolCall(id=f"call_{next(self._ids)}", name=name, arguments=arguments)

    def use(self, name: str, **arguments: Json) -> tuple[str, bool]:
        """Make one call and return its text and whether it is an error."""
        result = self.toolbox.call_each((self.call(name, arguments),))[0].result
        return result.text, result.is_error


def make_bench(
    tree: Path,
    *,
    role: Role | None = None,
    shape: type[BaseModel] = WorkReport,
    map_calls: CallMap = map,
) -> Bench:
    """Return a whole outfit on a tree, with a real cell."""
    events: list[Event] = []
    role = role or make_role()
    workspace = make_workspace(tree, kind=role.kind, restrictions=role.restrictions)
    toolbox = outfit(
        role=role,
        wanted=Wanted(shape=shape),
        clock=SteppingClock(step_s=0.5),
        emit=events.append,
        task_id=2,
        workspace=workspace,
        cell=make_cell(tree),
        delegate=lambda description, prompt: f"asked {description}: {prompt}",
        map_calls=map_calls,
    )
    return Bench(toolbox=toolbox, events=events)
