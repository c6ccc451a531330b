"""The rules on tests, lint, review, merge and size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain.change import FileChange, FileStatus
from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.review import Finding, Lens, ReviewPass, Severity, Verdict
from orchestrator.gates.lint_rule import NoLinterWarnings
from orchestrator.gates.measured_rules import CoverageNotLower
from orchestrator.gates.merge_rules import NoMergeConflicts, SizeWithinLimits
from orchestrator.gates.review_rule import WHOLE_CHANGE, ApprovedReview
from orchestrator.gates.tests_rule import AllTestsPassing
from tests.unit.gates.evidence import BASE, change, evidence, report, review

FAILED, PASSED, NONE = GateVerdict.FAILED, GateVerdict.PASSED, GateVerdict.NO_EVIDENCE
_GOOD = {"a": "passed", "b": "passed"}
_ONE_BAD = {"a": "failed", "b": "passed"}
_BAD = {"a": "failed", "b": "failed"}

_UNLOADED = {"test/a.test.js": "failed"}


def _on_base(cases: dict[str, str] | None = None, exit_code: int = 0) -> CheckReport:
    return report(commit=BASE, cases=cases, exit_code=exit_code)


@pytest.mark.parametrize(
    ("base", "head", "verdict", "words"),
    [
        ((_on_base(_GOOD),), (report(cases=_GOOD),), PASSED, "2 tests ran"),
        ((_on_base(_GOOD),), (report(cases=_ONE_BAD, exit_code=1),), FAILED, "new failures: a"),
        ((_on_base(_GOOD),), (report(cases=_ONE_BAD, exit_code=0),), FAILED, "new failures: a"),
        ((), (report(cases=_ONE_BAD, exit_code=1),), FAILED, "new failures: a"),
        (
            (_on_base(_ONE_BAD, 1),),
            (report(cases=_ONE_BAD, exit_code=1),),
            PASSED,
            "1 failed before: a",
        ),
        (
            (_on_base(_ONE_BAD, 1),),
            (report(cases=_BAD, exit_code=1),),
            FAILED,
            "new failures: b",
        ),
        (
            (_on_base(_GOOD), _on_base(_ONE_BAD, 1)),
            (report(cases=_ONE_BAD, exit_code=1),),
            PASSED,
            "1 flaky on the base commit: a (failed in 1/2 runs)",
        ),
        (
            (_on_base(_GOOD), _on_base(_GOOD)),
            (report(cases=_ONE_BAD, exit_code=1), report(cases=_GOOD)),
            FAILED,
            "a (a in 1/2 runs)",
        ),
        ((_on_base(_GOOD),), (report(tests_run=0),), NONE, "ran no tests"),
        (
            (_on_base(_GOOD),),
            (report(exit_code=1, cases=_UNLOADED, tests_run=0),),
            FAILED,
            "has new failures: test/a.test.js",
        ),
        (
            (_on_base(_UNLOADED, 1),),
            (report(exit_code=1, cases=_UNLOADED, tests_run=0),),
            NONE,
            "ran no tests",
        ),
        ((_on_base(_GOOD),), (report(output=" \n"),), NONE, "showed nothing"),
        ((_on_base(),), (report(),), NONE, "tells whether a test ran: let the test runner print"),
        (
            (_on_base(),),
            (report(cases=_GOOD), report()),
            NONE,
            "tells whether a test ran",
        ),
        (
            (_on_base().model_copy(update={"read_from": "output"}),),
            (report().model_copy(update={"read_from": "output"}),),
            PASSED,
            "the test runner gives no number of tests, no new failure",
        ),
        ((_on_base(_GOOD),), (report(),), NONE, "without a word about any"),
        ((_on_base(),), (report(exit_code=2),), FAILED, "passes on the base commit"),
        ((), (report(exit_code=2),), FAILED, "was not run on the base commit"),
        ((_on_base(_GOOD),), (report(cases=_GOOD, output=""),), PASSED, "2 tests ran"),
        ((_on_base(_BAD, 1),), (report(cases=_BAD, exit_code=1),), PASSED, "2 failed before: a, b"),
        ((_on_base(_GOOD, 2),), (report(cases=_GOOD, exit_code=2),), NONE, "fails on the base"),
        (
            (_on_base(_ONE_BAD, 1),),
            (report(cases=_ONE_BAD, exit_code=1), report(exit_code=1)),
            NONE,
            "nobody can tell what is new",
        ),
        ((_on_base(None, 2),), (report(exit_code=2),), NONE, "nobody can tell what is new"),
        (
            (_on_base(_GOOD),),
            (report(ending=CheckEnding.TIMED_OUT, exit_code=None),),
            FAILED,
            "met a limit (timed_out)",
        ),
        (
            (report(commit=BASE, ending=CheckEnding.TIMED_OUT, exit_code=None),),
            (report(ending=CheckEnding.TIMED_OUT, exit_code=None),),
            NONE,
            "on the base commit as well",
        ),
        (
            (),
            (report(ending=CheckEnding.NOT_STARTED, exit_code=127, output="x\nno npm"),),
            NONE,
            "could not be started: no npm",
        ),
        (
            (),
            (report(ending=CheckEnding.NOT_STARTED, exit_code=127, output=""),),
            NONE,
            "exit code 127",
        ),
        ((), (report(command="npm test || true", cases=_GOOD),), NONE, "proves nothing"),
        ((), (report(commit=BASE, cases=_GOOD),), NONE, "No test command was run on commit"),
        (
            (),
            (report(cases=_GOOD), report(command="make check", exit_code=1)),
            FAILED,
            "'make check' ends with exit code 1",
        ),
    ],
)
def test_all_tests_passing__table(
    base: tuple[CheckReport, ...],
    head: tuple[CheckReport, ...],
    verdict: GateVerdict,
    words: str,
) -> None:
    """Only new failures block, and nothing unknown is a pass."""
    found = AllTestsPassing().judge(evidence(base=base, head=head))

    assert (found.verdict, words in found.reason) == (verdict, True), found.reason


def test_all_tests_passing__silence_is_believed_only_where_people_said_so() -> None:
    """An exit code alone is evidence by the configuration's word, and the reason says so."""
    silent = evidence(base=(_on_base(),), head=(report(),), believes_exit_code=True)
    red = evidence(base=(_on_base(),), head=(report(exit_code=1),), believes_exit_code=True)

    found = AllTestsPassing().judge(silent)

    assert found.verdict is PASSED
    assert "exit code 0, which is all that is known (`constraints.bel" in found.reason
    assert AllTestsPassing().judge(red).verdict is FAILED


