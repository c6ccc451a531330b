"""The files by which an action hands results to the runner: outputs, state, summary."""

from __future__ import annotations

import re
import secrets
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.domain.cutting import cut_markdown, utf8_size
from orchestrator.domain.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from orchestrator.telemetry.redaction import Redactor

SUMMARY_BYTES = 1024 * 1024
"""The runner drops a job summary above this size whole."""
_NOTE_ROOM = 300
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def random_token() -> str:
    """Return a word that nobody can guess."""
    return secrets.token_hex(16)


def _cut_note(missing: int, *, files: str) -> str:
    return (
        f"*Cut here: {missing:,} more characters do not fit, the runner takes 1 MiB. "
        f"The whole text is `summary.md` among {files}.*"
    )


class ActionsFiles:
    """Writes redacted values; a file that is `None` is one the runner does not offer."""

    def __init__(
        self,
        *,
        output: Path | None,
        summary: Path | None,
        state: Path | None,
        redactor: Redactor,
        token: Callable[[], str] = random_token,
    ) -> None:
        """Keep the paths from `GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY` and `GITHUB_STATE`."""
        self._output = output
        self._summary = summary
        self._state = state
        self._redactor = redactor
        self._token = token
        self._has_outputs = False

    @property
    def has_outputs(self) -> bool:
        """Whether this process has told the runner anything yet."""
        return self._has_outputs

    def set_outputs(self, values: Mapping[str, str]) -> None:
        """Append outputs of the step, in the order given.

        Raises:
            OutsideError: The file cannot be written.
        """
        self._append_values(self._output, values)
        self._has_outputs = True

    def save_state(self, values: Mapping[str, str]) -> None:
        """Append values for the post step.

        Raises:
            OutsideError: The file cannot be written.
        """
        self._append_values(self._state, values)

    def append_summary(self, markdown: str, *, files: str = "the run's files") -> None:
        """Append to the job summary as much as the runner takes, and say where it was cut.

        Args:
            markdown: What to append.
            files: Words or a link for where the whole of it is.

        Raises:
            OutsideError: The file cannot be written.
        """
        if self._summary is None:
            return
        used = self._summary.stat().st_size if self._summary.exists() else 0
        text, room = self._redactor.redact(markdown), SUMMARY_BYTES - used - 1
        if room > _NOTE_ROOM:
            fitting = cut_markdown(text, room, partial(_cut_note, files=files), size=utf8_size)
            _append(self._summary, fitting.encode("utf-8", "replace") + b"\n")

    def _append_values(self, path: Path | None, values: Mapping[str, str]) -> None:
        if path is not None and values:
            lines = (self._assignment(name, value) for name, value in values.items())
            _append(path, "".join(lines).encode("utf-8"))

    def _assignment(self, name: str, value: str) -> str:
        if not _NAME.fullmatch(name):
            raise OutsideError(
                f"{name!r} cannot be the name of an output.",
                hint="Use letters, digits, '-' and '_', beginning with a letter.",
            )
        safe = self._redactor.redact(value)
        token = self._token()
        while token in safe:
            token = self._token()
        return f"{name}<<{token}\n{safe}\n{token}\n"


def _append(path: Path, text: bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(text)
    except OSError as error:
        raise OutsideError(
            f"The runner's file {path.name!r} cannot be written: {error.strerror or error}.",
            hint="The step needs a writable GITHUB_OUTPUT, GITHUB_STATE and GITHUB_STEP_SUMMARY.",
        ) from error
