"""Who holds an issue, and until when."""

from __future__ import annotations

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

LEASE = timedelta(minutes=15)
RENEW_S = 120.0
"""How often a run that is busy with one long thing has to call `hold`."""


class Owner(BaseModel):
    """Who holds the lock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    """For people: the run's id or page."""
    job: str = ""
    """The workflow run, which is the same for all its attempts; empty on a laptop."""
    attempt: int = 0
    """Attempts of one workflow run follow each other and never run together."""
    host: str = ""
    pid: int = 0


class Lock(BaseModel):
    """A claim on the issue; worth nothing once it has expired."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: Owner
    until: AwareDatetime
