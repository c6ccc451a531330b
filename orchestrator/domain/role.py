"""The frozen description of an agent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.message import Effort


class RoleKind(StrEnum):
    """What a role may do at all; decides which of the three tool lists it is shown."""

    ORCHESTRATOR = "orchestrator"
    READER = "reader"
    IMPLEMENTER = "implementer"
    TESTER = "tester"
    REVIEWER = "reviewer"
    VERIFIER = "verifier"
    """Tries to refute reviewers' findings; no task of a plan is for it."""

    @property
    def can_write(self) -> bool:
        """Whether agents of this kind get a writable worktree."""
        return self in {RoleKind.IMPLEMENTER, RoleKind.TESTER}


class Restriction(StrEnum):
    """Limits enforced by code, from `agent_capabilities` and `agents.<name>.restrictions`."""

    NO_CODE_MODIFICATION = "no_code_modification"
    NO_FILE_CREATION = "no_file_creation"
    NO_DIRECT_COMMITS = "no_direct_commits"
    MUST_MATCH_PATTERNS = "must_match_patterns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One entry of the roster."""

    name: str
    kind: RoleKind
    description: str
    scope: tuple[str, ...]
    """Words for technologies and kinds of work, lower case, for matching tasks."""
    tools: frozenset[str]
    """Names this role may call; other tools of its list are refused at dispatch."""
    restrictions: frozenset[Restriction] = frozenset()
    prompt: str | None = None
    """Role text of a repository's own agent; `None` for built-in roles (a template)."""
    model: str | None = None
    """Model id or alias; `None` means the default of the role's group."""
    effort: Effort | None = None
    max_turns: int | None = None
    files: tuple[str, ...] = ()
    """Globs the role is meant for; empty means any."""
    source: str = "built-in"
    """Where the role was defined, for messages."""
