"""The GitHub stand-in's pull requests: REST for what they say, GraphQL for draft and ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.doubles.github_call import (
    BODY_CHARACTERS,
    TITLE_CHARACTERS,
    Call,
    Denied,
    invalid,
)
from tests.doubles.github_state import StoredPull
from tests.doubles.http_server import Answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.json import JsonObject

_NO_DRAFTS = "Draft pull requests are not supported in this repository."
_MUTATIONS = {"markPullRequestReadyForReview": False, "convertPullRequestToDraft": True}


def _list(call: Call) -> Answer:
    state = call.asked("state") or "open"
    head = call.asked("head")
    pulls = [
        each
        for each in call.state.pulls.values()
        if state in {"all", each.state} and (":" not in head or head == _label(call, each))
    ]
    pulls.sort(key=lambda each: each.number, reverse=call.asked("direction") != "asc")
    return call.page([call.shapes.pull(each, is_listed=True) for each in pulls])


def _found(call: Call) -> StoredPull:
    pull = call.state.pulls.get(int(call.parts[0]))
    if pull is None:
        raise Denied(404, "Not Found")
    return pull


def _files(call: Call) -> Answer:
    pull = _found(call)
    span = f"refs/heads/{pull.base}...refs/heads/{pull.head}"
    names = (call.state.git("diff", "--name-only", span) or "").splitlines()
    return call.page([{"filename": name, "status": "modified"} for name in names])


def _get(call: Call) -> Answer:
    return json_answer(call.shapes.pull(_found(call)))


def _create(call: Call) -> Answer:
    call.demand_write("pull_requests")
    settings = call.state.settings
    if call.token.is_workflow_token and not settings.actions_may_open_pull_requests:
        raise Denied(403, "GitHub Actions is not permitted to create or approve pull requests.")
    title = call.text("title", "PullRequest", characters=TITLE_CHARACTERS)
    head = call.text("head", "PullRequest", characters=255).removeprefix(f"{call.state.owner}:")
    base = call.text("base", "PullRequest", characters=255)
    is_draft = call.fields().get("draft") is True
    if is_draft and not settings.has_drafts:
        raise Denied(422, _NO_DRAFTS)
    _check_ends(call, head, base)
    pull = StoredPull(
        number=call.state.next_number(),
        title=title,
        body=_body(call),
        login=call.token.login,
        head=head,
        base=base,
        draft=is_draft,
        at=call.state.now(),
    )
    call.state.issues[pull.number] = pull
    return json_answer(call.shapes.pull(pull), status=201)


def _check_ends(call: Call, head: str, base: str) -> None:
    for field, branch in (("base", base), ("head", head)):
        if call.state.commit(branch) is None:
            raise invalid("PullRequest", field, "invalid")
    if any(
        (each.head, each.base, each.state, each.head_repo) == (head, base, "open", None)
        for each in call.state.pulls.values()
    ):
        words = f"A pull request already exists for {call.state.owner}:{head}."
        raise invalid("PullRequest", "head", "custom", words)
    if not call.state.commits_between(base, head):
        words = f"No commits between {base} and {head}"
        raise invalid("PullRequest", "head", "custom", words)


def _edit(call: Call) -> Answer:
    call.demand_write("pull_requests")
    pull = _found(call)
    fields = call.fields()
    if "title" in fields:
        pull.title = call.text("title", "PullRequest", characters=TITLE_CHARACTERS)
    if "body" in fields:
        pull.body = _body(call)
    if "state" in fields:
        pull.state = str(fields["state"])
    if "base" in fields:
        base = str(fields["base"])
        if call.state.commit(base) is None:
            raise invalid("PullRequest", "base", "invalid")
        pull.base = base
    return json_answer(call.shapes.pull(pull))


def _review(call: Call) -> Answer:
    call.demand_write("pull_requests")
    pull = _found(call)
    for login in call.texts("reviewers"):
        if call.state.users.get(login, "none") == "none":
            words = (
                "Reviews may only be requested from collaborators. One or more of the users or "
                f"teams you specified is not a collaborator of the {call.state.full_name} "
                "repository."
            )
            raise Denied(422, words)
        if login not in pull.reviewers:
            pull.reviewers.append(login)
    return json_answer(call.shapes.pull(pull), status=201)


def _body(call: Call) -> str | None:
    body = call.fields().get("body")
    if body is None:
        return None
    return call.sized(str(body), "body", "PullRequest", characters=BODY_CHARACTERS)


def _label(call: Call, pull: StoredPull) -> str:
    owner = (pull.head_repo or call.state.full_name).partition("/")[0]
    return f"{owner}:{pull.head}"


def graphql(call: Call) -> Answer:
    """Answer the two mutations and the one query that the stand-in knows."""
    token = call.token
    query = str(call.fields().get("query", ""))
    if "viewer" in query:
        return json_answer({"data": {"viewer": {"login": token.login}}})
    name = next((each for each in _MUTATIONS if each in query), None)
    if name is None:
        return _error("Field does not exist on type 'Query'", "undefinedField")
    variables = call.fields().get("variables")
    asked = variables.get("input") if isinstance(variables, dict) else None
    node = asked.get("pullRequestId") if isinstance(asked, dict) else None
    pull = next((p for p in call.state.pulls.values() if f"PR_{p.number}" == node), None)
    if pull is None:
        return _error(f"Could not resolve to a node with the global id of '{node}'", "NOT_FOUND")
    if not (token.may_write("pull_requests") and token.may_write("contents")):
        return _error("Resource not accessible by integration", "FORBIDDEN")
    if _MUTATIONS[name] and not call.state.settings.has_drafts:
        words = (
            f"{token.login} does not have permission to convert the pull request {node} to draft."
        )
        return _error(words, "FORBIDDEN")
    pull.draft = _MUTATIONS[name]
    return json_answer({"data": {name: {"pullRequest": {"isDraft": pull.draft}}}})


def _error(message: str, kind: str) -> Answer:
    error: JsonObject = {"type": kind, "message": message}
    return json_answer({"data": None, "errors": [error]})


ROUTES: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
    ("GET", r"{repo}/pulls", _list),
    ("POST", r"{repo}/pulls", _create),
    ("GET", r"{repo}/pulls/(\d+)", _get),
    ("PATCH", r"{repo}/pulls/(\d+)", _edit),
    ("GET", r"{repo}/pulls/(\d+)/files", _files),
    ("POST", r"{repo}/pulls/(\d+)/requested_reviewers", _review),
    ("POST", r"/graphql", graphql),
)
