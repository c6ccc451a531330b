"""Which names of commits, branches and refs may reach a git command line."""

from __future__ import annotations

import re
import unicodedata

from orchestrator.domain.errors import GitError

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FORBIDDEN = re.compile(r"[\s~^:?*\[\\\x00-\x1f\x7f]|\.\.|@\{|//")
_NAMESPACES = ("refs/heads/", "refs/tags/", "refs/remotes/", "refs/orchestrator/")
_LONGEST = 240


def checked_object_id(text: str) -> str:
    """Return `text` if it is a full object id.

    Raises:
        GitError: It is anything else, an abbreviation or an expression included.
    """
    if not _OBJECT_ID.fullmatch(text):
        raise GitError(
            f"{text!r} is not a full object id.",
            hint="Resolve a branch to its commit first; abbreviations are not accepted.",
        )
    return text


def checked_ref(ref: str) -> str:
    """Return `ref` if it is a full, harmless name such as `refs/heads/main`.

    Raises:
        GitError: It could be read as an option, an expression or a path, holds characters that
            cannot be seen, or lies outside the namespaces the orchestrator uses.
    """
    if not ref.startswith(_NAMESPACES):
        problem = f"it does not start with one of {', '.join(_NAMESPACES)}"
    else:
        problem = _problem(ref)
    if problem:
        raise GitError(
            f"{ref!r} cannot be used as a ref: {problem}.",
            hint="Use letters, digits, '-', '_', '.' and '/' in branch names.",
        )
    return ref


def branch_ref(branch: str) -> str:
    """Return the full ref of a branch.

    Raises:
        GitError: The name is not acceptable, see `checked_ref`.
    """
    return checked_ref(f"refs/heads/{branch}")


def _problem(ref: str) -> str:
    if len(ref.encode(errors="replace")) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    if found := _FORBIDDEN.search(ref):
        return f"{found[0]!r} is not allowed in it"
    for character in ref:
        if unicodedata.category(character).startswith("C"):
            return f"U+{ord(character):04X} cannot be seen"
    for part in ref.split("/"):
        if not part or part.startswith((".", "-")) or part.endswith((".", ".lock")):
            return f"the part {part!r} is not allowed in it"
    if ref.endswith("/@"):
        return "the part '@' is not allowed in it"
    return ""
