"""`protected_paths`: nothing changes that is not an agent's to change without somebody looking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.file_class import USUAL_POLICIES, FileClass, FilePolicy
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.globs import matches
from orchestrator.gates.file_classes import classes_of
from orchestrator.gates.verdicts import listed, result, unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.gate import GateResult
    from orchestrator.gates.gates import Evidence

_WORDS = {
    FileClass.CI: "decides what continuous integration runs",
    FileClass.CONTAINER: "decides what a container runs",
    FileClass.LOCK_FILE: "is a lock file",
    FileClass.LOCK_FILE_ALONE: "is a lock file that changes without its manifest",
    FileClass.LIFECYCLE_SCRIPT: "runs by itself when the project is installed or built",
    FileClass.PACKAGE_SOURCE: "decides where packages come from",
    FileClass.EXECUTABLE: "becomes executable",
    FileClass.BINARY: "is binary",
    FileClass.LARGE: "is too large to be read",
    FileClass.LARGE_FILE_POINTER: "points to a file that is kept elsewhere",
    FileClass.LINK: "is a symbolic link",
    FileClass.SUBMODULE: "is a submodule",
}


def waits_for_approval(evidence: Evidence) -> bool:
    """Tell whether the change holds what somebody has to look at before it may pass."""
    if evidence.special_cases:
        return True
    kinds = {kind for _, kind in classes_of(evidence.change)}
    policies = {**USUAL_POLICIES, **evidence.file_policies}
    return any(policies[kind] is FilePolicy.NEEDS_APPROVAL for kind in kinds)


class ProtectedPaths:
    """No protected path is changed, and every file of a delicate class is dealt with as asked."""

    name = "protected_paths"

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge every changed path in any letter case, and then what kind of file it is."""
        change = evidence.change
        touched = [
            file.path
            for file in change.files
            if matches(file.path, evidence.protected_paths, fold_case=True)
        ]
        if touched:
            reason = f"The change touches protected paths: {listed(touched)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        if blind := unread(self.name, evidence):
            return blind
        return self._by_policy(evidence, tuple(classes_of(change)))

    def _by_policy(self, evidence: Evidence, found: Sequence[tuple[str, FileClass]]) -> GateResult:
        policies = {**USUAL_POLICIES, **evidence.file_policies}
        by_policy: dict[FilePolicy, list[str]] = {policy: [] for policy in FilePolicy}
        for path, kind in found:
            by_policy[policies[kind]].append(f"{path} {_WORDS[kind]}")
        blocked = by_policy[FilePolicy.BLOCK]
        waiting = by_policy[FilePolicy.NEEDS_APPROVAL]
        if blocked:
            reason = f"Not allowed here (`constraints.file_classes`): {listed(blocked)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        if waiting and not evidence.approved_by:
            reason = (
                f"Somebody with write permission has to look at this: {listed(waiting)}. If it is "
                f"right, add the label `{evidence.approval_label}` to the pull request and run "
                "again; a label from before the last change does not count."
            )
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        looked_at = f" {evidence.approved_by} approved: {listed(waiting)}." if waiting else ""
        noted = by_policy[FilePolicy.REPORT]
        to_see = f" Worth a look: {listed(noted)}." if noted else ""
        reason = f"No protected path was changed.{looked_at}{to_see}"
        return result(self.name, evidence, GateVerdict.PASSED, reason)
