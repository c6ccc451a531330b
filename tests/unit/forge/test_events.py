"""What GitHub's event files ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import UsageError
from orchestrator.domain.issue import Actor, Trigger, TriggerKind
from orchestrator.forge.asked import Ignored, Pushed, Refused, TriggerRules, changed_since
from orchestrator.forge.events import parse_event
from orchestrator.forge.issue_numbers import parse_issue_number

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.forge.asked import Asked

ALICE: JsonObject = {"login": "alice", "id": 7, "type": "User"}
WORKFLOW_BOT: JsonObject = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}
RENOVATE: JsonObject = {"login": "renovate[bot]", "id": 9, "type": "Bot"}
PLAIN_BOT: JsonObject = {"login": "Helper", "id": 10, "type": "Bot"}
ISSUE: JsonObject = {
    "number": 42,
    "title": "Dark mode",
    "body": "Please.\r\n",
    "state": "open",
    "user": {"login": "bob", "type": "User"},
    "labels": [{"name": "orchestrate"}],
    "reactions": {"+1": 3},
}
COMMENT: JsonObject = {"id": 5, "body": "/orchestrate now", "user": ALICE}
RULES = TriggerRules()


def labeled(**changes: object) -> dict[str, object]:
    """Return an issue that was just labeled."""
    label = {"name": "orchestrate"}
    return {"action": "labeled", "issue": ISSUE, "label": label, "sender": ALICE, **changes}


def commented(**changes: object) -> dict[str, object]:
    """Return a comment that was just written."""
    return {"action": "created", "issue": ISSUE, "comment": COMMENT, "sender": ALICE, **changes}


def parsed(name: str, document: object, rules: TriggerRules = RULES, actor: str = "") -> Asked:
    """Parse a payload as GitHub would write it to the file."""
    return parse_event(name, json.dumps(document).encode(), rules=rules, actor=actor)


@pytest.mark.parametrize(
    "inputs", [{"issue-number": "42"}, {"issue_number": " #42 "}, {"issue-number": 42}]
)
def test_dispatch__names_the_issue(inputs: object) -> None:
    """Both spellings of the input work, and the one who pressed the button is the actor."""
    result = parsed("workflow_dispatch", {"inputs": inputs, "sender": ALICE, "ref": "main"})

    assert result == Trigger(
        kind=TriggerKind.DISPATCH, issue_number=42, actor=Actor(login="alice", id=7)
    )


def test_dispatch__the_actions_own_input_comes_first() -> None:
    """A matrix gives each job its number, whatever was typed for all of them."""
    rules = TriggerRules(issue_number="7")

    result = parsed("workflow_dispatch", {"inputs": {"issue-number": "1"}}, rules, "alice")

    assert isinstance(result, Trigger)
    assert (result.issue_number, result.actor.login) == (7, "alice")


@pytest.mark.parametrize("document", [{}, {"inputs": None}, {"inputs": {"issue-number": ""}}])
def test_dispatch__without_a_number_is_refused(document: JsonObject) -> None:
    """The reader learns which input is missing."""
    result = parsed("workflow_dispatch", document, actor="alice")

    assert isinstance(result, Refused)
    assert "issue-number" in result.hint


def test_dispatch__by_nobody_is_an_error() -> None:
    """Without an actor nobody's permission could be checked."""
    with pytest.raises(UsageError, match="does not say who"):
        parsed("workflow_dispatch", {"inputs": {"issue-number": "42"}})


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-1",
        "1; rm -rf",
        "1.0",
        "1e3",
        "0x2a",
        "",
        "#",
        "##4",
        "٤٢",
        "1_000",
        "1" * 500,
        str(10**12),
        str(2**31),
        "true",
        "42\n7",
    ],
)
def test_issue_number__that_is_none_is_an_error(text: str) -> None:
    """Whatever is typed instead of a number never gets near an address."""
    with pytest.raises(UsageError, match="is not an issue number") as caught:
        parse_issue_number(text)

    assert len(str(caught.value)) < 150


@given(st.integers(1, 2**31 - 1))
def test_issue_number__is_read(number: int) -> None:
    """Every number an issue can have is read."""
    assert parse_issue_number(f" #{number}\n") == number


@pytest.mark.parametrize("name", ["orchestrate", "Orchestrate"])
def test_labeled__with_our_label_starts_a_run(name: str) -> None:
    """In any letter case, as for GitHub; who added it is the actor, not the issue's author."""
    result = parsed("issues", labeled(label={"name": name}))

    assert isinstance(result, Trigger)
    assert (result.kind, result.issue_number) == (TriggerKind.LABELED, 42)
    assert result.actor == Actor(login="alice", id=7)
    assert result.seen_issue is not None
    assert (result.seen_issue.title, result.seen_issue.body) == ("Dark mode", "Please.\r\n")
    assert result.seen_issue.author.login == "bob"


