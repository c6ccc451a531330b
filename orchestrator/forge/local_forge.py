"""A forge in a folder: the same promises as GitHub, for laptops, demonstrations and tests.

Its own user is the person at the keyboard and may do everything; nobody else is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from orchestrator.domain.errors import ForgeRejectedError, NotFoundError
from orchestrator.domain.issue import Comment, Issue, Permission
from orchestrator.forge import sizes
from orchestrator.forge.local_files import (
    COMMENTS,
    ISSUES,
    PULL_REQUESTS,
    CommentRecord,
    IssueRecord,
    PullRecord,
    Shelf,
    TitledRecord,
    alone,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from orchestrator.forge.forge import PullRequest, PullRequestText, Repository
    from orchestrator.telemetry.clock import Clock


class Branches(Protocol):
    """What the forge has to know about the repository that is pushed to."""

    def commit(self, branch: str) -> str | None:
        """Return the commit at the branch's end, or `None` if there is no such branch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalForge:
    """The folder, whose it is, and the branches that belong to it."""

    root: Path
    branches: Branches
    clock: Clock
    facts: Repository
    user: str = "local"

    @property
    def issues(self) -> Shelf:
        """Where issues lie."""
        return Shelf(self.root / ISSUES)

    @property
    def pull_requests(self) -> Shelf:
        """Where pull requests lie; they share the issues' numbers."""
        return Shelf(self.root / PULL_REQUESTS)

    def comments(self, number: int) -> Shelf:
        """Where the comments of one issue or pull request lie."""
        return Shelf(self.root / COMMENTS / str(number))

    def add_issue(self, issue: Issue) -> Issue:
        """Put an issue on the shelf, or replace the one of that number, and return it as read.

        Raises:
            ForgeRejectedError: The number belongs to a pull request.
        """
        with alone(self.root, is_made=True):
            return self._added(issue)

    def _added(self, issue: Issue) -> Issue:
        if self.pull_requests.has(issue.number):
            raise ForgeRejectedError(
                f"#{issue.number} is a pull request in {str(self.root)!r}.",
                hint="Give the issue another number on the command line.",
            )
        record = IssueRecord(
            number=issue.number,
            title=issue.title,
            author=issue.author.login,
            is_open=issue.is_open,
            is_locked=issue.is_locked,
            labels=issue.labels,
            assignees=issue.assignees,
            created_at=issue.created_at or self.clock.now_iso(),
            updated_at=issue.updated_at or self.clock.now_iso(),
        )
        self.issues.write(record, issue.body)
        return record.as_issue(issue.body, self.issues.url(issue.number))

    def demand_number(self, number: int) -> None:
        """Raise `NotFoundError` unless the number is an issue's or a pull request's."""
        if not (self.issues.has(number) or self.pull_requests.has(number)):
            raise NotFoundError(
                f"There is no issue #{number} in {str(self.root)!r}.",
                hint="Check the number; issues are added with --issue-file.",
            )

    def shown(self, record: PullRecord, body: str) -> PullRequest:
        """Return a pull request as it stands, its head commit looked up now."""
        commit = self.branches.commit(record.head) or ""
        return record.as_pull_request(body, self.pull_requests.url(record.number), commit)


@dataclass(frozen=True, slots=True)
class LocalReader:
    """A `ForgeReader` on a folder."""

    forge: LocalForge

    def repository(self) -> Repository:
        """Return the repository's fixed facts."""
        return self.forge.facts

    def issue(self, number: int) -> Issue:
        """Return the issue (or pull request) of that number."""
        self.forge.demand_number(number)
        if self.forge.pull_requests.has(number):
            pull, body = self.forge.pull_requests.read(PullRecord, number)
            return pull.as_issue(body, self.forge.pull_requests.url(number))
        issue, body = self.forge.issues.read(IssueRecord, number)
        return issue.as_issue(body, self.forge.issues.url(number))

    def comments(self, number: int) -> Sequence[Comment]:
        """Return all comments of an issue, oldest first."""
        self.forge.demand_number(number)
        shelf = self.forge.comments(number)
        read = (shelf.read(CommentRecord, each) for each in shelf.numbers())
        return tuple(record.as_comment(body, shelf.url(record.number)) for record, body in read)

    def permission(self, login: str) -> Permission:
        """Return `ADMIN` for the forge's own user and `NONE` for everybody else."""
        return Permission.ADMIN if login == self.forge.user else Permission.NONE

    def pull_requests(self, *, head_branch: str | None = None) -> Sequence[PullRequest]:
        """Return open pull requests, newest first, all or those from one branch."""
        shelf = self.forge.pull_requests
        read = (shelf.read(PullRecord, number) for number in reversed(shelf.numbers()))
        return tuple(
            self.forge.shown(record, body)
            for record, body in read
            if record.is_open and head_branch in {None, record.head}
        )


