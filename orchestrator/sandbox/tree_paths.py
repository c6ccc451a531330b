"""Which path strings may be used inside a tree, and how a refusal is said."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.domain.errors import ToolError
from orchestrator.sandbox.hostile_names import name_problem


class Refusal(StrEnum):
    """Why a path cannot be used."""

    ABSENT = "absent"
    BAD_NAME = "bad_name"
    OUTSIDE = "outside"
    LINK = "link"
    FOLDER = "folder"
    NOT_A_FOLDER = "not_a_folder"
    SPECIAL = "special"
    TOO_LARGE = "too_large"
    FORBIDDEN = "forbidden"


class FileRefusedError(ToolError):
    """A path inside the tree cannot be used; the sentence is fit for the model."""

    def __init__(self, path: str, refusal: Refusal, why: str) -> None:
        """Keep the path and the reason beside the sentence."""
        super().__init__(f"{path!r}: {why}.")
        self.path = path
        self.refusal = refusal


def checked_parts(path: str) -> tuple[str, ...]:
    """Return the components of a relative path that stays where it begins.

    Raises:
        FileRefusedError: It is absolute, climbs, is empty, or holds a refused name.
    """
    if path.startswith("/"):
        raise FileRefusedError(path, Refusal.OUTSIDE, "the path must be relative to the repository")
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    if ".." in parts:
        raise FileRefusedError(path, Refusal.OUTSIDE, "the path must not climb with '..'")
    if not parts:
        raise FileRefusedError(path, Refusal.FOLDER, "the path names no file")
    for part in parts:
        if problem := name_problem(part):
            raise FileRefusedError(path, Refusal.BAD_NAME, problem)
    return parts
