"""Where a configuration file is, and where `extends` may lead from there."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from orchestrator.config.problems import Problem

_GITHUB = re.compile(
    r"github:(?P<repository>[A-Za-z0-9-]+/(?!\.\.?/)[A-Za-z0-9._-]+)/(?P<path>[^@\s]+)@(?P<ref>[A-Za-z0-9._/-]+)"
)
_ALLOWED = "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"


class Shelf(StrEnum):
    """Which collection of files an address points into."""

    REPOSITORY = "repository"
    HOME = "home"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One file on one shelf; `path` is clean and never leaves the shelf."""

    shelf: Shelf
    path: str
    repository: str = ""
    """`owner/name`, for a preset on GitHub."""
    ref: str = ""

    def __str__(self) -> str:
        """Write the address as `extends` would."""
        if self.shelf is Shelf.GITHUB:
            return f"github:{self.repository}/{self.path}@{self.ref}"
        return f"~/{self.path}" if self.shelf is Shelf.HOME else self.path


Resolved: TypeAlias = Address | Problem


def resolve(reference: str, *, within: Address) -> Resolved:
    """Return what a reference means in the file that contains it, or why it means nothing.

    A relative path starts at the folder of `within` and stays on its shelf.
    """
    if not reference.isprintable():
        return Problem(what=f"{reference!r} holds control characters; {_ALLOWED}")
    if reference.startswith("~/"):
        if within.shelf is Shelf.GITHUB:
            return Problem(
                what=f"{reference!r} stands in a shared preset, which has no home folder"
            )
        return _on_shelf(reference, reference[2:], Address(shelf=Shelf.HOME, path=""))
    if reference.startswith("github:"):
        match = _GITHUB.fullmatch(reference)
        if match is None:
            return Problem(what=f"{reference!r} is not complete; {_ALLOWED}")
        shelf = Address(
            shelf=Shelf.GITHUB, path="", repository=match["repository"], ref=match["ref"]
        )
        return _on_shelf(reference, match["path"], shelf)
    if reference.startswith(("/", "~")) or "\\" in reference or ":" in reference:
        return Problem(what=f"{reference!r} is not allowed; {_ALLOWED}")
    return _on_shelf(reference, posixpath.join(posixpath.dirname(within.path), reference), within)


def _on_shelf(reference: str, path: str, shelf: Address) -> Resolved:
    clean = posixpath.normpath(path)
    if clean.startswith(("../", "/")) or clean in {"..", "."}:
        where = "home folder" if shelf.shelf is Shelf.HOME else "repository"
        return Problem(what=f"{reference!r} leads out of its {where}; {_ALLOWED}")
    return Address(shelf=shelf.shelf, path=clean, repository=shelf.repository, ref=shelf.ref)
