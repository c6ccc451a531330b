"""The project's own files, as the architecture tests read them."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def project_files() -> tuple[Path, ...]:
    """List every file that is in the repository or about to be, relative to its root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = sorted({Path(name) for name in listing.split("\0") if name})
    return tuple(path for path in paths if (ROOT / path).is_file())


def python_files(top: str) -> tuple[Path, ...]:
    """List the Python files under a top folder."""
    return tuple(path for path in project_files() if path.parts[0] == top and path.suffix == ".py")


def is_package_door(path: Path) -> bool:
    """Tell whether a file is an `__init__.py`."""
    return path.name == "__init__.py"


def read(path: Path) -> str:
    """Return a project file's text."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def parse(path: Path) -> ast.Module:
    """Return a project file's syntax tree."""
    return ast.parse(read(path), filename=str(path))


def line_count(path: Path) -> int:
    """Count a project file's lines."""
    return len(read(path).splitlines())


def functions(path: Path) -> Iterator[FunctionNode]:
    """Yield every function and method of a file, nested ones too."""
    for node in ast.walk(parse(path)):
        if isinstance(node, FunctionNode):
            yield node


def place(path: Path, node: ast.expr | ast.stmt | ast.excepthandler) -> str:
    """Name the place of a node, as an editor opens it."""
    return f"{path}:{node.lineno}"
