"""The walls around agents' commands, and what is open in them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, StrictBool

from orchestrator.config.schema import Schema


class SandboxBackend(StrEnum):
    """Where agents' commands run; there is no value that takes the walls away."""

    AUTO = "auto"
    SIBLING = "sibling"
    LOCAL = "local"
    BUBBLEWRAP = "bubblewrap"


class SandboxSettings(Schema):
    """The walls around agents' commands."""

    backend: SandboxBackend = Field(
        default=SandboxBackend.AUTO,
        description="auto: a sibling container, else a confined process, else no commands.",
    )
    require_landlock: StrictBool = Field(
        default=False, description="Run no command on a kernel without Landlock."
    )


class NetworkPolicy(StrEnum):
    """What agents' commands may reach."""

    NONE = "none"
