"""What each failure of GitHub means, in one table: which error, and what a person can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import (
    ForgeRejectedError,
    ForgeUnavailableError,
    NotAuthorisedError,
    NotFoundError,
    OrchestratorError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.forge.exchange import Attempt, Failure

_PERMISSIONS = ("contents", "issues", "pull-requests")

CREATION_FORBIDDEN = "not permitted to create or approve pull requests"
PULL_REQUEST_EXISTS = "a pull request already exists"
NO_COMMITS = "no commits between"
NO_HEAD = "field head"
NO_DRAFTS = "draft pull requests are not supported"
NO_CONVERSION = "does not have permission to convert the pull request"
"""What GraphQL says where there are no drafts; a missing permission is said in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which repository on which server, for links in advice."""

    full_name: str
    server_url: str

    @property
    def settings_url(self) -> str:
        """The repository's page for what Actions may do."""
        return f"{self.server_url}/{self.full_name}/settings/actions"

    @property
    def owner_settings_url(self) -> str:
        """The organisation's page for the same, which overrules the repository's."""
        owner = self.full_name.partition("/")[0]
        return f"{self.server_url}/organizations/{owner}/settings/actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """If status and words fit, this is what it means; the first rule that fits counts."""

    statuses: tuple[int | None, ...]
    words: str = ""
    means: type[OrchestratorError]
    advice: Callable[[Attempt, Place], str]


def translate(failure: Failure, *, attempt: Attempt, place: Place) -> OrchestratorError:
    """Return the error that tells a person what the failure means and what to do."""
    rule = _rule(failure)
    if failure.status is None:
        what = f"GitHub did not answer when asked to {attempt.doing}: {failure.message}"
    else:
        said = "; ".join(filter(None, (failure.message, *failure.details))) or "no reason given"
        what = f"GitHub refused to {attempt.doing}: {said} (HTTP {failure.status})"
    hint = rule.advice(attempt, place)
    if issubclass(rule.means, (ForgeRejectedError, ForgeUnavailableError, NotFoundError)):
        return rule.means(what, hint=hint, status=failure.status)
    return rule.means(what, hint=hint)


def permissions_yaml(needed: Sequence[str]) -> str:
    """Return the workflow's whole `permissions:` block, marking what the failed request needs."""
    names = sorted({*_PERMISSIONS, *needed})
    lines = [f"  {name}: write{'  # this one' if name in needed else ''}" for name in names]
    return "\n".join(("permissions:", *lines))


def _rule(failure: Failure) -> _Rule:
    if failure.is_throttled:
        return _THROTTLED
    words = failure.words.lower()
    for rule in _RULES:
        if failure.status in rule.statuses and rule.words in words:
            return rule
    if failure.may_have_happened:
        return _UNAVAILABLE
    return _REJECTED


def _ask_for_permissions(attempt: Attempt, place: Place) -> str:
    return (
        "Give the job's token the permissions it needs, in the workflow file:\n\n"
        f"{permissions_yaml(attempt.needs)}\n\n"
        "If they are there already, the run came from a fork, or "
        f"{place.settings_url} or {place.owner_settings_url} limits the token to reading."
    )


def _ask_for_token_rights(attempt: Attempt, place: Place) -> str:
    rights = ", ".join(f"{name}: write" for name in attempt.needs) or "metadata: read"
    return (
        f"Give the token in the input `github-token` access to {place.full_name!r} "
        f"with at least: {rights}."
    )


def _allow_pull_requests(_attempt: Attempt, place: Place) -> str:
    return (
        f"Open {place.settings_url} (Settings → Actions → General → Workflow permissions) and "
        'tick "Allow GitHub Actions to create and approve pull requests". If the box is greyed '
        f"out, an owner must tick it first at {place.owner_settings_url}. Or use a token that the "
        "setting does not concern, of a GitHub App or a person with contents: write and "
        "pull-requests: write:\n\n"
        "with:\n  github-token: ${{ secrets.ORCHESTRATOR_TOKEN }}\n\n"
        "Then run again: the branch is kept and nothing is paid twice."
    )


