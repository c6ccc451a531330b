"""`tests_not_weakened`: what judges the work judges as strictly as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.file_class import USUAL_POLICIES, FileClass, FilePolicy
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.patch import parse_patch
from orchestrator.gates.differential import differential
from orchestrator.gates.file_classes import classes_of
from orchestrator.gates.verdicts import listed, on_base, on_head, result, unread
from orchestrator.gates.weakening import outside_plan, weakenings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.gate import GateResult
    from orchestrator.gates.gates import Evidence
    from orchestrator.gates.weakening import JudgingPaths


class TestsNotWeakened:
    """No test, assertion, threshold or check of the base commit is lost or loosened."""

    __test__ = False
    name = "tests_not_weakened"

    def __init__(self, paths: JudgingPaths) -> None:
        """Keep which paths judge the work."""
        self._paths = paths

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge the diff, and the tests that ran on base and no longer do."""
        if blind := unread(self.name, evidence):
            return blind
        files = parse_patch(evidence.change.diff)
        found = [*weakenings(files, self._paths), *_gone(evidence)]
        if evidence.planned is not None:
            theirs = _judged_by_class(evidence)
            unplanned = [file for file in files if file.path not in theirs]
            found += outside_plan(unplanned, self._paths, evidence.planned)
        if found:
            reason = f"Tests or checks are weaker than before: {listed(found)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        return self._by_special_cases(evidence)

    def _by_special_cases(self, evidence: Evidence) -> GateResult:
        cases = evidence.special_cases
        if cases is None:
            reason = "Nobody looked whether the code has cases of its own for inputs of tests."
            return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)
        if cases and not evidence.approved_by:
            reason = (
                f"Somebody with write permission has to look at this: {listed(cases)}; the issue "
                f"says nothing of it. If it is right, add the label `{evidence.approval_label}` to "
                "the pull request and run again; a label from before the last change does not "
                "count."
            )
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        looked_at = f" {evidence.approved_by} approved: {listed(cases)}." if cases else ""
        reason = f"No test, assertion or check was removed, skipped or loosened.{looked_at}"
        return result(self.name, evidence, GateVerdict.PASSED, reason)


def _judged_by_class(evidence: Evidence) -> frozenset[str]:
    """Return files that `protected_paths` holds back until somebody looked, plan or no plan.

    One file has one judge: what a person has approved there is not refused here. A container
    file decides nothing about the tests, so it is never judged here.
    """
    policies = {**USUAL_POLICIES, **evidence.file_policies}
    return frozenset(
        path
        for path, kind in classes_of(evidence.change)
        if kind is FileClass.CONTAINER or policies[kind] is not FilePolicy.REPORT
    )


def _gone(evidence: Evidence) -> Iterator[str]:
    reports = on_head(evidence, CheckKind.TEST)
    for command in dict.fromkeys(report.command for report in reports):
        head = [report for report in reports if report.command == command]
        found = differential(on_base(evidence, CheckKind.TEST, command), head)
        if gone := found.gone:
            yield f"{len(gone)} tests that passed on base no longer run ({listed(gone)})"
        elif found.fewer:
            yield f"{command!r} runs {found.fewer} fewer tests than on base"
