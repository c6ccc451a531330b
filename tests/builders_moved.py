"""A pull request that a run has called ready, and people who move its branch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.change import Change
from orchestrator.domain.event import Entry, GatesEvaluated, HeadMoved, PullRequestPublished
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.forge.forge import PullRequestText
from orchestrator.rendering.templates import Templates
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.remote import Remote
from orchestrator.sandbox.repository import RunRepository
from orchestrator.stages.lease import Owner
from orchestrator.stages.state import StateRef
from orchestrator.stages.withdrawal import Withdrawer
from orchestrator.telemetry.checkpoint import Checkpoint
from tests.builders_events import run_started
from tests.builders_git import git
from tests.doubles.clock import SteppingClock

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.event import Event
    from orchestrator.forge.forge import ForgeReader, ForgeWriter, PullRequest
    from orchestrator.stages.withdrawal import Withdrawal
    from tests.doubles.github_repository import BareRepository

NUMBER = 42
BRANCH = f"orchestrator/issue-{NUMBER}"
STATE = f"refs/orchestrator/issue-{NUMBER}"
STARTED = run_started(issue_number=NUMBER, branch=BRANCH)
TEXT = PullRequestText(title="Dark mode", body="All is green.")


@dataclass(kw_only=True)
class Moved:
    """One branch, its request, and what the runs on its issue have left."""

    folder: Path
    repository: BareRepository
    reader: ForgeReader
    writer: ForgeWriter
    clock: SteppingClock = field(default_factory=SteppingClock)
    said: list[str] = field(default_factory=list)
    judged: str = field(init=False)
    _looks: int = 0

    def __post_init__(self) -> None:
        """Let a run push what it will judge."""
        self.judged = self.repository.add_branch(BRANCH, text="judged")

    @property
    def remote(self) -> Remote:
        """The repository as git reaches it."""
        return Remote(url=str(self.repository.path))

    def publish(self) -> PullRequest:
        """Open the request, as a draft."""
        request, _ = self.writer.ensure_pull_request(head=BRANCH, base="main", text=TEXT)
        return request

    def call_ready(self) -> int:
        """Do what a run does that ends well, and return the request's number."""
        request = self.publish()
        self.leave(*self.green(request.number))
        self.writer.set_draft(request.number, is_draft=False)
        return request.number

    def green(self, number: int, *, is_draft: bool = False) -> tuple[Event, ...]:
        """Return what a run puts on record that has judged the branch and published it."""
        change = Change(base="b", head=self.judged, tree="t", files=(), diff="")
        passed = GateResult(
            gate="no_secrets", verdict=GateVerdict.PASSED, reason="", commit=self.judged
        )
        return (
            STARTED,
            HeadMoved(commit=self.judged, change=change, task_id=None),
            GatesEvaluated(results=(passed,)),
            PullRequestPublished(
                number=number, url=f"http://f/{number}", operation="created", is_draft=is_draft
            ),
        )

    def leave(self, *events: Event, is_over: bool = True) -> StateRef:
        """Write what a run leaves on the state ref; one that is not over holds the lock."""
        state = self.state(job="1")
        state.load()
        state.save(self._content(events), head=None)
        if is_over:
            state.release(self._content(events), head=None)
        return state

    def push(self, text: str = "By hand\n\nOrchestrator-Run: 1\n") -> str:
        """Let a person push a commit, which may say that it is a run's, and return its id."""
        return self.repository.add_branch(BRANCH, text=text, parent=BRANCH)

    def look(self, *, dry_run: bool = False, branch: str = BRANCH) -> Withdrawal:
        """Look at the branch as a new process does."""
        ref = f"refs/heads/{branch}"
        state = self.state(job="2")
        repository = RunRepository(self.folder / f"look-{self._looks}.git")
        withdrawer = Withdrawer(
            state=state,
            reader=self.reader,
            writer=self.writer,
            templates=Templates(),
            there=lambda: repository.remote_refs(self.remote, ref).get(ref),
            is_alive=lambda _pid: True,
            say=self.said.append,
            phrase="/orchestrate",
        )
        return withdrawer.look(branch, issue_number=NUMBER, dry_run=dry_run)

    def state(self, *, job: str) -> StateRef:
        """Return the state ref as a new process sees it."""
        self._looks += 1
        return StateRef(
            RunRepository(self.folder / f"look-{self._looks}.git"),
            self.remote,
            issue_number=NUMBER,
            owner=Owner(run="a run", job=job, attempt=1),
            identity=Identity(name="bot", email="bot@example.org"),
            clock=self.clock,
        )

    def state_commit(self) -> str:
        """Return where the state ref stands."""
        return git(self.repository.path, "for-each-ref", "--format=%(objectname)", STATE)

    def request(self) -> PullRequest:
        """Return the one request that is open."""
        (request,) = self.reader.pull_requests(head_branch=BRANCH)
        return request

    def comments(self, number: int) -> list[str]:
        """Return what was said on the request."""
        return [comment.body for comment in self.reader.comments(number)]

    def entries(self, *events: Event) -> tuple[Entry, ...]:
        """Return a journal of these events."""
        return tuple(
            Entry(seq=seq, at="2026-01-01T00:00:00Z", elapsed_s=1.0, event=event)
            for seq, event in enumerate(events, start=1)
        )

    def _content(self, events: tuple[Event, ...]) -> bytes:
        return Checkpoint(self.entries(*events)).content()
