"""The size law: small files, small functions, doors without furniture."""

from __future__ import annotations

import ast
from statistics import median

from tests.architecture.source import (
    functions,
    is_package_door,
    line_count,
    parse,
    place,
    python_files,
)

MODULE_LINES = 300
TEST_LINES = 400
MEDIAN_LINES = 120
FUNCTION_LINES = 60
DOOR_LINES = 20

MODULES = tuple(path for path in python_files("orchestrator") if not is_package_door(path))
DOORS = tuple(path for path in python_files("orchestrator") if is_package_door(path))


def test_module__fits_on_a_few_screens() -> None:
    """No module grows beyond what a reader takes in at one sitting."""
    too_long = {
        str(path): line_count(path)
        for paths, limit in ((MODULES, MODULE_LINES), (python_files("tests"), TEST_LINES))
        for path in paths
        if line_count(path) > limit
    }

    assert too_long == {}


def test_modules__are_small_as_a_rule() -> None:
    """Half of all modules stay well below the limit."""
    assert median(line_count(path) for path in MODULES) <= MEDIAN_LINES


def test_function__fits_on_a_screen() -> None:
    """No function is longer than a screen, its docstring included."""
    too_long = [
        f"{place(path, node)} {node.name}"
        for path in MODULES
        for node in functions(path)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    ]

    assert too_long == []


def test_package_door__only_shows_what_is_inside() -> None:
    """A room's `__init__.py` has a docstring, imports and names, and does nothing."""
    furniture = [
        place(path, node)
        for path in DOORS
        for node in parse(path).body[1:]
        if not (
            isinstance(node, ast.Import | ast.ImportFrom)
            or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("__"))
        )
    ]

    assert furniture == []
    assert [str(path) for path in DOORS if line_count(path) > DOOR_LINES] == []
    assert [str(path) for path in DOORS if ast.get_docstring(parse(path)) is None] == []
