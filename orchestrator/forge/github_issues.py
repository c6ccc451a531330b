"""Which issues of a repository on GitHub have a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.forge import github_answers as shapes
from orchestrator.forge.exchange import Attempt

if TYPE_CHECKING:
    from orchestrator.forge.github_forge import GithubConnection


def list_labelled(connection: GithubConnection, label: str) -> tuple[int, ...]:
    """Return the numbers of open issues with the label, ascending; no pull requests."""
    attempt = Attempt(doing=f"list the open issues with the label {label!r}", needs=("issues",))
    pages = connection.pages(
        f"{connection.root}/issues", attempt, query={"state": "open", "labels": label}
    )
    answers = (answer for page in pages for answer in shapes.read_all(shapes.IssueAnswer, page))
    issues = (answer.as_issue() for answer in answers)
    return tuple(sorted(issue.number for issue in issues if not issue.is_pull_request))
