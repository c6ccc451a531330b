"""What changed between the tests of two commits: the only failures that count are new ones."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.check import CheckReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Differential:
    """Test ids by what became of them, each in order of appearance."""

    new_failures: tuple[str, ...]
    """Failed on head at least once, and did not fail on base."""
    unsteady: tuple[str, ...]
    """Those of `new_failures` that also passed on head: a regression all the same."""
    still_failing: tuple[str, ...]
    """Failed on both."""
    flaky: tuple[str, ...]
    """Both passed and failed on base: left out of the judgement."""
    fixed: tuple[str, ...]
    """Failed on base and only passed on head."""
    gone: tuple[str, ...]
    """Passed on base and did not run on head; empty unless both lists are complete."""


def differential(base: Sequence[CheckReport], head: Sequence[CheckReport]) -> Differential:
    """Compare the runs of one test command on two commits, repeated runs included.

    Only cases are looked at; whether the command itself ended well is the gate's question.
    """
    before = _results(base)
    after = _results(head)
    flaky = tuple(name for name, seen in before.items() if _is_mixed(seen))
    failing = [
        name for name, seen in after.items() if CaseResult.FAILED in seen and name not in flaky
    ]
    new = tuple(name for name in failing if CaseResult.FAILED not in before.get(name, ()))
    return Differential(
        new_failures=new,
        unsteady=tuple(name for name in new if _is_mixed(after[name])),
        still_failing=tuple(name for name in failing if name not in new),
        flaky=flaky,
        fixed=tuple(
            name
            for name, seen in before.items()
            if CaseResult.FAILED in seen and after.get(name) == {CaseResult.PASSED}
        ),
        gone=_gone(base, head, before, after),
    )


def wants_rerun(base: Sequence[CheckReport], head: Sequence[CheckReport]) -> bool:
    """Tell whether a second run on both commits could tell flaky tests from broken ones."""
    return bool(differential(base, head).new_failures)


def _results(reports: Sequence[CheckReport]) -> Mapping[str, set[CaseResult]]:
    found: dict[str, set[CaseResult]] = {}
    for report in reports:
        for case in report.cases or ():
            found.setdefault(case.id, set()).add(case.result)
    return found


def _is_mixed(seen: set[CaseResult]) -> bool:
    return seen >= {CaseResult.PASSED, CaseResult.FAILED}


def _gone(
    base: Sequence[CheckReport],
    head: Sequence[CheckReport],
    before: Mapping[str, set[CaseResult]],
    after: Mapping[str, set[CaseResult]],
) -> tuple[str, ...]:
    if not (_is_complete(base) and _is_complete(head)):
        return ()
    moved = Counter(_leaf(name) for name in after if name not in before)
    gone: list[str] = []
    for name, seen in before.items():
        if seen != {CaseResult.PASSED} or after.get(name, _SKIPPED) != _SKIPPED:
            continue
        if name not in after and moved[_leaf(name)] > 0:
            moved[_leaf(name)] -= 1
        else:
            gone.append(name)
    return tuple(gone)


def _leaf(name: str) -> str:
    """Return the test's own name, without the file, suite or class it stands in."""
    return re.split(r"::|\s>\s|\s\(", name)[-1 if "::" in name or " > " in name else 0]


_SKIPPED = {CaseResult.SKIPPED}


def _is_complete(reports: Sequence[CheckReport]) -> bool:
    """Tell whether every test that ran is listed, as far as the counts say."""
    return bool(reports) and all(
        report.cases is not None
        and report.tests_run is not None
        and sum(case.result is not CaseResult.SKIPPED for case in report.cases) >= report.tests_run
        for report in reports
    )
