"""How a run ended, and what the shell is told of it."""

from __future__ import annotations

import pytest

from orchestrator.domain.outcome import Conclusion, Outcome


@pytest.mark.parametrize("conclusion", Conclusion)
def test_outcome__tells_the_shell_what_its_conclusion_means(conclusion: Conclusion) -> None:
    """Whoever forgets the exit code cannot make a failure look like a success."""
    assert Outcome(conclusion=conclusion, summary="So.").exit_code == conclusion.exit_code


def test_outcome__keeps_an_exit_code_of_its_own() -> None:
    """A broken neighbour has a code that no conclusion has, in a journal too."""
    outcome = Outcome(conclusion=Conclusion.FAILURE, summary="So.", exit_code=4)

    assert Outcome.model_validate_json(outcome.model_dump_json()).exit_code == 4
