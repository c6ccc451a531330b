"""Who may write which path: the rules behind every refusal of Edit, MultiEdit and Write.

These refusals are help, given early. The wall itself stands later, where the snapshot of
the worktree is compared with the task's files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.domain.globs import has_wildcard, matches
from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.domain.role import Restriction, RoleKind

_ASK: Final = (
    "If the task cannot be done without it, call Stop with status `spec_conflict` and name this"
    " file and the reason: a person has to decide."
)
_WIDEN: Final = (
    "If the task cannot be done without it, call Stop with status `blocked` and name this file and"
    " the reason: another plan can allow it."
)
_JUDGES: Final = frozenset({PathClass.TEST, PathClass.SNAPSHOT})
NOBODYS: Final = frozenset({PathClass.CI, PathClass.CHECK_CONFIG, PathClass.AGENT_CONFIG})
"""What no agent changes, whatever its task says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRules:
    """What one agent may write in one task."""

    kind: RoleKind
    restrictions: frozenset[Restriction] = frozenset()
    task_files: tuple[str, ...] = ()
    """Globs of the task; nothing else may be written."""
    protected: tuple[str, ...] = ()
    """Globs of `constraints.protected_paths`."""

    def refusal(self, path: str, *, is_new: bool) -> str | None:
        """Return why this path may not be written and what to do instead, or `None`.

        Args:
            path: Relative to the repository root.
            is_new: Whether the write would create the file.
        """
        if Restriction.NO_CODE_MODIFICATION in self.restrictions:
            return "Your role has the restriction `no_code_modification`: it changes no file."
        if not self.kind.can_write:
            return f"A role of kind `{self.kind}` reads and reports: it changes no file."
        if is_new and Restriction.NO_FILE_CREATION in self.restrictions:
            return (
                f"`{path}` does not exist, and your role has the restriction `no_file_creation`."
                f" Change an existing file instead. {_WIDEN}"
            )
        if matches(path, self.protected, fold_case=True):
            return f"`{path}` is protected by `constraints.protected_paths`. {_ASK}"
        return self._class_refusal(path, classify(path)) or self._scope_refusal(path)

    def _class_refusal(self, path: str, found: PathClass) -> str | None:
        if found in NOBODYS:
            own = " Put fixtures and helpers into a test file." if self._is_tester else ""
            return f"`{path}` is {found}, which judges the work: no agent changes it.{own} {_ASK}"
        if self.kind is RoleKind.IMPLEMENTER and found in _JUDGES:
            return (
                f"`{path}` is a {found}: implementers do not write what judges their work,"
                " another agent writes the tests. Make the source right instead."
                " If an existing test contradicts the task, call Stop with status `spec_conflict`"
                " and quote its line."
            )
        if self._is_tester and found not in _JUDGES:
            return (
                f"`{path}` is {found}: the tester writes tests and their fixtures only."
                " If the source is wrong, let a test show it; if it cannot be tested as it is,"
                " say so in `cannot_test`."
            )
        if found is PathClass.MANIFEST and not self._names(path):
            return (
                f"`{path}` is a {found}, and the task does not name it."
                f" Do without the change. {_WIDEN}"
            )
        return None

    def _scope_refusal(self, path: str) -> str | None:
        if matches(path, self.task_files):
            return None
        allowed = ", ".join(f"`{glob}`" for glob in self.task_files) or "none"
        return (
            f"`{path}` is outside the task's files ({allowed}); other agents may be working there."
            f" Keep to your files. {_WIDEN}"
        )

    @property
    def _is_tester(self) -> bool:
        return self.kind is RoleKind.TESTER

    def _names(self, path: str) -> bool:
        return matches(path, (glob for glob in self.task_files if not has_wildcard(glob)))
