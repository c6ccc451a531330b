"""`no_linter_warnings`: no warning that the base commit did not have."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.domain.change import FileStatus
from orchestrator.domain.check import CheckEnding, CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.futile import why_futile
from orchestrator.gates.verdicts import listed, on_base, on_head, result, worst

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.gate import GateResult
    from orchestrator.gates.gates import Evidence

_FAILED, _PASSED, _NONE = GateVerdict.FAILED, GateVerdict.PASSED, GateVerdict.NO_EVIDENCE


class NoLinterWarnings:
    """Only new warnings count, and moving a line makes none."""

    name = "no_linter_warnings"

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge the last run of every lint command on the head commit."""
        latest = {report.command: report for report in on_head(evidence, CheckKind.LINT)}
        if not latest:
            reason = f"No linter was run on commit {evidence.change.head[:9]}."
            return result(self.name, evidence, _NONE, reason)
        moved = {file.path for file in evidence.change.files if file.status is FileStatus.DELETED}
        found = [
            _judge_command(on_base(evidence, CheckKind.LINT, command), report, moved)
            for command, report in latest.items()
        ]
        return worst(self.name, evidence, found)


def _judge_command(
    base: Sequence[CheckReport], head: CheckReport, moved: Collection[str]
) -> tuple[GateVerdict, str]:
    command = head.command
    futile = why_futile(command)
    if futile and head.warnings is None:
        return _NONE, f"{command!r} proves nothing: {futile}."
    if head.ending is CheckEnding.NOT_STARTED:
        return _NONE, f"{command!r} could not be started."
    if head.ending is not CheckEnding.FINISHED:
        return _judge_unended(base, head)
    if head.warnings is None:
        return _judge_unread(base, head)
    before = Counter(base[-1].warnings or ()) if base else Counter[str]()
    new = tuple(_unmoved(Counter(head.warnings) - before, before - Counter(head.warnings), moved))
    if new:
        return _FAILED, f"{command!r} has new warnings: {listed(new)}."
    if futile and not head.warnings:
        return _NONE, f"{command!r} proves nothing: {futile}."
    was_green = bool(base) and base[-1].is_green
    if not head.is_green and (was_green or not head.warnings):
        return _judge_unread(base, head)
    kept = f" ({len(head.warnings)} from before)" if head.warnings else ""
    return _PASSED, f"{command!r} has no new warning{kept}."


def _judge_unended(base: Sequence[CheckReport], head: CheckReport) -> tuple[GateVerdict, str]:
    if base and base[-1].ending is head.ending:
        return _NONE, f"{head.command!r} meets a limit on the base commit as well."
    return _FAILED, f"{head.command!r} met a limit ({head.ending}) before it ended."


def _unmoved(new: Counter[str], vanished: Counter[str], moved: Collection[str]) -> Iterator[str]:
    """Yield new warnings, except those that came along with a file from a path that is gone."""
    carried = Counter(
        entry.partition(": ")[2]
        for entry in vanished.elements()
        if entry.partition(": ")[0] in moved
    )
    for entry in new.elements():
        message = entry.partition(": ")[2]
        if carried[message] > 0:
            carried[message] -= 1
        else:
            yield entry


def _judge_unread(base: Sequence[CheckReport], head: CheckReport) -> tuple[GateVerdict, str]:
    command = head.command
    if head.is_green:
        return _PASSED, f"{command!r} ended with exit code 0."
    if base and base[-1].is_green:
        return _FAILED, f"{command!r} passes on the base commit and ends with {head.exit_code} now."
    if not base:
        return _FAILED, f"{command!r} ends with exit code {head.exit_code}."
    return _NONE, f"{command!r} fails on the base commit too, and its output could not be read."
