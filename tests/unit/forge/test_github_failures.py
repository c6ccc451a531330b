"""Reading GitHub's refusals."""

from __future__ import annotations

import pytest

from orchestrator.forge.exchange import Failure
from orchestrator.forge.github_failures import read_failure


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("FORBIDDEN", 403),
        ("INSUFFICIENT_SCOPES", 403),
        ("NOT_FOUND", 404),
        ("RATE_LIMIT", 429),
        ("RATE_LIMITED", 429),
        ("SERVICE_UNAVAILABLE", 503),
        ("UNPROCESSABLE", 422),
        (None, 422),
    ],
)
def test_graphql__type_is_a_status(kind: str | None, status: int) -> None:
    """GraphQL's errors come with 200 and mean what REST's statuses mean."""
    document = {"data": None, "errors": [{"type": kind, "message": "No."}]}

    failure = read_failure(400, document, {})

    assert (failure.status, failure.words.strip()) == (status, "No.")


@pytest.mark.parametrize(
    "words",
    [
        (
            "Something went wrong while executing your query. This may be the result of a timeout, "
            "or it could be a GitHub bug."
        ),
        "We couldn't respond to your request in time. Sorry about that.",
        "Timeout on validation of query",
    ],
)
def test_graphql__that_broke_down_may_be_asked_again(words: str) -> None:
    """An answer that looks well and says that nothing came of it is a server error."""
    failure = read_failure(400, {"errors": [{"message": words}]}, {})

    assert failure.status == 502
    assert failure.may_have_happened


def test_rest__keeps_status_and_details() -> None:
    """A REST error with details keeps its own status, whatever GraphQL would mean by them."""
    document = {
        "message": "Validation Failed",
        "errors": [{"resource": "PullRequest", "field": "head", "code": "invalid"}, None],
    }

    failure = read_failure(409, document, {})

    assert failure == Failure(
        status=409,
        message="Validation Failed",
        details=("resource PullRequest field head code invalid",),
    )


@pytest.mark.parametrize("document", [None, [], "text", {}, {"errors": None}])
def test_answer__without_words_is_still_a_failure(document: object) -> None:
    """Nothing that comes back breaks the reading."""
    assert read_failure(418, document, {}) == Failure(status=418, message="")


def test_page__of_a_proxy_is_shown_in_part() -> None:
    """The reader sees who answered, not all of it."""
    failure = read_failure(403, {"data": "<html>Blocked by policy" + "x" * 9_999}, {})

    assert failure.message.startswith("<html>Blocked by policy")
    assert len(failure.message) == 300


def test_details__of_a_flood_are_shown_in_part() -> None:
    """An error text goes into comments and logs: it has a size, whoever answered."""
    errors = [{"message": "x" * 9_999}, "y" * 9_999, {"field": "z" * 9_999}] * 99

    failure = read_failure(422, {"message": "No.", "errors": errors}, {})

    assert len(failure.words) < 4_000


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767225660"}, None),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "soon",
                "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
            },
            None,
        ),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1767225660",
                "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
            },
            61.0,
        ),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1767225000",
                "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
            },
            1.0,
        ),
        (
            {
                "X-RateLimit-Remaining": "5",
                "X-RateLimit-Reset": "1767225660",
                "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
            },
            None,
        ),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1767225660",
                "Date": "Thu, 01 Jan 99999 00:00:00 GMT",
            },
            None,
        ),
    ],
)
def test_wait__is_what_github_says(headers: dict[str, str], wait_s: float | None) -> None:
    """By its own clock, not by ours."""
    assert read_failure(403, {"message": "No."}, headers).retry_after_s == wait_s
