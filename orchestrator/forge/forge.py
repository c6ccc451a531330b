"""The ports onto the place where issues and pull requests live.

Reading and writing are two ports, because only the publish stage is handed the writer.
Pushing a branch is not here: git does that (`sandbox.remote`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.issue import Comment, Issue, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Fixed facts about the repository."""

    full_name: str
    default_branch: str
    url: str
    """The page a person opens."""
    clone_url: str
    """What git fetches from and pushes to; never holds credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request as the forge shows it."""

    number: int
    url: str
    title: str
    body: str
    head_branch: str
    head_commit: str
    base_branch: str
    is_draft: bool
    is_open: bool
    author: str
    merged_at: str = ""
    """ISO 8601; empty while it is not merged."""
    created_at: str = ""
    """ISO 8601, by the forge's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestText:
    """What a pull request says."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


class ForgeReader(Protocol):
    """Everything the run may ask the forge."""

    def repository(self) -> Repository:
        """Return the repository's fixed facts.

        Raises:
            NotFoundError: No such repository, or the token may not see it.
        """
        ...

    def issue(self, number: int) -> Issue:
        """Return the issue (or pull request) of that number.

        Raises:
            NotFoundError: There is none.
        """
        ...

    def comments(self, number: int) -> Sequence[Comment]:
        """Return all comments of an issue, oldest first."""
        ...

    def permission(self, login: str) -> Permission:
        """Return what `login` may do here; `NONE` for somebody unknown.

        Raises:
            ForgeError: The forge did not say; callers must refuse.
            NotAuthorisedError: The token may not ask; callers must refuse.
        """
        ...

    def pull_requests(self, *, head_branch: str | None = None) -> Sequence[PullRequest]:
        """Return open pull requests, newest first; with `head_branch` only those from it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the forge tells about a token before it is used; a forge need not tell all."""

    can_push: bool | None = None
    """`None` when the forge does not say so for this kind of token."""
    is_archived: bool = False
    rules: tuple[str, ...] = ()
    """Rules for the branch, in the forge's words; who may pass them all the same is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAdded:
    """Who put a label on, and when."""

    by: str
    at: str
    """ISO 8601."""


class ForgeSurvey(Protocol):
    """What a run asks beside its own reading; any of it may be denied to the token."""

    def merged_requests(self) -> Sequence[PullRequest]:
        """Return the pull requests merged last, newest first: a hundred closed ones are looked at.

        Raises:
            ForgeError: The forge did not say.
            NotAuthorisedError: The token may not ask.
        """
        ...

    def reopened_at(self, number: int) -> str:
        """Return when the issue was last reopened, ISO 8601; empty if it never was.

        Raises:
            ForgeError: The forge did not say.
            NotAuthorisedError: The token may not ask.
        """
        ...

    def label_added(self, number: int, label: str) -> LabelAdded | None:
        """Return who put on the label that an issue or pull request has now, letter case aside.

        Raises:
            ForgeError: The forge did not say.
            NotAuthorisedError: The token may not ask.
        """
        ...

    def changed_paths(self, request: PullRequest) -> Sequence[str]:
        """Return the paths that an open pull request changes, old names of moved ones included.

        Raises:
            ForgeError: The forge did not say.
            NotAuthorisedError: The token may not ask.
        """
        ...

    def rights(self, branch: str) -> Rights:
        """Return what is known of the token's rights on a branch, which need not exist.

        Raises:
            ForgeError: The forge did not say.
            NotAuthorisedError: The token may not ask.
        """
        ...


class ForgeWriter(Protocol):
    """Everything the publish stage may change; each call is safe to repeat."""

    def ensure_pull_request(
        self, *, head: str, base: str, text: PullRequestText
    ) -> tuple[PullRequest, bool]:
        """Create a draft pull request from `head`, or update the open one that exists.

        Returns:
            The pull request, and whether it was created by this call. Where the forge has no
            drafts it is a normal one whose title begins with `[draft] `, and counts as a draft.

        Raises:
            NotAuthorisedError: The token or a setting forbids it; the hint names the setting.
            ForgeRejectedError: There is nothing between base and head, or the like.
        """
        ...

    def set_draft(self, number: int, *, is_draft: bool) -> None:
        """Mark the pull request as draft or as ready for review; no change if it is already so."""
        ...

    def ensure_comment(self, number: int, *, marker: str, body: str) -> tuple[int, str]:
        """Write the one comment of this number that holds `marker`, and return its id and url.

        `marker` is an HTML comment that becomes the first line; a comment counts only if the
        token's own user wrote it.
        """
        ...

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Add labels that are missing, creating unknown ones."""
        ...

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off, if it is there; the repository keeps it."""
        ...
