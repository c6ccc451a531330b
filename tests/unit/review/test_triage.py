"""Which findings are kept."""

from __future__ import annotations

import pytest

from orchestrator.domain.change import Change
from orchestrator.domain.review import EvidenceKind, Remark, ReviewReport, Severity, Verdict
from orchestrator.review.material import hunk_around
from orchestrator.review.triage import (
    MAX_ADVISORY,
    MAX_BLOCKING,
    MIN_CONFIDENCE,
    added_lines,
    triage,
)

DIFF = """\
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,2 +1,5 @@
 import os
-old = 1
+first = 1
+second = 2
+third = 3
+fourth = 4
"""
CHANGE = Change(base="b" * 40, head="c" * 40, tree="t" * 40, files=(), diff=DIFF)


def _finding(
    quote: str,
    *,
    line: int = 2,
    evidence: str = "input 1 gives 2",
    path: str = "app.py",
    severity: Severity = Severity.BLOCKING,
    confidence: int = 90,
    claim: str = "",
) -> Remark:
    return Remark(
        severity=severity,
        path=path,
        line=line,
        quote=quote,
        claim=claim or f"{quote} is wrong.",
        scenario="",
        evidence_kind=EvidenceKind.INPUT,
        evidence=evidence,
        suggestion="",
        confidence=confidence,
    )


def _report(*findings: Remark) -> ReviewReport:
    return ReviewReport(verdict=Verdict.CHANGES, findings=findings, checked=(), not_checked=())


def test_added_lines__numbers_of_the_new_file() -> None:
    """Line numbers are those a reader finds in the changed file."""
    assert added_lines(DIFF) == {
        "app.py": ((2, "first = 1"), (3, "second = 2"), (4, "third = 3"), (5, "fourth = 4"))
    }


def test_triage__wrong_line_number_is_corrected() -> None:
    """The quote decides; the number is put right."""
    kept = triage(_report(_finding("third  =  3", line=40)), CHANGE)

    assert kept.kept[0].line == 4


@pytest.mark.parametrize("quote", ["+- hosts: all", "- hosts: all", "hosts: all"])
def test_triage__line_that_begins_with_a_dash(quote: str) -> None:
    """An item of a list is found whether or not its reviewer copied the mark of the diff."""
    text = DIFF.replace("+first = 1", "+- hosts: all")

    kept = triage(_report(_finding(quote)), CHANGE.model_copy(update={"diff": text}))

    assert [item.line for item in kept.kept] == [2]


def test_triage__quote_of_several_lines_is_placed_at_the_longest() -> None:
    """A finding is not lost because its reviewer quoted the lines around it, too."""
    kept = triage(_report(_finding("import os\n+second = 2\n}", line=1)), CHANGE)

    assert [item.line for item in kept.kept] == [3]
    assert triage(_report(_finding("invented(first)\nthird = 3")), CHANGE).kept == ()


@pytest.mark.parametrize("quote", ["check(user)", "-    check(user)", "- check(user)"])
def test_triage__removal_that_breaks_something_is_a_finding(quote: str) -> None:
    """A change that only deletes, and with it a check, can be objected to where it did so."""
    diff = """\
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -7,3 +7,2 @@ def serve(user):
     start()
-    check(user)
     answer()
diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1,1 +0,0 @@
-check(user)
"""
    change = CHANGE.model_copy(update={"diff": diff})

    kept = triage(_report(_finding(quote, line=70), _finding(quote, path="gone.py")), change).kept

    assert [(item.path, item.line) for item in kept] == [("app.py", 8), ("gone.py", 1)]
    assert [item.severity for item in kept] == [Severity.BLOCKING] * 2
    shown = [hunk_around(diff, item).splitlines() for item in kept]
    assert shown[0][2] == "       -    check(user)"
    assert shown[1] == ["+++ gone.py", "       -check(user)"]


def test_triage__line_that_moved_is_placed_where_it_is_now() -> None:
    """What is both removed and added is looked for in the new file."""
    swapped = DIFF.replace("-old = 1", "-fourth = 4")
    change = CHANGE.model_copy(update={"diff": swapped})

    (kept,) = triage(_report(_finding("fourth = 4", line=1)), change).kept

    assert kept.line == 5


def test_triage__quote_that_is_not_changed_is_dropped() -> None:
    """Unchanged and invented lines, empty quotes and other files are no findings."""
    findings = (
        _finding("import os"),
        _finding("invented()"),
        _finding(""),
        _finding("first = 1", path="other.py"),
    )

    kept = triage(_report(*findings), CHANGE)

    assert kept.kept == ()
    assert len(kept.dropped) == len(findings)


def test_triage__no_evidence_does_not_block() -> None:
    """A blocking finding without a failing input or rule is advice."""
    kept = triage(_report(_finding("first = 1", evidence=" ")), CHANGE)

    assert [item.severity for item in kept.kept] == [Severity.ADVISORY]


def test_triage__at_most_three_block() -> None:
    """The fourth blocking finding of a pass becomes advice and says so."""
    lines = ("first = 1", "second = 2", "third = 3", "fourth = 4")

    kept = triage(_report(*(_finding(line) for line in lines)), CHANGE)

    blocking = [item for item in kept.kept if item.severity is Severity.BLOCKING]
    assert len(blocking) == MAX_BLOCKING
    assert kept.kept[3].severity is Severity.ADVISORY
    assert "at most" in kept.dropped[0]


def test_triage__same_remark_twice_counts_once() -> None:
    """A repeated remark is dropped."""
    kept = triage(_report(_finding("first = 1"), _finding("first = 1")), CHANGE)

    assert len(kept.kept) == 1


def test_triage__below_the_threshold_is_dropped() -> None:
    """A reviewer who is not sure takes nobody's time, however grave it would be."""
    doubtful = _finding("first = 1", confidence=MIN_CONFIDENCE - 1)

    kept = triage(_report(doubtful, _finding("second = 2", confidence=MIN_CONFIDENCE)), CHANGE)

    assert [item.quote for item in kept.kept] == ["second = 2"]
    assert "sure to 79 % only" in kept.dropped[0]


def test_triage__advice_is_bounded() -> None:
    """Advice beyond the bound of a pass is dropped and counted, not verified for money."""
    many = [
        _finding("first = 1", severity=Severity.ADVISORY, claim=f"Advice {number}.")
        for number in range(MAX_ADVISORY + 2)
    ]

    kept = triage(_report(*many), CHANGE)

    assert len(kept.kept) == MAX_ADVISORY
    assert len(kept.dropped) == 2
