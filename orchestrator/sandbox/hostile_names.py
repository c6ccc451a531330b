"""Names of files that mean more to git or a terminal than they should."""

from __future__ import annotations

import re

# Code points that HFS+ leaves out when it compares names, as git's own protection lists them.
_IGNORED_BY_HFS = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT_SHORT_NAME = re.compile(r"git~\d+")
_GITMODULES_SHORT_NAME = re.compile(r"gi[0-9a-z]{0,4}~\d+")


def folds_to_git(name: str) -> bool:
    """Return whether some file system would take the name for `.git`.

    Source: git's `core.protectNTFS` and `core.protectHFS` rules.
    """
    folded = _folded(name)
    return folded == ".git" or _GIT_SHORT_NAME.fullmatch(folded) is not None


def folds_to_gitmodules(name: str) -> bool:
    """Return whether some file system could take the name for `.gitmodules`.

    Source: as `folds_to_git`; a few more short names than git's own are taken for one.
    """
    folded = _folded(name)
    return folded == ".gitmodules" or _GITMODULES_SHORT_NAME.fullmatch(folded) is not None


def _folded(name: str) -> str:
    # NTFS cuts a stream's name off, then trailing dots and spaces.
    return _IGNORED_BY_HFS.sub("", name).casefold().partition(":")[0].rstrip(" .")


def name_problem(name: str) -> str:
    """Return why one component of a path is refused; empty when it is fine."""
    # What can be printed is neither: nearly every name, and searches look at thousands.
    if not name.isprintable():
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            return "the name is not UTF-8"
        if any(ord(letter) < ord(" ") or "\x7f" <= letter <= "\x9f" for letter in name):
            return "the name holds control characters"
    if "\\" in name:
        return "the name holds a backslash"
    if folds_to_git(name):
        return "the name belongs to git"
    return ""
