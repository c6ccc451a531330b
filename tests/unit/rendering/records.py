"""Records of invented runs, built the way real ones are: event by event."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain import event as ev
from orchestrator.domain.change import Change, FileChange, FileStatus
from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind, CheckReport, TestCase
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.record import RunRecord, fold
from orchestrator.domain.requirements import Question
from orchestrator.domain.review import Finding, Lens, ReviewPass, Severity, Verdict
from orchestrator.domain.usage import Usage
from orchestrator.domain.work import (
    BaseExpectation,
    ChangedFile,
    CommandEvidence,
    ExitStatus,
    HonestExit,
    NewTest,
    TestsReport,
    WorkReport,
)
from tests.unit.rendering import samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BASE = "b" * 40
HEAD = "a1b2c3d" + "0" * 33
TREE = "e" * 40

STARTED = ev.RunStarted(
    run_id="run-7",
    version="0.1.0",
    issue_number=47,
    issue_title=samples.ISSUE.title,
    issue_url="https://forge.example/octo/site/issues/47",
    actor="mona",
    trigger="issues.labeled",
    repository="octo/site",
    base_branch="main",
    base_commit=BASE,
    branch="orchestrator/issue-47",
    stages=("analysis", "implementation", "testing", "review"),
    config_digest="c0ffee" * 5,
    run_url="https://forge.example/octo/site/actions/runs/7",
)


def record_of(events: Iterable[ev.Event], *, seconds: float = 7.0) -> RunRecord:
    """Return what a journal of these events adds up to, one event every `seconds`."""
    return fold(
        ev.Entry(seq=number, at="2026-01-02T03:04:05Z", elapsed_s=number * seconds, event=event)
        for number, event in enumerate(events, start=1)
    )


def change(*paths: str) -> Change:
    """Return a change that adds twelve lines to each path."""
    return Change(
        base=BASE,
        head=HEAD,
        tree=TREE,
        files=tuple(
            FileChange(path=path, status=FileStatus.ADDED, added_lines=12, removed_lines=0)
            for path in paths
        ),
    )


def task(
    number: int, agent: str, *, status: ev.TaskStatus = ev.TaskStatus.DONE, **ended: object
) -> tuple[ev.Event, ev.Event]:
    """Return the start and the end of a planned task."""
    planned = samples.PLAN.task(number)
    return (
        ev.TaskStarted(
            task_id=number, title=planned.title, agent=agent, stage=planned.stage, attempt=1
        ),
        ev.TaskEnded.model_validate(
            {"task_id": number, "attempt": 1, "status": status, "summary": "Done.", **ended}
        ),
    )


def replied(agent: str, stage: str, usd: str, *, task_id: int | None = None) -> ev.ModelReplied:
    """Return one reply of 1,000 tokens in, 3,000 from cache and 200 out."""
    return ev.ModelReplied(
        conversation=agent,
        agent=agent,
        stage=stage,
        task_id=task_id,
        model="claude-opus-5-5",
        effort="medium",
        prompt_digest="d1",
        stop_reason="tool_use",
        usage=Usage(input_tokens=1000, cache_read_tokens=3000, output_tokens=200),
        usd=Decimal(usd),
        attempts=1,
        request_id=None,
        duration_s=2.0,
    )


def checks(where: str, cases: Sequence[tuple[str, CaseResult]], *, code: int = 0) -> ev.ChecksRun:
    """Return one run of the test command and a quiet linter."""
    commit = BASE if where == "base" else HEAD
    return ev.ChecksRun.model_validate(
        {
            "where": where,
            "reports": (
                CheckReport(
                    kind=CheckKind.TEST,
                    command="npm test",
                    commit=commit,
                    ending=CheckEnding.FINISHED,
                    exit_code=code,
                    duration_s=0.8,
                    output_tail="",
                    cases=tuple(TestCase(id=name, result=result) for name, result in cases),
                ),
                CheckReport(
                    kind=CheckKind.LINT,
                    command="npm run lint",
                    commit=commit,
                    ending=CheckEnding.FINISHED,
                    exit_code=0,
                    duration_s=0.3,
                    output_tail="",
                    warnings=(),
                ),
            ),
        }
    )


def gates(**verdicts: GateVerdict) -> ev.GatesEvaluated:
    """Return one result per named gate on the head."""
    return ev.GatesEvaluated(
        results=tuple(
            GateResult(
                gate=name, verdict=verdict, reason=f"The verdict is {verdict.value!r}.", commit=HEAD
            )
            for name, verdict in verdicts.items()
        )
    )


def ended(conclusion: Conclusion, failure: FailureClass | None = None) -> ev.RunEnded:
    """Return a run's last word."""
    return ev.RunEnded(
        outcome=Outcome(
            conclusion=conclusion,
            summary=f"The run ended as {conclusion}.",
            failure_class=failure,
            hint="Look at the run log.",
            exit_code=conclusion.exit_code,
        )
    )


FINDING = Finding(
    severity=Severity.ADVISORY,
    path="assets/js/theme.js",
    line=4,
    quote="document.documentElement.dataset.theme = name;",
    claim="A theme name from storage is written without a check.",
    evidence="storedTheme() returns any string that localStorage holds.",
    suggestion="Accept `light` and `dark` only.",
)

PASSES = tuple(
    ReviewPass(
        lens=lens,
        round=1,
        tree=TREE,
        verdict=Verdict.APPROVE,
        findings=(FINDING,) if lens is Lens.SECURITY else (),
        dropped=(),
        checked=("assets/js/theme.js, read with its callers",),
        not_checked=("behaviour in old browsers",) if lens is Lens.STYLE else (),
    )
    for lens in (Lens.SECURITY, Lens.PERFORMANCE, Lens.ARCHITECTURE, Lens.STYLE)
)

