"""An issue as a file: what a person hands over on the command line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.domain.errors import UsageError
from orchestrator.domain.issue import LARGEST_NUMBER, Actor, Issue
from orchestrator.domain.misfits import first_misfit

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_BYTES = 1_000_000
_HEADING = re.compile(r"#\s+(?P<title>.*\S)")
_SHAPE_HINT = (
    "Write Markdown whose first line is '# ' and the title, or JSON as GitHub's API or "
    "`gh issue view --json number,title,body` gives it."
)


class _Name(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    login: str = ""
    name: str = ""


class _IssueJson(BaseModel):
    """GitHub's shape, from its API (`user`) or from its command line (`author`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str
    body: str | None = None
    number: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | None = None
    state: str = "open"
    user: _Name | None = None
    author: _Name | None = None
    labels: tuple[_Name, ...] = ()


def load_issue_file(path: Path, *, number: int | None = None, author: str = "local") -> Issue:
    """Return the issue that a file describes.

    Args:
        path: Markdown with the title as first heading, or JSON in GitHub's shape.
        number: Its number; otherwise the one in the JSON, the first in the file's name, or 1.
        author: Whose it is where the file does not say.

    Raises:
        UsageError: The file is missing, too large, not text, or has no title.
    """
    text = _text(path)
    found = re.search(r"\d{1,9}", path.stem)
    own_number = int(found.group()) if found and int(found.group()) else 1
    if path.suffix.lower() == ".json":
        return _from_json(path, text, number, own_number, author)
    heading, _, body = text.lstrip().partition("\n")
    title = _HEADING.fullmatch(heading.strip())
    if title is None:
        raise UsageError(f"The issue file {str(path)!r} has no title.", hint=_SHAPE_HINT)
    return Issue(
        number=own_number if number is None else number,
        title=title["title"],
        body=body.strip("\n"),
        author=Actor(login=author),
        is_open=True,
        is_pull_request=False,
    )


def _from_json(path: Path, text: str, number: int | None, own_number: int, author: str) -> Issue:
    try:
        document = _IssueJson.model_validate(json.loads(text))
    except (ValueError, RecursionError) as error:
        why = str(error)
        if isinstance(error, ValidationError):
            why = first_misfit(error, whole="the file")
        raise UsageError(
            f"The issue file {str(path)!r} does not hold an issue: {why}.", hint=_SHAPE_HINT
        ) from error
    if not document.title.strip():
        raise UsageError(f"The issue file {str(path)!r} has no title.", hint=_SHAPE_HINT)
    writer = document.user or document.author
    chosen = document.number if number is None else number
    return Issue(
        number=own_number if chosen is None else chosen,
        title=document.title,
        body=document.body or "",
        author=Actor(login=writer.login if writer and writer.login else author),
        is_open=document.state.lower() == "open",
        is_pull_request=False,
        labels=tuple(label.name for label in document.labels if label.name),
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"The issue file {str(path)!r} cannot be read: {error.strerror}.",
            hint="Give --issue-file the path of a file that exists.",
        ) from error
    if len(content) > _LARGEST_BYTES:
        raise UsageError(
            f"The issue file {str(path)!r} is larger than {_LARGEST_BYTES:,} bytes.",
            hint="Keep to what an issue would hold, and link the rest.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The issue file {str(path)!r} is not UTF-8 text.", hint="Save it as UTF-8."
        ) from error
