"""What changed between the tests of two commits: the only failures that count are new ones."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.domain.steadiness import rates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.steadiness import Rate


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
    gone: tuple[str, ...]
    """Passed on base and did not run on head; empty unless both lists are complete."""
    fewer: int
    """By how many the number of tests that ran has shrunk, where names do not tell which."""


def differential(base: Sequence[CheckReport], head: Sequence[CheckReport]) -> Differential:
    """Compare the runs of one test command on two commits, repeated runs included.

    Only cases are looked at; whether the command itself ended well is the gate's question.
    """
    before, after = rates(base), rates(head)
    flaky = {name for name, rate in before.items() if rate.is_mixed}
    failing = [name for name, rate in after.items() if rate.failed and name not in flaky]
    old = {name for name in failing if name in before and before[name].failed}
    is_told = _is_complete(base) and _is_complete(head)
    return Differential(
        new_failures=tuple(name for name in failing if name not in old),
        unsteady=tuple(name for name in failing if name not in old and after[name].is_mixed),
        still_failing=tuple(name for name in failing if name in old),
        flaky=tuple(name for name in before if name in flaky),
        gone=_gone(base, head, before, after) if is_told else (),
        fewer=0 if is_told else _fewer(base, head),
    )


def wants_rerun(base: Sequence[CheckReport], head: Sequence[CheckReport]) -> bool:
    """Tell whether a second run on both commits could tell flaky tests from broken ones."""
    return bool(differential(base, head).new_failures)


def _gone(
    base: Sequence[CheckReport],
    head: Sequence[CheckReport],
    before: Mapping[str, Rate],
    after: Mapping[str, Rate],
) -> tuple[str, ...]:
    """Return the tests that no longer run; one that runs under another path has only moved."""
    known, listed = _ids(base), _ids(head)
    moved = Counter(_leaf(name) for name in after if name not in known)
    gone: list[str] = []
    for name, rate in before.items():
        if rate.failed or name in after:
            continue
        if name not in listed and moved[_leaf(name)] > 0:
            moved[_leaf(name)] -= 1
        else:
            gone.append(name)
    return tuple(gone)


def _fewer(base: Sequence[CheckReport], head: Sequence[CheckReport]) -> int:
    """Compare the smallest number on base with the largest on head: chance is no weakening."""
    before = [report.tests_run for report in base if report.tests_run is not None]
    after = [report.tests_run for report in head if report.tests_run is not None]
    return max(0, min(before) - max(after)) if before and after else 0


def _ids(reports: Sequence[CheckReport]) -> frozenset[str]:
    return frozenset(case.id for report in reports for case in report.cases or ())


def _leaf(name: str) -> str:
    """Return the test's own name, without the file, suite, package or class it stands in."""
    if "::" in name or " > " in name:
        return re.split(r"::|\s>\s", name)[-1]
    return name.partition(" (")[0].rpartition(".")[2]


def _is_complete(reports: Sequence[CheckReport]) -> bool:
    """Tell whether every test that ran is listed, as far as the counts say."""
    return bool(reports) and all(
        report.cases is not None
        and report.tests_run is not None
        and sum(case.result is not CaseResult.SKIPPED for case in report.cases) >= report.tests_run
        for report in reports
    )
