"""The issue, the people around it, and what set the run off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LARGEST_NUMBER = 2**31 - 1


class Permission(StrEnum):
    """What the forge's API says a person may do with the repository."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    @property
    def can_write(self) -> bool:
        """Whether this is enough to set off a run."""
        return self in {Permission.WRITE, Permission.MAINTAIN, Permission.ADMIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody on the forge; `is_bot` is the API's word, not a guess from the name."""

    login: str
    is_bot: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment; times are ISO 8601 UTC strings as the forge gave them."""

    id: int
    author: Actor
    body: str
    created_at: str
    updated_at: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue as it stood when it was read; title and body are a stranger's raw text."""

    number: int
    title: str
    body: str
    author: Actor
    is_open: bool
    is_pull_request: bool
    is_locked: bool = False
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    created_at: str = ""
    updated_at: str = ""
    url: str = ""
    merged_at: str = ""
    """ISO 8601; empty for what is no pull request, and for one that is not merged."""


class TriggerKind(StrEnum):
    """How a run was set off."""

    DISPATCH = "workflow_dispatch"
    OPENED = "issues.opened"
    LABELED = "issues.labeled"
    COMMENT = "issue_comment"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Who asked for which issue, and how."""

    kind: TriggerKind
    issue_number: int
    actor: Actor
    comment: Comment | None = None
    seen_issue: Issue | None = None
    """The issue as the event showed it, for comparison with what the API says now."""

    @property
    def at(self) -> str:
        """When somebody asked, ISO 8601; empty where the event does not say."""
        if self.comment is not None:
            return self.comment.created_at
        return self.seen_issue.updated_at if self.seen_issue is not None else ""


def number_in(text: str) -> int | None:
    """Return the number of an issue as people write it, with or without `#`; `None`: it is none."""
    digits = text.removeprefix("#")
    if re.fullmatch(r"[0-9]{1,10}", digits) and 0 < int(digits) <= LARGEST_NUMBER:
        return int(digits)
    return None
