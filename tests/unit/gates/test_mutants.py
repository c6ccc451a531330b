"""Small errors are put where an operator stands, on changed lines only."""

from __future__ import annotations

import pytest

from orchestrator.domain.check import CheckEnding, CheckReport
from orchestrator.domain.patch import parse_patch
from orchestrator.domain.strength import MutantEnding
from orchestrator.gates.mutants import mutations, sample
from orchestrator.stages.strength import ending_of
from tests.unit.gates.evidence import diff, report


@pytest.mark.parametrize(
    ("path", "line", "results"),
    [
        ("a.py", "x = a == b  # a == b", ["x = a != b  # a == b"]),
        ("a.py", "x = 'a + b'", []),
        ("a.py", "x = a and True", ["x = a and False", "x = a or True"]),
        ("a.js", "x = a && b;", ["x = a || b;"]),
        ("a.ts", "x = a === b;", ["x = a !== b;"]),
        ("a.go", "x := a < b", ["x := a >= b"]),
        ("a.rs", "let x = a + b;", ["let x = a - b;"]),
        ("a.md", "a == b", []),
    ],
)
def test_mutations__by_syntax(path: str, line: str, results: list[str]) -> None:
    """Comments and strings are left alone, and every mutant is another program."""
    content = f"{line}\n".encode()

    found, problem = mutations(parse_patch(diff(path, f"+{line}", is_new=True)), {path: content})

    assert problem == ""
    assert sorted(item.applied(content).decode().strip() for item in found) == results


def test_mutations__changed_lines_only() -> None:
    """What the change did not touch is not the change's to test."""
    content = b"x = a == b\ny = a == b\n"

    found, _ = mutations(parse_patch(diff("a.py", " x = a == b", "+y = a == b")), {"a.py": content})

    assert [item.line for item in found] == [2]


def test_sample__lines_in_turn() -> None:
    """Every line gets its mutant before one gets a second, and a run is repeatable."""
    content = b"x = a + b + c + d\ny = a == b\n"
    lines = [f"+{line}" for line in content.decode().splitlines()]
    found, _ = mutations(parse_patch(diff("a.py", *lines, is_new=True)), {"a.py": content})

    chosen = sample(found, 2, seed="s")

    assert {item.line for item in chosen} == {1, 2}
    assert chosen == sample(reversed(found), 2, seed="s")


_GREEN = report(cases={"a": "passed"})
_RED = report(cases={"a": "failed"}, exit_code=1)


@pytest.mark.parametrize(
    ("before", "after", "ending"),
    [
        (_GREEN, _RED, MutantEnding.KILLED),
        (_GREEN, _GREEN, MutantEnding.SURVIVED),
        (_RED, _RED, MutantEnding.SURVIVED),
        (_GREEN, report(exit_code=1), MutantEnding.UNVIABLE),
        (_GREEN, report(ending=CheckEnding.TIMED_OUT, exit_code=None), MutantEnding.KILLED),
    ],
)
def test_ending__table(before: CheckReport, after: CheckReport, ending: MutantEnding) -> None:
    """Only what newly fails kills; what did not even run counts neither way."""
    assert ending_of(before, after) is ending
