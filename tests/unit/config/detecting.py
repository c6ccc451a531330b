"""Short ways to detect in a repository that is described in a few words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.config.detection import Detected, detect
from tests.unit.config.builders import FixedFiles

if TYPE_CHECKING:
    from collections.abc import Mapping


def found_in(texts: Mapping[str, str]) -> Detected:
    """Detect in a repository with these files."""
    return detect(tuple(texts), FixedFiles(texts))


def values_in(texts: Mapping[str, str]) -> dict[str, str]:
    """Return what is detected, by the key below `project`."""
    return {".".join(each.path[1:]): each.value for each in found_in(texts).values}


def package(**manifest: object) -> str:
    """Write a package.json."""
    return json.dumps(manifest)


NODE = {
    "package.json": package(
        scripts={
            "test": "vitest run",
            "lint": "eslint .",
            "build": "vite build",
            "coverage": "vitest run --coverage",
        },
        devDependencies={"vitest": "3", "typescript": "5", "eslint": "9"},
    ),
    "package-lock.json": "{}",
}
"""A repository with everything in its package.json."""

VENV = "python3 -m venv .venv && echo '*' > .venv/.gitignore && .venv/bin/python -m pip install"
"""How what pip installs is kept out of the change."""
