"""A small run, event by event, with numbers that can be added up by hand."""

from __future__ import annotations

from decimal import Decimal

from orchestrator.domain import event as ev
from orchestrator.domain.change import Change, FileChange, FileStatus
from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind, CheckReport, TestCase
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import Conclusion, Outcome
from orchestrator.domain.plan import Complexity, Plan, StageName, Task
from orchestrator.domain.record import RunRecord, fold
from orchestrator.domain.review import Finding, Lens, ReviewPass, Severity, Verdict
from orchestrator.domain.usage import Usage
from tests.builders_events import run_started

HEAD = "a" * 40


def record(*events: ev.Event) -> RunRecord:
    """Fold events that happen ten seconds apart."""
    return fold(
        ev.Entry(seq=seq, at="2026-01-01T00:00:00.000Z", elapsed_s=10.0 * seq, event=event)
        for seq, event in enumerate(events, start=1)
    )


def replied(agent: str, *, task_id: int | None, usd: str, model: str = "m1") -> ev.ModelReplied:
    """Spend 100 tokens in, of which 60 from and 20 to the cache, and 10 out."""
    return ev.ModelReplied(
        conversation="c",
        agent=agent,
        stage="implementation",
        task_id=task_id,
        model=model,
        effort=None,
        prompt_digest="",
        stop_reason="end_turn",
        usage=Usage(
            input_tokens=20,
            cache_read_tokens=60,
            cache_write_5m_tokens=15,
            cache_write_1h_tokens=5,
            output_tokens=10,
        ),
        usd=Decimal(usd),
        attempts=1,
        request_id=None,
        duration_s=1.25,
    )


def checks(where: str, **cases: str) -> ev.ChecksRun:
    """Run the tests on base or head."""
    report = CheckReport(
        kind=CheckKind.TEST,
        command="npm test",
        commit=HEAD,
        ending=CheckEnding.FINISHED,
        exit_code=0,
        duration_s=2.5,
        output_tail="",
        cases=tuple(TestCase(id=name, result=CaseResult(word)) for name, word in cases.items()),
        tests_run=len(cases),
    )
    return ev.ChecksRun.model_validate({"where": where, "reports": (report,)})


def reviewed(lens: Lens, round_number: int, *severities: Severity) -> ev.ReviewPassEnded:
    """Review with one finding per severity and one dropped."""
    findings = tuple(
        Finding(severity=severity, path="a", line=1, quote="", claim="", evidence="", suggestion="")
        for severity in severities
    )
    return ev.ReviewPassEnded(
        review=ReviewPass(
            lens=lens,
            round=round_number,
            tree="t",
            verdict=Verdict.APPROVE,
            findings=findings,
            dropped=("quote not in the diff",),
        )
    )


def gated(verdict: GateVerdict, commit: str = HEAD) -> ev.GatesEvaluated:
    """Ask one gate."""
    found = GateResult(gate="no_secrets", verdict=verdict, reason="r", commit=commit)
    return ev.GatesEvaluated(results=(found,))


def head_moved() -> ev.HeadMoved:
    """Change one file by five lines."""
    file = FileChange(path="a.js", status=FileStatus.MODIFIED, added_lines=3, removed_lines=2)
    change = Change(base="b" * 40, head=HEAD, tree="t", files=(file,))
    return ev.HeadMoved(commit=HEAD, change=change)


def task_started(number: int, *, attempt: int) -> ev.TaskStarted:
    """Begin an attempt at a task."""
    return ev.TaskStarted(
        task_id=number,
        title="t",
        agent="javascript-pro",
        stage="implementation",
        attempt=attempt,
    )


def whole() -> RunRecord:
    """Tell the whole story: 24 events, 240 seconds."""
    task = Task(
        id=1,
        title="t",
        description="d",
        agent="javascript-pro",
        dependencies=(),
        stage=StageName.IMPLEMENTATION,
        files=("a.js",),
        acceptance=("x",),
    )
    plan = Plan(
        issue_id=47,
        complexity=Complexity.SIMPLE,
        summary="",
        tasks=(task, task.model_copy(update={"id": 2})),
        assumptions=(),
        decisions=(),
        out_of_scope=(),
    )
    return record(
        run_started(),
        checks("base", a="passed", b="failed"),
        ev.PlanRefused(attempt=1, problems=("p",)),
        ev.PlanAccepted(plan=plan),
        ev.StageStarted(stage="implementation"),
        task_started(1, attempt=2),
        replied("javascript-pro", task_id=1, usd="0.10"),
        replied("javascript-pro", task_id=1, usd="0.20", model="m2"),
        replied("orchestrator", task_id=None, usd="0.03"),
        ev.ToolAnswered(
            conversation="c",
            agent="javascript-pro",
            task_id=1,
            tool="Edit",
            subject="a.js",
            is_error=False,
            duration_s=0.5,
        ),
        ev.TaskEnded(task_id=1, attempt=2, status=ev.TaskStatus.DONE, summary=""),
        task_started(1001, attempt=1),
        ev.TaskEnded(task_id=1001, attempt=1, status=ev.TaskStatus.DONE, summary=""),
        head_moved(),
        checks("head", a="failed", b="failed", c="passed"),
        checks("head", a="passed", b="failed", c="passed"),
        reviewed(Lens.SECURITY, 1, Severity.BLOCKING),
        reviewed(Lens.SECURITY, 2, Severity.ADVISORY),
        ev.StageEnded(stage="implementation", succeeded=True, summary=""),
        gated(GateVerdict.PASSED),
        ev.BranchPushed(branch="orchestrator/issue-47", commit=HEAD),
        ev.PullRequestPublished(number=5, url="http://f/5", operation="created", is_draft=True),
        ev.PullRequestPublished(number=5, url="http://f/5", operation="updated", is_draft=False),
        ev.RunEnded(outcome=Outcome(conclusion=Conclusion.SUCCESS, summary="done")),
    )
