"""What a person sees, in each style."""

from __future__ import annotations

import io
import itertools
import os
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from orchestrator.domain import event as ev
from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import Conclusion, NoteLevel, Outcome
from orchestrator.domain.plan import Complexity, Plan, StageName, Task
from orchestrator.domain.record import RunRecord
from orchestrator.domain.review import Lens, ReviewPass, Verdict
from orchestrator.domain.usage import Usage
from orchestrator.telemetry.console import Console, ConsoleStyle, choose_style
from orchestrator.telemetry.redaction import Redactor
from tests.builders_events import run_started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_RED = CheckReport(
    kind=CheckKind.TEST,
    command="npm test",
    commit="c" * 40,
    ending=CheckEnding.FINISHED,
    exit_code=1,
    duration_s=2.0,
    output_tail="boom\n::error::forged\r##[group]x",
    tests_run=3,
)
_PLAN = Plan(
    issue_id=47,
    complexity=Complexity.SIMPLE,
    summary="s",
    tasks=(
        Task(
            id=1,
            title="Add the toggle",
            description="d",
            agent="frontend-developer",
            dependencies=(),
            stage=StageName.IMPLEMENTATION,
            files=("a.js",),
            acceptance=("works",),
        ),
    ),
    assumptions=(),
    decisions=(),
    out_of_scope=(),
)
_STORY: tuple[ev.Event, ...] = (
    run_started(issue_title="Dark\n::error::mode", dry_run=True),
    ev.PlanRefused(attempt=1, problems=("Task 1 depends on itself.",)),
    ev.PlanAccepted(plan=_PLAN),
    ev.StageStarted(stage="implementation"),
    ev.ModelReplied(
        conversation="c",
        agent="orchestrator",
        stage="implementation",
        task_id=None,
        model="m",
        effort=None,
        prompt_digest="",
        stop_reason="end_turn",
        usage=Usage(input_tokens=1000, output_tokens=234),
        usd=Decimal("0.5"),
        attempts=1,
        request_id=None,
        duration_s=1,
    ),
    ev.TaskStarted(
        task_id=1,
        title="Add the toggle",
        agent="frontend-developer",
        stage="implementation",
        attempt=2,
    ),
    ev.ToolAnswered(
        conversation="c",
        agent="frontend-developer",
        task_id=1,
        tool="Edit",
        subject="a.js",
        is_error=True,
        duration_s=0.1,
    ),
    ev.AttemptRefused(agent="orchestrator", task_id=None, what="Edit a.js", why="no such tool"),
    ev.MessageAppended(conversation="c", role="user", blocks_json="[]"),
    ev.TaskEnded(task_id=1, attempt=2, status=ev.TaskStatus.DONE, summary="added"),
    ev.StageEnded(stage="implementation", succeeded=True, summary="1 task"),
    ev.ChecksRun(where="head", reports=(_RED,)),
    ev.ReviewPassEnded(
        review=ReviewPass(
            lens=Lens.SECURITY,
            round=1,
            tree="t",
            verdict=Verdict.APPROVE,
            findings=(),
            dropped=(),
        )
    ),
    ev.GatesEvaluated(
        results=(
            GateResult(
                gate="all_tests_passing", verdict=GateVerdict.FAILED, reason="1 new", commit="c"
            ),
        )
    ),
    ev.BranchPushed(branch="orchestrator/issue-47", commit="c" * 40),
    ev.PullRequestPublished(number=5, url="http://f/5", operation="created", is_draft=True),
    ev.Noted(level=NoteLevel.WARNING, text="careful", hint="look"),
    ev.RunEnded(outcome=Outcome(conclusion=Conclusion.BLOCKED, summary="stuck", hint="help")),
)


def _shown(
    style: ConsoleStyle, events: Iterable[ev.Event], *, stream: io.StringIO | None = None
) -> str:
    stream = stream or io.StringIO()
    tokens = (f"fence{number}" for number in itertools.count(1))
    with Console(
        stream,
        style=style,
        redactor=Redactor(["canary-canary"]),
        color=False,
        token=lambda: next(tokens),
    ) as console:
        _tell(console, events)
    return stream.getvalue()


def _tell(console: Console, events: Iterable[ev.Event]) -> None:
    record = RunRecord()
    for seq, event in enumerate(events, start=1):
        entry = ev.Entry(seq=seq, at="", elapsed_s=seq / 2, event=event)
        record = record.apply(entry)
        console.hear(entry, record)


