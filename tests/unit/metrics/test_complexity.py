"""Functions of a change are read in a process of its own, whatever stands in the files."""

from __future__ import annotations

import resource

import pytest

from orchestrator.domain.patch import parse_patch
from orchestrator.metrics.complexity import LONGEST_FILE, FileText, touched_functions
from tests.unit.metrics.golden import ONE_BRANCH, TWO_BRANCHES


def _file(path: str, before: str | None, after: str | None) -> FileText:
    header = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    (patch,) = parse_patch(f"{header}@@ -1 +1 @@\n-x\n+y\n")
    return FileText(patch=patch, before=before, after=after)


def test_functions__wait_for_no_text_that_takes_for_ever() -> None:
    """Comments that never end keep lizard busy for minutes; the end of a run is not among them."""
    endless = _file("a.c", None, "/* " * (LONGEST_FILE // 3))

    assert touched_functions([_file("b.py", None, ONE_BRANCH), endless], timeout_s=2.0) is None


def test_functions__of_too_much_text_are_not_sought() -> None:
    """Two hundred files of generated code do not fill the memory of a small machine."""
    large = _file("a.py", "x = 1\n" * 49_000, "x = 2\n" * 49_000)

    assert touched_functions([large] * 11) is None


def test_functions__that_a_full_disk_keeps_from_being_read_are_unknown() -> None:
    """What only tells how good a change is, costs no run that is done its ending."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        found = touched_functions([_file("a.py", None, ONE_BRANCH)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert found is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(ONE_BRANCH, f"{TWO_BRANCHES}#{'x' * LONGEST_FILE}", id="grown too long"),
        pytest.param(f"{ONE_BRANCH}#{'x' * LONGEST_FILE}", TWO_BRANCHES, id="cut to size"),
    ],
)
def test_functions__are_neither_new_nor_gone_for_what_cannot_be_read(
    before: str, after: str
) -> None:
    """A file of which one side alone can be read says nothing; the others are counted."""
    unread = _file("a.py", before, after)
    other = _file("b.py", None, ONE_BRANCH)

    found = touched_functions([unread, other])

    assert found is not None
    assert {one.path for one in found} == {"b.py"}