def test_all_tests_passing__asks_what_could_be_installed() -> None:
    """What tests say of the old dependencies is no evidence on new ones."""
    for exit_code, verdict in ((0, PASSED), (1, NONE)):
        setup = report(CheckKind.SETUP, command="npm ci", exit_code=exit_code)
        head = (setup, report(cases=_GOOD))
        found = AllTestsPassing().judge(evidence(base=(_on_base(_GOOD),), head=head))

        assert (found.verdict, "cannot install" in found.reason) == (verdict, verdict is NONE)


@pytest.mark.parametrize(
    ("doubt", "verdict"), [("4 cases came twice.", PASSED), ("The summary came first.", NONE)]
)
def test_all_tests_passing__believes_what_was_odd_before(doubt: str, verdict: GateVerdict) -> None:
    """The same oddity with another number is the runner's own way; another one is a trick."""
    base = _on_base(_GOOD).model_copy(update={"doubts": ("3 cases came twice.",)})
    head = report(cases=_GOOD).model_copy(update={"doubts": (doubt,)})

    found = AllTestsPassing().judge(evidence(base=(base,), head=(head,)))

    assert (found.verdict, doubt in found.reason) == (verdict, verdict is NONE)


def _lint(commit: str = "", **more: object) -> CheckReport:
    made = report(CheckKind.LINT, command="ruff check .")
    return made.model_copy(update={**({"commit": commit} if commit else {}), **more})


_OLD_LINT = _lint(BASE, warnings=("a: x",), exit_code=1)
_MILD_LINT = _lint(BASE, warnings=("a: x",))


