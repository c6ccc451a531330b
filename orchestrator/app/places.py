"""Where issues and pull requests live in this run: GitHub, or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pydantic import SecretStr

from orchestrator.domain.errors import UsageError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.forge.forge import Repository
from orchestrator.forge.issue_file import load_issue_file
from orchestrator.forge.local_forge import LocalForge, LocalReader, LocalWriter
from orchestrator.forge.local_survey import LocalSurvey
from orchestrator.sandbox.plumbing import find_git
from orchestrator.sandbox.remote import Remote
from orchestrator.sandbox.repository import Base, RunRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.app.desk import Desk
    from orchestrator.app.order import Order
    from orchestrator.config.inheritance import Fetch
    from orchestrator.domain.event import Event
    from orchestrator.forge.exchange import Patience
    from orchestrator.forge.forge import ForgeReader, ForgeSurvey, ForgeWriter
    from orchestrator.forge.github_forge import GithubConnection
    from orchestrator.sandbox.git import Git


_SEEDED = "refs/orchestrator/seeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One forge, ready to be asked."""

    reader: ForgeReader
    writer: ForgeWriter
    survey: ForgeSurvey
    facts: Repository
    remote: Remote
    """Where branches are pushed."""
    source: Remote | None
    """Where the base comes from when the checkout does not have it."""
    fetch: Fetch
    """Reads shared presets of other repositories."""


def open_place(order: Order, desk: Desk, say: Callable[[Event], None]) -> Place:
    """Open the forge that the order names.

    Raises:
        UsageError: The forge is not known, or there is no token for it.
        ForgeError: It did not answer.
    """
    if order.forge is not None:
        name = f"local/{order.checkout.resolve().name}"
        place, forge = open_folder(order.forge, desk, full_name=name)
        if order.issue_file is not None:
            forge.add_issue(load_issue_file(order.issue_file, number=order.trigger.issue_number))
        return place
    full_name = order.repository or desk.runner.repository
    if not full_name:
        raise UsageError(
            "It is not known which repository the issue is in.",
            hint="Give --repository OWNER/NAME, or --issue-file FILE to work with a local issue.",
        )
    return open_github(full_name, desk, say)


def take_base(order: Order, place: Place, repository: RunRepository) -> Base:
    """Return the commit to start from: the forge's own, whatever the checkout holds.

    Raises:
        UsageError: There is no such branch or commit.
        GitError: It could not be fetched.
    """
    remote, branch = place.source, order.inputs.base_branch
    if remote is None:
        return repository.take_base(checkout=order.checkout, remote=None, branch=branch)
    branch = branch or place.facts.default_branch
    here = repository.take_base(checkout=order.checkout, remote=remote, branch=branch)
    ref = f"refs/heads/{branch}"
    if repository.remote_refs(remote, ref).get(ref) == here.commit:
        return here
    there = repository.take_base(checkout=None, remote=remote, branch=branch)
    notice = (
        f"The checkout's {branch!r} is not where it stands on the forge; the run starts from "
        f"the forge's, at {there.commit[:12]}."
    )
    return Base(branch=branch, commit=there.commit, notices=(*here.notices, notice))


def seed(place: Place, repository: RunRepository, base: Base) -> None:
    """Give a local forge the base branch, as a push of it would; never over what is new there.

    Raises:
        UsageError: The forge's branch has commits that the checkout's has not.
    """
    if place.source is not None:
        return
    ref = f"refs/heads/{base.branch}"
    known = repository.remote_refs(place.remote, ref).get(ref)
    if known == base.commit:
        return
    if known is not None:
        repository.fetch(place.remote, {ref: _SEEDED})
        if not repository.git.is_ancestor(known, base.commit):
            raise UsageError(
                f"The branch {base.branch!r} of the forge in {place.facts.url!r} has commits that "
                "this checkout has not.",
                hint=f"Bring them here first: git pull {place.facts.clone_url} {base.branch}",
            )
    repository.push(place.remote, ref=ref, commit=base.commit, expected=known)


def open_repository(folder: Path, desk: Desk) -> RunRepository:
    """Open a run's repository, from which git goes out as this machine does.

    Raises:
        CommandUnavailableError: Git is missing or too old.
    """
    return RunRepository(folder, plumbing=find_git(network_environment=desk.network))


