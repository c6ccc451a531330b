"""The live display on a terminal: stages, tasks, what each agent does now, and the spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console as Terminal
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orchestrator.domain import event as ev
from orchestrator.telemetry.lines import lines_for, red_reports
from orchestrator.telemetry.workflow_commands import neutralised, one_line

if TYPE_CHECKING:
    from typing import TextIO

    from orchestrator.domain.record import RunRecord, TaskRecord

_QUIET = (
    ev.ToolAnswered
    | ev.StageStarted
    | ev.TaskStarted
    | ev.ModelReplied
    | ev.MessageAppended
    | ev.TodosWritten
)
_STYLES = {
    ev.TaskStatus.RUNNING: "cyan",
    ev.TaskStatus.DONE: "green",
    ev.TaskStatus.FAILED: "red",
    ev.TaskStatus.STOPPED: "yellow",
    ev.TaskStatus.SKIPPED: "dim",
}
_TAIL_LINES = 20


class LiveBoard:
    """Redraws itself at each entry; it has no thread of its own."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        """Draw nothing until the first entry."""
        self._terminal = Terminal(
            file=stream, no_color=not color, highlight=False, markup=False, emoji=False
        )
        self._live: Live | None = None
        self._doing: dict[tuple[str, int | None], str] = {}

    def show(self, entry: ev.Entry, record: RunRecord) -> None:
        """Print what stays, and redraw what changes."""
        live = self._started()
        if not isinstance(entry.event, _QUIET):
            for line in lines_for(entry.event, record):
                live.console.print(Text(f"{entry.elapsed_s:7.1f} s  {line}"))
        for report in red_reports(entry.event):
            tail = neutralised(report.output_tail).split("\n")[-_TAIL_LINES:]
            live.console.print(Text("\n".join(f"    {line}" for line in tail), style="dim"))
        self._follow(entry.event)
        live.update(self._drawn(entry, record), refresh=True)
        if isinstance(entry.event, ev.RunEnded):
            self.close()

    def close(self) -> None:
        """Leave the last drawing on the screen; a second call does nothing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _started(self) -> Live:
        if self._live is None:
            self._live = Live(
                console=self._terminal,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self._live

    def _follow(self, event: ev.Event) -> None:
        match event:
            case ev.ToolAnswered():
                now = f"{one_line(event.tool, 40)} {one_line(event.subject, 80)}"
                self._doing[event.agent, event.task_id] = now
            case ev.ModelReplied():
                self._doing.setdefault((event.agent, event.task_id), "thinking")
            case ev.TaskEnded():
                self._doing = {
                    who: now for who, now in self._doing.items() if who[1] != event.task_id
                }
            case ev.StageEnded():
                self._doing = {who: now for who, now in self._doing.items() if who[1] is not None}
            case _:
                pass

    def _drawn(self, entry: ev.Entry, record: RunRecord) -> Group:
        spend = record.spend
        foot = f"{entry.elapsed_s:.0f} s · ${spend.usd:.4f} · {spend.usage.total_tokens:,} tokens"
        return Group(_stages(record), self._tasks(record), Text(foot, style="bold"))

    def _tasks(self, record: RunRecord) -> Table:
        table = Table.grid(padding=(0, 1))
        for task in record.tasks.values():
            table.add_row(*self._row(task))
        for (agent, task_id), now in self._doing.items():
            if task_id is None:
                table.add_row("", Text(agent), Text("running", style="cyan"), Text(now))
        return table

    def _row(self, task: TaskRecord) -> tuple[Text, Text, Text, Text]:
        now = self._doing.get((task.agent, task.task_id), one_line(task.title, 80))
        return (
            Text(f"{task.task_id:3}"),
            Text(task.agent),
            Text(task.status, style=_STYLES.get(task.status, "")),
            Text(now),
        )


def _stages(record: RunRecord) -> Text:
    marks = {None: ("▶", "cyan"), True: ("✓", "green"), False: ("✗", "red")}
    line = Text()
    for stage in record.stages:
        mark, style = marks[stage.succeeded]
        line.append(f"{mark} {stage.stage}  ", style=style)
    return line
