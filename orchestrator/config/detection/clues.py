"""What one kind of project tells about itself, each thing with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Setting(StrEnum):
    """A key under `project` that can be detected."""

    LANGUAGE = "language"
    PACKAGE_MANAGER = "package_manager"
    TEST_FRAMEWORK = "test_framework"
    LINTER = "linter"
    SETUP = "commands.setup"
    BUILD = "commands.build"
    TEST = "commands.test"
    LINT = "commands.lint"
    COVERAGE = "commands.coverage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """A value and the place that speaks for it, such as `package.json scripts.test`."""

    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecosystem:
    """One kind of project found in a repository."""

    name: str
    weight: int
    """Source files of this kind; the heaviest one gives the language."""
    clues: Mapping[Setting, Clue | None]
    no_tests: str = "no test command was found"
    """Why there is no test command, when there is none."""

    def clue(self, setting: Setting) -> Clue | None:
        """Return what is known about one setting."""
        return self.clues.get(setting)


def clue(value: str, reason: str) -> Clue:
    """Return a clue."""
    return Clue(value=value, reason=reason)
