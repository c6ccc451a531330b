"""How our own tests are written, so that they stay worth reading."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import functions, parse, place, python_files

NAME = re.compile(r"test_[a-z0-9]+(_[a-z0-9]+)*__[a-z0-9]+(_[a-z0-9]+)*")
TESTS = tuple(
    (path, node)
    for path in python_files("tests")
    if path.name.startswith("test_")
    for node in functions(path)
    if node.name.startswith("test_")
)


def test_test__says_which_promise_it_protects() -> None:
    """A red test tells its reader what is broken for whom."""
    silent = [
        place(path, node) for path, node in TESTS if not (ast.get_docstring(node) or "").strip()
    ]

    assert silent == []


def test_test__is_named_subject_and_case() -> None:
    """A list of test names reads as a specification."""
    misnamed = [
        f"{place(path, node)} {node.name}" for path, node in TESTS if not NAME.fullmatch(node.name)
    ]

    assert misnamed == []


def test_tests__are_functions() -> None:
    """No class hides state that one test leaves for the next."""
    classes = [
        place(path, node)
        for path in python_files("tests")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef) and re.match(r"Test[A-Z_]|.*TestCase$", node.name)
    ]

    assert classes == []


def test_tests__never_patch() -> None:
    """What is tested is what runs: collaborators are passed in, doubles stand at the socket."""
    patches = [
        place(path, node)
        for path in python_files("tests")
        for node in ast.walk(parse(path))
        if (isinstance(node, ast.Attribute) and ast.unparse(node).endswith("monkeypatch.setattr"))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
        or (isinstance(node, ast.Import) and node.names[0].name.startswith("unittest"))
    ]

    assert patches == []
