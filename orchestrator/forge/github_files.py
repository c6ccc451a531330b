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
    from orchestrator.forge.github_forge import GithubConnection

_NOT_FOUND = 404


class ContentAnswer(shapes.GithubAnswer):
    """A file; from one megabyte up GitHub leaves the content out."""

    type: str
    encoding: shapes.Text = ""
    content: shapes.Text = ""


def fetch_file(connection: GithubConnection, repository: str, path: str, ref: str) -> bytes | None:
    """Return a file of a repository at a ref, or `None` if there is none that the token may see.

    Raises:
        ForgeRejectedError: It is a folder, a link, or larger than a configuration can be.
        NotAuthorisedError: The token may not look.
        ForgeUnavailableError: GitHub did not answer.
    """
    address = f"github:{repository}/{path}@{ref}"
    result = connection.look_up(
        f"/repos/{quote(repository)}/contents/{quote(path)}", query={"ref": ref}
    )
    if isinstance(result, Failure) and result.status == _NOT_FOUND:
        return None
    body = connection.demand(result, Attempt(doing=f"read {address!r}", needs=("contents",)))
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