@pytest.mark.parametrize(
    ("base", "head", "verdict", "words"),
    [
        ((_OLD_LINT,), (_lint(warnings=("a: x",), exit_code=1),), PASSED, "1 from before"),
        ((_MILD_LINT,), (_lint(warnings=("a: x",)),), PASSED, "1 from before"),
        ((_MILD_LINT,), (_lint(warnings=("a: x",), exit_code=1),), FAILED, "passes on the base"),
        ((_OLD_LINT,), (_lint(warnings=("a: x", "a: x")),), FAILED, "new warnings: a: x"),
        ((), (_lint(warnings=("a: x",)),), FAILED, "new warnings"),
        ((), (_lint(warnings=()),), PASSED, "no new warning"),
        ((), (_lint(warnings=(), exit_code=2),), FAILED, "exit code 2"),
        ((), (_lint(),), PASSED, "exit code 0"),
        ((_lint(BASE),), (_lint(exit_code=1),), FAILED, "passes on the base commit"),
        ((_lint(BASE, exit_code=1),), (_lint(exit_code=1),), NONE, "could not be read"),
        ((), (_lint(ending=CheckEnding.NOT_STARTED),), NONE, "could not be started"),
        ((), (_lint(ending=CheckEnding.LIMIT_MET),), FAILED, "met a limit"),
        (
            (_lint(BASE, ending=CheckEnding.TIMED_OUT),),
            (_lint(ending=CheckEnding.TIMED_OUT),),
            NONE,
            "on the base commit as well",
        ),
        ((), (_lint(command="ruff check . --exit-zero"),), NONE, "proves nothing"),
        ((), (_lint(command="true", warnings=()),), NONE, "proves nothing"),
        ((), (), NONE, "No linter was run"),
    ],
)  # fmt: skip
def test_no_linter_warnings__table(
    base: tuple[CheckReport, ...],
    head: tuple[CheckReport, ...],
    verdict: GateVerdict,
    words: str,
) -> None:
    """Only warnings that the base commit did not have block."""
    found = NoLinterWarnings().judge(evidence(base=base, head=head))

    assert (found.verdict, words in found.reason) == (verdict, True), found.reason


def test_no_linter_warnings__moved_file() -> None:
    """Warnings that came along with a moved file are old; the same ones elsewhere are new."""
    base, head = _lint(BASE, warnings=("old.py: x",)), _lint(warnings=("new.py: x",))
    kept = change("", "new.py")
    gone = FileChange(path="old.py", status=FileStatus.DELETED, added_lines=0, removed_lines=1)
    moved = kept.model_copy(update={"files": (*kept.files, gone)})
    gate = NoLinterWarnings()

    assert gate.judge(evidence(of=moved, base=(base,), head=(head,))).verdict is PASSED
    assert gate.judge(evidence(of=kept, base=(base,), head=(head,))).verdict is FAILED


def _finding(severity: Severity) -> Finding:
    return Finding(
        severity=severity, path="a.js", line=3, quote="", claim="", evidence="", suggestion=""
    )


_SECURITY = review(Lens.SECURITY)


@pytest.mark.parametrize(
    ("odd", "verdict", "words"),
    [
        (_SECURITY, PASSED, "every pass on this tree: security, performance"),
        (_SECURITY.model_copy(update={"verdict": None}), NONE, "no valid answer"),
        (_SECURITY.model_copy(update={"tree": "0" * 40}), NONE, "another tree"),
        (_SECURITY.model_copy(update={"checked": ()}), NONE, "what it checked"),
        (_SECURITY.model_copy(update={"verdict": Verdict.CHANGES}), FAILED, "asks for changes"),
        (
            _SECURITY.model_copy(update={"findings": (_finding(Severity.BLOCKING),)}),
            FAILED,
            "blocking findings: a.js:3",
        ),
        (_SECURITY.model_copy(update={"findings": (_finding(Severity.ADVISORY),)}), PASSED, ""),
    ],
)
def test_approved_review__table(odd: ReviewPass, verdict: GateVerdict, words: str) -> None:
    """One doubtful pass among good ones is enough to withhold the approval."""
    others = tuple(review(lens) for lens in WHOLE_CHANGE if lens is not Lens.SECURITY)

    found = ApprovedReview().judge(evidence(reviews=(*others, odd)))

    assert (found.verdict, words in found.reason) == (verdict, True), found.reason


def test_approved_review__later_pass_counts() -> None:
    """A later pass of the same lens replaces the earlier one, for better or worse."""
    good, bad = review(Lens.STYLE), review(Lens.STYLE, verdict=Verdict.CHANGES)
    gate = ApprovedReview([Lens.STYLE])

    assert gate.judge(evidence(reviews=(bad, good))).verdict is PASSED
    assert gate.judge(evidence(reviews=(good, bad))).verdict is FAILED


