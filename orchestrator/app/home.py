"""The files of the person at the command line."""

from __future__ import annotations

from pathlib import Path


class HomeFiles:
    """The person's home folder, for `extends: ~/…`."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or `None` when there is none."""
        file = Path.home() / path
        return file.read_bytes() if file.is_file() else None