WORK = WorkReport(
    summary="The masthead shows the button; theme.js applies the theme.",
    root_cause="",
    changes=(ChangedFile(path="assets/js/theme.js", purpose="apply the theme"),),
    evidence=(CommandEvidence(command="npm test", exit_code=0, shows="4 passed"),),
    untested=("How the toggle looks in print.",),
    followups=("_sass/skins/_dark.scss has an unused variable.",),
)

TESTS = TestsReport(
    summary="Three tests.",
    tests=tuple(
        NewTest(
            id=f"theme {name}",
            path="tests/theme.test.js",
            intent=f"The theme is {name}.",
            quotes_issue="the choice is kept",
            expects_on_base=BaseExpectation.FAIL,
            expected_failure="theme.js is missing",
        )
        for name in ("toggled", "kept", "followed")
    ),
    cannot_test=("The colours themselves.",),
    commands=("npm test",),
)

QUESTION = Question(
    text="Should the choice follow the reader to other devices?",
    default="No, it stays in the browser.",
    changes_if_other="The choice needs an account and a server.",
)

ASKED = ev.QuestionsAsked(
    asked_by="search-specialist",
    why="",
    questions=(QUESTION,),
    text_digest="",
    phrase="/orchestrate",
)

OLD = (("site starts", CaseResult.PASSED), ("site stops", CaseResult.PASSED))
NEW = (*OLD, *((item.id, CaseResult.PASSED) for item in TESTS.tests))

BEGINNING: tuple[ev.Event, ...] = (
    STARTED,
    ev.StageStarted(stage="analysis"),
    replied("search-specialist", "analysis", "0.0421"),
    ev.RequirementsWritten(requirements=samples.REQUIREMENTS),
    replied("orchestrator", "analysis", "0.31"),
    ev.PlanAccepted(plan=samples.PLAN),
    checks("base", OLD),
    *task(1, "search-specialist"),
    ev.StageEnded(stage="analysis", succeeded=True, summary="3 requirements, 5 tasks"),
    ev.StageStarted(stage="implementation"),
)

MIDDLE: tuple[ev.Event, ...] = (
    replied("frontend-developer", "implementation", "0.62", task_id=2),
    *task(2, "frontend-developer", work=WORK, change=change("assets/js/theme.js")),
    replied("javascript-pro", "implementation", "0.44", task_id=3),
    *task(3, "javascript-pro", change=change("assets/js/storage.js")),
    ev.HeadMoved(commit=HEAD, change=change("assets/js/theme.js", "assets/js/storage.js")),
    ev.BranchPushed(branch="orchestrator/issue-47", commit=HEAD),
    ev.PullRequestPublished(
        number=48,
        url="https://forge.example/octo/site/pull/48",
        operation="created",
        is_draft=True,
    ),
    ev.StageEnded(stage="implementation", succeeded=True, summary="2 tasks done"),
)

END: tuple[ev.Event, ...] = (
    ev.StageStarted(stage="testing"),
    *task(4, "test-automator", tests=TESTS, change=change("tests/theme.test.js")),
    checks("head", NEW),
    ev.StageEnded(stage="testing", succeeded=True, summary="3 new tests"),
    ev.StageStarted(stage="review"),
    *(ev.ReviewPassEnded(review=one) for one in PASSES),
    ev.StageEnded(stage="review", succeeded=True, summary="approved"),
)

GREEN = gates(
    all_tests_passing=GateVerdict.PASSED,
    no_linter_warnings=GateVerdict.PASSED,
    approved_review=GateVerdict.PASSED,
    no_merge_conflicts=GateVerdict.PASSED,
)

LOOKED_UP = ev.MentionsResolved(
    commit=HEAD, known=("_sass/skins/_dark.scss", "tests/theme.test.js")
)

SUCCESS = (*BEGINNING, *MIDDLE, *END, LOOKED_UP, GREEN, ended(Conclusion.SUCCESS))

BLOCKING = FINDING.model_copy(
    update={"severity": Severity.BLOCKING, "claim": "Any word becomes a theme."}
)

TROUBLE: tuple[ev.Event, ...] = (
    LOOKED_UP,
    ev.TaskStarted(
        task_id=6,
        title="Mend what the security review found",
        agent="javascript-pro",
        stage="review",
        attempt=2,
    ),
    ev.TaskEnded(
        task_id=6,
        attempt=2,
        status=ev.TaskStatus.STOPPED,
        summary="The test demands any word.",
        exit=HonestExit(
            status=ExitStatus.SPEC_CONFLICT,
            reason="tests/theme.test.js wants any word to be kept, the finding forbids it.",
            evidence=("tests/theme.test.js:12: expect(stored).toBe('blue')",),
            questions=(QUESTION,),
        ),
        violations=("README.md is not among the task's files.",),
    ),
    ev.ReviewPassEnded(
        review=PASSES[0].model_copy(
            update={
                "round": 2,
                "verdict": Verdict.CHANGES,
                "findings": (FINDING, BLOCKING),
                "dropped": ("a.js:3: the quoted line is not one that this change adds.",),
            }
        )
    ),
    checks("head", (*NEW[:-1], (NEW[-1][0], CaseResult.FAILED)), code=1),
    ev.AttemptRefused(
        agent="javascript-pro", task_id=6, what="Edit tests/a.js", why="Tests are not yours."
    ),
    ev.Noted.model_validate(
        {"level": "notice", "text": "The forge has no drafts.", "hint": "Nothing to do."}
    ),
    ev.PlanRefused(attempt=1, problems=("Task 2: `files` is empty.",)),
)