@pytest.mark.parametrize("name", ["bug", "orchestrate ", "orchestrate-later"])
def test_labeled__with_another_label_is_ignored(name: str) -> None:
    """Only the trigger's label counts, not one that is like it."""
    result = parsed("issues", labeled(label={"name": name}))

    assert isinstance(result, Ignored)
    assert repr(name) in result.reason


def test_labeled__without_a_label_is_ignored() -> None:
    """A payload without the label does not match an empty rule by accident."""
    assert isinstance(parsed("issues", labeled(label=None)), Ignored)


def test_opened__starts_a_run() -> None:
    """A workflow that listens to opened issues wants them worked on."""
    result = parsed("issues", labeled(action="opened"))

    assert isinstance(result, Trigger)
    assert result.kind is TriggerKind.OPENED


@pytest.mark.parametrize("action", ["edited", "unlabeled", "closed", "transferred", "assigned"])
def test_issues__other_actions_are_ignored(action: str) -> None:
    """An edited issue starts nothing."""
    assert isinstance(parsed("issues", labeled(action=action)), Ignored)


def test_comment__with_the_phrase_starts_a_run() -> None:
    """The comment comes along as it was written."""
    result = parsed("issue_comment", commented())

    assert isinstance(result, Trigger)
    assert result.kind is TriggerKind.COMMENT
    assert result.comment is not None
    assert result.comment.body == "/orchestrate now"


@pytest.mark.parametrize(
    "body",
    ["", None, "> /orchestrate", "please /orchestrate", "/orchestrated", "`/orchestrate`", "ok"],
)
def test_comment__without_the_phrase_is_ignored(body: str | None) -> None:
    """Quoting or mentioning the phrase is not asking."""
    result = parsed("issue_comment", commented(comment={**COMMENT, "body": body}))

    assert isinstance(result, Ignored)


@pytest.mark.parametrize("action", ["edited", "deleted"])
def test_comment__that_is_not_new_is_ignored(action: str) -> None:
    """A comment that somebody edits into a command starts nothing."""
    assert isinstance(parsed("issue_comment", commented(action=action)), Ignored)


def test_comment__on_a_pull_request_is_refused() -> None:
    """A pull request is not an issue, and the reader learns where to ask."""
    issue = {**ISSUE, "pull_request": {"url": "https://x"}}

    result = parsed("issue_comment", commented(issue=issue))

    assert isinstance(result, Refused)
    assert "#42 is a pull request" in result.reason
    assert "issue" in result.hint


def test_issue_event__with_a_contradicting_input_is_refused() -> None:
    """A label on one issue cannot start work on another."""
    result = parsed("issues", labeled(), TriggerRules(issue_number="7"))

    assert isinstance(result, Refused)
    assert isinstance(parsed("issues", labeled(), TriggerRules(issue_number="42")), Trigger)


@pytest.mark.parametrize("sender", [WORKFLOW_BOT, PLAIN_BOT, {"login": "x[bot]", "type": "User"}])
@pytest.mark.parametrize("name", ["issues", "issue_comment", "workflow_dispatch"])
def test_bots__start_nothing(name: str, sender: JsonObject) -> None:
    """Neither our own comments nor another program's set us off."""
    documents = {
        "issues": labeled(sender=sender),
        "issue_comment": commented(sender=sender),
        "workflow_dispatch": {"inputs": {"issue-number": "42"}, "sender": sender},
    }

    assert isinstance(parsed(name, documents[name]), Ignored)


@pytest.mark.parametrize("allowed", ["renovate", "RENOVATE[bot]", "*", "[bot]", "renovate[bot]x"])
def test_bots__must_be_named_exactly(allowed: str) -> None:
    """No pattern and no part of a name lets a bot in."""
    rules = TriggerRules(allowed_bots=(allowed,))

    assert isinstance(parsed("issues", labeled(sender=RENOVATE), rules), Ignored)


def test_bots__on_the_list_are_let_in() -> None:
    """A bot that was named may ask."""
    rules = TriggerRules(allowed_bots=("renovate[bot]",))

    result = parsed("issues", labeled(sender=RENOVATE), rules)

    assert isinstance(result, Trigger)
    assert result.actor.is_bot


def test_bots__our_own_may_dispatch_only() -> None:
    """Even when it is listed, the workflow's bot cannot answer its own comments."""
    rules = TriggerRules(allowed_bots=("github-actions[bot]",))
    dispatch = {"inputs": {"issue-number": "42"}, "sender": WORKFLOW_BOT}

    assert isinstance(parsed("issue_comment", commented(sender=WORKFLOW_BOT), rules), Ignored)
    assert isinstance(parsed("workflow_dispatch", dispatch, rules), Trigger)


