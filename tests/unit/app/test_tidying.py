"""What `tidy` knows of the runs of a step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.app.tidying import (
    is_summed,
    remember_end,
    remember_start,
    remember_summary,
    unended,
)
from orchestrator.config.environment import RunnerEnvironment
from tests.unit.app.office import make_desk

if TYPE_CHECKING:
    from pathlib import Path


def test_unended__are_the_runs_that_did_not_say_so(tmp_path: Path) -> None:
    """Of several issues in one step each is known by itself; a journal must be there, too.

    One that was cut off after its summary has told of itself there, and is not told of again.
    """
    state = tmp_path / "state"
    state.touch()
    desk = make_desk(runner=RunnerEnvironment(state=state))
    journals = {number: tmp_path / f"{number}.jsonl" for number in (42, 43, 44)}
    for number, journal in journals.items():
        remember_start(desk, journal, issue_number=number)
    remember_end(desk, issue_number=42)
    remember_summary(desk, issue_number=43)
    journals[42].touch()
    journals[43].touch()

    saved = re.findall(r"(\S+)<<(\S+)\n(.*)\n\2\n", state.read_text())
    later = make_desk(environment={f"STATE_{name}": value for name, _, value in saved})

    assert list(unended(later)) == [journals[43]]
    assert is_summed(later, issue_number=43)
    assert not is_summed(later, issue_number=44)
