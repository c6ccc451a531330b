"""A repository's files, as detection looks at them."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.config.sources import Files
    from orchestrator.domain.json import Json, JsonObject

_FOREIGN = {"node_modules", "vendor", "third_party", "dist", "build", ".venv", "venv", "_site"}
_LARGEST = 1_000_000
MOST_READ = 20
"""So many files of one kind are looked into: each costs processes of git."""


class Repository:
    """The tracked files of one commit; files of others that were checked in are left out."""

    def __init__(self, paths: Sequence[str], files: Files) -> None:
        """Look at these paths; contents are read when they are asked for."""
        self.paths = tuple(
            path for path in paths if not _FOREIGN.intersection(path.split("/")[:-1])
        )
        self._known = frozenset(self.paths)
        self._files = files
        self.text = cache(self._text)

    def has(self, path: str) -> bool:
        """Tell whether a file is tracked."""
        return path in self._known

    def first(self, *paths: str) -> str | None:
        """Return the first of these that is tracked."""
        return next((path for path in paths if path in self._known), None)

    def named(self, *patterns: str) -> tuple[str, ...]:
        """Return the files in any folder whose name fits one of the patterns."""
        return tuple(
            path
            for path in self.paths
            if any(fnmatchcase(path.rsplit("/", 1)[-1], pattern) for pattern in patterns)
        )

    def count(self, *suffixes: str) -> int:
        """Count the files with one of these endings."""
        return sum(path.endswith(suffixes) for path in self.paths)

    def says(self, path: str, pattern: str) -> bool:
        """Tell whether a file is tracked and has a line that fits the pattern."""
        return re.search(pattern, self.text(path), re.MULTILINE) is not None

    def json(self, path: str) -> JsonObject:
        """Return a JSON object, empty when there is none that can be read."""
        try:
            value: Json = json.loads(self.text(path) or "{}")
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def toml(self, path: str) -> JsonObject:
        """Return a TOML table, empty when there is none that can be read."""
        try:
            return tomllib.loads(self.text(path))
        except (ValueError, RecursionError):
            return {}

    def unreadable(self) -> tuple[str, ...]:
        """Return the manifests that are there and cannot be read."""
        parsed = {"package.json": self.json, "pyproject.toml": self.toml}
        return tuple(
            path
            for path, parse in parsed.items()
            if self.text(path).strip() not in {"", "{}"} and not parse(path)
        )

    def _text(self, path: str) -> str:
        content = self._files.read(path) if path in self._known else None
        return "" if content is None else content[:_LARGEST].decode("utf-8-sig", "replace")


def table(values: JsonObject, *keys: str) -> JsonObject:
    """Return a table inside a manifest, empty when it is not there."""
    for key in keys:
        below = values.get(key)
        if not isinstance(below, dict):
            return {}
        values = below
    return values
