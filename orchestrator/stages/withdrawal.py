"""Ready is said of one commit: whoever moves the branch afterwards takes the word with them.

A run looks at its branch before and after it says so, and the next run looks again; this is for
the time between, set off by the push itself. Nothing here is decided by what anybody wrote: the
judged commit is the one on the run's own state ref, and the found one is where the branch stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, NotAuthorisedError, TakenOverError
from orchestrator.domain.event import PullRequestPublished
from orchestrator.rendering.reports import render_withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.forge.forge import ForgeReader, ForgeWriter, PullRequest
    from orchestrator.rendering.templates import Templates
    from orchestrator.stages.state import Saved, StateRef

_SHOWN = 12
"""Characters of a commit's id in one line for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A request that was called ready, and a head that the word was not said of."""

    number: int
    judged: str
    found: str
    has_run: bool
    """A run is at work on the issue: its state is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What came of a look."""

    text: str
    """For people, one sentence."""
    request: PullRequest | None = None
    """The one that was made a draft again; `None`: nothing was done."""


class Withdrawer:
    """Takes the word back once for a judged commit; each step of it is safe to repeat."""

    def __init__(
        self,
        *,
        state: StateRef,
        reader: ForgeReader,
        writer: ForgeWriter,
        templates: Templates,
        there: Callable[[], str | None],
        is_alive: Callable[[int], bool],
        say: Callable[[str], None],
        phrase: str,
    ) -> None:
        """Know where to look; nothing is asked yet.

        Args:
            state: What the runs on the issue have left.
            reader: The forge.
            writer: The same forge.
            templates: How it is said.
            there: Says where the branch stands over there. The branch is asked, not the request:
                what a forge shows of a request may lag behind a push for some seconds.
            is_alive: Whether a process of this machine is.
            say: Told in one sentence what could not be done.
            phrase: How a comment begins that starts a run.
        """
        self._state = state
        self._reader = reader
        self._writer = writer
        self._templates = templates
        self._there = there
        self._is_alive = is_alive
        self._say = say
        self._phrase = phrase

    def look(self, branch: str, *, issue_number: int, dry_run: bool = False) -> Withdrawal:
        """Make the branch's ready request a draft again if no run has judged where it stands.

        Args:
            branch: Its name.
            issue_number: The issue that a branch of this name is for.
            dry_run: Say what would be done, and change nothing.

        Raises:
            NotAuthorisedError: The token may not do it; the request says so in a comment.
            UsageError: What the runs have left cannot be read.
            ForgeError: The forge failed or did not answer.
        """
        saved = self._state.load(is_alone=True)
        doubt = self._suspicion(saved, branch, issue_number)
        if saved is None or isinstance(doubt, str):
            return Withdrawal(text=str(doubt))
        request = self._request(branch, doubt.number)
        if request is None:
            return Withdrawal(text=f"Pull request #{doubt.number} is not open any more.")
        if request.is_draft:
            if not dry_run:
                self._remember(saved, doubt, request)
            return Withdrawal(text=f"Pull request #{doubt.number} is a draft already.")
        if dry_run:
            return Withdrawal(text=f"{_sentence(doubt)} A dry run changes nothing.")
        self._take_back(doubt, branch, issue_number)
        self._remember(saved, doubt, request)
        return Withdrawal(text=_sentence(doubt), request=request)

    def _suspicion(self, saved: Saved | None, branch: str, issue_number: int) -> Suspicion | str:
        """Return what is to be looked into, or why there is nothing."""
        if saved is None or saved.record.started is None:
            return f"No run has left anything about issue #{issue_number}."
        if saved.record.started.branch != branch:
            return f"Runs on issue #{issue_number} work on {saved.record.started.branch!r}."
        record = saved.record
        has_run = self._state.holder(saved, is_alive=self._is_alive) is not None
        head = record.head if has_run else None
        # A run that is at work keeps its last words to itself until it ends.
        judged = record.ready_commit or head
        number = record.request_number
        if judged is None or number is None:
            return "No run says, or says any more, that a pull request of this branch is ready."
        found = self._there()
        if found is None:
            return "The branch is gone."
        pushed = record.pushed.commit if has_run and record.pushed is not None else None
        if found in {judged, head, pushed}:
            return f"The branch stands at {found[:_SHOWN]}, where a run has put it."
        return Suspicion(number=number, judged=judged, found=found, has_run=has_run)

    def _request(self, branch: str, number: int) -> PullRequest | None:
        """Return the open request, which the reader only finds if its branch is of this place."""
        found = self._reader.pull_requests(head_branch=branch)
        return next((each for each in found if each.number == number), None)

    def _take_back(self, doubt: Suspicion, branch: str, issue_number: int) -> None:
        def tell(obstacle: str = "") -> None:
            body = render_withdrawal(
                self._templates,
                judged=doubt.judged,
                found=doubt.found,
                branch=branch,
                issue_number=issue_number,
                phrase=self._phrase,
                obstacle=obstacle,
            )
            marker = f"<!-- orchestrator:withdrawn-{doubt.judged} -->"
            try:
                self._writer.ensure_comment(doubt.number, marker=marker, body=body)
            except (ForgeError, NotAuthorisedError) as error:
                self._say(f"No comment on pull request #{doubt.number}: {error} {error.hint}")

        # First the words, which stay true if the process ends here and somebody starts it again.
        tell()
        try:
            self._writer.set_draft(doubt.number, is_draft=True)
        except (ForgeError, NotAuthorisedError) as error:
            tell(str(error))
            raise

    def _remember(self, saved: Saved, doubt: Suspicion, request: PullRequest) -> None:
        """Say it once for a judged commit: who marks the request as ready now, means it."""
        if doubt.has_run:
            return
        event = PullRequestPublished(
            number=request.number, url=request.url, operation="updated", is_draft=True
        )
        try:
            self._state.add(saved, event)
        except TakenOverError:
            self._say("A run has begun meanwhile; it looks itself.")


def _sentence(doubt: Suspicion) -> str:
    return (
        f"Pull request #{doubt.number} is ready no longer: {doubt.judged[:_SHOWN]} was judged, "
        f"and its branch stands at {doubt.found[:_SHOWN]}."
    )
