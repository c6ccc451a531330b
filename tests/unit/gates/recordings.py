"""What real test runners printed and wrote, each kept under the name and version of the runner.

Every project behind them has the same shape in its own language: `mixed` passes, fails and skips,
with one title in several suites and files; `broken` has a file that cannot be loaded; `empty` has
no test; `setup` and `suite` fail before a test begins; `panic` ends the process; `green` passes.
Paths of the machine and inner lines of stack traces were cut out, nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.gates.case_parsers import parse_cases
from orchestrator.gates.json_reports import parse_go, parse_jest, parse_rspec
from orchestrator.gates.junit import parse_report

if TYPE_CHECKING:
    from orchestrator.gates.cases import ParsedCases

FOLDER = Path(__file__).parent / "recorded"
_SIGNS = {CaseResult.PASSED: "+", CaseResult.FAILED: "-", CaseResult.SKIPPED: "~"}


def read(name: str) -> ParsedCases | None:
    """Read one recording the way its kind is read in a run."""
    file = FOLDER / name
    text = file.read_text()
    match file.suffixes:
        case [*_, ".events", ".txt"]:
            return parse_go(text)[0]
        case [*_, ".txt"]:
            return parse_cases(text)
        case [*_, ".xml"]:
            return parse_report(text.encode(), relative=lambda path: path.removeprefix("/w/"))
        case _ if "jest" in name:
            return parse_jest(text, relative=lambda path: path.removeprefix("/w/"))
        case _:
            return parse_rspec(text)


def told(name: str) -> str:
    """Return how many tests ran and each case with its sign, one per line."""
    found = read(name)
    if found is None:
        return "nothing"
    cases = (f"{_SIGNS[case.result]} {case.id}" for case in found.cases)
    return "\n".join((f"{found.tests_run} ran", *cases))
