"""What a person sees while a run goes on; the window onto standard output.

Everything shown is derived from the journal's entries: subscribe `Console.hear`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from orchestrator.domain.event import (
    LookVerdict,
    Noted,
    PreflightLooked,
    RunEnded,
    StageEnded,
    StageStarted,
    ToolAnswered,
)
from orchestrator.domain.outcome import Conclusion, NoteLevel
from orchestrator.telemetry.actions_files import random_token
from orchestrator.telemetry.lines import lines_for, red_reports, with_hint
from orchestrator.telemetry.workflow_commands import (
    ANNOTATIONS_PER_KIND,
    annotation,
    command,
    fenced,
    neutralised,
    one_line,
    without_controls,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from orchestrator.domain.event import Entry
    from orchestrator.domain.outcome import Outcome
    from orchestrator.domain.record import RunRecord
    from orchestrator.telemetry.live import LiveBoard
    from orchestrator.telemetry.redaction import Redactor


class ConsoleStyle(StrEnum):
    """How progress is shown."""

    LIVE = "live"
    PLAIN = "plain"
    ACTIONS = "actions"
    QUIET = "quiet"


def choose_style(*, is_terminal: bool, in_actions: bool, quiet: bool) -> ConsoleStyle:
    """Pick the style: quiet wins, then the runner, then a terminal, then plain lines."""
    if quiet:
        return ConsoleStyle.QUIET
    if in_actions:
        return ConsoleStyle.ACTIONS
    return ConsoleStyle.LIVE if is_terminal else ConsoleStyle.PLAIN


class Console:
    """Speaks to one stream; not for several threads at once except through the journal."""

    def __init__(
        self,
        stream: TextIO,
        *,
        style: ConsoleStyle,
        redactor: Redactor,
        color: bool = True,
        token: Callable[[], str] = random_token,
    ) -> None:
        """Say nothing yet.

        Args:
            stream: Where everything goes.
            style: See `choose_style`.
            redactor: Passed by text that did not come from the journal.
            color: False when `NO_COLOR` is set; only the live style uses colour.
            token: Gives a fresh random word for each fence around strangers' text.
        """
        self._stream = stream
        self._style = style
        self._redactor = redactor
        self._token = token
        self._annotated: Counter[str] = Counter()
        self._in_group = False
        self._told = ""
        self._board = _board(stream, color=color) if style is ConsoleStyle.LIVE else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def hear(self, entry: Entry, record: RunRecord) -> None:
        """Show one entry of the journal; fits `Journal.subscribe`."""
        if isinstance(entry.event, RunEnded):
            self._told = _told(entry.event.outcome.summary, entry.event.outcome.hint)
        elif self._style is ConsoleStyle.QUIET:
            return
        if self._board is not None:
            with self._unheard():
                self._board.show(entry, record)
            return
        if self._style is ConsoleStyle.ACTIONS:
            self._mark(entry, record)
        elif not isinstance(entry.event, ToolAnswered):
            self._print_lines(entry, record)
        self._show_red(entry)

    def say(self, text: str) -> None:
        """Print our own text, redacted; what a command was asked for is printed in quiet too."""
        self._close_board()
        safe = self._redactor.redact(text)
        in_actions = self._style is ConsoleStyle.ACTIONS
        self._print(neutralised(safe) if in_actions else without_controls(safe))

    def show_foreign(self, title: str, text: str) -> None:
        """Print strangers' text, redacted, so that the runner and the terminal take no orders."""
        safe = self._redactor.redact(text)
        if self._style is ConsoleStyle.ACTIONS:
            self._end_group()
            self._print(command("group", one_line(title)))
            self._print(fenced(safe, self._token()))
            self._print(command("endgroup"))
        elif self._style is not ConsoleStyle.QUIET:
            self._print(one_line(title))
            self._print("\n".join(f"    {line}" for line in neutralised(safe).split("\n")))

    def fail(self, what: str, hint: str) -> None:
        """Print why the program stops and what to do next, in every style.

        What the run's last line has just said is not said again; what has lines of its own, such
        as YAML to paste, is.
        """
        if self._told == _told(what, hint) and "\n" not in f"{what}{hint}":
            return
        self._close_board()
        self._end_group()
        text = self._redactor.redact("\n".join(part for part in (what, hint) if part))
        if self._style is ConsoleStyle.ACTIONS:
            self._annotate(NoteLevel.ERROR, text)
        else:
            self._print(f"error: {without_controls(text)}")

    def close(self) -> None:
        """End the live display or the open group; a second call does nothing."""
        self._close_board()
        self._end_group()

    def _mark(self, entry: Entry, record: RunRecord) -> None:
        match entry.event:
            case StageStarted(stage=stage):
                self._end_group()
                self._print(command("group", f"Stage {stage}"))
                self._in_group = True
            case StageEnded():
                self._print_lines(entry, record)
                self._end_group()
            case Noted() as note:
                self._annotate(note.level, with_hint(note.text, note.hint))
            case PreflightLooked(verdict=LookVerdict.WARNING) as look:
                self._print_lines(entry, record)
                self._annotate(NoteLevel.WARNING, with_hint(look.text, look.hint))
            case RunEnded(outcome=outcome):
                self._end_group()
                self._print_lines(entry, record)
                self._annotate(_level(outcome), with_hint(outcome.summary, outcome.hint))
            case _:
                self._print_lines(entry, record)

    def _annotate(self, level: NoteLevel, text: str) -> None:
        self._annotated[level] += 1
        if self._annotated[level] > ANNOTATIONS_PER_KIND:
            self._print(neutralised(f"{level}: {text}"))
        else:
            self._print(annotation(level, text, title="Orchestrator"))

    def _show_red(self, entry: Entry) -> None:
        for report in red_reports(entry.event):
            if report.output_tail:
                self.show_foreign(f"Output of {report.kind}: {report.command}", report.output_tail)

    def _print_lines(self, entry: Entry, record: RunRecord) -> None:
        for line in lines_for(entry.event, record):
            self._print(f"[{entry.elapsed_s:7.1f} s] {line}")

    def _print(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        with self._unheard():
            print(text.encode(encoding, "replace").decode(encoding), file=self._stream, flush=True)

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        """Fall silent when nobody can hear: the pipe, the terminal or the disk is no more."""
        try:
            yield
        except OSError:
            self._style, self._board = ConsoleStyle.QUIET, None

    def _end_group(self) -> None:
        if self._in_group:
            self._print(command("endgroup"))
            self._in_group = False

    def _close_board(self) -> None:
        if self._board is not None:
            with self._unheard():
                self._board.close()


def _board(stream: TextIO, *, color: bool) -> LiveBoard:
    from orchestrator.telemetry.live import LiveBoard

    return LiveBoard(stream, color=color)


def _told(what: str, hint: str) -> str:
    return f"{what}\n{hint}"


def _level(outcome: Outcome) -> NoteLevel:
    match outcome.conclusion:
        case Conclusion.SUCCESS | Conclusion.SKIPPED:
            return NoteLevel.NOTICE
        case Conclusion.FAILURE | Conclusion.BLOCKED:
            return NoteLevel.ERROR
        case _:
            return NoteLevel.WARNING
