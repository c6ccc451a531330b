"""What all events have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class EventBase(BaseModel):
    """One thing that happened; it never changes, and a reader knows every field of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
