"""The action with several issue numbers: the runner's own files, one set for each issue."""

from __future__ import annotations

import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app.several import AT_ONCE, Companion, refuse_too_many, run_several
from orchestrator.app.tidying import COMPANION
from orchestrator.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.app.desk import Desk

_OUTPUT = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)<<(\S+)\n(.*?)\n\2\n", re.DOTALL)
_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
_ADDED_UP = ("cost-usd",)
_WORST_FIRST = ("failure", "blocked", "budget-exhausted", "needs-human", "skipped", "success")


def act_for_each(desk: Desk, numbers: Sequence[int]) -> int:
    """Run the action once for each issue and put together what they hand to the runner.

    The outputs are those of the run that ended worst; `cost-usd` is the sum. Job summaries
    follow each other.

    Raises:
        UsageError: There are too many, or the event is about one issue already.
    """
    refuse_too_many(numbers)
    if desk.runner.event_name != "workflow_dispatch":
        raise UsageError(
            f"Several issue numbers were given to the event {desk.runner.event_name!r}; only a "
            "dispatch can be about several.",
            hint="Start the workflow on workflow_dispatch, and leave the input issue-number empty "
            "for events of issues and comments.",
        )
    with tempfile.TemporaryDirectory(prefix="orchestrator-") as folder:
        files = {number: _files(Path(folder), number) for number in numbers}
        companions = [
            Companion(
                number=number, words=(), environment=environment_for(desk, number, files[number])
            )
            for number in numbers
        ]
        code = run_several(companions, desk, at_once=AT_ONCE)
        for number in numbers:
            summary = files[number]["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
            desk.actions.append_summary(f"# Issue #{number}\n\n{summary}")
        outputs = [_read(files[number]["GITHUB_OUTPUT"]) for number in numbers]
    desk.actions.set_outputs(put_together(outputs))
    return code


def put_together(outputs: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return the outputs of the worst of several runs, with what they all spent."""
    worst = min(outputs, key=lambda each: _rank(each.get("conclusion", "failure")))
    sums = {name: str(sum(Decimal(each.get(name) or 0) for each in outputs)) for name in _ADDED_UP}
    return {"conclusion": "failure", **worst, **sums}


def _rank(conclusion: str) -> int:
    return _WORST_FIRST.index(conclusion) if conclusion in _WORST_FIRST else 0


def _files(folder: Path, number: int) -> Mapping[str, Path]:
    files = {name: folder / f"{number}-{name.lower()}" for name in _FILES}
    for file in files.values():
        file.touch()
    return files


def environment_for(desk: Desk, number: int, files: Mapping[str, Path]) -> Mapping[str, str]:
    """Return what a companion is told: all that we were, but one issue and files of its own."""
    return {
        **desk.environment,
        **{name: secret.get_secret_value() for name, secret in desk.withheld.items()},
        **{name: str(file) for name, file in files.items()},
        # Of the two spellings the one that comes first, whichever we were given.
        "INPUT_ISSUE_NUMBER": str(number),
        COMPANION: "true",
    }


def _read(file: Path) -> Mapping[str, str]:
    text = file.read_text(encoding="utf-8")
    return {name: value for name, _, value in _OUTPUT.findall(text)}