def test_approved_review__no_lens() -> None:
    """A rule without a lens approves nothing."""
    assert ApprovedReview([]).judge(evidence()).verdict is NONE


def test_no_merge_conflicts__table() -> None:
    """Only a merge that was tried and was clean passes."""
    gate = NoMergeConflicts()

    assert gate.judge(evidence(conflicts=None)).verdict is NONE
    assert gate.judge(evidence(conflicts=())).verdict is PASSED
    assert "in a.js" in gate.judge(evidence(conflicts=("a.js",))).reason


def test_size_within_limits__table() -> None:
    """Each limit counts by itself; none set means none to keep."""
    gate = SizeWithinLimits()
    big = change("", "a", "b", lines=10)

    assert gate.judge(evidence(of=big)).verdict is PASSED
    assert gate.judge(evidence(of=big, max_lines=20, max_files=2)).verdict is PASSED
    assert "20 changed lines, 19 are allowed" in gate.judge(evidence(of=big, max_lines=19)).reason
    assert gate.judge(evidence(of=big, max_files=1)).verdict is FAILED


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ("TOTAL 10 1 90%", "TOTAL 10 0 100%", PASSED),
        ("TOTAL 10 1 90.5%", "TOTAL 10 2 90%", FAILED),
        ("All files | 91.2 | 80 |", "All files | 91.2 | 80 |", PASSED),
        ("# all files | 91.2 | 80 | 1", "# all files | 90 | 80 | 1", FAILED),
        ("coverage: 81.5% of statements", "coverage: 81.4% of statements", FAILED),
        (
            "coverage: 80.0% of statements\ncoverage: 50.0% of statements",
            "coverage: 70.0% of statements\ncoverage: 50.0% of statements",
            FAILED,
        ),
        ("nothing", "TOTAL 10 0 100%", NONE),
        (f"coverage: {'9' * 40}% of statements\n" * 2, "coverage: 80% of statements", FAILED),
    ],
)
def test_coverage_not_lower__table(before: str, after: str, verdict: GateVerdict) -> None:
    """Totals of the project's own command are compared; unreadable ones are no evidence."""
    base = report(CheckKind.COVERAGE, commit=BASE, output=before)
    head = report(CheckKind.COVERAGE, output=after)

    assert CoverageNotLower().judge(evidence(base=(base,), head=(head,))).verdict is verdict


def test_coverage_not_lower__red_command() -> None:
    """A coverage command that failed measured nothing."""
    base = report(CheckKind.COVERAGE, commit=BASE, output="TOTAL 1 0 100%")
    head = report(CheckKind.COVERAGE, output="TOTAL 1 0 100%", exit_code=1)

    assert CoverageNotLower().judge(evidence(base=(base,), head=(head,))).verdict is NONE


@pytest.mark.parametrize(
    ("spoiled", "verdict", "words"),
    [
        ({"checked": ()}, NONE, "does not say what it checked"),
        ({"verdict": None}, NONE, "gave no valid answer"),
        ({"tree": "0" * 40}, NONE, "saw another tree"),
        ({"is_undone": True}, NONE, "There is no security review"),
        ({"reviewer": "python-pro"}, NONE, "'python-pro', who is no reviewer here"),
        ({"reviewer": ""}, NONE, "nobody known"),
        ({"verdict": Verdict.CHANGES}, FAILED, "asks for changes"),
    ],
    ids=["empty", "crashed or invalid", "stale", "undone", "another agent", "unsigned", "changes"],
)
def test_review__that_is_no_approval(
    spoiled: dict[str, object], verdict: GateVerdict, words: str
) -> None:
    """One pass that is empty, crashed, stale or somebody else's spoils the whole approval."""
    good = [review(lens).model_copy(update={"reviewer": "code-reviewer"}) for lens in WHOLE_CHANGE]
    reviews = (good[0].model_copy(update=spoiled), *good[1:])
    asked = replace(evidence(reviews=reviews), reviewers=frozenset({"code-reviewer"}))

    found = ApprovedReview().judge(asked)

    assert found.verdict is verdict
    assert words in found.reason
