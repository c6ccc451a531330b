"""Wires everything once: the only place that sees all settings and builds the windows."""

from orchestrator.app.cells import sandbox
from orchestrator.app.desk import Desk, open_desk
from orchestrator.app.event import act
from orchestrator.app.laptop import run
from orchestrator.app.matrix import matrix
from orchestrator.app.tidying import tidy
from orchestrator.app.verbs import replay, validate

__all__ = ["Desk", "act", "matrix", "open_desk", "replay", "run", "sandbox", "tidy", "validate"]
