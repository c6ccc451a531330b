"""The two forges of the contract suite, each with what the suite has to stage behind its back."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from orchestrator.domain.issue import Actor, Issue
from orchestrator.forge.forge import Repository
from orchestrator.forge.github_forge import connect
from orchestrator.forge.github_reader import GithubReader
from orchestrator.forge.github_survey import GithubSurvey
from orchestrator.forge.github_writer import GithubWriter
from orchestrator.forge.local_files import CommentRecord, PullRecord
from orchestrator.forge.local_forge import LocalForge, LocalReader, LocalWriter
from orchestrator.forge.local_survey import LocalSurvey
from tests.doubles.clock import SteppingClock
from tests.doubles.github import GithubDouble
from tests.doubles.github_repository import BareRepository
from tests.doubles.github_state import StoredIssue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.forge.forge import ForgeReader, ForgeSurvey, ForgeWriter

OPEN, CLOSED, LABELED = 42, 41, 40
BODY = "Let people choose.\r\n\r\n- [ ] a switch\n"


class Stage(Protocol):
    """What only somebody else could do on the forge."""

    def comment_as_stranger(self, number: int, body: str) -> int:
        """Let a stranger comment, and return the comment's id."""
        ...

    def set_label(self, number: int, label: str, *, is_on: bool) -> None:
        """Let somebody who may write put a label on a pull request, or take it off."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One forge: an open issue 42, a closed 41, and 40 with labels; branches main and topic."""

    reader: ForgeReader
    writer: ForgeWriter
    survey: ForgeSurvey
    repository: BareRepository
    stage: Stage
    owner: str
    """Somebody who may write."""

    reopened_writer: Callable[[], ForgeWriter]
    """Gives a writer as the next run has it: without memory."""


@dataclass(frozen=True, slots=True)
class _GithubStage:
    double: GithubDouble

    def comment_as_stranger(self, number: int, body: str) -> int:
        return self.double.state.add_comment(number, "mallory", body).id

    def set_label(self, number: int, label: str, *, is_on: bool) -> None:
        self.double.state.set_label(number, label, login="alice", is_on=is_on)


@dataclass(frozen=True, slots=True)
class _LocalStage:
    forge: LocalForge

    def comment_as_stranger(self, number: int, body: str) -> int:
        shelf = self.forge.comments(number)
        comment_id = max(shelf.numbers(), default=0) + 1
        shelf.write(CommentRecord(number=comment_id, author="mallory"), body)
        return comment_id

    def set_label(self, number: int, label: str, *, is_on: bool) -> None:
        record, body = self.forge.pull_requests.read(PullRecord, number)
        labels = (*record.labels, label) if is_on else ()
        self.forge.pull_requests.write(record.model_copy(update={"labels": labels}), body)


def _repository(folder: Path) -> BareRepository:
    repository = BareRepository.create(folder / "site.git")
    repository.add_branch("topic", text="second")
    return repository


@contextlib.contextmanager
def github_place(folder: Path) -> Iterator[Place]:
    """Open GitHub's stand-in."""
    repository = _repository(folder)
    issues = (
        StoredIssue(number=LABELED, title="Labeled", labels=["bug"]),
        StoredIssue(number=CLOSED, title="Done", state="closed"),
        StoredIssue(number=OPEN, title="Dark mode", body=BODY),
    )
    with GithubDouble(git_root=repository.path, issues=issues) as double:
        connection = connect(
            token=SecretStr("ghs_of_the_workflow"),
            repository="octo/site",
            api_url=double.api_url,
            clock=SteppingClock(),
        )
        yield Place(
            reader=GithubReader(connection),
            writer=GithubWriter(connection),
            survey=GithubSurvey(connection),
            repository=repository,
            stage=_GithubStage(double),
            owner="alice",
            reopened_writer=lambda: GithubWriter(connection),
        )
        assert double.failures == ()


@contextlib.contextmanager
def local_place(folder: Path) -> Iterator[Place]:
    """Open a forge in a folder."""
    repository = _repository(folder)
    forge = LocalForge(
        root=folder / "forge",
        branches=repository,
        clock=SteppingClock(step_s=1.0),
        facts=Repository(
            full_name="octo/site",
            default_branch="main",
            url=folder.as_uri(),
            clone_url=repository.path.as_uri(),
        ),
    )
    forge.add_issue(_issue(LABELED, title="Labeled", labels=("bug",)))
    forge.add_issue(_issue(CLOSED, title="Done", is_open=False))
    forge.add_issue(_issue(OPEN, title="Dark mode", body=BODY))
    yield Place(
        reader=LocalReader(forge),
        writer=LocalWriter(forge),
        survey=LocalSurvey(forge, repository.changed),
        repository=repository,
        stage=_LocalStage(forge),
        owner="local",
        reopened_writer=lambda: LocalWriter(forge),
    )


def _issue(
    number: int,
    *,
    title: str,
    body: str = "",
    is_open: bool = True,
    labels: tuple[str, ...] = (),
) -> Issue:
    return Issue(
        number=number,
        title=title,
        body=body,
        author=Actor(login="alice"),
        is_open=is_open,
        is_pull_request=False,
        labels=labels,
    )
