"""One whole run over a real repository, every number of it added up by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.change import Change, FileChange, FileStatus
from orchestrator.domain.check import CheckKind, CheckReport
from orchestrator.domain.coverage import Coverage, FileCoverage
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, Outcome
from orchestrator.domain.review import (
    Finding,
    FixEnding,
    FixRound,
    Lens,
    ReviewPass,
    Severity,
    Standing,
    Verdict,
)
from orchestrator.metrics.outputs import outputs
from orchestrator.metrics.run_metrics import RunMetrics, run_metrics
from orchestrator.stages.measuring import measures_of
from tests.builders_events import run_started
from tests.unit.metrics.golden import ONE_BRANCH, TWO_BRANCHES, Golden, golden
from tests.unit.metrics.story import checks, gated, record, replied, task_started

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.record import RunRecord

_BEFORE: dict[str, str | bytes] = {
    "a.py": ONE_BRANCH,
    "old.py": "def idle():\n    return 1\n",
    "uv.lock": "1\n",
    "logo.png": b"\0\1",
}
_AFTER: dict[str, str | bytes | None] = {
    "a.py": TWO_BRANCHES,
    "old.py": None,
    "uv.lock": "1\n2\n3\n",
    "logo.png": b"\0\2",
    "api_pb2.py": "A = 1\n",
    "tests/test_a.py": "def test_shout():\n    assert 1\n",
}


def _beside(kind: CheckKind, seconds: float, coverage: Coverage | None = None) -> CheckReport:
    """Return another command's green report."""
    update = {"kind": kind, "command": kind.value, "duration_s": seconds, "cases": None}
    report = checks("base").reports[0].model_copy(update={**update, "tests_run": None})
    return report.model_copy(update={"coverage": coverage})


def _ended(task_id: int, attempt: int, lines: int, *, is_done: bool = True) -> ev.TaskEnded:
    """End an attempt whose change has that many lines."""
    file = FileChange(path="a.py", status=FileStatus.MODIFIED, added_lines=lines, removed_lines=0)
    status = ev.TaskStatus.DONE if is_done else ev.TaskStatus.FAILED
    return ev.TaskEnded(
        task_id=task_id,
        attempt=attempt,
        status=status,
        summary="",
        change=Change(base="b", head="c", tree="t", files=(file,)),
    )


def _reviewed(number: int, tree: str, *standings: Standing) -> ev.ReviewPassEnded:
    """Review with one blocking finding per standing."""
    found = [
        Finding(
            severity=Severity.BLOCKING,
            path="a.py",
            line=3,
            quote="",
            claim=standing,
            evidence="",
            suggestion="",
            standing=standing,
        )
        for standing in standings
    ]
    return ev.ReviewPassEnded(
        review=ReviewPass(
            lens=Lens.SECURITY,
            round=number,
            tree=tree,
            verdict=Verdict.CHANGES if found else Verdict.APPROVE,
            findings=tuple(one for one in found if one.standing is not Standing.REFUTED),
            refuted=tuple(one for one in found if one.standing is Standing.REFUTED),
            dropped=(),
        )
    )


