"""Writing to GitHub, so that each call can be repeated without a second branch, page or comment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from orchestrator.forge import github_answers as shapes
from orchestrator.forge import sizes
from orchestrator.forge.exchange import Answer, Attempt, Failure
from orchestrator.forge.github_reader import list_comments, list_pulls
from orchestrator.forge.refusals import (
    NO_COMMITS,
    NO_CONVERSION,
    NO_DRAFTS,
    NO_HEAD,
    PULL_REQUEST_EXISTS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.forge.forge import PullRequest, PullRequestText
    from orchestrator.forge.github_forge import GithubConnection

_UNPROCESSABLE = 422
_NOT_FOUND = 404
_PULL_REQUESTS = ("pull-requests",)
_UNTIL_SEEN_S = (2.0, 5.0)
_ISSUES = ("issues", "pull-requests")


@dataclass(frozen=True, slots=True)
class GithubWriter:
    """A `ForgeWriter` on GitHub; it knows nothing that it did not look up or write itself."""

    connection: GithubConnection
    _written: dict[tuple[int, str], int] = field(default_factory=dict, repr=False)
    """Comments written by this object: number and marker → comment id."""

    def ensure_pull_request(
        self, *, head: str, base: str, text: PullRequestText
    ) -> tuple[PullRequest, bool]:
        """Create a draft pull request from `head`, or update the open one that exists."""
        existing = self._find(head, base)
        answer, is_new = self._open(head, base, text) if existing is None else (existing, False)
        if not (is_new or self._tells(answer, base, text)):
            answer = self._retell(answer, base, text)
        self.add_labels(answer.number, text.labels)
        self._ask_reviewers(answer, text.reviewers)
        return answer.as_pull_request(), is_new

    def set_draft(self, number: int, *, is_draft: bool) -> None:
        """Mark the pull request as draft or as ready for review; no change if it is already so."""
        goal = "a draft" if is_draft else "ready for review"
        attempt = Attempt(
            doing=f"mark pull request #{number} as {goal}", needs=("contents", "pull-requests")
        )
        answer = self._pull(number, attempt)
        if answer.is_stand_in and not is_draft:
            self._retitle(answer, answer.title.removeprefix(sizes.DRAFT_PREFIX), attempt)
        elif (answer.draft or answer.is_stand_in) != is_draft:
            self._turn(answer, attempt, is_draft=is_draft)

    def ensure_comment(self, number: int, *, marker: str, body: str) -> tuple[int, str]:
        """Write the one comment of this number that holds `marker`, and return its id and url."""
        text = sizes.fit_body(sizes.marked(body, marker))
        attempt = Attempt(doing=f"comment on #{number}", needs=_ISSUES)
        known = self._written.get((number, marker))
        existing = None if known is not None else self._find_comment(number, marker)
        if existing is not None and existing.body == text:
            answer = existing
        else:
            target = known if existing is None else existing.id
            answer = self._write_comment(number, marker, text, target, attempt)
        self._written[number, marker] = answer.id
        return answer.id, answer.html_url

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Add labels that are missing, creating unknown ones."""
        names = dict.fromkeys(filter(None, map(sizes.fit_label, labels)))
        if not names:
            return
        path = f"{self.connection.root}/issues/{number}/labels"
        attempt = Attempt(doing=f"label #{number} with {list(names)}", needs=_ISSUES)
        pages = self.connection.pages(path, attempt)
        has = {label.name.lower() for page in pages for label in _labels(page)}
        missing = [name for name in names if name.lower() not in has]
        if not missing:
            return
        for name in missing:
            self._ensure_label(name, attempt)
        self.connection.demand(self.connection.change("POST", path, {"labels": missing}), attempt)

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off, if it is there; the repository keeps it."""
        name = sizes.fit_label(label)
        path = f"{self.connection.root}/issues/{number}/labels/{quote(name, safe='')}"
        attempt = Attempt(doing=f"take the label {name!r} off #{number}", needs=_ISSUES)
        result = self.connection.change("DELETE", path, {})
        if not (isinstance(result, Failure) and result.status == _NOT_FOUND):
            self.connection.demand(result, attempt)

    def _find(self, head: str, base: str) -> shapes.PullAnswer | None:
        found = list_pulls(self.connection, head_branch=head)
        same_base = [answer for answer in found if answer.base.ref == base]
        return next(iter((*same_base, *found)), None)

    def _open(self, head: str, base: str, text: PullRequestText) -> tuple[shapes.PullAnswer, bool]:
        attempt = Attempt(
            doing=f"open a pull request from {head!r} into {base!r}",
            needs=("contents", "pull-requests"),
        )
        result = self._opened(head, base, text, is_draft=True)
        if _says(result, NO_DRAFTS):
            self.connection.say(
                "This repository has no draft pull requests: a normal one is opened, with "
                f"{sizes.DRAFT_PREFIX.strip()!r} in its title until it is ready."
            )
            result = self._opened(head, base, text, is_draft=False)
        if _says(result, PULL_REQUEST_EXISTS):
            existing = self._find(head, base)
            if existing is not None:
                return existing, False
        return shapes.read(shapes.PullAnswer, self.connection.demand(result, attempt)), True

    def _opened(
        self, head: str, base: str, text: PullRequestText, *, is_draft: bool
    ) -> Answer | Failure:
        """Try, and again while GitHub does not see everywhere what was pushed a moment ago."""
        result = self._try_to_open(head, base, text, is_draft=is_draft)
        for pause_s in _UNTIL_SEEN_S:
            if _is_early(result):
                self.connection.clock.sleep(pause_s)
                result = self._try_to_open(head, base, text, is_draft=is_draft)
        return result

    def _try_to_open(
        self, head: str, base: str, text: PullRequestText, *, is_draft: bool
    ) -> Answer | Failure:
        body: JsonObject = {
            "title": sizes.fit_title(text.title, is_prefixed=not is_draft),
            "body": sizes.fit_body(text.body),
            "head": head,
            "base": base,
            "draft": is_draft,
        }

        def look() -> Answer | None:
            found = self._find(head, base)
            return None if found is None else Answer(body=found.model_dump(mode="json"))

        return self.connection.create(f"{self.connection.root}/pulls", body, look=look)

    def _tells(self, answer: shapes.PullAnswer, base: str, text: PullRequestText) -> bool:
        return (
            answer.title == self._title(answer, text)
            and answer.body == sizes.fit_body(text.body)
            and answer.base.ref == base
        )

    def _retell(
        self, answer: shapes.PullAnswer, base: str, text: PullRequestText
    ) -> shapes.PullAnswer:
        attempt = Attempt(doing=f"update pull request #{answer.number}", needs=_PULL_REQUESTS)
        body: dict[str, Json] = {
            "title": self._title(answer, text),
            "body": sizes.fit_body(text.body),
        }
        if answer.base.ref != base:
            body["base"] = base
        path = f"{self.connection.root}/pulls/{answer.number}"
        result = self.connection.change("PATCH", path, body)
        return shapes.read(shapes.PullAnswer, self.connection.demand(result, attempt))

    def _title(self, answer: shapes.PullAnswer, text: PullRequestText) -> str:
        return sizes.fit_title(text.title, is_prefixed=answer.is_stand_in)

    def _ask_reviewers(self, answer: shapes.PullAnswer, reviewers: Sequence[str]) -> None:
        """Ask one by one: one name that GitHub refuses must not cost the others their request."""
        author = shapes.actor_of(answer.user).login.lower()
        path = f"{self.connection.root}/pulls/{answer.number}/requested_reviewers"
        for reviewer in dict.fromkeys(reviewers):
            if reviewer.lower() == author:
                continue
            attempt = Attempt(doing=f"ask {reviewer!r} for a review", needs=_PULL_REQUESTS)
            result = self.connection.change("POST", path, {"reviewers": [reviewer]})
            if isinstance(result, Failure) and result.status == _UNPROCESSABLE:
                self.connection.say(f"GitHub refused to {attempt.doing}: {result.words}")
            else:
                self.connection.demand(result, attempt)

    def _pull(self, number: int, attempt: Attempt) -> shapes.PullAnswer:
        body = self.connection.get(f"{self.connection.root}/pulls/{number}", attempt)
        return shapes.read(shapes.PullAnswer, body)

    def _retitle(self, answer: shapes.PullAnswer, title: str, attempt: Attempt) -> None:
        path = f"{self.connection.root}/pulls/{answer.number}"
        self.connection.demand(self.connection.change("PATCH", path, {"title": title}), attempt)

    def _turn(self, answer: shapes.PullAnswer, attempt: Attempt, *, is_draft: bool) -> None:
        name = "convertPullRequestToDraft" if is_draft else "markPullRequestReadyForReview"
        kind = name[0].upper() + name[1:]
        query = (
            f"mutation Turn($input: {kind}Input!) "
            f"{{ {name}(input: $input) {{ pullRequest {{ isDraft }} }} }}"
        )
        result = self.connection.graphql(query, {"input": {"pullRequestId": answer.node_id}})
        if is_draft and (_says(result, NO_CONVERSION) or _says(result, NO_DRAFTS)):
            title = sizes.fit_title(answer.title, is_prefixed=True)
            self._retitle(answer, title, attempt)
        elif isinstance(result, Failure) and self._pull(answer.number, attempt).draft != is_draft:
            self.connection.demand(result, attempt)

    def _find_comment(self, number: int, marker: str) -> shapes.CommentAnswer | None:
        own = self.connection.own_login
        for answer in list_comments(self.connection, number):
            if sizes.is_marked(answer.body, marker) and _is_by(answer, own):
                return answer
        return None

    def _write_comment(
        self, number: int, marker: str, text: str, target: int | None, attempt: Attempt
    ) -> shapes.CommentAnswer:
        root = f"{self.connection.root}/issues"
        if target is not None:
            result = self.connection.change("PATCH", f"{root}/comments/{target}", {"body": text})
            if not (isinstance(result, Failure) and result.status == _NOT_FOUND):
                return shapes.read(shapes.CommentAnswer, self.connection.demand(result, attempt))

        def look() -> Answer | None:
            found = self._find_comment(number, marker)
            return None if found is None else Answer(body=found.model_dump(mode="json"))

        result = self.connection.create(f"{root}/{number}/comments", {"body": text}, look=look)
        return shapes.read(shapes.CommentAnswer, self.connection.demand(result, attempt))

    def _ensure_label(self, name: str, attempt: Attempt) -> None:
        path = f"{self.connection.root}/labels"
        known = self.connection.look_up(f"{path}/{quote(name, safe='')}")
        if not (isinstance(known, Failure) and known.status == _NOT_FOUND):
            self.connection.demand(known, attempt)
            return
        colour = hashlib.sha256(name.encode()).hexdigest()[:6]
        made = self.connection.change("POST", path, {"name": name, "color": colour})
        if not (isinstance(made, Failure) and made.status == _UNPROCESSABLE):
            self.connection.demand(made, attempt)


def _labels(page: Json) -> tuple[shapes.LabelAnswer, ...]:
    return shapes.read_all(shapes.LabelAnswer, page)


def _is_early(result: Answer | Failure) -> bool:
    """Tell whether not all of GitHub may know yet of a branch that was pushed a moment ago."""
    return _says(result, NO_HEAD) or _says(result, NO_COMMITS)


def _says(result: Answer | Failure, words: str) -> bool:
    return isinstance(result, Failure) and words in result.words.lower()


def _is_by(answer: shapes.CommentAnswer, login: str) -> bool:
    """Whether the token's own user wrote it; no person's login can end in `[bot]`."""
    return answer.user is not None and answer.user.login.lower() == login.lower()
