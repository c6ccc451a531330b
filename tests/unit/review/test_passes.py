"""The order, the bounds and the bindings of the whole-change review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.change import Change
from orchestrator.domain.review import (
    EvidenceKind,
    Finding,
    FixEnding,
    FixRound,
    Lens,
    Remark,
    ReviewPass,
    ReviewReport,
    Severity,
    Standing,
    Verdict,
    Verification,
)
from orchestrator.review.passes import Rules, run_passes
from orchestrator.review.table import Fixed, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.review.memory import Memory

ORDER = (Lens.SECURITY, Lens.PERFORMANCE, Lens.ARCHITECTURE, Lens.STYLE)


def _change(tree: str, line: str = "token = read()") -> Change:
    diff = f"diff --git a/app.py b/app.py\n@@ -1 +1,2 @@\n import os\n+{line}\n"
    return Change(base="b" * 40, head="c" * 40, tree=tree, files=(), diff=diff)


def _finding(
    quote: str = "token = read()",
    severity: Severity = Severity.BLOCKING,
    claim: str = "The token is printed.",
) -> Remark:
    return Remark(
        severity=severity,
        path="app.py",
        line=2,
        quote=quote,
        claim=claim,
        scenario="Whoever reads the log.",
        evidence_kind=EvidenceKind.INPUT,
        evidence="Running it with TOKEN=x prints x.",
        suggestion="Do not print it.",
        confidence=90,
    )


def _kept(tree: str, line: str = "token = read()") -> Fixed:
    return Fixed(ending=FixEnding.KEPT, change=_change(tree, line))


def _rules(*lenses: Lens, rounds: int = 2, blocking: Severity = Severity.BLOCKING) -> Rules:
    return Rules(lenses=lenses or ORDER, fix_rounds=rounds, blocking=blocking)


HOLDS = Verification(
    holds=True, reproduced=True, evidence="It printed x.", severity=Severity.BLOCKING
)
REFUTES = HOLDS.model_copy(
    update={"holds": False, "reproduced": False, "evidence": "read() masks it."}
)
CHANGES = Verdict.CHANGES


def _report(*findings: Remark, verdict: Verdict = Verdict.APPROVE) -> ReviewReport:
    return ReviewReport(verdict=verdict, findings=findings, checked=("all",), not_checked=())


class _Table:
    """Reviewers that answer from a list for each lens, verifiers and fixers from one list."""

    def __init__(
        self,
        answers: dict[Lens, list[ReviewReport | None]] | None = None,
        fixes: Sequence[Fixed] = (),
        verifications: Sequence[Verification | None] = (),
    ) -> None:
        self.answers = answers or {}
        self.fixes = list(fixes)
        self.verifications = list(verifications)
        self.questions: list[Question] = []
        self.verified: list[Remark] = []
        self.fixed: list[Lens] = []
        self.passes: list[ReviewPass] = []
        self.rounds: list[FixRound] = []
        self.taken_back: list[str] = []

    def ask(self, question: Question) -> ReviewReport | None:
        self.questions.append(question)
        mine = self.answers.get(question.lens, [])
        return mine.pop(0) if mine else _report()

    def verify(
        self, question: Question, remarks: Sequence[Remark]
    ) -> Sequence[Verification | None]:
        self.verified += remarks
        return [self.verifications.pop(0) if self.verifications else HOLDS for _ in remarks]

    def fix(self, lens: Lens, findings: Sequence[Finding], memory: Memory, *, round_: int) -> Fixed:
        assert findings
        self.fixed.append(lens)
        return self.fixes.pop(0)

    def take_back(self, change: Change) -> None:
        self.taken_back.append(change.tree)

    def ended(self, review: ReviewPass) -> None:
        self.passes.append(review)

    def mended(self, fix: FixRound) -> None:
        self.rounds.append(fix)

    @property
    def asked(self) -> list[tuple[Lens, str]]:
        return [(question.lens, question.change.tree) for question in self.questions]


def test_passes__all_approve() -> None:
    """Four approvals of one tree take four questions, in the configured order."""
    table = _Table()

    run_passes(_rules(), _change("t1"), table)

    assert table.asked == [(lens, "t1") for lens in ORDER]
    assert all(review.verdict is Verdict.APPROVE for review in table.passes)


def test_passes__fix_starts_over_on_the_new_tree() -> None:
    """After a fix every earlier approval is stale, so the order begins again on the new tree."""
    blocking = _report(_finding(), verdict=Verdict.CHANGES)
    table = _Table({Lens.PERFORMANCE: [blocking]}, fixes=[_kept("t2", "other()")])

    final = run_passes(_rules(), _change("t1"), table)

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
    table = _Table({Lens.SECURITY: never}, fixes=[_kept("t2"), _kept("t3"), _kept("t4")])

    final = run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert final.tree == "t3"
    assert table.fixed == [Lens.SECURITY, Lens.SECURITY]
    assert table.passes[-1].verdict is Verdict.CHANGES


def test_passes__no_answer_is_no_approval() -> None:
    """A reviewer without a valid answer leaves a pass without a verdict."""
    table = _Table({Lens.SECURITY: [None]})

    run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert [review.verdict for review in table.passes] == [None]


def test_passes__approval_with_a_blocking_finding_is_none() -> None:
    """A reviewer cannot approve and block at once: the finding counts."""
    table = _Table({Lens.SECURITY: [_report(_finding())]}, fixes=[Fixed(ending=FixEnding.FAILED)])

    run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert table.passes[0].verdict is Verdict.CHANGES


def test_passes__fix_that_changes_nothing_ends_the_lens() -> None:
    """After a fix that came to nothing the lens is not asked again."""
    blocking = _report(_finding(), verdict=Verdict.CHANGES)
    table = _Table(
        {Lens.SECURITY: [blocking]},
        fixes=[Fixed(ending=FixEnding.FAILED, why="The fixer gave up.")],
    )

    run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert len(table.questions) == 1


def test_passes__demand_without_a_standing_finding_is_asked_once_more() -> None:
    """A verdict that rests on a quote which is not in the diff gets one more chance, told why."""
    invented = _report(_finding(quote="no such line"), verdict=Verdict.CHANGES)
    table = _Table({Lens.SECURITY: [invented, invented]})

    run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert len(table.questions) == 2
    assert any("not one that this change adds" in text for text in table.questions[1].rejected)
    assert table.passes[-1].verdict is Verdict.CHANGES
    assert table.passes[-1].findings == ()


def test_passes__refuted_finding_is_asked_about_again() -> None:
    """When the fixer shows that a finding is wrong, the reviewer hears why and may approve."""
    blocking = _report(_finding(), verdict=Verdict.CHANGES)
    table = _Table(
        {Lens.SECURITY: [blocking]},
        fixes=[Fixed(ending=FixEnding.REFUTED, why="read() masks the token.")],
    )

    final = run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert final.tree == "t1"
    assert table.questions[1].answers == ("read() masks the token.",)
    assert table.passes[-1].verdict is Verdict.APPROVE


def test_verifier__refuted_finding_is_no_reason_for_changes() -> None:
    """What a verifier refutes is neither kept nor fixed, and nothing else stands: approved."""
    blocking = _report(_finding(), verdict=CHANGES)
    table = _Table({Lens.SECURITY: [blocking]}, verifications=[REFUTES])

    run_passes(_rules(), _change("t1"), table)

    first = table.passes[0]
    assert first.verdict is Verdict.APPROVE
    assert first.findings == ()
    assert [item.proof for item in first.refuted] == ["read() masks it."]
    assert table.fixed == []
    assert table.asked == [(lens, "t1") for lens in ORDER]


def test_verifier__refuted_finding_is_the_same_however_its_path_is_written() -> None:
    """A path that begins with a dot and a slash is the same file: nothing is left to change."""
    blocking = _report(_finding().model_copy(update={"path": "./app.py"}), verdict=CHANGES)
    table = _Table({Lens.SECURITY: [blocking]}, verifications=[REFUTES])

    run_passes(_rules(), _change("t1"), table)

    assert table.passes[0].verdict is Verdict.APPROVE
    assert table.passes[0].raised == 1


def test_verifier__without_an_answer_the_finding_is_advice() -> None:
    """A crashed verifier neither confirms nor refutes: nobody is sent to fix, nothing approved."""
    blocking = _report(_finding(), verdict=CHANGES)
    table = _Table({Lens.SECURITY: [blocking, blocking]}, verifications=[None, None])

    run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert [review.verdict for review in table.passes] == [CHANGES, CHANGES]
    (finding,) = table.passes[0].findings
    assert (finding.severity, finding.standing) == (Severity.ADVISORY, Standing.UNVERIFIED)
    assert table.fixed == []


def test_verifier__can_make_a_finding_lighter_only() -> None:
    """A blocking finding that weighs little is advice; an advisory one is never raised."""
    light = HOLDS.model_copy(update={"severity": Severity.ADVISORY})
    report = _report(_finding(), _finding(severity=Severity.ADVISORY, claim="Slow start."))
    table = _Table({Lens.SECURITY: [report]}, verifications=[light, HOLDS])

    run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    kept = table.passes[0].findings
    assert [item.severity for item in kept] == [Severity.ADVISORY, Severity.ADVISORY]
    assert all(item.standing is Standing.VERIFIED and item.is_reproduced for item in kept)


def test_memory__refuted_finding_is_not_published_again() -> None:
    """Another lens that raises it in other words is told, and costs no second verifier."""
    again = "The secret token is printed to the log."
    table = _Table(
        {
            Lens.SECURITY: [_report(_finding(), verdict=CHANGES)],
            Lens.STYLE: [_report(_finding(claim=again), verdict=CHANGES)],
        },
        verifications=[REFUTES],
    )

    run_passes(_rules(), _change("t1"), table)

    assert len(table.verified) == 1
    assert any("read() masks it." in text for text in table.questions[1].rejected)
    assert all(review.findings == () for review in table.passes)
    assert table.passes[-1].refuted[0].claim == again
    assert "raised again after it was refuted" in table.passes[-1].dropped[0]


def test_memory__lasts_over_rounds_and_runs() -> None:
    """A resumed run knows what was refuted before it: one lens gets one try at a line."""
    first = _Table({Lens.SECURITY: [_report(_finding(), verdict=CHANGES)]}, verifications=[REFUTES])
    run_passes(_rules(Lens.SECURITY), _change("t1"), first)
    table = _Table({Lens.SECURITY: [_report(_finding(claim="Leaks!"), verdict=CHANGES)]})

    run_passes(_rules(Lens.SECURITY), _change("t2"), table, earlier=first.passes)

    assert table.verified == []
    assert table.passes[0].findings == ()
    assert table.passes[0].round == 2


def test_memory__same_remark_of_two_lenses_is_verified_once() -> None:
    """A later lens that says the same takes over what the verifier said, and names the first."""
    advice = _finding(severity=Severity.ADVISORY)
    table = _Table({Lens.SECURITY: [_report(advice)], Lens.STYLE: [_report(advice)]})

    run_passes(_rules(), _change("t1"), table)

    assert len(table.verified) == 1
    (merged,) = table.passes[-1].findings
    assert merged.also == (Lens.SECURITY,)
    assert merged.standing is Standing.VERIFIED


def test_fix__that_brings_back_a_settled_finding_is_taken_back() -> None:
    """When an earlier lens must raise once more what it had settled, the later fix goes."""
    leak = _report(_finding(), verdict=CHANGES)
    slow = _report(_finding("other()", claim="Reads twice."), verdict=CHANGES)
    table = _Table(
        {Lens.SECURITY: [leak, _report(), leak], Lens.PERFORMANCE: [slow]},
        fixes=[_kept("t2", "other()"), _kept("t3")],
    )

    final = run_passes(_rules(Lens.SECURITY, Lens.PERFORMANCE), _change("t1"), table)

    assert final.tree == "t2"
    assert table.taken_back == ["t2"]
    assert [(fix.lens, fix.ending) for fix in table.rounds] == [
        (Lens.SECURITY, FixEnding.KEPT),
        (Lens.PERFORMANCE, FixEnding.KEPT),
        (Lens.PERFORMANCE, FixEnding.UNDONE),
    ]
    assert table.asked[-1] == (Lens.SECURITY, "t3")


def test_fix__undone_one_leaves_the_finding_open() -> None:
    """A fix that the stage took back ends the lens on the old tree, with its finding."""
    undone = Fixed(ending=FixEnding.UNDONE, change=_change("t2"), why="tests fail")
    table = _Table({Lens.SECURITY: [_report(_finding(), verdict=CHANGES)]}, fixes=[undone])

    final = run_passes(_rules(Lens.SECURITY), _change("t1"), table)

    assert final.tree == "t1"
    assert table.passes[-1].verdict is CHANGES
    assert table.rounds[0].after == "t2"


def test_fix__rounds_of_an_earlier_run_count() -> None:
    """Nobody gets more fix rounds by running again."""
    spent = [
        FixRound(lens=Lens.SECURITY, round=number, before="t0", after="t1", ending=FixEnding.KEPT)
        for number in (1, 2)
    ]
    table = _Table({Lens.SECURITY: [_report(_finding(), verdict=CHANGES)]})

    run_passes(_rules(Lens.SECURITY), _change("t1"), table, fixes=spent)

    assert table.fixed == []


def test_fix__settled_findings_are_handed_on() -> None:
    """Reviewers of later passes and rounds hear what was mended and must stay so."""
    leak = _report(_finding(), verdict=CHANGES)
    table = _Table({Lens.SECURITY: [leak]}, fixes=[_kept("t2", "other()")])

    run_passes(_rules(), _change("t1"), table)

    assert [(lens, item.claim) for lens, item in table.questions[-1].settled] == [
        (Lens.SECURITY, "The token is printed.")
    ]


def test_rules__advisory_findings_can_be_made_binding() -> None:
    """With `blocking: advisory` a verified advice has to be fixed, and no approval hides it."""
    advice = _report(_finding(severity=Severity.ADVISORY))
    table = _Table({Lens.SECURITY: [advice]}, fixes=[_kept("t2", "other()")])
    rules = _rules(Lens.SECURITY, blocking=Severity.ADVISORY)

    run_passes(rules, _change("t1"), table)

    assert [review.verdict for review in table.passes] == [CHANGES, Verdict.APPROVE]
    assert table.fixed == [Lens.SECURITY]
