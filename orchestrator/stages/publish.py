"""The only place that writes to the forge: one branch, one pull request, one comment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import (
    ForgeError,
    ForgeUnavailableError,
    NotAuthorisedError,
)
from orchestrator.domain.event import BranchPushed, Noted, ProgressPublished
from orchestrator.domain.outcome import NoteLevel
from orchestrator.rendering.reports import render_progress
from orchestrator.stages.intake import MARKER
from orchestrator.stages.request import Request
from orchestrator.stages.waiting_label import WaitingLabel

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.forge.forge import ForgeWriter, PullRequest
    from orchestrator.rendering.templates import Templates
    from orchestrator.telemetry.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where this run's work goes."""

    issue_number: int
    branch: str
    base_branch: str
    labels: tuple[str, ...] = ()
    waiting_label: str = ""
    """Carried by the issue while its questions wait for an answer; empty: none."""
    issue_labels: tuple[str, ...] = ()
    """What the issue carried when the run began."""

    @property
    def marker(self) -> str:
        """First line of the progress comment, by which later runs find it."""
        return f"{MARKER}{self.issue_number} -->"

    @property
    def is_labelled(self) -> bool:
        """Whether the issue carried the waiting label; a forge minds no letter case in names."""
        wanted = self.waiting_label.casefold()
        return wanted in {label.casefold() for label in self.issue_labels}


def _keep_nothing(_commit: str) -> None:
    """Keep no record of commits, for who pushes none."""


def _always(_number: int) -> bool:
    """Take every request as open, for who has looked."""
    return True


def _nothing() -> None:
    """Hold nothing, for who writes alone; know of no branch, for who marks nothing as ready."""


