"""Targets of a Makefile, whatever the language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.config.detection.clues import Clue, Ecosystem, Setting, clue

if TYPE_CHECKING:
    from orchestrator.config.detection.repository import Repository

_TARGET = re.compile(r"^(?P<names>[A-Za-z0-9][A-Za-z0-9_. -]*?)\s*::?(?!=)", re.MULTILINE)
_WANTED = {
    Setting.SETUP: ("setup", "deps", "bootstrap"),
    Setting.BUILD: ("build", "all"),
    Setting.TEST: ("test", "tests", "check"),
    Setting.LINT: ("lint",),
    Setting.COVERAGE: ("coverage", "cov"),
}
_C = (".c", ".cc", ".cpp", ".cxx", ".h", ".hpp")


def find(repository: Repository) -> Ecosystem | None:
    """Return what a Makefile at the root tells."""
    manifest = repository.first("GNUmakefile", "makefile", "Makefile")
    if manifest is None:
        return None
    targets = {
        name
        for match in _TARGET.finditer(repository.text(manifest))
        for name in match["names"].split()
    }
    clues: dict[Setting, Clue | None] = {}
    for setting, names in _WANTED.items():
        target = next((name for name in names if name in targets), None)
        clues[setting] = clue(f"make {target}", f"{manifest} target {target}") if target else None
    weight = repository.count(*_C)
    if weight:
        is_cpp = repository.count(".cc", ".cpp", ".cxx", ".hpp") > 0
        clues[Setting.LANGUAGE] = clue("c++" if is_cpp else "c", manifest)
    if clues[Setting.TEST]:
        clues[Setting.TEST_FRAMEWORK] = clue("make", manifest)
    return Ecosystem(
        name="make",
        weight=weight,
        clues=clues,
        no_tests=f"{manifest} has no target test, tests or check",
    )
