"""What our schemas of values have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that never changes, and of which a reader knows every field."""

    model_config = ConfigDict(frozen=True, extra="forbid")
