"""Reading from GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from orchestrator.domain.errors import NotFoundError
from orchestrator.domain.issue import Comment, Issue, Permission
from orchestrator.forge import github_answers as shapes
from orchestrator.forge.exchange import Attempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.forge.forge import PullRequest, Repository
    from orchestrator.forge.github_forge import GithubConnection

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?")


@dataclass(frozen=True, slots=True)
class GithubReader:
    """A `ForgeReader` on GitHub."""

    connection: GithubConnection

    def repository(self) -> Repository:
        """Return the repository's fixed facts, if it still has the name we call it by.

        GitHub sends an old name on, and PyGithub goes there without filter or page: a list
        asked for by an old name is another list.
        """
        name = self.connection.place.full_name
        attempt = Attempt(doing=f"read the repository {name!r}")
        body = self.connection.get(self.connection.root, attempt)
        found = shapes.read(shapes.RepositoryAnswer, body).as_repository()
        if found.full_name.lower() != name.lower():
            raise NotFoundError(
                f"The repository {name!r} is called {found.full_name!r} now.",
                hint=f"Give --repository {found.full_name}; in a workflow, start a new run there.",
                status=301,
            )
        page = f"{self.connection.place.server_url}/{found.full_name}"
        return replace(found, url=found.url or page, clone_url=found.clone_url or f"{page}.git")

    def issue(self, number: int) -> Issue:
        """Return the issue (or pull request) of that number, if it is still in this repository."""
        attempt = Attempt(doing=f"read issue #{number}", needs=("issues",))
        body = self.connection.get(f"{self.connection.root}/issues/{number}", attempt)
        answer = shapes.read(shapes.IssueAnswer, body)
        self._refuse_moved(number, answer)
        return answer.as_issue()

    def comments(self, number: int) -> Sequence[Comment]:
        """Return all comments of an issue, oldest first."""
        answers = list_comments(self.connection, number)
        return tuple(answer.as_comment() for answer in answers)

    def permission(self, login: str) -> Permission:
        """Return what `login` may do here; `NONE` for somebody unknown.

        Raises:
            ForgeError: GitHub did not say; callers must refuse.
            NotAuthorisedError: The token may not ask; callers must refuse.
        """
        if not _LOGIN.fullmatch(login):
            return Permission.NONE
        path = f"{self.connection.root}/collaborators/{quote(login, safe='')}/permission"
        attempt = Attempt(doing=f"say what {login!r} may do in the repository")
        try:
            body = self.connection.get(path, attempt)
        except NotFoundError:
            return Permission.NONE
        return shapes.read(shapes.PermissionAnswer, body).as_permission()

    def pull_requests(self, *, head_branch: str | None = None) -> Sequence[PullRequest]:
        """Return open pull requests, newest first, all or those from one branch."""
        answers = list_pulls(self.connection, head_branch=head_branch)
        return tuple(answer.as_pull_request() for answer in answers)

    def _refuse_moved(self, number: int, answer: shapes.IssueAnswer) -> None:
        """GitHub redirects to where an issue was transferred; that is another repository's text."""
        here = f"/repos/{self.connection.place.full_name}"
        is_here = not answer.repository_url or answer.repository_url.lower().endswith(here.lower())
        if answer.number == number and is_here:
            return
        raise NotFoundError(
            f"Issue #{number} was moved to {answer.html_url or answer.repository_url!r}.",
            hint="Run the action in the repository that the issue lives in now.",
            status=404,
        )


def list_comments(connection: GithubConnection, number: int) -> tuple[shapes.CommentAnswer, ...]:
    """Return GitHub's comments of an issue or pull request, oldest first."""
    attempt = Attempt(doing=f"list the comments of #{number}", needs=("issues", "pull-requests"))
    pages = connection.pages(f"{connection.root}/issues/{number}/comments", attempt)
    answers = (answer for page in pages for answer in shapes.read_all(shapes.CommentAnswer, page))
    return tuple(sorted(answers, key=lambda answer: answer.id))


def list_pulls(
    connection: GithubConnection, *, head_branch: str | None = None
) -> tuple[shapes.PullAnswer, ...]:
    """Return GitHub's open pull requests, newest first.

    A branch of that name in a fork is somebody else's: with `head_branch` its pull requests are
    left out, whatever GitHub's own filter let through.
    """
    owner = connection.place.full_name.partition("/")[0]
    query = {"state": "open", "sort": "created", "direction": "desc"}
    doing = "list the open pull requests"
    if head_branch is not None:
        query["head"] = f"{owner}:{head_branch}"
        doing += f" of branch {head_branch!r}"
    attempt = Attempt(doing=doing, needs=("pull-requests",))
    pages = connection.pages(f"{connection.root}/pulls", attempt, query=query)
    answers = (answer for page in pages for answer in shapes.read_all(shapes.PullAnswer, page))
    wanted = (
        answer
        for answer in answers
        if head_branch is None or _is_from(answer, head_branch, connection.place.full_name)
    )
    return tuple(sorted(wanted, key=lambda answer: answer.number, reverse=True))


def _is_from(answer: shapes.PullAnswer, branch: str, full_name: str) -> bool:
    head = answer.head
    is_here = "repo" not in head.model_fields_set or (
        head.repo is not None and head.repo.full_name.lower() == full_name.lower()
    )
    return is_here and head.ref == branch
