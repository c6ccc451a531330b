"""Tests that failed before the change excuse themselves, and nothing behind them."""

from __future__ import annotations

import pytest

from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.tests_rule import AllTestsPassing
from tests.unit.gates.evidence import BASE, HEAD, evidence, report


@pytest.mark.parametrize(
    ("command", "output", "verdict"),
    [
        (
            "cargo nextest run",
            "     Summary [   0.125s] 3/4 tests run: 2 passed, 1 failed\n",
            GateVerdict.NO_EVIDENCE,
        ),
        (
            "cargo nextest run",
            "     Summary [   0.125s] 4 tests run: 3 passed, 1 failed\n",
            GateVerdict.PASSED,
        ),
        (
            "npx jest",
            "Test Suites: 1 failed, 1 of 3 total\nTests: 1 failed, 1 total\n",
            GateVerdict.NO_EVIDENCE,
        ),
        (
            "npx jest",
            "Test Suites: 1 failed, 3 total\nTests: 1 failed, 3 total\n",
            GateVerdict.PASSED,
        ),
        (
            "mvn -B test",
            "[INFO] one .... FAILURE [  1.2 s]\n[INFO] two .... SKIPPED\n",
            GateVerdict.NO_EVIDENCE,
        ),
        ("go test -failfast ./...", "FAIL\n", GateVerdict.NO_EVIDENCE),
        ("bundle exec rspec --fail-fast", "1 example, 1 failure\n", GateVerdict.NO_EVIDENCE),
        ("vendor/bin/phpunit --stop-on-failure", "FAILURES!\n", GateVerdict.NO_EVIDENCE),
        ("npx mocha --bail", "  1 failing\n", GateVerdict.NO_EVIDENCE),
    ],
)
def test_all_tests_passing__stops_at_an_old_failure(
    command: str, output: str, verdict: GateVerdict
) -> None:
    """A run that an old failure ended early says nothing about the tests behind it."""
    base, head = (
        report(commit=commit, command=command, cases={"old": "failed"}, exit_code=1, output=output)
        for commit in (BASE, HEAD)
    )

    assert AllTestsPassing().judge(evidence(base=(base,), head=(head,))).verdict is verdict
