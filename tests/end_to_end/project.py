"""The repository that the runs work on: a greeter in Python that needs no other package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.builders_git import commit_files, make_bare, make_repository
from tests.doubles.github_state import StoredIssue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NUMBER = 42
REPOSITORY = "octo/greeter"
BRANCH = f"orchestrator/issue-{NUMBER}"
CONFIG = ".github/orchestrator.yml"
SOURCE = "greeter/greet.py"
OTHER_SOURCE = "greeter/part.py"
TESTS = "tests/test_shout.py"
TITLE = "Greet people loudly"
BODY = (
    "`greeter.greet.shout(name)` should return the greeting in capitals,\n"
    'so that `shout("Ada")` is `HELLO, ADA.`\n'
)

SETTINGS = """\
project:
  mutants: 0
  commands:
    test: python3 -m unittest discover -v -s tests -t .
    lint: python3 -m tabnanny greeter
review:
  order: [security]
"""
GREET = 'def greet(name: str) -> str:\n    return f"Hello, {name}."\n'
SHOUT = "\n\ndef shout(name: str) -> str:\n    return greet(name).upper()\n"
WHISPER = "\n\ndef shout(name: str) -> str:\n    return greet(name).lower()\n"
PART = 'def part(name: str) -> str:\n    return f"Goodbye, {name}."\n'
TEST_GREET = """\
import unittest

from greeter.greet import greet


class Greet(unittest.TestCase):
    def test_greets_by_name(self) -> None:
        self.assertEqual(greet("Ada"), "Hello, Ada.")
"""
TEST_SHOUT = """\
import unittest

from greeter import greet


class Shout(unittest.TestCase):
    def test_is_in_capitals(self) -> None:
        self.assertEqual(greet.shout("Ada"), "HELLO, ADA.")
"""


def files(settings: str = SETTINGS) -> Mapping[str, str]:
    """Return the files of the default branch."""
    return {
        "README.md": "# Greeter\n",
        ".github/workflows/ci.yml": "on: push\njobs: {}\n",
        CONFIG: settings,
        "greeter/__init__.py": "",
        SOURCE: GREET,
        OTHER_SOURCE: PART,
        "tests/__init__.py": "",
        "tests/test_greet.py": TEST_GREET,
    }


def issue(**changes: object) -> StoredIssue:
    """Return the issue, open and by somebody who may write, unless told otherwise."""
    stored = StoredIssue(number=NUMBER, title=TITLE, body=BODY)
    for name, value in changes.items():
        setattr(stored, name, value)
    return stored


def publish(folder: Path, contents: Mapping[str, str] | None) -> Path:
    """Return the bare repository on the forge: two commits, or none when there are no files."""
    if contents is None:
        return make_bare(folder / "forge.git")
    source = make_repository(folder / "author", {"README.md": "# Greeter, soon\n"})
    commit_files(source, contents)
    return make_bare(folder / "forge.git", source)
