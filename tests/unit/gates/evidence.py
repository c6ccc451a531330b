"""Evidence for tests, with what a test does not care about filled in."""

from __future__ import annotations

from textwrap import dedent

from orchestrator.domain.change import Change, FileChange, FileStatus
from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind, CheckReport, TestCase
from orchestrator.domain.patch import parse_patch
from orchestrator.domain.review import Lens, ReviewPass, Verdict
from orchestrator.domain.strength import PatternReport
from orchestrator.gates.gates import Evidence
from orchestrator.gates.review_rule import WHOLE_CHANGE
from orchestrator.gates.weakening import JudgingPaths
from orchestrator.telemetry.redaction import Redactor

BASE, HEAD, TREE = "b" * 40, "a" * 40, "c" * 40
SECRET = "canary-Zq8vTr2LmX9pK4wd"
REDACTOR = Redactor([SECRET])
PATHS = JudgingPaths(
    is_test=lambda path: "test" in path, is_config=lambda path: path.startswith(("ci/", ".cov"))
)


def diff(path: str, *lines: str, is_new: bool = False, mode: str = "100644") -> str:
    """Build a diff of one file from lines that begin with '+', '-' or a blank."""
    old = sum(not line.startswith("+") for line in lines)
    new = sum(not line.startswith("-") for line in lines)
    head = f"diff --git a/{path} b/{path}\n"
    head += f"new file mode {mode}\n" if is_new else f"index 1111111..2222222 {mode}\n"
    before = "/dev/null" if is_new else f"a/{path}"
    hunk = f"@@ -{0 if is_new else 1},{old} +1,{new} @@\n"
    return f"{head}--- {before}\n+++ b/{path}\n{hunk}" + "".join(f"{line}\n" for line in lines)


def deletion(path: str, *lines: str) -> str:
    """Build the diff of a deleted file."""
    body = "".join(f"-{line}\n" for line in lines)
    return (
        dedent(f"""\
        diff --git a/{path} b/{path}
        deleted file mode 100644
        --- a/{path}
        +++ /dev/null
        @@ -1,{len(lines)} +0,0 @@
        """)
        + body
    )


def change(text: str = "", *paths: str, lines: int = 2) -> Change:
    """Build a change around a diff; unless paths are given, of the files that it shows."""
    text = text or diff("src/a.js", "+one", "+two")
    return Change(
        base=BASE,
        head=HEAD,
        tree=TREE,
        files=tuple(
            FileChange(path=path, status=FileStatus.MODIFIED, added_lines=lines, removed_lines=0)
            for path in paths or (file.path for file in parse_patch(text))
        ),
        diff=text,
    )


def report(
    kind: CheckKind = CheckKind.TEST,
    *,
    commit: str = HEAD,
    command: str = "npm test",
    exit_code: int | None = 0,
    cases: dict[str, str] | None = None,
    tests_run: int | None = None,
    warnings: tuple[str, ...] | None = None,
    ending: CheckEnding = CheckEnding.FINISHED,
    output: str = "some output",
) -> CheckReport:
    """Build one check's report; cases are given as id to 'passed', 'failed' or 'skipped'."""
    listed = tuple(
        TestCase(id=name, result=CaseResult(word)) for name, word in (cases or {}).items()
    )
    ran = sum(case.result is not CaseResult.SKIPPED for case in listed)
    return CheckReport(
        kind=kind,
        command=command,
        commit=commit,
        ending=ending,
        exit_code=exit_code,
        duration_s=1.0,
        output_tail=output,
        cases=listed or None,
        tests_run=ran if listed and tests_run is None else tests_run,
        warnings=warnings,
    )


def review(
    lens: Lens = Lens.SECURITY,
    *,
    verdict: Verdict | None = Verdict.APPROVE,
    tree: str = TREE,
    checked: tuple[str, ...] = ("all of it",),
) -> ReviewPass:
    """Build an approving pass."""
    return ReviewPass(
        lens=lens, round=1, tree=tree, verdict=verdict, findings=(), dropped=(), checked=checked
    )


def evidence(
    *,
    of: Change | None = None,
    base: tuple[CheckReport, ...] = (),
    head: tuple[CheckReport, ...] = (),
    reviews: tuple[ReviewPass, ...] = (),
    conflicts: tuple[str, ...] | None = (),
    protected: tuple[str, ...] = (".github/**",),
    max_lines: int | None = None,
    max_files: int | None = None,
    patterns: PatternReport | None = None,
    special_cases: tuple[str, ...] | None = (),
    approved_by: str = "",
    believes_exit_code: bool = False,
) -> Evidence:
    """Build evidence."""
    return Evidence(
        change=of or change(),
        base_checks=base,
        head_checks=head,
        reviews=reviews,
        conflicts=conflicts,
        protected_paths=protected,
        max_changed_lines=max_lines,
        max_files=max_files,
        patterns=patterns,
        special_cases=special_cases,
        believes_exit_code=believes_exit_code,
        approval_label="looked-at",
        approved_by=approved_by,
    )


def green_evidence() -> Evidence:
    """Build evidence on which every gate that can be measured passes."""
    cases = {"adds": "passed", "subtracts": "passed"}
    total = "TOTAL  10  1  90%\n"
    return evidence(
        base=(
            report(commit=BASE, cases=cases),
            report(CheckKind.LINT, commit=BASE, command="npm run lint", warnings=("a.js: x",)),
            report(CheckKind.COVERAGE, commit=BASE, command="cov", output=total),
        ),
        head=(
            report(cases={**cases, "multiplies": "passed"}),
            report(CheckKind.LINT, command="npm run lint", warnings=("a.js: x",)),
            report(CheckKind.COVERAGE, command="cov", output=total),
        ),
        reviews=tuple(review(lens) for lens in WHOLE_CHANGE),
        patterns=PatternReport(commit=HEAD, rules=1, files=1),
    )
