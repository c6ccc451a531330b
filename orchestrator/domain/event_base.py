"""What all events have in common."""

from __future__ import annotations

from orchestrator.domain.frozen import Frozen


class EventBase(Frozen):
    """One thing that happened."""