@dataclass(frozen=True, slots=True)
class LocalWriter:
    """A `ForgeWriter` on a folder."""

    forge: LocalForge

    def ensure_pull_request(
        self, *, head: str, base: str, text: PullRequestText
    ) -> tuple[PullRequest, bool]:
        """Create a draft pull request from `head`, or update the open one that exists."""
        with alone(self.forge.root):
            return self._ensured(head, base, text)

    def _ensured(self, head: str, base: str, text: PullRequestText) -> tuple[PullRequest, bool]:
        self._refuse_unfit(head, base)
        found = LocalReader(self.forge).pull_requests(head_branch=head)
        same_base = [each for each in found if each.base_branch == base]
        existing = next(iter((*same_base, *found)), None)
        shelf = self.forge.pull_requests
        now = self.forge.clock.now_iso()
        if existing is None:
            record = PullRecord(
                number=self._next_number(),
                author=self.forge.user,
                title="",
                head=head,
                base=base,
                created_at=now,
            )
        else:
            record, _ = shelf.read(PullRecord, existing.number)
        told = record.model_copy(
            update={
                "title": sizes.fit_title(text.title),
                "base": base,
                "updated_at": now,
                "labels": _joined(record.labels, map(sizes.fit_label, text.labels)),
                "reviewers": _joined(record.reviewers, text.reviewers),
            }
        )
        body = sizes.fit_body(text.body)
        shelf.write(told, body)
        return self.forge.shown(told, body), existing is None

    def set_draft(self, number: int, *, is_draft: bool) -> None:
        """Mark the pull request as draft or as ready for review; no change if it is already so."""
        shelf = self.forge.pull_requests
        with alone(self.forge.root):
            record, body = shelf.read(PullRecord, number)
            if record.is_draft != is_draft:
                update = {"is_draft": is_draft, "updated_at": self.forge.clock.now_iso()}
                shelf.write(record.model_copy(update=update), body)

    def ensure_comment(self, number: int, *, marker: str, body: str) -> tuple[int, str]:
        """Write the one comment of this number that holds `marker`, and return its id and url."""
        text = sizes.fit_body(sizes.marked(body, marker))
        with alone(self.forge.root):
            return self._commented(number, marker, text)

    def _commented(self, number: int, marker: str, text: str) -> tuple[int, str]:
        existing = [
            comment
            for comment in LocalReader(self.forge).comments(number)
            if comment.author.login == self.forge.user and sizes.is_marked(comment.body, marker)
        ]
        shelf = self.forge.comments(number)
        now = self.forge.clock.now_iso()
        if existing:
            record, before = shelf.read(CommentRecord, existing[0].id)
        else:
            new_id = max(shelf.numbers(), default=0) + 1
            record = CommentRecord(number=new_id, author=self.forge.user, created_at=now)
            before = None
        if before != text:
            shelf.write(record.model_copy(update={"updated_at": now}), text)
        return record.number, shelf.url(record.number)

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Add labels that are missing."""
        fitting = tuple(map(sizes.fit_label, labels))
        self._relabel(number, lambda before: _joined(before, fitting))

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off, if it is there."""
        gone = sizes.fit_label(label).lower()
        self._relabel(number, lambda before: tuple(name for name in before if name.lower() != gone))

    def _relabel(self, number: int, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
        self.forge.demand_number(number)
        is_pull = self.forge.pull_requests.has(number)
        shelf = self.forge.pull_requests if is_pull else self.forge.issues
        shape: type[TitledRecord] = PullRecord if is_pull else IssueRecord
        with alone(self.forge.root):
            record, body = shelf.read(shape, number)
            labels = change(record.labels)
            if labels != record.labels:
                shelf.write(record.model_copy(update={"labels": labels}), body)

    def _refuse_unfit(self, head: str, base: str) -> None:
        ends = {branch: self.forge.branches.commit(branch) for branch in (head, base)}
        for branch, commit in ends.items():
            if commit is None:
                raise ForgeRejectedError(
                    f"There is no branch {branch!r} to open a pull request with.",
                    hint="Push the branch first, and name an existing base branch.",
                )
        if ends[head] == ends[base]:
            raise ForgeRejectedError(
                f"There are no commits between {base!r} and {head!r}.",
                hint="The branch holds no change against its base, so there is nothing to merge.",
            )

    def _next_number(self) -> int:
        taken = (*self.forge.issues.numbers(), *self.forge.pull_requests.numbers())
        return max(taken, default=0) + 1


def _joined(before: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    """Add what is missing; names that differ in case only are one, as on GitHub."""
    joined = {name.lower(): name for name in before}
    for name in filter(None, more):
        joined.setdefault(name.lower(), name)
    return tuple(joined.values())
