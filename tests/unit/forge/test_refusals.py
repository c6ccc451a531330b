"""The table of GitHub's failures."""

from __future__ import annotations

import pytest

from orchestrator.domain.errors import (
    ForgeError,
    ForgeRejectedError,
    ForgeUnavailableError,
    NotAuthorisedError,
    NotFoundError,
    OrchestratorError,
)
from orchestrator.forge.exchange import Attempt, Failure
from orchestrator.forge.refusals import Place, permissions_yaml, translate

PLACE = Place(full_name="octo/site", server_url="https://github.example")
ATTEMPT = Attempt(doing="comment on #42", needs=("issues",))


@pytest.mark.parametrize(
    ("status", "message", "means", "advice"),
    [
        (None, "ConnectionError: reset", ForgeUnavailableError, "GITHUB_API_URL"),
        (401, "Bad credentials", NotAuthorisedError, "expired"),
        (401, "Requires authentication", NotAuthorisedError, "github-token"),
        (
            403,
            "GitHub Actions is not permitted to create or approve pull requests.",
            NotAuthorisedError,
            "Allow GitHub Actions to create and approve pull requests",
        ),
        (403, "Resource not accessible by integration", NotAuthorisedError, "issues: write"),
        (403, "Must have admin rights to Repository.", NotAuthorisedError, "permissions:"),
        (
            403,
            "Resource not accessible by personal access token",
            NotAuthorisedError,
            "issues: write",
        ),
        (
            403,
            "Resource protected by organization SAML enforcement.",
            NotAuthorisedError,
            "single sign-on",
        ),
        (403, "`octo` has an IP allow list enabled", NotAuthorisedError, "IP allow list"),
        (403, "Repository was archived so is read-only.", ForgeRejectedError, "unarchive"),
        (403, "Unable to create comment because issue is locked.", ForgeRejectedError, "unlock"),
        (403, "Repository access blocked", ForgeRejectedError, "blocks"),
        (403, "User is blocked", ForgeRejectedError, "blocks"),
        (403, "API rate limit exceeded for installation ID 1.", ForgeUnavailableError, "later"),
        (
            403,
            "You have exceeded a secondary rate limit.",
            ForgeUnavailableError,
            "allowance",
        ),
        (404, "Not Found", NotFoundError, "'octo/site'"),
        (409, "Git Repository is empty.", ForgeRejectedError, "reason"),
        (410, "Issues has been disabled in this repository.", NotFoundError, "Turn issues on"),
        (410, "This issue was deleted", NotFoundError, "deleted"),
        (422, "Validation Failed", ForgeRejectedError, "reason"),
        (429, "Too many requests", ForgeUnavailableError, "1,000 requests"),
        (451, "Repository unavailable due to DMCA takedown.", ForgeRejectedError, "reason"),
        (500, "Server Error", ForgeUnavailableError, "githubstatus"),
        (503, "", ForgeUnavailableError, "finished work is kept"),
    ],
)
def test_failure__means_one_error_with_advice(
    status: int | None, message: str, means: type[OrchestratorError], advice: str
) -> None:
    """Each failure says what was refused, why, and what to do, and keeps the status."""
    failure = Failure(status=status, message=message)

    error = translate(failure, attempt=ATTEMPT, place=PLACE)

    assert type(error) is means
    assert "comment on #42" in str(error)
    assert message in str(error)
    assert advice in error.hint
    if isinstance(error, ForgeError):
        assert error.status == status


@pytest.mark.parametrize(
    ("detail", "advice"),
    [
        ("No commits between main and topic", "no change"),
        ("A pull request already exists for octo:topic.", "run again to update it"),
        ("resource PullRequest field head code invalid", "push it first"),
        ("resource PullRequest field base code invalid", "base-branch"),
    ],
)
def test_failure__of_a_pull_request_reads_the_details(detail: str, advice: str) -> None:
    """What GitHub hides in `errors` decides about the advice and reaches the reader."""
    failure = Failure(status=422, message="Validation Failed", details=(detail,))

    error = translate(failure, attempt=ATTEMPT, place=PLACE)

    assert isinstance(error, ForgeRejectedError)
    assert detail in str(error)
    assert advice in error.hint


def test_failure__forbidden_pull_requests_name_both_settings_and_the_way_around() -> None:
    """The reader gets the page of the repository, that of its owner, and the YAML of a token."""
    words = "GitHub Actions is not permitted to create or approve pull requests."

    error = translate(Failure(status=403, message=words), attempt=ATTEMPT, place=PLACE)

    assert "https://github.example/octo/site/settings/actions" in error.hint
    assert "https://github.example/organizations/octo/settings/actions" in error.hint
    assert "github-token: ${{ secrets.ORCHESTRATOR_TOKEN }}" in error.hint


def test_failure__without_words_still_makes_a_sentence() -> None:
    """An empty answer is said to be empty."""
    error = translate(Failure(status=418, message=""), attempt=ATTEMPT, place=PLACE)

    assert str(error) == "GitHub refused to comment on #42: no reason given (HTTP 418)"


def test_permissions_yaml__is_complete_and_marks_what_is_missing() -> None:
    """The block can be pasted whole: naming one permission takes all others away."""
    assert permissions_yaml(("issues",)) == (
        "permissions:\n  contents: write\n  issues: write  # this one\n  pull-requests: write"
    )
