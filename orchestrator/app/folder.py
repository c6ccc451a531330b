"""The folder of a run: its own from before the run begins, and given up if it does not begin."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from orchestrator.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOURNAL = "journal.jsonl"


@contextmanager
def kept_if_begun(folder: Path) -> Iterator[None]:
    """Make the run folder, and leave nothing of it when what is done inside fails.

    Raises:
        UsageError: It cannot be made, or holds another run or other files.
    """
    was_there = folder.exists()
    _take(folder)
    with ExitStack() as undo:
        undo.callback(_empty, folder, altogether=not was_there)
        yield
        undo.pop_all()


def _take(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise UsageError(
            f"The run folder {str(folder)!r} cannot be made: {error.strerror or error}.",
            hint="Give --output a folder that can be written, or leave it out.",
        ) from error
    if names:
        # Two journals would become one story, and files of others would lie among ours.
        held = "a run already" if JOURNAL in names else "other files"
        raise UsageError(
            f"The run folder {str(folder)!r} holds {held}.",
            hint="Give --output a new or empty folder, or leave it out.",
        )


def _empty(folder: Path, *, altogether: bool) -> None:
    for path in (folder,) if altogether else tuple(folder.iterdir()):
        shutil.rmtree(path, ignore_errors=True)
