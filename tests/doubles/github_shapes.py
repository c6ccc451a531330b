"""How the GitHub stand-in writes what it knows as JSON, in the shapes of the REST API."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.doubles.github_state import StoredPull

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject
    from tests.doubles.github_state import GithubState, StoredComment, StoredEvent, StoredIssue


class Shapes:
    """Writes JSON with the addresses of one server."""

    def __init__(self, state: GithubState, *, api_url: str, server_url: str) -> None:
        self._state = state
        self._api = f"{api_url}/repos/{state.full_name}"
        self._page = f"{server_url}/{state.full_name}"
        self._api_url = api_url

    def user(self, login: str) -> JsonObject:
        """Return an account; deleted ones are shown as `null` elsewhere."""
        is_bot = login.endswith("[bot]")
        number = int(hashlib.sha256(login.encode()).hexdigest()[:6], 16)
        return {
            "login": login,
            "id": 41898282 if login == "github-actions[bot]" else number,
            "type": "Bot" if is_bot else "User",
            "url": f"{self._api_url}/users/{login}",
        }

    def repository(self) -> JsonObject:
        """Return the repository."""
        settings = self._state.settings
        return {
            "id": 1,
            "name": self._state.full_name.partition("/")[2],
            "full_name": self._state.full_name,
            "owner": self.user(self._state.owner),
            "private": settings.is_private,
            "archived": settings.is_archived,
            "fork": False,
            "has_issues": settings.has_issues,
            "default_branch": settings.default_branch,
            "url": self._api,
            "html_url": self._page,
            "clone_url": f"{self._page}.git",
        }

    def label(self, name: str) -> JsonObject:
        """Return a label."""
        return {"name": name, "color": self._state.labels.get(name, "ededed")}

    def event(self, event: StoredEvent) -> JsonObject:
        """Return something that happened to an issue."""
        shape: JsonObject = {
            "event": event.event,
            "created_at": event.at,
            "actor": self.user(event.login),
        }
        return shape if event.label is None else {**shape, "label": {"name": event.label}}

    def issue(self, issue: StoredIssue, *, repository: str = "") -> JsonObject:
        """Return an issue; pull requests are issues too."""
        kind = "pull" if isinstance(issue, StoredPull) else "issues"
        root = f"{self._api_url}/repos/{repository}" if repository else self._api
        shape: dict[str, Json] = {
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": issue.state,
            "locked": issue.locked,
            "user": self.user(issue.login) if issue.login else None,
            "labels": [self.label(name) for name in issue.labels],
            "assignees": [],
            "created_at": issue.at,
            "updated_at": issue.at,
            "url": f"{root}/issues/{issue.number}",
            "repository_url": root,
            "html_url": f"{self._page}/{kind}/{issue.number}",
        }
        if isinstance(issue, StoredPull):
            url = f"{self._api}/pulls/{issue.number}"
            shape["pull_request"] = {"url": url, "merged_at": issue.merged_at}
        return shape

    def comment(self, comment: StoredComment) -> JsonObject:
        """Return a comment."""
        return {
            "id": comment.id,
            "body": comment.body,
            "user": self.user(comment.login) if comment.login else None,
            "created_at": comment.at,
            "updated_at": comment.at,
            "url": f"{self._api}/issues/comments/{comment.id}",
            "html_url": f"{self._page}/issues/{comment.number}#issuecomment-{comment.id}",
        }

    def pull(self, pull: StoredPull, *, is_listed: bool = False) -> JsonObject:
        """Return a pull request; lists do not say whether it can be merged."""
        shape = {
            **self.issue(pull),
            "node_id": f"PR_{pull.number}",
            "draft": pull.draft,
            "merged_at": pull.merged_at,
            "head": self._end(pull.head, pull.head_repo or self._state.full_name),
            "base": self._end(pull.base, self._state.full_name),
            "requested_reviewers": [self.user(login) for login in pull.reviewers],
            "url": f"{self._api}/pulls/{pull.number}",
        }
        return shape if is_listed else {**shape, "mergeable": None}

    def _end(self, branch: str, repository: str) -> JsonObject:
        owner = repository.partition("/")[0]
        return {
            "ref": branch,
            "label": f"{owner}:{branch}",
            "sha": self._state.commit(branch) or "0" * 40,
            "user": self.user(owner),
            "repo": {"full_name": repository, "fork": repository != self._state.full_name},
        }
