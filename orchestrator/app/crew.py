"""Who can be given work, as settings and agent files have it; asked before a run and in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.agents.agent_files import AgentFile
from orchestrator.agents.roster import build_roster
from orchestrator.stages.reading import read_agent_files

if TYPE_CHECKING:
    from orchestrator.agents.roster import Roster
    from orchestrator.config.settings import Settings
    from orchestrator.stages.reading import CommitFiles


def read_crew(settings: Settings, files: CommitFiles) -> Roster:
    """Return the agents of a run; `files` are those of its base commit.

    Raises:
        ConfigError: An agent cannot be used as it is written, or a stage names one that is
            nowhere defined.
    """
    roster = build_roster(
        agents=settings.agents,
        capabilities=settings.agent_capabilities,
        files=[AgentFile(path=path, text=text) for path, text in read_agent_files(files).items()],
    )
    for stage in settings.workflow.stages:
        for name in stage.agents:
            roster.get(name)
    return roster