class Publisher:
    """Brings what the record says to the forge; each method is safe to repeat."""

    def __init__(
        self,
        *,
        writer: ForgeWriter,
        push: Callable[[str, str], None],
        journal: Journal,
        target: Target,
        templates: Templates,
        hold: Callable[[], None] = _nothing,
        keep: Callable[[str], None] = _keep_nothing,
        there: Callable[[], str | None] = _nothing,
        is_open: Callable[[int], bool] = _always,
    ) -> None:
        """Know where to write; nothing is written yet.

        Args:
            writer: The forge.
            push: Puts a commit of the run's repository on a branch.
            journal: Holds what there is to say.
            target: Issue and branches.
            templates: How it is said.
            hold: Called before anything is published; raises when the issue is no longer ours.
            keep: Called before a commit is pushed; puts on record that it is ours, or raises.
            there: Says where the branch stands over there; who does not know makes nothing ready.
            is_open: Says whether a pull request is still open; asked before each delivery.
        """
        self._writer = writer
        self._push = push
        self._journal = journal
        self._target = target
        self._templates = templates
        self._hold = hold
        self._keep = keep
        self._pushed: str | None = None
        self._request = Request(
            writer,
            journal,
            templates,
            branch=target.branch,
            base_branch=target.base_branch,
            labels=target.labels,
            there=there,
            is_open=is_open,
        )
        self._can_comment = True
        self._is_quiet = False
        self._label = WaitingLabel(
            writer,
            journal,
            issue_number=target.issue_number,
            name=target.waiting_label,
            is_on=target.is_labelled,
        )

    @property
    def has_pushed(self) -> bool:
        """Whether this run has set the branch."""
        return self._pushed is not None

    @property
    def refusal(self) -> NotAuthorisedError | None:
        """Why the forge refused the pull request, if it did; the branch stands all the same."""
        return self._request.refusal

    @property
    def rejection(self) -> ForgeError | NotAuthorisedError | None:
        """Why the forge did not take the pull request as it was last written, if so."""
        return self._request.rejection

    @property
    def doubt(self) -> str:
        """Why the request was not marked as ready, when the branch over there is the reason."""
        return self._request.doubt

    @property
    def hindrance(self) -> ForgeError | NotAuthorisedError | None:
        """Why the forge did not make the request a draft or ready when last asked to, if so."""
        return self._request.hindrance

    def announce(self) -> None:
        """Create or update the progress comment; if that fails, say so and go on without it.

        After a failure other than a missing permission, `settle` tries again.

        Raises:
            TakenOverError: Another run works on the issue now.
        """
        self._hold()
        self._label.follow()
        if not self._can_comment or self._is_quiet:
            return
        body = render_progress(self._templates, self._journal.record)
        try:
            comment_id, url = self._writer.ensure_comment(
                self._target.issue_number, marker=self._target.marker, body=body
            )
        except (ForgeError, NotAuthorisedError) as error:
            self._is_quiet = True
            self._can_comment = not isinstance(error, NotAuthorisedError)
            self._note(
                NoteLevel.WARNING, f"The progress comment could not be written: {error}", error.hint
            )
            return
        known = self._journal.record.progress
        if known is None or known.comment_id != comment_id:
            self._journal.write(ProgressPublished(comment_id=comment_id, url=url))

    def show(self, commit: str) -> None:
        """Deliver the commit and update the comment; a forge out of reach can wait.

        Raises:
            OrchestratorError: The branch could not be pushed for another reason.
        """
        try:
            self.deliver(commit)
        except ForgeUnavailableError as error:
            self._note(NoteLevel.WARNING, f"A push had to wait: {error}", error.hint)
        self._say()

    def say(self) -> None:
        """Create or update the comment while there is nothing to push; else as `show`.

        Raises:
            TakenOverError: Another run works on the issue now.
            UsageError: Somebody closed the pull request of an earlier run.
        """
        self._request.refuse_closed()
        self._say()

    def _say(self) -> None:
        try:
            self.announce()
        except ForgeUnavailableError as error:
            self._note(NoteLevel.WARNING, f"The progress comment had to wait: {error}", error.hint)

    def deliver(self, commit: str) -> None:
        """Push the branch and open or update the draft, if that was not done for this commit.

        Raises:
            TakenOverError: Another run works on the issue now.
            NotAuthorisedError: The branch could not be pushed.
            UsageError: Somebody else pushed to it, or closed the pull request.
            ForgeUnavailableError: The forge is out of reach.
            GitError: The push failed otherwise.
        """
        self._hold()
        self._request.refuse_closed()
        is_new = commit != self._pushed
        if is_new:
            self._keep(commit)
            self._push(self._target.branch, commit)
            self._pushed = commit
            self._journal.write(BranchPushed(branch=self._target.branch, commit=commit))
        if is_new or self._journal.record.pull_request is None:
            self._request.write()
            # If it was ready, then for another commit; nobody has judged this one yet.
            self._request.mark(judged=None)

    def take_over(self, commit: str) -> None:
        """Let `settle` speak of a branch that a run which is no more has pushed."""
        self._pushed = commit

    def settle(self, *, is_ready: bool) -> None:
        """Write the last words and set draft or ready; the record must hold the outcome.

        Raises:
            TakenOverError: Another run works on the issue now.
        """
        self._hold()
        self._is_quiet = False
        if self._pushed is not None:
            self._request.write()
        # A request that still has the words of a run at work is not called ready.
        is_told = self._request.rejection is None
        self._request.mark(judged=self._pushed if is_ready and is_told else None)
        self.announce()

    def conclude(self) -> None:
        """Write the last words on the issue alone; the record must hold the outcome.

        Raises:
            TakenOverError: Another run works on the issue now.
        """
        self._is_quiet = False
        self.announce()

    def withdraw(self, request: PullRequest) -> bool:
        """Make a request a draft again whose branch this run has not touched, and tell if it is.

        Raises:
            TakenOverError: Another run works on the issue now.
        """
        self._hold()
        return self._request.withdraw(request)

    def _note(self, level: NoteLevel, text: str, hint: str) -> None:
        note = Noted(level=level, text=text, hint=hint)
        if note not in self._journal.record.notes:
            self._journal.write(note)
