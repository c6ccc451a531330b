"""What the GitHub stand-in knows: issues, comments, pull requests, people, tokens, settings."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKFLOW_BOT = "github-actions[bot]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token: who writes with it and what it may do, as the `permissions:` block says it."""

    value: str = "ghs_of_the_workflow"
    login: str = WORKFLOW_BOT
    is_workflow_token: bool = True
    contents: str = "write"
    issues: str = "write"
    pull_requests: str = "write"

    def may_write(self, *areas: str) -> bool:
        """Return whether one of the areas may be written."""
        return any(getattr(self, area) == "write" for area in areas)


@dataclass(slots=True, kw_only=True)
class StoredComment:
    id: int
    number: int
    login: str
    body: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    event: str
    at: str
    login: str = "alice"
    label: str | None = None


@dataclass(slots=True, kw_only=True)
class StoredIssue:
    number: int
    title: str
    body: str | None = ""
    login: str = "alice"
    state: str = "open"
    locked: bool = False
    labels: list[str] = field(default_factory=list)
    at: str = "2026-01-01T00:00:00Z"


@dataclass(slots=True, kw_only=True)
class StoredPull(StoredIssue):
    head: str
    base: str
    draft: bool = False
    merged_at: str | None = None
    head_repo: str | None = None
    """Full name of the repository the branch lives in; `None` is this one."""
    reviewers: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Settings:
    """The switches a person has in the repository's settings."""

    default_branch: str = "main"
    is_private: bool = False
    is_archived: bool = False
    has_issues: bool = True
    has_drafts: bool = True
    actions_may_open_pull_requests: bool = True
    rules: tuple[str, ...] = ()
    """Types of the rules that are active for every branch."""
    refuses_branches: bool = False
    """Whether a rule that nobody can ask about turns every push to a branch away."""


@dataclass(slots=True, kw_only=True)
class GithubState:
    """The whole repository, as its server sees it."""

    full_name: str
    git_root: Path | None
    users: dict[str, str]
    tokens: dict[str, Token]
    settings: Settings
    issues: dict[int, StoredIssue] = field(default_factory=dict)
    comments: dict[int, StoredComment] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    events: dict[int, list[StoredEvent]] = field(default_factory=dict)
    """Issue number → what happened to it, oldest first."""
    moved: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Issue number → the repository and number that it was transferred to."""
    renamed: dict[str, str] = field(default_factory=dict)
    """What repositories were called → what they are called now."""
    files: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    """Repository, path and ref → content, in whatever repository."""
    _seconds: int = 0
    _last_comment_id: int = 1000

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    @property
    def pulls(self) -> dict[int, StoredPull]:
        return {n: each for n, each in self.issues.items() if isinstance(each, StoredPull)}

    def now(self) -> str:
        """Return a time that is later at each call."""
        self._seconds += 1
        minutes, seconds = divmod(self._seconds, 60)
        return f"2026-01-01T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}Z"

    def next_number(self) -> int:
        return max(self.issues, default=0) + 1

    def add_comment(self, number: int, login: str, body: str) -> StoredComment:
        """Let somebody comment."""
        self._last_comment_id += 1
        comment = StoredComment(
            id=self._last_comment_id, number=number, login=login, body=body, at=self.now()
        )
        self.comments[comment.id] = comment
        return comment

    def set_label(self, number: int, label: str, *, login: str, is_on: bool = True) -> None:
        """Let somebody put a label on, or take it off, in whatever letter case."""
        labels = self.issues[number].labels
        is_there = label.casefold() in {each.casefold() for each in labels}
        if is_there == is_on:
            return
        labels[:] = [each for each in labels if each.casefold() != label.casefold()]
        if is_on:
            self.labels.setdefault(label, "ededed")
            labels.append(label)
        happened = StoredEvent(
            event="labeled" if is_on else "unlabeled", at=self.now(), login=login, label=label
        )
        self.events.setdefault(number, []).append(happened)

    def comments_of(self, number: int) -> Iterator[StoredComment]:
        """Yield the comments of one issue, oldest first."""
        return (each for each in self.comments.values() if each.number == number)

    def commit(self, branch: str) -> str | None:
        """Return the commit at the end of a branch."""
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")

    def commits_between(self, base: str, head: str) -> int:
        """Return how many commits head has that base has not."""
        span = f"refs/heads/{base}..refs/heads/{head}"
        return int(self.git("rev-list", "--count", span) or 0)

    def git(self, *arguments: str) -> str | None:
        """Return what git says, or `None` if it fails or there is no repository."""
        if self.git_root is None:
            return None
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", str(self.git_root), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else None