def _says(text: str) -> Callable[[Attempt, Place], str]:
    return lambda _attempt, _place: text


_THROTTLED = _Rule(
    statuses=(),
    means=ForgeUnavailableError,
    advice=_says(
        "The token's allowance is used up (a workflow token has 1,000 requests an hour in a "
        "repository). Run again later; finished work is kept."
    ),
)
_UNAVAILABLE = _Rule(
    statuses=(),
    means=ForgeUnavailableError,
    advice=_says(
        "We tried again and gave up. See https://www.githubstatus.com, check GITHUB_API_URL and "
        "the network, and run again; finished work is kept."
    ),
)
_REJECTED = _Rule(
    statuses=(),
    means=ForgeRejectedError,
    advice=_says("Read GitHub's reason above, change what it names and run again."),
)
_RULES = (
    _Rule(
        statuses=(401,),
        means=NotAuthorisedError,
        advice=_says(
            "The token is wrong, expired or revoked. Leave the input `github-token` at its "
            "default, or renew the secret it is read from."
        ),
    ),
    _Rule(
        statuses=(403,),
        words=CREATION_FORBIDDEN,
        means=NotAuthorisedError,
        advice=_allow_pull_requests,
    ),
    _Rule(
        statuses=(403,),
        words="not accessible by personal access token",
        means=NotAuthorisedError,
        advice=_ask_for_token_rights,
    ),
    _Rule(
        statuses=(403,),
        words="saml",
        means=NotAuthorisedError,
        advice=_says(
            "Authorise the token for the organisation's single sign-on: github.com → Settings → "
            "Developer settings → the token → Configure SSO."
        ),
    ),
    _Rule(
        statuses=(403,),
        words="ip allow list",
        means=NotAuthorisedError,
        advice=_says("Run on a runner whose address is on the organisation's IP allow list."),
    ),
    _Rule(
        statuses=(403,),
        words="archived",
        means=ForgeRejectedError,
        advice=_says("The repository is archived: unarchive it in its settings, then run again."),
    ),
    _Rule(
        statuses=(403,),
        words="blocked",
        means=ForgeRejectedError,
        advice=_says(
            "GitHub blocks the repository, or its owner the token's user: GitHub's reason says "
            "which. Ask the owner, or GitHub's support."
        ),
    ),
    _Rule(
        statuses=(403,),
        words="locked",
        means=ForgeRejectedError,
        advice=_says("The conversation is locked: unlock it, then run again."),
    ),
    _Rule(statuses=(403,), means=NotAuthorisedError, advice=_ask_for_permissions),
    _Rule(
        statuses=(404,),
        means=NotFoundError,
        advice=lambda attempt, place: (
            f"Check the number or name, and that the token may see {place.full_name!r}. GitHub "
            "also answers 404 where a permission is missing:\n\n"
            f"{permissions_yaml(attempt.needs)}"
        ),
    ),
    _Rule(
        statuses=(410,),
        words="disabled",
        means=NotFoundError,
        advice=_says("Turn issues on: repository Settings → General → Features → Issues."),
    ),
    _Rule(
        statuses=(410,),
        means=NotFoundError,
        advice=_says("It was deleted: run with the number of an issue that exists."),
    ),
    _Rule(
        statuses=(422,),
        words=NO_COMMITS,
        means=ForgeRejectedError,
        advice=_says("The branch holds no change against its base, so there is nothing to merge."),
    ),
    _Rule(
        statuses=(422,),
        words=PULL_REQUEST_EXISTS,
        means=ForgeRejectedError,
        advice=_says("Close the other pull request of this branch, or run again to update it."),
    ),
    _Rule(
        statuses=(422,),
        words=NO_HEAD,
        means=ForgeRejectedError,
        advice=_says("The branch is not on GitHub: push it first; see the push's own message."),
    ),
    _Rule(
        statuses=(422,),
        words="field base",
        means=ForgeRejectedError,
        advice=_says("The base branch is not on GitHub: name an existing one in `base-branch`."),
    ),
)
