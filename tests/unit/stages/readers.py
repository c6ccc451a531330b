"""A forge at its reading port that says what a test gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.errors import NotFoundError
from orchestrator.domain.issue import Actor, Comment, Issue, Permission
from orchestrator.forge.forge import PullRequest, Repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(kw_only=True)
class ToldReader:
    """Satisfies `ForgeReader`; an error in place of a permission is raised."""

    issues: Mapping[int, Issue] = field(default_factory=dict)
    permissions: Mapping[str, Permission | Exception] = field(default_factory=dict)
    said: Sequence[Comment] = ()
    requests: Sequence[PullRequest] = ()
    asked: list[str] = field(default_factory=list)
    """Logins whose permission was asked for."""

    def repository(self) -> Repository:
        return Repository(full_name="octo/greeter", default_branch="main", url="", clone_url="")

    def issue(self, number: int) -> Issue:
        if number not in self.issues:
            raise NotFoundError(f"no {number}", hint="none", status=404)
        return self.issues[number]

    def comments(self, number: int) -> Sequence[Comment]:
        return self.said

    def permission(self, login: str) -> Permission:
        self.asked.append(login)
        answer = self.permissions.get(login, Permission.NONE)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def pull_requests(self, *, head_branch: str | None = None) -> Sequence[PullRequest]:
        return [each for each in self.requests if head_branch in {None, each.head_branch}]


def comment(number: int, login: str, body: str, *, is_bot: bool = False) -> Comment:
    """Return a comment by somebody."""
    author = Actor(login=login, is_bot=is_bot)
    return Comment(id=number, author=author, body=body, created_at="", updated_at="")
