"""What a run asks GitHub: what was merged, what is open beside us, what the token may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from orchestrator.forge import github_answers as shapes
from orchestrator.forge.exchange import Attempt
from orchestrator.forge.forge import LabelAdded, Rights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.forge.forge import PullRequest
    from orchestrator.forge.github_forge import GithubConnection

_STOPPING_RULES = {
    "creation": "branches of this name may not be created",
    "update": "branches of this name may not be pushed to",
    "required_signatures": "commits have to be signed",
}
"""Rules that refuse what a run pushes; the others are about merging, or about deleting."""


@dataclass(frozen=True, slots=True)
class GithubSurvey:
    """A `ForgeSurvey` on GitHub."""

    connection: GithubConnection

    def merged_requests(self) -> Sequence[PullRequest]:
        """Return the pull requests merged last, among the hundred that changed last."""
        attempt = Attempt(doing="list the closed pull requests", needs=("pull-requests",))
        query = {"state": "closed", "sort": "updated", "direction": "desc", "per_page": "100"}
        body = self.connection.get(f"{self.connection.root}/pulls", attempt, query=query)
        merged = [each for each in shapes.read_all(shapes.PullAnswer, body) if each.merged_at]
        merged.sort(key=lambda each: each.merged_at, reverse=True)
        return tuple(each.as_pull_request() for each in merged)

    def reopened_at(self, number: int) -> str:
        """Return when the issue was last reopened; empty if it never was."""
        events = self._events(number)
        return max((each.created_at for each in events if each.event == "reopened"), default="")

    def label_added(self, number: int, label: str) -> LabelAdded | None:
        """Return who put on the label that is there now; `None` once it was taken off again."""
        added = None
        for event in sorted(self._events(number), key=lambda each: each.created_at):
            if event.label is None or event.label.name.casefold() != label.casefold():
                continue
            is_on = event.event == "labeled"
            who = "" if event.actor is None else event.actor.login
            added = LabelAdded(by=who, at=event.created_at) if is_on else None
        return added

    def _events(self, number: int) -> Iterator[shapes.IssueEventAnswer]:
        attempt = Attempt(doing=f"list what happened to #{number}", needs=("issues",))
        pages = self.connection.pages(f"{self.connection.root}/issues/{number}/events", attempt)
        return (event for page in pages for event in shapes.read_all(shapes.IssueEventAnswer, page))

    def changed_paths(self, request: PullRequest) -> Sequence[str]:
        """Return the paths that an open pull request changes."""
        attempt = Attempt(doing=f"list the files of #{request.number}", needs=("pull-requests",))
        path = f"{self.connection.root}/pulls/{request.number}/files"
        pages = self.connection.pages(path, attempt)
        files = [file for page in pages for file in shapes.read_all(shapes.FileAnswer, page)]
        names = (name for file in files for name in (file.filename, file.previous_filename))
        return tuple(dict.fromkeys(filter(None, names)))

    def rights(self, branch: str) -> Rights:
        """Return what GitHub tells about the token and the rules for a branch.

        An installation's token, the workflow's among them, is told nothing about its own
        permissions that could be relied on: only a person's token gets a plain answer.
        """
        attempt = Attempt(doing="say what the token may do")
        found = shapes.read(shapes.RightsAnswer, self.connection.get(self.connection.root, attempt))
        path = f"{self.connection.root}/rules/branches/{quote(branch, safe='')}"
        doing = Attempt(doing=f"list the rules for branch {branch!r}")
        rules = [
            rule
            for page in self.connection.pages(path, doing)
            for rule in shapes.read_all(shapes.RuleAnswer, page)
        ]
        told = None if self.connection.is_installation else found.permissions
        return Rights(
            can_push=None if told is None else told.get("push"),
            is_archived=found.archived,
            rules=tuple(_words(rule) for rule in rules if rule.type in _STOPPING_RULES),
        )


def _words(rule: shapes.RuleAnswer) -> str:
    where = f" (ruleset {rule.ruleset_id} of {rule.ruleset_source})" if rule.ruleset_source else ""
    return f"{rule.type}: {_STOPPING_RULES[rule.type]}{where}"
