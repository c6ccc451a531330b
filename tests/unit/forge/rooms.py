"""A furnished GitHub for the tests of this folder."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from orchestrator.forge.forge import PullRequestText
from orchestrator.forge.github_forge import GithubConnection, connect
from orchestrator.forge.github_reader import GithubReader
from orchestrator.forge.github_writer import GithubWriter
from tests.doubles.clock import SteppingClock
from tests.doubles.github import GithubDouble
from tests.doubles.github_repository import BareRepository
from tests.doubles.github_state import Settings, StoredIssue, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from orchestrator.forge.exchange import Patience

MARKER = "<!-- orchestrator:progress -->"
TEXT = PullRequestText(title="Add dark mode", body="Closes #42")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A GitHub with issue 42 and the branches main and topic, and everything to talk to it."""

    double: GithubDouble
    connection: GithubConnection
    clock: SteppingClock
    said: list[str] = field(default_factory=list)

    @property
    def reader(self) -> GithubReader:
        return GithubReader(self.connection)

    @property
    def writer(self) -> GithubWriter:
        return GithubWriter(self.connection)


@contextlib.contextmanager
def github(
    folder: Path,
    *,
    token: Token | None = None,
    settings: Settings | None = None,
    users: Mapping[str, str] | None = None,
    is_enterprise: bool = True,
    timeout_s: int = 30,
    patience: Patience | None = None,
) -> Iterator[Room]:
    """Open a GitHub, and check at the end that it did not fail by itself."""
    repository = BareRepository.create(folder / "site.git")
    repository.add_branch("topic", text="second")
    given = token or Token()
    clock = SteppingClock()
    said: list[str] = []
    with GithubDouble(
        git_root=repository.path,
        issues=[StoredIssue(number=42, title="Dark mode", body="Please.")],
        users=users,
        tokens=(given,),
        settings=settings,
    ) as double:
        connection = connect(
            token=SecretStr(given.value),
            repository="octo/site",
            api_url=double.api_url if is_enterprise else double.server_url,
            clock=clock,
            timeout_s=timeout_s,
            patience=patience,
            say=said.append,
        )
        yield Room(double=double, connection=connection, clock=clock, said=said)
        assert double.failures == ()
