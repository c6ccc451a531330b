"""Single files of other repositories: an organisation's shared configuration."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import quote

from orchestrator.domain.errors import ForgeRejectedError
from orchestrator.forge import github_answers as shapes
from orchestrator.forge.exchange import Attempt, Failure

if TYPE_CHECKING:
    from orchestrator.domain.json import Json
    from orchestrator.forge.github_forge import GithubConnection

_NOT_FOUND = 404


class NamedAnswer(shapes.GithubAnswer):
    """A repository under the name it has now."""

    full_name: str


class ContentAnswer(shapes.GithubAnswer):
    """A file; from one megabyte up GitHub leaves the content out."""

    type: str
    encoding: shapes.Text = ""
    content: shapes.Text = ""


def fetch_file(connection: GithubConnection, repository: str, path: str, ref: str) -> bytes | None:
    """Return a file of a repository at a ref, or `None` if there is none that the token may see.

    The repository's name of today is asked for first: GitHub sends an old one on, and PyGithub
    goes there without the ref, to whatever the default branch holds.

    Raises:
        ForgeRejectedError: It is a folder, a link, or larger than a configuration can be.
        NotAuthorisedError: The token may not look.
        ForgeUnavailableError: GitHub did not answer.
    """
    address = f"github:{repository}/{path}@{ref}"
    attempt = Attempt(doing=f"read {address!r}", needs=("contents",))
    known = _look_up(connection, f"/repos/{quote(repository)}", attempt)
    if known is None:
        return None
    name = shapes.read(NamedAnswer, known).full_name
    body = _look_up(connection, f"/repos/{quote(name)}/contents/{quote(path)}", attempt, ref=ref)
    if body is None:
        return None
    answer = None if isinstance(body, list) else shapes.read(ContentAnswer, body)
    if answer is None or (answer.type, answer.encoding) != ("file", "base64"):
        raise ForgeRejectedError(
            f"{address!r} is not a file of less than a megabyte.",
            hint="Name a configuration file after `extends: github:owner/repo/`.",
        )
    try:
        return base64.b64decode(answer.content)
    except binascii.Error as error:
        raise ForgeRejectedError(
            f"GitHub's answer for {address!r} is damaged.", hint="Run again."
        ) from error


def _look_up(connection: GithubConnection, path: str, attempt: Attempt, **query: str) -> Json:
    """Return a document, or `None` where there is none."""
    result = connection.look_up(path, query=query)
    if isinstance(result, Failure) and result.status == _NOT_FOUND:
        return None
    return connection.demand(result, attempt)
