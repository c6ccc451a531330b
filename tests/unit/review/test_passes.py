"""The order, the bounds and the bindings of the whole-change review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.change import Change
from orchestrator.domain.review import Finding, Lens, ReviewPass, ReviewReport, Severity, Verdict
from orchestrator.review.passes import Question, Refuted, run_passes

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDER = (Lens.SECURITY, Lens.PERFORMANCE, Lens.ARCHITECTURE, Lens.STYLE)


def _change(tree: str, line: str = "token = read()") -> Change:
    diff = f"--- a/app.py\n+++ b/app.py\n@@ -1 +1,2 @@\n import os\n+{line}\n"
    return Change(base="b" * 40, head="c" * 40, tree=tree, files=(), diff=diff)


def _finding(quote: str = "token = read()", severity: Severity = Severity.BLOCKING) -> Finding:
    return Finding(
        severity=severity,
        path="app.py",
        line=2,
        quote=quote,
        claim="The token is printed.",
        evidence="Running it with TOKEN=x prints x.",
        suggestion="Do not print it.",
    )


def _report(*findings: Finding, verdict: Verdict = Verdict.APPROVE) -> ReviewReport:
    return ReviewReport(verdict=verdict, findings=findings, checked=("all",), not_checked=())


class _Table:
    """Reviewers that answer from a list for each lens, and a fixer that makes new trees."""

    def __init__(
        self,
        answers: dict[Lens, list[ReviewReport | None]] | None = None,
        fixes: Sequence[Change | Refuted | None] = (),
    ) -> None:
        self.answers = answers or {}
        self.fixes = list(fixes)
        self.questions: list[Question] = []
        self.fixed: list[Lens] = []
        self.passes: list[ReviewPass] = []

    def ask(self, question: Question) -> ReviewReport | None:
        self.questions.append(question)
        mine = self.answers.get(question.lens, [])
        return mine.pop(0) if mine else _report()

    def fix(self, lens: Lens, findings: Sequence[Finding]) -> Change | Refuted | None:
        assert findings
        self.fixed.append(lens)
        return self.fixes.pop(0)

    def ended(self, review: ReviewPass) -> None:
        self.passes.append(review)

    @property
    def asked(self) -> list[tuple[Lens, str]]:
        return [(question.lens, question.change.tree) for question in self.questions]


def test_passes__all_approve() -> None:
    """Four approvals of one tree take four questions, in the configured order."""
    table = _Table()

    run_passes(ORDER, _change("t1"), table, fix_rounds=2)

    assert table.asked == [(lens, "t1") for lens in ORDER]
    assert all(review.verdict is Verdict.APPROVE for review in table.passes)


def test_passes__fix_starts_over_on_the_new_tree() -> None:
    """After a fix every earlier approval is stale, so the order begins again on the new tree."""
    blocking = _report(_finding(), verdict=Verdict.CHANGES)
    table = _Table({Lens.PERFORMANCE: [blocking]}, fixes=[_change("t2", "other()")])

    final = run_passes(ORDER, _change("t1"), table, fix_rounds=2)

    assert final.tree == "t2"
    assert table.asked == [
        (Lens.SECURITY, "t1"),
        (Lens.PERFORMANCE, "t1"),
        *((lens, "t2") for lens in ORDER),
    ]


def test_passes__bounded_fix_rounds() -> None:
    """A reviewer who is never satisfied gets its rounds, then the review ends unapproved."""
    never: list[ReviewReport | None] = [
        _report(_finding(), verdict=Verdict.CHANGES) for _ in range(9)
    ]
    table = _Table({Lens.SECURITY: never}, fixes=[_change("t2"), _change("t3"), _change("t4")])

    final = run_passes((Lens.SECURITY,), _change("t1"), table, fix_rounds=2)

    assert final.tree == "t3"
    assert table.fixed == [Lens.SECURITY, Lens.SECURITY]
    assert table.passes[-1].verdict is Verdict.CHANGES


def test_passes__no_answer_is_no_approval() -> None:
    """A reviewer without a valid answer leaves a pass without a verdict."""
    table = _Table({Lens.SECURITY: [None]})

    run_passes((Lens.SECURITY,), _change("t1"), table, fix_rounds=2)

    assert [review.verdict for review in table.passes] == [None]


def test_passes__approval_with_a_blocking_finding_is_none() -> None:
    """A reviewer cannot approve and block at once: the finding counts."""
    table = _Table({Lens.SECURITY: [_report(_finding())]}, fixes=[None])

    run_passes((Lens.SECURITY,), _change("t1"), table, fix_rounds=2)

    assert table.passes[0].verdict is Verdict.CHANGES


def test_passes__fix_that_changes_nothing_ends_the_lens() -> None:
    """A fix without a new tree is not asked about again."""
    blocking = _report(_finding(), verdict=Verdict.CHANGES)
    table = _Table({Lens.SECURITY: [blocking]}, fixes=[_change("t1")])

    run_passes((Lens.SECURITY,), _change("t1"), table, fix_rounds=2)

    assert len(table.questions) == 1


def test_passes__demand_without_a_standing_finding_is_asked_once_more() -> None:
    """A verdict that rests on a quote which is not in the diff gets one more chance, told why."""
    invented = _report(_finding(quote="no such line"), verdict=Verdict.CHANGES)
    table = _Table({Lens.SECURITY: [invented, invented]})

    run_passes((Lens.SECURITY,), _change("t1"), table, fix_rounds=2)

    assert len(table.questions) == 2
    assert any("not one that this change adds" in text for text in table.questions[1].rejected)
    assert table.passes[-1].verdict is Verdict.CHANGES
    assert table.passes[-1].findings == ()


def test_passes__refuted_finding_is_asked_about_again() -> None:
    """When the fixer shows that a finding is wrong, the reviewer hears why and may approve."""
    blocking = _report(_finding(), verdict=Verdict.CHANGES)
    table = _Table({Lens.SECURITY: [blocking]}, fixes=[Refuted(why="read() masks the token.")])

    final = run_passes((Lens.SECURITY,), _change("t1"), table, fix_rounds=2)

    assert final.tree == "t1"
    assert "read() masks the token." in table.questions[1].rejected[-1]
    assert table.passes[-1].verdict is Verdict.APPROVE
