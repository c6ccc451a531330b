"""What a git server's refusal means, and what a person can do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import (
    ForgeUnavailableError,
    GitError,
    NotAuthorisedError,
    NotFoundError,
    UsageError,
)

if TYPE_CHECKING:
    from orchestrator.domain.errors import OrchestratorError

_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What a server says of the commits or of the repository itself, and what that means."""

    words: re.Pattern[str]
    means: type[OrchestratorError]
    what: str
    hint: str


_RULES = (
    _Rule(
        words=re.compile(
            r"refusing to allow .* to create or update workflow|workflows. permission"
        ),
        means=NotAuthorisedError,
        what="The change touches a file in .github/workflows, which the token may not push",
        hint="Leave workflow files out of the issue, or change them by hand.",
    ),
    _Rule(
        words=re.compile(r"GH009|push protection|cannot contain secrets", re.IGNORECASE),
        means=UsageError,
        what="{url} holds the push back because it takes something in it for a secret",
        hint="Look at what the message names. If it is a secret, keep it out of the issue and of "
        "the repository; if it is none, allow it where the message says, and run again.",
    ),
    _Rule(
        # Of a file that is only large, GH001 warns, whatever else the push ends with.
        words=re.compile(r"error: GH001|exceeds GitHub's file size limit"),
        means=UsageError,
        what="A file is too large for {url}",
        hint="Keep generated and binary files out of the change, for example by .gitignore.",
    ),
    _Rule(
        words=re.compile(r"(?:enabled|enforced) SAML|SAML SSO"),
        means=NotAuthorisedError,
        what="The organisation of {url} wants its single sign-on for the token",
        hint="Authorise the token for it: Settings → Developer settings → the token → Configure "
        "SSO.",
    ),
    _Rule(
        words=re.compile(r"archived so it is read-only|repository was archived"),
        means=UsageError,
        what="The repository {url} is archived",
        hint="Unarchive it in its settings, then run again.",
    ),
)
_PROTECTED = re.compile(r"GH006|GH013|protected branch|rule violations|pre-receive hook declined")
_NO_IDENTITY = re.compile(
    r"HTTP 401|error: 401|Authentication failed|could not read (?:Username|Password)"
    r"|invalid credentials"
)
_NO_PERMISSION = re.compile(
    r"HTTP 403|error: 403|Permission to .* denied|Write access to repository not granted"
)
_NOT_THERE = re.compile(
    r"HTTP 404|error: 404|Repository not found|repository '.*' not found"
    r"|does not appear to be a git repository|does not exist"
)
_NO_REF = re.compile(r"couldn't find remote ref (\S+)")
_BUSY_REF = re.compile(r"cannot lock ref .*: Unable to create|failed to update ref")
_TAKEN_NAME = re.compile(r"'refs/heads/(\S+)' exists; cannot create")
_UNREACHABLE = re.compile(
    r"Could not resolve host|Failed to connect|Couldn't connect|timed out|Timeout|HTTP 5\d\d"
    r"|error: 5\d\d|error: 429|HTTP 429|early EOF|Connection reset|Empty reply|hung up unexpectedly"
    r"|RPC failed|SSL|gnutls_|GnuTLS recv|server certificate|Operation too slow|transfer closed"
    r"|unexpected disconnect"
    r"|fatal error in commit_refs|remote failed to report status"
    r"|\[remote rejected\][^\n]*\((?:failure|Internal Server Error)\)"
    r"|^!\t[^\n]*\[remote (?:rejected|failure)\] \((?:failure|Internal Server Error)\)",
    re.MULTILINE,
)


def translated(said: str, *, url: str, ref: str | None) -> OrchestratorError:
    """Return the error for what git and the server said about `url`.

    Args:
        said: Both streams of git, without secrets.
        url: Whom git spoke to.
        ref: What was pushed, if anything was.
    """
    said = said[-_LONGEST:]
    what = f"push {ref!r} to" if ref else "read"
    rule = next((each for each in _RULES if each.words.search(said)), None)
    if rule is not None:
        return rule.means(f"{rule.what.format(url=repr(url))}: {said}", hint=rule.hint)
    if _PROTECTED.search(said):
        return NotAuthorisedError(
            f"A rule of the repository {url!r} forbids to {what} it: {said}",
            hint="Exempt the orchestrator's branches from the rule, in the repository's settings "
            "under Rules or Branches.",
        )
    if _NO_IDENTITY.search(said):
        return NotAuthorisedError(
            f"The repository {url!r} does not know the token: {said}",
            hint="Pass a valid token, in a workflow: `github-token: ${{ github.token }}`.",
        )
    if _NO_PERMISSION.search(said):
        return NotAuthorisedError(
            f"The token may not {what} {url!r}: {said}",
            hint="Give the job the permission:\n\npermissions:\n  contents: write",
        )
    about_ref = _of_ref(said, url=url, ref=ref)
    if about_ref is not None:
        return about_ref
    if _NOT_THERE.search(said):
        return NotFoundError(
            f"There is no repository {url!r}, or the token may not see it: {said}",
            hint="Check the address, and the token's access to the repository.",
            status=404,
        )
    if _UNREACHABLE.search(said):
        return ForgeUnavailableError(
            f"The repository {url!r} could not be reached: {said}",
            hint="Run again later; commits that were made are kept in the run's folder.",
        )
    return GitError(
        f"Git could not {what} {url!r}: {said}", hint="Read git's message and correct the cause."
    )


def _of_ref(said: str, *, url: str, ref: str | None) -> OrchestratorError | None:
    """Return the error for a refusal that is about one ref, if this is one."""
    if found := _TAKEN_NAME.search(said):
        return UsageError(
            f"{url!r} has a branch {found[1]!r}, which leaves no room for {ref!r}.",
            hint="Rename that branch, or set `branch-prefix`.",
        )
    if _BUSY_REF.search(said):
        return ForgeUnavailableError(
            f"Somebody else was changing {ref!r} of {url!r} at the same time: {said}",
            hint="Run again in a moment; commits that were made are kept in the run's folder.",
        )
    if found := _NO_REF.search(said):
        return GitError(
            f"The repository {url!r} has no {found[1]!r}.",
            hint="Check the name of the branch.",
        )
    return None