def test_console__plain() -> None:
    """Without a terminal there is one plain line per thing worth knowing."""
    assert _shown(ConsoleStyle.PLAIN, _STORY) == snapshot("""\
[    0.5 s] issue #47 of o/r: Dark ::error::mode
[    0.5 s] run r1, base main at bbbbbbbbb, dry run
[    1.0 s] plan refused (attempt 1)
[    1.0 s]   Task 1 depends on itself.
[    1.5 s]   task 1 [implementation] frontend-developer: Add the toggle
[    2.0 s] stage implementation
[    3.0 s] task 1 (frontend-developer, attempt 2): Add the toggle
[    4.0 s] refused: orchestrator tried: Edit a.js (no such tool)
[    5.0 s] task 1 done: added
[    5.5 s] stage implementation done: 1 task
[    6.0 s] test on head: finished, exit code 1, 3 tests in 2.0 s
Output of test: npm test
    boom
    : :error::forged
    ## [group]x
[    6.5 s] review security, round 1: approve, 0 findings
[    7.0 s] gate all_tests_passing: failed (1 new)
[    7.5 s] pushed orchestrator/issue-47 at ccccccccc
[    8.0 s] draft pull request #5 created: http://f/5
[    8.5 s] warning: careful. look
[    9.0 s] blocked: stuck. help
[    9.0 s] spent $0.5000 and 1,234 tokens
""")


def test_console__actions() -> None:
    """In the runner: groups per stage, annotations, and foreign output behind a fence."""
    assert _shown(ConsoleStyle.ACTIONS, _STORY) == snapshot("""\
[    0.5 s] issue #47 of o/r: Dark ::error::mode
[    0.5 s] run r1, base main at bbbbbbbbb, dry run
[    1.0 s] plan refused (attempt 1)
[    1.0 s]   Task 1 depends on itself.
[    1.5 s]   task 1 [implementation] frontend-developer: Add the toggle
::group::Stage implementation
[    3.0 s] task 1 (frontend-developer, attempt 2): Add the toggle
[    3.5 s]   frontend-developer · task 1 · Edit a.js (error)
[    4.0 s] refused: orchestrator tried: Edit a.js (no such tool)
[    5.0 s] task 1 done: added
[    5.5 s] stage implementation done: 1 task
::endgroup::
[    6.0 s] test on head: finished, exit code 1, 3 tests in 2.0 s
::group::Output of test: npm test
::stop-commands::fence1
boom
: :error::forged
## [group]x
::fence1::
::endgroup::
[    6.5 s] review security, round 1: approve, 0 findings
[    7.0 s] gate all_tests_passing: failed (1 new)
[    7.5 s] pushed orchestrator/issue-47 at ccccccccc
[    8.0 s] draft pull request #5 created: http://f/5
::warning title=Orchestrator::careful. look
[    9.0 s] blocked: stuck. help
[    9.0 s] spent $0.5000 and 1,234 tokens
::error title=Orchestrator::stuck. help
""")


def test_console__live() -> None:
    """On a terminal the board shows stages, tasks and the spend, and notes stay above it."""
    shown = _shown(ConsoleStyle.LIVE, _STORY)

    assert "✓ implementation" in shown
    assert "frontend-developer" in shown
    assert "Edit a.js" in shown
    assert "$0.5000 · 1,234 tokens" in shown
    assert "boom" in shown
    assert "\x1b[3" not in shown


def test_console__quiet() -> None:
    """Quiet shows no progress, and how the run ended."""
    *progress, _ = _STORY

    assert _shown(ConsoleStyle.QUIET, progress) == ""
    assert _shown(ConsoleStyle.QUIET, _STORY[-1:]) == snapshot("""\
[    0.5 s] blocked: stuck. help
[    0.5 s] spent $0.0000 and 0 tokens
""")


@pytest.mark.parametrize(
    ("conclusion", "word"),
    [
        (Conclusion.SUCCESS, "notice"),
        (Conclusion.NEEDS_HUMAN, "warning"),
        (Conclusion.BLOCKED, "error"),
        (Conclusion.FAILURE, "error"),
    ],
)
def test_console__outcome_annotation(conclusion: Conclusion, word: str) -> None:
    """The run's end is annotated with a weight that fits it."""
    shown = _shown(
        ConsoleStyle.ACTIONS, [ev.RunEnded(outcome=Outcome(conclusion=conclusion, summary="end"))]
    )

    assert f"::{word} title=Orchestrator::end" in shown


def test_console__ten_annotations_a_kind() -> None:
    """From the eleventh on, a note is a plain line: the runner would drop it."""
    notes = [ev.Noted(level=NoteLevel.NOTICE, text=f"n{number}") for number in range(12)]

    shown = _shown(ConsoleStyle.ACTIONS, notes)

    assert shown.count("::notice ") == 10
    assert "\nnotice: n11\n" in shown


def test_fail__after_many_errors_gives_no_orders() -> None:
    """What is said beyond the runner's limit carries strangers' words as harmlessly as before."""
    stream = io.StringIO()
    console = _console(ConsoleStyle.ACTIONS, stream)

    for _ in range(11):
        console.fail("git said:\n::add-mask::x", "look")

    assert stream.getvalue().splitlines()[-3:] == ["error: git said:", ": :add-mask::x", "look"]


def test_console__open_group_is_closed() -> None:
    """A run that breaks off inside a stage leaves no group open."""
    shown = _shown(ConsoleStyle.ACTIONS, [ev.StageStarted(stage="a"), ev.StageStarted(stage="b")])

    assert shown == "::group::Stage a\n::endgroup::\n::group::Stage b\n::endgroup::\n"


def _console(style: ConsoleStyle, stream: io.StringIO) -> Console:
    return Console(stream, style=style, redactor=Redactor(["canary-canary"]), token=lambda: "fence")