def _play(one: Golden) -> RunRecord:
    """Tell of two agents, a failed attempt, a pull request, and a fix; ten seconds each event."""
    head = one.change.head
    base_run, head_run = (
        checks("base", a="passed", b="failed"),
        checks("head", a="failed", n="passed"),
    )
    files = (FileCoverage(path="a.py", covered="1-3,5", missed="4,6"),)
    covered = Coverage(covered_lines=5, coverable_lines=7, files=files)
    on_base = Coverage(covered_lines=3, coverable_lines=4)
    coverage = _beside(CheckKind.COVERAGE, 2.0, covered).model_copy(update={"commit": head})
    fix = FixRound(lens=Lens.SECURITY, round=1, before="t1", after="t2", ending=FixEnding.KEPT)
    return record(
        run_started(triggered_at="2025-12-31T23:59:30Z"),
        ev.ChecksRun(
            where="base",
            reports=(
                _beside(CheckKind.SETUP, 1.0),
                *base_run.reports,
                _beside(CheckKind.COVERAGE, 1.5, on_base),
            ),
        ),
        ev.StageStarted(stage="implementation"),
        task_started(1, attempt=1),
        replied("python-pro", task_id=1, usd="0.10"),
        _ended(1, 1, 4, is_done=False),
        task_started(1, attempt=2),
        replied("python-pro", task_id=1, usd="0.20"),
        ev.ToolAnswered(
            conversation="c",
            agent="python-pro",
            task_id=1,
            tool="Edit",
            subject="a.py",
            is_error=False,
            duration_s=0.5,
        ),
        _ended(1, 2, 5),
        task_started(2, attempt=1),
        replied("test-automator", task_id=2, usd="0.05"),
        _ended(2, 1, 2),
        ev.HeadMoved(commit=head, change=one.change.model_copy(update={"diff": ""})),
        ev.PullRequestPublished(
            number=5,
            url="u",
            operation="created",
            is_draft=True,
            created_at="2026-01-01T00:02:28Z",
        ),
        head_run,
        _reviewed(1, "t1", Standing.VERIFIED, Standing.REFUTED),
        task_started(1001, attempt=1),
        replied("python-pro", task_id=1001, usd="0.15"),
        _ended(1001, 1, 3),
        ev.FixRoundEnded(fix=fix),
        _reviewed(2, "t2"),
        ev.ChecksRun(where="head", reports=(*checks("head", a="passed").reports, coverage)),
        ev.ChangeMeasured(measures=measures_of(one.git, one.change)),
        gated(GateVerdict.PASSED, head),
        ev.StageEnded(stage="implementation", succeeded=True, summary=""),
        ev.RunEnded(outcome=Outcome(conclusion=Conclusion.SUCCESS, summary="done")),
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> RunMetrics:
    """Measure the run, once for all tests here."""
    return run_metrics(_play(golden(tmp_path_factory.mktemp("golden"), _BEFORE, _AFTER)))


def test_golden_run__time(found: RunMetrics) -> None:
    """The request is event 15: 150 s, of which three replies took 1.25 s each.

    Before it, base took 1 s of setup, 2.5 s of tests and 1.5 s of coverage; a tool took 0.5 s.
    That leaves 150 - 3.75 - 4 - 1 - 0.5. The event was 30 s older than the run's beginning.
    """
    assert (found.duration_s, found.time_to_pr_s) == (270.0, 150.0)
    # by the forge's clock: asked 30 s before midnight, opened 148 s after it
    assert found.asked_to_pr_s == 178.0
    assert found.to_pr is not None
    assert found.to_pr.model_dump() == {
        "queue_s": 30.0,
        "setup_s": 1.0,
        "model_s": 3.75,
        "tools_s": 0.5,
        "tests_s": 4.0,
        "rest_s": 140.75,
    }
    # the fix's reply, and 2 test runs and a coverage run on the head come on top
    assert (found.time.model_s, found.time.tests_s) == (5.0, 4.0 + 2.5 + 2.5 + 2.0)


def test_golden_run__size(found: RunMetrics) -> None:
    """a.py +2, old.py -2, the lock file +2, generated code +1, the test +2, the picture 0."""
    assert found.size is not None
    assert found.size.model_dump() == {
        "files": 6,
        "added_lines": 7,
        "removed_lines": 2,
        "lock_files": 1,
        "lock_lines": 2,
        "generated_files": 1,
        "generated_lines": 1,
        "test_lines": 2,
        "reading_lines": 6,
    }


def test_golden_run__complexity(found: RunMetrics) -> None:
    """`shout` grows from 2 to 3, `test_shout` is new with 1, `idle` is gone."""
    assert found.complexity is not None
    assert found.complexity.model_dump() == {
        "functions": 1,
        "delta": 1,
        "largest_growth": 1,
        "highest": 3,
        "new_functions": 1,
        "new_total": 1,
        "removed_functions": 1,
    }


def test_golden_run__tests_and_coverage(found: RunMetrics) -> None:
    """On the first head a fails that passed; b failed before; n is new and passes.

    3 of 4 lines became 5 of 7; of the new lines 3 and 4 of a.py, one ran.
    """
    assert found.first_run is not None
    assert found.first_run.model_dump() == {"tests": 2, "failures": 1, "new_failures": 0}
    assert found.coverage is not None
    assert found.coverage.model_dump() == {
        "counted": "lines",
        "base": 75.0,
        "head": 71.43,
        "delta": -3.57,
    }
    assert found.patch_coverage is not None
    assert found.patch_coverage.model_dump() == {"covered": 1, "coverable": 2, "percent": 50.0}


def test_golden_run__work(found: RunMetrics) -> None:
    """4 + 5 + 2 + 3 lines written for a change of 9: (14 - 9) / 9; one of two findings held."""
    assert (found.rework.attempts, found.rework.lines_written) == (4, 14)
    assert (found.rework.index, found.rework.fix_rounds) == (0.556, 1)
    assert found.review is not None
    assert found.review.model_dump() == {
        "raised": 2,
        "dropped": 0,
        "refuted": 1,
        "verified": 1,
        "fixed": 1,
        "precision": 50.0,
    }
    assert found.interventions == ()


def test_golden_run__spend(found: RunMetrics) -> None:
    """Three replies of one agent, one of the other; each 100 tokens in, 60 cached, 10 out."""
    spent = [(one.name, one.usage.total_tokens, one.usd, one.cache_hit) for one in found.by_agent]

    assert spent == [
        ("python-pro", 330, Decimal("0.45"), 60.0),
        ("test-automator", 110, Decimal("0.05"), 60.0),
    ]
    assert [(one.name, str(one.usd)) for one in found.by_task] == [
        ("1", "0.30"),
        ("2", "0.05"),
        ("1001", "0.15"),
    ]
    assert (found.usd, found.cache_hit) == (Decimal("0.50"), 60.0)


def test_golden_run__outputs_say_the_same(tmp_path: Path) -> None:
    """A later step reads the very numbers of the file; without rules and mutants it reads none."""
    said = outputs(_play(golden(tmp_path, _BEFORE, _AFTER)))

    assert {
        name: said[name]
        for name in (
            *("time-to-pr-seconds", "queue-seconds", "coverage-delta", "patch-coverage"),
            *("complexity-delta", "test-failures-first-run", "rework-index", "review-precision"),
            *("changed-lines", "cache-hit-percent", "pattern-compliance", "mutation-score"),
        )
    } == {
        "time-to-pr-seconds": "150",
        "queue-seconds": "30",
        "coverage-delta": "-3.57",
        "patch-coverage": "50",
        "complexity-delta": "1",
        "test-failures-first-run": "1",
        "rework-index": "0.556",
        "review-precision": "50",
        "changed-lines": "6",
        "cache-hit-percent": "60",
        "pattern-compliance": "",
        "mutation-score": "",
    }
