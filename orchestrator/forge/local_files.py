"""Issues, pull requests and comments as files: a JSON record beside a Markdown body.

A record counts once its JSON file is there, and every file appears whole or not at all, so
that a run that is killed leaves nothing half written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.domain.errors import ForgeRejectedError, ForgeUnavailableError, NotFoundError
from orchestrator.domain.issue import Actor, Comment, Issue
from orchestrator.domain.misfits import first_misfit
from orchestrator.forge.forge import PullRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ISSUES = "issues"
PULL_REQUESTS = "pull-requests"
COMMENTS = "comments"

RecordT = TypeVar("RecordT", bound="Record")


class Record(BaseModel):
    """What every record shares; the body lies beside it in Markdown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    author: str
    created_at: str = ""
    updated_at: str = ""


class TitledRecord(Record):
    """What issues and pull requests share."""

    title: str
    is_open: bool = True
    labels: tuple[str, ...] = ()


class IssueRecord(TitledRecord):
    """An issue."""

    is_locked: bool = False
    assignees: tuple[str, ...] = ()

    def as_issue(self, body: str, url: str) -> Issue:
        """Return it as our noun."""
        return Issue(
            number=self.number,
            title=self.title,
            body=body,
            author=Actor(login=self.author),
            is_open=self.is_open,
            is_pull_request=False,
            is_locked=self.is_locked,
            labels=self.labels,
            assignees=self.assignees,
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=url,
        )


class PullRecord(TitledRecord):
    """A pull request; its head is a branch, so its commit is not kept here."""

    head: str
    base: str
    is_draft: bool = True
    reviewers: tuple[str, ...] = ()

    def as_pull_request(self, body: str, url: str, commit: str) -> PullRequest:
        """Return it as our noun."""
        return PullRequest(
            number=self.number,
            url=url,
            title=self.title,
            body=body,
            head_branch=self.head,
            head_commit=commit,
            base_branch=self.base,
            is_draft=self.is_draft,
            is_open=self.is_open,
            author=self.author,
            created_at=self.created_at,
        )

    def as_issue(self, body: str, url: str) -> Issue:
        """Return it as an issue, as GitHub does too."""
        return Issue(
            number=self.number,
            title=self.title,
            body=body,
            author=Actor(login=self.author),
            is_open=self.is_open,
            is_pull_request=True,
            labels=self.labels,
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=url,
        )


class CommentRecord(Record):
    """A comment; its number is its id."""

    def as_comment(self, body: str, url: str) -> Comment:
        """Return it as our noun."""
        return Comment(
            id=self.number,
            author=Actor(login=self.author),
            body=body,
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=url,
        )


@dataclass(frozen=True, slots=True)
class Shelf:
    """One folder of records, `<number>.json` and `<number>.md` each."""

    folder: Path

    def url(self, number: int) -> str:
        """Return the address of the body's file."""
        return (self.folder / f"{number}.md").absolute().as_uri()

    def numbers(self) -> Sequence[int]:
        """Return all numbers, lowest first."""
        names = self.folder.glob("*.json") if self.folder.is_dir() else ()
        return sorted(int(path.stem) for path in names if path.stem.isdecimal())

    def has(self, number: int) -> bool:
        """Return whether there is such a record."""
        return (self.folder / f"{number}.json").is_file()

    def read(self, shape: type[RecordT], number: int) -> tuple[RecordT, str]:
        """Return a record and its body.

        Raises:
            NotFoundError: There is none of that number.
            ForgeRejectedError: Its file does not hold such a record.
        """
        path = self.folder / f"{number}.json"
        if not path.is_file():
            raise NotFoundError(
                f"There is no {path.name!r} in {str(self.folder)!r}.",
                hint="Check the number; issues are added with --issue-file.",
            )
        try:
            record = shape.model_validate_json(path.read_bytes())
            body = (self.folder / f"{number}.md").read_bytes().decode()
        except ValidationError as error:
            raise _broken(path, first_misfit(error, whole="the record")) from error
        except (UnicodeDecodeError, OSError) as error:
            raise _broken(path, str(error)) from error
        return record, body

    def write(self, record: Record, body: str) -> None:
        """Write body, then record, each in one step.

        Raises:
            ForgeUnavailableError: The disk did not take it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(self.folder / f"{record.number}.md", body)
            _replace(self.folder / f"{record.number}.json", record.model_dump_json(indent=2) + "\n")
        except OSError as error:
            raise _unwritable(self.folder, error) from error


@contextlib.contextmanager
def alone(root: Path, *, is_made: bool = False) -> Iterator[None]:
    """Keep other processes waiting that want to change the forge too.

    Args:
        root: The forge's folder.
        is_made: Whether to make the folder if it is not there.

    Raises:
        ForgeUnavailableError: The folder is not there, or the disk did not take the lock.
    """
    try:
        if is_made:
            root.mkdir(parents=True, exist_ok=True)
        file = (root / ".lock").open("wb")
    except OSError as error:
        raise _unwritable(root, error) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _broken(path: Path, why: str) -> ForgeRejectedError:
    return ForgeRejectedError(
        f"The record {str(path)!r} or its Markdown file cannot be read: {why}.",
        hint="Mend or delete both files and run again.",
    )


def _unwritable(folder: Path, error: OSError) -> ForgeUnavailableError:
    return ForgeUnavailableError(
        f"Nothing can be written to {str(folder)!r}: {error.strerror or error}.",
        hint="Make the folder writable, with space on its disk, and run again.",
    )


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", newline="")
    draft.replace(path)
