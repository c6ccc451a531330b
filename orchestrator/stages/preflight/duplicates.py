"""Work that somebody does or has done already is not done, and not paid, twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, NotAuthorisedError
from orchestrator.domain.outcome import Conclusion, Outcome
from orchestrator.stages.preflight.scene import passed, skipped, stopped, warned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.forge.forge import PullRequest
    from orchestrator.sandbox.git import Commit
    from orchestrator.stages.preflight.scene import Scene, Sight

_COMMITS = 300
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_REVERTED = re.compile(r"This reverts commit ([0-9a-f]{40})")
_HINT = (
    "Close the issue, or reopen it with a comment that says what is still missing, then run "
    "again; or set `preflight.duplicates: false`."
)


def duplicates(scene: Scene) -> Sight:
    """Stop when a writer's open pull request, or something merged, closes the issue already.

    Anybody can write "closes #1" into a pull request, even after it was merged; only people who
    may write here can keep a run from starting by it.
    """
    if not scene.settings.duplicates:
        return skipped("`preflight.duplicates` is false.")
    others = [item for item in scene.forge.pull_requests() if item.head_branch != scene.branch]
    closing = [item for item in others if _closes(scene, f"{item.title}\n{item.body}")]
    for request in closing:
        if scene.forge.permission(request.author).can_write:
            return stopped(_taken(scene, request))
    since = max(_time(scene.issue.created_at), _reopened(scene))
    merged = [item for item in _merged(scene) if _is_fix(scene, item, since)]
    for request in merged:
        if scene.forge.permission(request.author).can_write:
            what = f"the merged pull request #{request.number} by {request.author}"
            return stopped(_fixed(scene, what))
    commit = None if since == _LONG_AGO else _closing_commit(scene, since)
    if commit is not None:
        what = f"the commit {commit.id[:12]} ({commit.subject}) on `{scene.base.branch}`"
        return stopped(_fixed(scene, what))
    near = list(_near(scene, others, closing, merged))
    if near:
        hint = "Nothing was stopped by it. Look whether the work is wanted twice."
        return warned(" ".join(near), hint)
    return passed(f"No other work on issue #{scene.issue.number} is open or merged.")


def _closes(scene: Scene, text: str) -> bool:
    number, url = scene.issue.number, scene.issue.url
    names = [rf"#{number}\b", rf"gh-{number}\b"]
    if url:
        names.append(rf"{re.escape(url.lower())}(?![\w/])")
    word = r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+"
    return re.search(f"{word}(?:{'|'.join(names)})", text.lower()) is not None


def _is_fix(scene: Scene, merged: PullRequest, since: datetime) -> bool:
    """Tell whether what was merged into the base says that it closes the issue as it stands now."""
    is_here = merged.base_branch == scene.base.branch
    says_so = _closes(scene, f"{merged.title}\n{merged.body}")
    return is_here and says_so and _time(merged.merged_at) > since


def _closing_commit(scene: Scene, since: datetime) -> Commit | None:
    commits = scene.git.log(scene.base.commit, limit=_COMMITS)
    reverted = {found for commit in commits for found in _REVERTED.findall(commit.message)}
    return next(
        (
            commit
            for commit in commits
            if commit.id not in reverted
            and _time(commit.committed_at) > since
            and not commit.subject.startswith("Revert ")
            and _closes(scene, commit.message)
        ),
        None,
    )


def _merged(scene: Scene) -> tuple[PullRequest, ...]:
    try:
        return tuple(scene.survey.merged_requests())
    except (ForgeError, NotAuthorisedError):
        return ()


def _reopened(scene: Scene) -> datetime:
    try:
        return _time(scene.survey.reopened_at(scene.issue.number))
    except (ForgeError, NotAuthorisedError):
        return _LONG_AGO


def _near(
    scene: Scene,
    others: list[PullRequest],
    closing: list[PullRequest],
    merged: list[PullRequest],
) -> Iterator[str]:
    """Yield what may be the same work, one sentence each."""
    number = scene.issue.number
    named = re.compile(rf"#{number}\b")
    branch = re.compile(rf"(?<![0-9]){number}(?![0-9])")
    for request in others:
        text = f"{request.title}\n{request.body}"
        if request in closing or named.search(text) or branch.search(request.head_branch):
            says = "says that it closes it" if request in closing else "is about it too"
            yield f"The open pull request #{request.number} by {request.author} {says}."
    for request in merged:
        claim = "says that it closes it, and its author may not write here"
        yield f"The merged pull request #{request.number} by {request.author} {claim}."
    assigned = [name for name in scene.issue.assignees if name != scene.requester.login]
    if assigned:
        yield f"The issue is assigned to {', '.join(assigned)}."


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _LONG_AGO
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _taken(scene: Scene, other: PullRequest) -> Outcome:
    return Outcome(
        conclusion=Conclusion.SKIPPED,
        summary=f"The open pull request #{other.number} by {other.author} closes issue "
        f"#{scene.issue.number} already. Nothing was spent.",
        hint="Close it or take the closing word out of it, then run again; "
        "or set `preflight.duplicates: false`.",
    )


def _fixed(scene: Scene, what: str) -> Outcome:
    return Outcome(
        conclusion=Conclusion.SKIPPED,
        summary=f"Issue #{scene.issue.number} is fixed already: {what} says that it closes it. "
        "Nothing was spent.",
        hint=_HINT,
    )
