"""Everything one agent is given."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from orchestrator.agents.ledger import Account

if TYPE_CHECKING:
    from orchestrator.domain.message import Effort
    from orchestrator.domain.role import Role
    from orchestrator.tools.toolbox import Toolbox

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Generic[T]):
    """One piece of work for one agent; texts are rendered already."""

    conversation: str
    """Unique in the run; names the transcript in the journal, as `<first>+<n>` if it goes on."""
    role: Role
    stage: str
    model: str
    """Id or alias."""
    effort: Effort | None
    system: tuple[str, ...]
    """The same bytes for all agents that share a list of tools."""
    brief: str
    """What all agents of the run are told about the repository, byte for byte the same."""
    task: str
    """What only this agent is told: its role's words and its work."""
    material: str = ""
    """What colleagues who look at the same change are told as well, between brief and task."""
    handover: str = ""
    """What an earlier conversation about the same work leaves to this one."""
    toolbox: Toolbox
    """Made for this conversation by `tools.outfit`, which wants a `shape`."""
    shape: type[T]
    """What the agent has to hand in."""
    max_turns: int
    fallbacks: tuple[str, ...] = ()
    """Models that go on, in turn, when this one declines or stays out of reach."""
    may_idle: bool = False
    """Whether its commands may take longer than the short cache lives."""
    has_followers: bool = False
    """Whether others of its kind begin after it has ended, by more than the short cache lives."""
    task_id: int | None = None
    deadline_s: float | None = None
    """On the clock's `monotonic` scale; no request goes out after it."""

    @property
    def first_conversation(self) -> str:
        """The one in which this agent began: it is the same agent in all that follow."""
        return self.conversation.partition("+")[0]

    @property
    def account(self) -> Account:
        """Who is charged."""
        return Account(
            agent=self.role.name,
            stage=self.stage,
            task_id=self.task_id,
            conversation=self.first_conversation,
        )

    @property
    def fixed_chars(self) -> int:
        """How long the part before the messages is."""
        specs = (
            len(spec.name) + len(spec.description) + len(json.dumps(spec.input_schema))
            for spec in self.toolbox.specs
        )
        return sum(specs) + sum(len(text) for text in self.system)

    @property
    def prompt_digest(self) -> str:
        """Identify the wording of system text and tools, to compare runs by it."""
        parts = [*self.system, *(spec.name + spec.description for spec in self.toolbox.specs)]
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]