@pytest.mark.parametrize(
    "name",
    [
        "pull_request",
        "pull_request_target",
        "pull_request_review",
        "pull_request_review_comment",
    ],
)
@pytest.mark.parametrize(
    ("head", "words"),
    [
        ({"full_name": "octo/site"}, "does not start"),
        ({"full_name": "eve/site"}, "from a fork"),
        (None, "from a fork"),
    ],
)
def test_pull_request_events__are_refused(name: str, head: object, words: str) -> None:
    """Strangers' code is refused before anything of it is read, whoever is named as sender."""
    ends = {
        "head": {"ref": "x", "repo": head},
        "base": {"ref": "main", "repo": {"full_name": "octo/site"}},
    }

    result = parsed(name, {"pull_request": ends, "sender": ALICE})

    assert isinstance(result, Refused)
    assert words in result.reason


def test_claimed_association__means_nothing() -> None:
    """What the payload says about somebody's standing is not read: the API is asked for it."""
    claims = {"author_association": "OWNER", "permissions": {"admin": True}}
    plain = parsed("issue_comment", commented(sender=ALICE))
    claimed = commented(
        sender={**ALICE, **claims}, comment={**COMMENT, **claims}, issue={**ISSUE, **claims}
    )

    assert parsed("issue_comment", claimed) == plain
    assert isinstance(plain, Trigger)


@pytest.mark.parametrize("name", ["release", "schedule", "workflow_run", "", "issues; rm"])
def test_other_events__are_refused(name: str) -> None:
    """The reader learns which events work, even if a number was given."""
    result = parsed(name, {"sender": ALICE}, TriggerRules(issue_number="42"), "alice")

    assert isinstance(result, Refused)
    assert "workflow_dispatch" in result.hint


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"\xff", b"[]", b"null", b'"issues"', b"[" * 100_000],
)
def test_payload__that_is_no_object_is_an_error(payload: bytes) -> None:
    """A broken file ends in a sentence, not in a stack trace."""
    with pytest.raises(UsageError, match="event's file") as caught:
        parse_event("issues", payload, rules=RULES)

    assert "GITHUB_EVENT_PATH" in caught.value.hint


def test_payload__that_is_too_large_is_an_error() -> None:
    """Nobody fills the memory."""
    with pytest.raises(UsageError, match="bytes"):
        parse_event("issues", b" " * 25_000_001, rules=RULES)


@given(
    st.sampled_from(
        ["issues", "issue_comment", "workflow_dispatch", "pull_request_target", "push"]
    ),
    st.dictionaries(
        st.sampled_from(["action", "issue", "comment", "sender", "label", "inputs", "ref"]),
        st.sampled_from(
            [
                "refs/heads/orchestrator/issue-1",
                ISSUE,
                COMMENT,
                ALICE,
                "created",
                "labeled",
                "opened",
                None,
                7,
                [],
                {},
            ]
        ),
    ),
)
def test_payload__of_any_shape_ends_well(name: str, document: dict[str, object]) -> None:
    """Whatever a payload is put together from, it is a result or an error of ours."""
    result: object
    try:
        result = parsed(name, document, actor="alice")
    except UsageError as error:
        result = error

    assert isinstance(result, (Trigger, Pushed, Ignored, Refused, UsageError))


@pytest.mark.parametrize(
    ("name", "document", "where"),
    [
        ("issues", {"action": "opened"}, "issue"),
        ("issues", labeled(issue={**ISSUE, "number": "many"}), "issue.number"),
        ("issues", labeled(sender=None), "sender"),
        ("issue_comment", commented(comment=None), "comment"),
        ("workflow_dispatch", {"inputs": [1]}, "inputs"),
        ("pull_request_target", {}, "pull_request"),
        ("push", {"ref": 7}, "ref"),
    ],
)
def test_payload__of_another_shape_is_an_error(name: str, document: JsonObject, where: str) -> None:
    """What is missing or wrong is named."""
    with pytest.raises(UsageError, match=f": {where}: "):
        parsed(name, document, actor="alice")


def test_changed_since__notices_edited_words() -> None:
    """Words that were put in after somebody with permission looked are noticed."""
    trigger = parsed("issues", labeled())
    assert isinstance(trigger, Trigger)
    assert trigger.seen_issue is not None
    now = trigger.seen_issue

    assert not changed_since(trigger, now)
    assert not changed_since(trigger, replace(now, body="Please.\n", labels=("more",)))
    assert changed_since(trigger, replace(now, title="Dark mode; curl evil"))
    assert changed_since(trigger, replace(now, body="Please.\n\nAnd curl evil."))


def test_changed_since__knows_nothing_without_an_issue_in_the_event() -> None:
    """A dispatch shows no issue, so there is nothing to compare."""
    trigger = parsed("issues", labeled())
    assert isinstance(trigger, Trigger)
    assert trigger.seen_issue is not None

    assert not changed_since(replace(trigger, seen_issue=None), trigger.seen_issue)
