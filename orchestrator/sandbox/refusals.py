"""What a git server's refusal means, and what a person can do about it."""

from __future__ import annotations

import re
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

_WORKFLOW_FILE = re.compile(
    r"refusing to allow .* to create or update workflow|workflows. permission"
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
    r"|RPC failed|SSL|server certificate|Operation too slow"
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
    if _WORKFLOW_FILE.search(said):
        return NotAuthorisedError(
            f"The change touches a file in .github/workflows, which the token may not push: {said}",
            hint="Leave workflow files out of the issue, or change them by hand.",
        )
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
