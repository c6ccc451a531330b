"""Events that many tests begin with."""

from __future__ import annotations

from orchestrator.domain.event import RunStarted

_STARTED = RunStarted(
    run_id="r1",
    version="0.9.1",
    issue_number=47,
    issue_title="Dark mode",
    issue_url="",
    actor="ada",
    trigger="local",
    repository="o/r",
    base_branch="main",
    base_commit="b" * 40,
    branch="orchestrator/issue-47",
    stages=("implementation",),
    config_digest="d1",
)


def run_started(**different: object) -> RunStarted:
    """Return the beginning of a local run for issue 47, apart from what is different."""
    return RunStarted.model_validate({**_STARTED.model_dump(), **different})
