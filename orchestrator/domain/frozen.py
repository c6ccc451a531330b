"""What our schemas of values have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that never changes, and of which a reader knows every field.

    How to check one is worked out when the first is made: a run makes some of them only, and late.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
