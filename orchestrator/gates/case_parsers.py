"""What test runners print, turned into verdicts per test.

Each parser answers `None` when the text is not of its runner. Counts are taken from the
runner's own summary; ids where the text gives them, which is often for failures only, and
written as the runner's report writes them, so that either can be held against the other.
What the parsers were seen to read right is recorded beside their tests, version by version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.gates.cases import parsed
from orchestrator.gates.compiled_output import parse_cargo, parse_go, parse_nextest
from orchestrator.gates.jest_output import parse_jest, parse_vitest
from orchestrator.gates.jvm_output import parse_gradle, parse_maven
from orchestrator.gates.python_output import parse_pytest, parse_unittest
from orchestrator.gates.scripted_output import parse_minitest, parse_phpunit, parse_rspec
from orchestrator.gates.tap_output import parse_mocha, parse_tap
from orchestrator.telemetry.workflow_commands import without_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.gates.cases import ParsedCases

_LINE_CHARS = 500
_RUNNERS: tuple[tuple[Callable[[str], ParsedCases | None], ...], ...] = (
    (parse_pytest,),
    (parse_unittest,),
    (parse_nextest, parse_cargo),
    (parse_maven, parse_gradle),
    (parse_rspec,),
    (parse_minitest,),
    (parse_phpunit,),
    (parse_vitest,),
    (parse_jest,),
    (parse_mocha,),
    (parse_tap,),
)
"""One row for each runner that a command may call; in a row, the first that can read it counts:
nextest prints what cargo's own tests print. Go's own words are too common to be asked for
beside others: jest's `FAIL` and a nameless line of TAP look like a package.
"""


def parse_cases(output: str) -> ParsedCases | None:
    """Return what the output of a test command says about its tests, `None` if nothing.

    A command may call several runners, one after another: what each of them tells counts.
    """
    text = _bounded(output)
    found = [read for row in _RUNNERS if (read := _first(row, text)) is not None]
    if len(found) <= 1:
        return found[0] if found else parse_go(text)
    counts = [each.tests_run for each in found if each.tests_run is not None]
    cases = (case for each in found for case in each.cases)
    return parsed(cases, sum(counts) if len(counts) == len(found) else None)


def _first(row: Sequence[Callable[[str], ParsedCases | None]], text: str) -> ParsedCases | None:
    return next((found for parse in row if (found := parse(text)) is not None), None)


def _bounded(output: str) -> str:
    """Return the text without colours, blank lines and overlong lines: patterns stay fast."""
    lines = without_controls(output.replace("\r\n", "\n")).split("\n")
    kept = (line[:_LINE_CHARS].rstrip() for line in lines)
    return "\n".join(line for line in kept if line)
