"""The run's one pull request: opened as a draft, and ready only for the commit that was judged."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from orchestrator.domain.errors import (
    ForgeError,
    ForgeUnavailableError,
    GitError,
    NotAuthorisedError,
    UsageError,
)
from orchestrator.domain.event import Noted, PullRequestPublished
from orchestrator.domain.outcome import NoteLevel
from orchestrator.forge.forge import PullRequestText
from orchestrator.rendering.reports import render_pull_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.forge.forge import ForgeWriter, PullRequest
    from orchestrator.rendering.templates import Templates
    from orchestrator.telemetry.journal import Journal


class Request:
    """Follows the record; what the forge refuses is noted, and the run goes on."""

    def __init__(
        self,
        writer: ForgeWriter,
        journal: Journal,
        templates: Templates,
        *,
        branch: str,
        base_branch: str,
        labels: tuple[str, ...],
        there: Callable[[], str | None],
        is_open: Callable[[int], bool],
    ) -> None:
        """Know where to write; nothing is written yet.

        Args:
            writer: The forge.
            journal: Holds what there is to say.
            templates: How it is said.
            branch: Where the run's work is pushed.
            base_branch: Where it is to be merged.
            labels: For the request.
            there: Says where the branch stands over there. The branch is asked, not the request:
                what a forge shows of a request may lag behind a push for some seconds.
            is_open: Says whether the request of a number is still open.
        """
        self._writer = writer
        self._journal = journal
        self._templates = templates
        self._branch = branch
        self._base_branch = base_branch
        self._labels = labels
        self._there = there
        self._is_open = is_open
        self._is_closed = False
        self._open_before: int | None = None
        """The request of an earlier run, once it was seen open in this one."""
        self.refusal: NotAuthorisedError | None = None
        """Why the forge refused the request, if it did; the branch stands all the same."""
        self.rejection: ForgeError | NotAuthorisedError | None = None
        """Why the forge did not take the request as it was last written, if so."""
        self.doubt = ""
        """Why it was not marked as ready although it was to be, when the branch is the reason."""
        self.hindrance: ForgeError | NotAuthorisedError | None = None
        """Why the forge did not make it a draft or ready when it was last asked to, if so."""

    def refuse_closed(self) -> None:
        """Go on only while nobody has closed the request: to close it is to stop the work.

        What was closed before the run began is for pre-flight to judge.

        Raises:
            UsageError: It was closed, or merged, after this run had written to it or seen it open.
        """
        number = self._journal.record.request_number
        if number is None:
            return
        with suppress(ForgeError, NotAuthorisedError):
            self._is_closed = self._is_closed or self._was_closed(number)
        if self._is_closed:
            raise UsageError(
                f"Pull request #{number} was closed or merged while the run was at work, "
                "so it ends.",
                hint="What is done is kept. If it was closed unmerged, reopen it and run again to "
                "have the work go on.",
            )

    def _was_closed(self, number: int) -> bool:
        if self._is_open(number):
            self._open_before = number
            return False
        return self._journal.record.pull_request is not None or self._open_before == number

    def write(self) -> None:
        """Open the request, or bring title and body up to date; one that was closed is let be."""
        if self.refusal is not None or self._is_closed:
            return
        title, body = render_pull_request(self._templates, self._journal.record)
        text = PullRequestText(title=title, body=body, labels=self._labels)
        try:
            request, created = self._writer.ensure_pull_request(
                head=self._branch, base=self._base_branch, text=text
            )
        except (ForgeError, NotAuthorisedError) as error:
            self._put_up_with(error)
            return
        self.rejection = None
        before = self._journal.record.pull_request
        if before is None or before.is_draft != request.is_draft:
            self._tell(request, operation="created" if created else "updated")

    def _put_up_with(self, error: ForgeError | NotAuthorisedError) -> None:
        """Not the end: the next stage's end tries again, and the verdict looks at the result."""
        is_there = self._journal.record.pull_request is not None
        if isinstance(error, NotAuthorisedError) and not is_there:
            self.refusal = error
        else:
            self.rejection = error
        what = "brought up to date" if is_there else "opened"
        self._note(NoteLevel.ERROR, f"The pull request could not be {what}: {error}", error.hint)

    def mark(self, *, judged: str | None) -> None:
        """Make the request ready if the branch stands at the judged commit, a draft otherwise.

        Args:
            judged: The commit whose requirements are all green, or `None` if there is none.
        """
        self._turn(is_draft=judged is None or not self._stands_at(judged))
        if not (judged is None or self.doubt or self._stands_at(judged)):
            # Somebody pushed between the look and the mark.
            self._turn(is_draft=True)

    def withdraw(self, request: PullRequest) -> bool:
        """Make a request a draft again whose branch this run has not touched; its words stay.

        Args:
            request: As the forge shows it.

        Returns:
            Whether it is a draft now.
        """
        self._tell(request, operation="updated")
        return self._turn(is_draft=True)

    def _stands_at(self, commit: str) -> bool:
        try:
            there = self._there()
        except (ForgeError, GitError) as error:
            self.doubt = f"It cannot be said where {self._branch!r} stands now: {error}"
            return False
        if there == commit:
            return True
        now = there[:12] if there else "gone"
        self.doubt = (
            f"{self._branch!r} was moved by somebody else: it is at {now}, "
            f"and what was judged is {commit[:12]}."
        )
        return False

    def _turn(self, *, is_draft: bool) -> bool:
        """Bring the request into this state, if there is one and it is not so already."""
        request = self._journal.record.pull_request
        if request is None:
            return False
        # Where no answer came, what the record says of the request need not be so.
        is_unsure = isinstance(self.hindrance, ForgeUnavailableError)
        if request.is_draft == is_draft and not is_unsure:
            return False
        try:
            self._writer.set_draft(request.number, is_draft=is_draft)
        except (ForgeError, NotAuthorisedError) as error:
            self.hindrance = error
            self._note(
                NoteLevel.WARNING, f"The draft state could not be changed: {error}", error.hint
            )
            return False
        self.hindrance = None
        if request.is_draft == is_draft:
            return False
        self._journal.write(
            request.model_copy(update={"operation": "updated", "is_draft": is_draft})
        )
        return True

    def _tell(self, request: PullRequest, *, operation: Literal["created", "updated"]) -> None:
        self._journal.write(
            PullRequestPublished(
                number=request.number,
                url=request.url,
                operation=operation,
                is_draft=request.is_draft,
                created_at=request.created_at,
            )
        )

    def _note(self, level: NoteLevel, text: str, hint: str) -> None:
        note = Noted(level=level, text=text, hint=hint)
        if note not in self._journal.record.notes:
            self._journal.write(note)
