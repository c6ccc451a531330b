"""Files of the person at the command line, outside any commit."""

from __future__ import annotations

from pathlib import Path

from orchestrator.domain.errors import ConfigError


class FolderFiles:
    """Files as they lie below a folder."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or `None` when there is none.

        Raises:
            ConfigError: It may not be read, or its name cannot be one.
        """
        file = self._folder / path
        try:
            return file.read_bytes() if file.is_file() else None
        except OSError as error:
            raise ConfigError(
                f"The file {str(file)!r} cannot be read: {error.strerror or error}.",
                hint="Correct its name in `extends`, or let this user read it.",
            ) from error


class HomeFiles:
    """The person's home folder, for `extends: ~/…`."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; see `FolderFiles`."""
        return FolderFiles(Path.home()).read(path)