def connect_github(
    full_name: str, desk: Desk, say: Callable[[str], None], patience: Patience | None = None
) -> GithubConnection:
    """Connect to a repository on GitHub, `owner/name`; nothing is asked yet."""
    from orchestrator.forge.github_forge import connect

    return connect(
        token=desk.secrets.github_token or SecretStr(""),
        repository=full_name,
        api_url=desk.runner.api_url,
        clock=desk.clock,
        say=say,
        patience=patience,
    )


def remote_of(full_name: str, desk: Desk) -> Remote:
    """Return where a repository on GitHub is fetched from and pushed to."""
    return Remote(
        url=f"{desk.runner.server_url}/{full_name}.git",
        credential=desk.secrets.github_token or SecretStr(""),
        clock=desk.clock,
    )


def open_github(
    full_name: str, desk: Desk, say: Callable[[Event], None], patience: Patience | None = None
) -> Place:
    """Open a repository on GitHub, `owner/name`.

    Args:
        full_name: Of the repository.
        desk: Has the token.
        say: Told what was done otherwise than asked.
        patience: How long to keep trying; as a run does unless given.

    Raises:
        ForgeError: It did not answer.
    """
    from orchestrator.forge.github_files import fetch_file
    from orchestrator.forge.github_reader import GithubReader
    from orchestrator.forge.github_survey import GithubSurvey
    from orchestrator.forge.github_writer import GithubWriter

    connection = connect_github(
        full_name, desk, lambda text: say(Noted(level=NoteLevel.NOTICE, text=text)), patience
    )
    reader = GithubReader(connection)
    remote = remote_of(full_name, desk)
    return Place(
        reader=reader,
        writer=GithubWriter(connection),
        survey=GithubSurvey(connection),
        facts=reader.repository(),
        remote=remote,
        source=remote,
        fetch=partial(fetch_file, connection),
    )


def known_forge(folder: Path) -> Path:
    """Return the folder of a local forge that runs were given before.

    Raises:
        UsageError: There is none.
    """
    if not (folder / "repository.git").is_dir():
        raise UsageError(
            f"There is no local forge in {str(folder)!r}.",
            hint="Give --forge the folder that an earlier run was given, or --repository for "
            "GitHub; `run --issue-file` makes a forge.",
        )
    return folder


def presets(desk: Desk) -> Fetch:
    """Return what reads shared presets where no repository on GitHub is open; it asks when used."""

    def fetch(repository: str, path: str, ref: str) -> bytes | None:
        from orchestrator.forge.github_files import fetch_file

        connection = connect_github(repository, desk, desk.console.say)
        return fetch_file(connection, repository, path, ref)

    return fetch


def open_folder(root: Path, desk: Desk, *, full_name: str) -> tuple[Place, LocalForge]:
    """Open the forge in a folder, which is made if it is not there."""
    bare = RunRepository(root / "repository.git")
    facts = Repository(
        full_name=full_name,
        default_branch="main",
        url=str(root),
        clone_url=str(root / "repository.git"),
    )
    branches = _Branches(bare.git)
    forge = LocalForge(root=root, branches=branches, clock=desk.clock, facts=facts)
    place = Place(
        reader=LocalReader(forge),
        writer=LocalWriter(forge),
        survey=LocalSurvey(forge, branches.changed),
        facts=facts,
        remote=Remote(url=str((root / "repository.git").resolve()), clock=desk.clock),
        source=None,
        fetch=presets(desk),
    )
    return place, forge


@dataclass(frozen=True, slots=True)
class _Branches:
    """The branches of the local forge's repository."""

    git: Git

    def commit(self, branch: str) -> str | None:
        return self.git.resolve(f"refs/heads/{branch}")

    def changed(self, base: str, head: str) -> tuple[str, ...]:
        """Return the paths that the second branch has changed since it left the first."""
        ends = [self.commit(base), self.commit(head)]
        if ends[0] is None or ends[1] is None:
            return ()
        commits = self.git.log(ends[1], since=ends[0])
        if not commits or not commits[-1].parents:
            return ()
        change = self.git.diff(commits[-1].parents[0], ends[1])
        return tuple(file.path for file in change.files)
