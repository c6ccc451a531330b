"""One worker: the loop, the roles, the roster."""

from orchestrator.agents.agent import Agent
from orchestrator.agents.assignment import Assignment
from orchestrator.agents.ledger import Ledger, Limit
from orchestrator.agents.roster import Roster, build_roster

__all__ = ["Agent", "Assignment", "Ledger", "Limit", "Roster", "build_roster"]
