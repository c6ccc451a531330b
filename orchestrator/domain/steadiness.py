"""How steadily a test passes: counted over repeated runs on both commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, CheckKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.domain.check import CheckReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a test failed on one commit, of the runs that ran it."""

    failed: int
    ran: int

    @property
    def is_mixed(self) -> bool:
        """Whether it both passed and failed."""
        return 0 < self.failed < self.ran

    def __str__(self) -> str:
        """Return `2/3`: failed in two runs of three."""
        return f"{self.failed}/{self.ran}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """One test's rates of failure."""

    id: str
    base: Rate
    head: Rate


def unsteady(base: Sequence[CheckReport], head: Sequence[CheckReport]) -> tuple[Steadiness, ...]:
    """Return the tests that both passed and failed on one of the commits, with their rates."""
    before, after = rates(base), rates(head)
    nothing = Rate(failed=0, ran=0)
    found = (
        Steadiness(id=name, base=before.get(name, nothing), head=after.get(name, nothing))
        for name in dict.fromkeys((*before, *after))
    )
    return tuple(each for each in found if each.base.is_mixed or each.head.is_mixed)


def rates(reports: Iterable[CheckReport]) -> dict[str, Rate]:
    """Return each test's rate over the runs of the test command; skipped runs do not count."""
    found: dict[str, Rate] = {}
    for report in reports:
        for case in (report.cases or ()) if report.kind is CheckKind.TEST else ():
            if case.result is CaseResult.SKIPPED:
                continue
            known = found.get(case.id, Rate(failed=0, ran=0))
            failed = known.failed + (case.result is CaseResult.FAILED)
            found[case.id] = Rate(failed=failed, ran=known.ran + 1)
    return found
