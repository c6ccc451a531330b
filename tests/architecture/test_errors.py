"""One tree of errors, drawn where it is defined, and one place that catches everything."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

from orchestrator.domain import errors
from tests.architecture.source import parse, place, python_files

if TYPE_CHECKING:
    from collections.abc import Iterator

BROAD = frozenset({"Exception", "BaseException"})


def _draw(kind: type[BaseException], depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield a class and its subclasses in order of definition, with their depth."""
    yield depth, kind.__name__
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _draw(child, depth + 1)


def _drawn(docstring: str) -> list[tuple[int, str]]:
    """Read the tree out of a docstring: four columns are one level."""
    root = errors.OrchestratorError.__name__
    lines = inspect.cleandoc(docstring).splitlines()
    start = lines.index(f"    {root}")
    tree = [(0, root)]
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        name = line.lstrip(" │├└─")
        tree.append(((len(line) - len(name)) // 4 - 1, name))
    return tree


def test_error_tree__is_what_its_docstring_draws() -> None:
    """Whoever reads the drawing knows every error there is, and where it hangs."""
    assert _drawn(errors.__doc__ or "") == list(_draw(errors.OrchestratorError))


def _only_refines_tool_error(kind: ast.ClassDef) -> bool:
    """Tell whether an error merely says more about a tool's refusal."""
    return [ast.unparse(base) for base in kind.bases] == [errors.ToolError.__name__]


def test_errors__that_stop_a_run_are_defined_in_one_file() -> None:
    """No room brings an error of its own that nobody above it knows."""
    elsewhere = [
        place(path, node)
        for path in python_files("orchestrator")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef)
        and node.name.endswith("Error")
        and path.parts[1:] != ("domain", "errors.py")
        and not _only_refines_tool_error(node)
    ]

    assert elsewhere == []


def _catches_all(handler: ast.ExceptHandler) -> bool:
    """Tell whether an except clause swallows everything; tidying up and raising on is no catch."""
    if ast.unparse(handler.body[-1]) == "raise":
        return False
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in BROAD for kind in caught)


def test_broad_except__stands_only_in_the_door() -> None:
    """An error that nobody foresaw reaches a person instead of being swallowed on the way."""
    broad = [
        place(path, node)
        for path in python_files("orchestrator")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    ]

    assert [spot for spot in broad if not spot.startswith("orchestrator/cli.py:")] == []
    assert len(broad) <= 1
