"""The page on security promises tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.source import ROOT
from tests.attack_table import CASES, PAGE, Attack, attacks
from tests.unit.rendering.test_cleaning import HIDDEN

PROBES = 16


def test_table__has_every_case() -> None:
    """Forty attacks were collected, and none is left out."""
    assert [attack.case for attack in attacks()] == list(range(1, CASES + 1))


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: str(attack.case))
def test_row__names_tests_that_exist(attack: Attack) -> None:
    """Whoever doubts a row can run it: its tests are there."""
    missing = [
        f"{file}::{name}"
        for file, name in attack.tests
        if not (ROOT / "tests" / file).exists()
        or name
        not in {
            node.name
            for node in ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
    ]

    assert attack.tests != ()
    assert missing == []


def test_readme__backs_each_row_with_cases() -> None:
    """No attack is said to be stopped without a case that is played."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    table = page.split("| Attack | What stops it | What does not | Cases |")[1].split("\n\n")[0]
    cases = [re.findall(r"\d+", row.rsplit("|", 2)[1]) for row in table.splitlines()[2:]]

    assert len(cases) > 10
    assert all(cases)
    assert {int(case) for row in cases for case in row} <= set(range(1, CASES + 1))


def test_probes__are_all_played() -> None:
    """Each of the page's sixteen rows is a probe of the test, which counts it by that name."""
    page = PAGE.read_text(encoding="utf-8").split("## Sixteen ways")[1]
    rows = re.findall(r"^\| [^|]+ \|[^\n]*\| ([^|]+) \|$", page, re.MULTILINE)[2:]

    played = [kind for _, kind in HIDDEN.values()]

    assert len(rows) == PROBES
    assert [kind.partition(",")[0] for kind in rows] == played[:PROBES]
