"""What was asked for, from the command line or from an event alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.config.inputs import Inputs
    from orchestrator.config.sources import Files
    from orchestrator.domain.issue import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One run to make."""

    inputs: Inputs
    trigger: Trigger
    checkout: Path
    """A clone on this machine; only commits are read from it."""
    output: Path
    """The run folder."""
    run_id: str
    """Names the run in commits and reports."""
    plan_only: bool = False
    forge: Path | None = None
    """Folder of the local forge; `None` means GitHub."""
    issue_file: Path | None = None
    """Put into the local forge first."""
    repository: str | None = None
    """`owner/name` on GitHub."""
    script: Path | None = None
    """A scenario that plays the model."""
    unconfined: bool = False
    """The command line allowed commands without walls."""
    home: Files | None = None
    """A person's home folder, for `extends: ~/…`; only on the command line."""
