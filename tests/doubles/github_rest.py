"""The part of GitHub's REST API that the stand-in has: people, issues, comments, labels."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.doubles.github_call import (
    BODY_CHARACTERS,
    LABEL_CHARACTERS,
    Call,
    Denied,
    invalid,
    moved,
)
from tests.doubles.github_git import token_of
from tests.doubles.github_state import StoredComment, StoredIssue, StoredPull
from tests.doubles.http_server import Answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.json import JsonObject

LARGEST_CONTENT_BYTES = 1_048_576


def _user(call: Call) -> Answer:
    token = call.token
    if token.login.endswith("[bot]"):
        raise Denied(403, "Resource not accessible by integration")
    return json_answer(call.shapes.user(token.login))


def _repository(call: Call) -> Answer:
    token = token_of(call.state, call.received)
    if token is None or isinstance(token, str):
        return json_answer(call.shapes.repository())
    # An installation is not told what its own token may do; a person is.
    can_push = token.may_write("contents") and not token.is_workflow_token
    rights: JsonObject = {"admin": False, "push": can_push, "pull": True}
    return json_answer({**call.shapes.repository(), "permissions": rights})


def _permission(call: Call) -> Answer:
    (login,) = call.parts
    role = call.state.users.get(login)
    if role is None:
        raise Denied(404, f"{login} is not a user")
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    return json_answer({"permission": coarse, "role_name": role, "user": call.shapes.user(login)})


def found_issue(call: Call, number: str) -> StoredIssue:
    """Return the issue or pull request, or deny as GitHub does."""
    if not call.state.settings.has_issues and int(number) not in call.state.pulls:
        raise Denied(410, "Issues has been disabled in this repository.")
    if int(number) in call.state.deleted:
        raise Denied(410, "This issue was deleted")
    issue = call.state.issues.get(int(number))
    if issue is None:
        raise Denied(404, "Not Found")
    return issue


def _labelled(call: Call) -> Answer:
    """Return open issues with a label, pull requests too, as GitHub does."""
    (label,) = call.received.query.get("labels", ("",))
    found = [
        each
        for each in (*call.state.issues.values(), *call.state.pulls.values())
        if each.state == "open" and label in each.labels
    ]
    return call.page([call.shapes.issue(each) for each in found])


def _issue(call: Call) -> Answer:
    (number,) = call.parts
    if int(number) in call.state.moved:
        root = call.received.target.partition("/repos/")[0]
        return moved(call.received, f"{root}/moved/{number}")
    return json_answer(call.shapes.issue(found_issue(call, number)))


def _moved_issue(call: Call) -> Answer:
    (number,) = call.parts
    repository, there = call.state.moved[int(number)]
    issue = StoredIssue(number=there, title="Somewhere else", body="Another repository's words")
    return json_answer(call.shapes.issue(issue, repository=repository))


def _comments(call: Call) -> Answer:
    issue = found_issue(call, call.parts[0])
    comments = call.state.comments_of(issue.number)
    return call.page([call.shapes.comment(each) for each in comments])


def _new_comment(call: Call) -> Answer:
    issue = found_issue(call, call.parts[0])
    _demand_conversation(call, issue)
    if issue.locked and not call.token.may_write("issues"):
        raise Denied(403, "Unable to create comment because issue is locked.")
    body = call.text("body", "IssueComment", characters=BODY_CHARACTERS)
    comment = call.state.add_comment(issue.number, call.token.login, body)
    return json_answer(call.shapes.comment(comment), status=201)


def _found_comment(call: Call) -> StoredComment:
    comment = call.state.comments.get(int(call.parts[0]))
    if comment is None:
        raise Denied(404, "Not Found")
    return comment


def _comment(call: Call) -> Answer:
    return json_answer(call.shapes.comment(_found_comment(call)))


def _edit_comment(call: Call) -> Answer:
    comment = _found_comment(call)
    _demand_conversation(call, call.state.issues[comment.number])
    comment.body = call.text("body", "IssueComment", characters=BODY_CHARACTERS)
    comment.at = call.state.now()
    return json_answer(call.shapes.comment(comment))


def _issue_labels(call: Call) -> Answer:
    issue = found_issue(call, call.parts[0])
    return call.page([call.shapes.label(name) for name in issue.labels])


def _add_labels(call: Call) -> Answer:
    issue = found_issue(call, call.parts[0])
    _demand_conversation(call, issue)
    for name in call.texts("labels"):
        call.sized(name, "name", "Label", characters=LABEL_CHARACTERS)
        call.state.set_label(issue.number, name, login=call.token.login)
    return json_answer([call.shapes.label(name) for name in issue.labels])


def _labels(call: Call) -> Answer:
    return call.page([call.shapes.label(name) for name in call.state.labels])


def _label(call: Call) -> Answer:
    (name,) = call.parts
    if name not in call.state.labels:
        raise Denied(404, "Not Found")
    return json_answer(call.shapes.label(name))


def _new_label(call: Call) -> Answer:
    call.demand_write("issues", "pull_requests")
    name = call.text("name", "Label", characters=LABEL_CHARACTERS)
    if name.lower() in {known.lower() for known in call.state.labels}:
        raise invalid("Label", "name", "already_exists")
    call.state.labels[name] = str(call.fields().get("color", "ededed"))
    return json_answer(call.shapes.label(name), status=201)


def _branch(call: Call) -> Answer:
    (name,) = call.parts
    commit = call.state.commit(name)
    if commit is None:
        raise Denied(404, "Branch not found")
    return json_answer({"name": name, "commit": {"sha": commit}, "protected": False})


def _ref(call: Call) -> Answer:
    (name,) = call.parts
    commit = call.state.commit(name)
    if commit is None:
        raise Denied(404, "Not Found")
    return json_answer({"ref": f"refs/heads/{name}", "object": {"type": "commit", "sha": commit}})


def _rules(call: Call) -> Answer:
    rule = {"ruleset_source_type": "Repository", "ruleset_source": call.state.full_name}
    return call.page(
        [{"type": kind, "ruleset_id": 7, **rule} for kind in call.state.settings.rules]
    )


def _events(call: Call) -> Answer:
    issue = found_issue(call, call.parts[0])
    happened = call.state.events.get(issue.number, ())
    return call.page([call.shapes.event(each) for each in happened])


def _remove_label(call: Call) -> Answer:
    number, name = call.parts
    issue = found_issue(call, number)
    _demand_conversation(call, issue)
    if name.lower() not in {label.lower() for label in issue.labels}:
        raise Denied(404, "Label does not exist")
    call.state.set_label(issue.number, name, login=call.token.login, is_on=False)
    return json_answer([call.shapes.label(label) for label in issue.labels])


def _other_repository(call: Call) -> Answer:
    (full_name,) = call.parts
    if full_name not in {repository for repository, _, _ in call.state.files}:
        raise Denied(404, "Not Found")
    return json_answer({"full_name": full_name, "default_branch": "main"})


def _content(call: Call) -> Answer:
    repository, path = call.parts
    content = call.state.files.get((repository, path, call.asked("ref")))
    if content is None:
        raise Denied(404, "Not Found")
    if path.endswith("/"):
        return call.page([{"type": "file", "path": f"{path}one.yml"}])
    is_small = len(content) <= LARGEST_CONTENT_BYTES
    text = base64.encodebytes(content).decode() if is_small else ""
    encoding = "base64" if is_small else "none"
    return json_answer({"type": "file", "path": path, "encoding": encoding, "content": text})


def _demand_conversation(call: Call, issue: StoredIssue) -> None:
    if isinstance(issue, StoredPull):
        call.demand_write("issues", "pull_requests")
    else:
        call.demand_write("issues")


ROUTES: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
    ("GET", r"/user", _user),
    ("GET", r"/moved/(\d+)", _moved_issue),
    ("GET", r"{repo}", _repository),
    ("GET", r"{repo}/collaborators/([^/]+)/permission", _permission),
    ("GET", r"{repo}/issues", _labelled),
    ("GET", r"{repo}/issues/(\d+)", _issue),
    ("GET", r"{repo}/issues/(\d+)/comments", _comments),
    ("POST", r"{repo}/issues/(\d+)/comments", _new_comment),
    ("GET", r"{repo}/issues/comments/(\d+)", _comment),
    ("PATCH", r"{repo}/issues/comments/(\d+)", _edit_comment),
    ("GET", r"{repo}/issues/(\d+)/labels", _issue_labels),
    ("POST", r"{repo}/issues/(\d+)/labels", _add_labels),
    ("DELETE", r"{repo}/issues/(\d+)/labels/(.+)", _remove_label),
    ("GET", r"{repo}/issues/(\d+)/events", _events),
    ("GET", r"{repo}/labels", _labels),
    ("POST", r"{repo}/labels", _new_label),
    ("GET", r"{repo}/labels/(.+)", _label),
    ("GET", r"{repo}/branches/(.+)", _branch),
    ("GET", r"{repo}/git/ref/heads/(.+)", _ref),
    ("GET", r"{repo}/rules/branches/(.+)", _rules),
    ("GET", r"/repos/([^/]+/[^/]+)", _other_repository),
    ("GET", r"/repos/([^/]+/[^/]+)/contents/(.+)", _content),
)
