"""A failed setup ends the run before anything is spent, and says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.outcome import FailureClass
from orchestrator.stages.setup import ending_of

if TYPE_CHECKING:
    from orchestrator.domain.outcome import Outcome


def _end(output: str) -> Outcome:
    report = CheckReport(
        kind=CheckKind.SETUP,
        command="npm ci",
        commit="0" * 40,
        ending=CheckEnding.FINISHED,
        exit_code=1,
        duration_s=1.0,
        output_tail=output,
    )
    return ending_of(report)


@pytest.mark.parametrize(
    "output",
    [
        "npm error code ERESOLVE",
        "npm error `npm ci` can only install packages when your package.json and lock are in sync",
        "ERROR: No matching distribution found for nothing==9",
        "missing go.sum entry for module",
        "error: failed to select a version for `serde`",
    ],
)
def test_setup__tells_versions_apart(output: str) -> None:
    """Dependencies that do not fit together are told from a broken machine."""
    assert _end(output).failure_class is FailureClass.DEPENDENCY_VERSION_ISSUES


def test_setup__shows_the_end_of_the_log() -> None:
    """Whoever reads the ending sees what the command said last."""
    outcome = _end("\n".join(f"line {n}" for n in range(100)))

    assert outcome.failure_class is FailureClass.ENVIRONMENT_BROKEN
    assert "line 99" in outcome.summary
    assert "line 50" not in outcome.summary
    assert "Nothing was spent" in outcome.hint