def test_say__redacts() -> None:
    """What a command was asked for is printed in every style, without secrets."""
    stream = io.StringIO()

    _console(ConsoleStyle.QUIET, stream).say("key canary-canary ::x")
    _console(ConsoleStyle.ACTIONS, stream).say("::x %0A")
    _console(ConsoleStyle.LIVE, stream).say("::x %0A")

    assert stream.getvalue() == "key *** ::x\n: :x % 0A\n::x %0A\n"


def test_show_foreign__plain() -> None:
    """Outside the runner strangers' text is indented, redacted and without escape codes."""
    stream = io.StringIO()

    _console(ConsoleStyle.PLAIN, stream).show_foreign("Output", "a\x1b[2Jb\ncanary-canary")
    _console(ConsoleStyle.QUIET, stream).show_foreign("Output", "nothing")

    assert stream.getvalue() == "Output\n    ab\n    ***\n"


def test_fail__each_style() -> None:
    """Why the program stops is told in every style, with the advice."""
    stream = io.StringIO()

    _console(ConsoleStyle.QUIET, stream).fail("no issue", "give one")
    _console(ConsoleStyle.ACTIONS, stream).fail("no issue", "give one")

    assert stream.getvalue() == (
        "error: no issue\ngive one\n::error title=Orchestrator::no issue%0Agive one\n"
    )


@pytest.mark.parametrize("style", [ConsoleStyle.PLAIN, ConsoleStyle.ACTIONS])
def test_fail__is_not_said_twice(style: ConsoleStyle) -> None:
    """What the last line of a run says is said once; YAML to paste comes after it, in its lines."""
    stream = io.StringIO()
    console = _console(style, stream)
    said = []
    for hint in ("Set a key.", "Paste:\n\nlimits: {}"):
        ended = Outcome(conclusion=Conclusion.BLOCKED, summary="There is no key.", hint=hint)
        entry = ev.Entry(seq=1, at="", elapsed_s=1, event=ev.RunEnded(outcome=ended))
        console.hear(entry, RunRecord())
        before = len(stream.getvalue())
        console.fail("There is no key.", hint)
        said.append(stream.getvalue()[before:])

    assert said[0] == ""
    assert "There is no key." in said[1]
    assert "limits: {}" in said[1]


def test_last_line__tells_what_earlier_runs_spent() -> None:
    """Whoever runs a finished issue again sees that it was not paid for twice."""
    ended = ev.RunEnded(outcome=Outcome(conclusion=Conclusion.SUCCESS, summary="Done."))
    (paid,) = (event for event in _STORY if isinstance(event, ev.ModelReplied))

    shown = _shown(ConsoleStyle.PLAIN, (run_started(), paid, run_started(run_id="r2"), ended))

    assert "spent $0.5000 and 1,234 tokens, $0.5000 of that by earlier runs" in shown


def test_last_line__keeps_two_sentences_apart() -> None:
    """A sentence without a stop is ended before the advice begins."""
    ended = Outcome(conclusion=Conclusion.BLOCKED, summary="not YAML", hint="Correct it.")

    shown = _shown(ConsoleStyle.PLAIN, (run_started(), ev.RunEnded(outcome=ended)))

    assert "blocked: not YAML. Correct it." in shown


@pytest.mark.parametrize(
    ("style", "open_one"),
    [(ConsoleStyle.PLAIN, os.pipe), *((style, os.openpty) for style in ConsoleStyle)],
)
def test_console__reader_left(style: ConsoleStyle, open_one: Callable[[], tuple[int, int]]) -> None:
    """When the reader of a pipe leaves or the terminal is closed, the run goes on in silence."""
    reader, writer = open_one()
    stream = io.TextIOWrapper(io.FileIO(writer, "w", closefd=False), write_through=True)
    console = Console(stream, style=style, redactor=Redactor())
    os.close(reader)

    _tell(console, _STORY)
    console.say("one")
    console.show_foreign("two", "three")
    console.fail("four", "five")
    console.close()

    with pytest.raises(OSError, match=r"Broken pipe|Input/output"):
        os.write(writer, b"heard")
    os.close(writer)


def test_console__poor_encoding() -> None:
    """A stream that cannot spell a character gets a question mark, not an error."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    Console(stream, style=ConsoleStyle.PLAIN, redactor=Redactor()).say("é")

    assert raw.getvalue() == b"?\n"


@pytest.mark.parametrize(
    ("is_terminal", "in_actions", "quiet", "style"),
    [
        (True, False, False, ConsoleStyle.LIVE),
        (False, False, False, ConsoleStyle.PLAIN),
        (True, True, False, ConsoleStyle.ACTIONS),
        (True, True, True, ConsoleStyle.QUIET),
    ],
)
def test_choose_style__order(
    *, is_terminal: bool, in_actions: bool, quiet: bool, style: ConsoleStyle
) -> None:
    """Quiet wins, then the runner, then a terminal."""
    assert choose_style(is_terminal=is_terminal, in_actions=in_actions, quiet=quiet) is style
