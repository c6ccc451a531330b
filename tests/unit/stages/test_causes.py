"""Why a command failed, told from output that anybody may have written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.gates.checks import TAIL_CHARS
from orchestrator.stages.causes import Cause, cause_in

_READS = "import sys; from orchestrator.stages.causes import cause_in; cause_in(sys.argv[1])"
_PATIENCE_S = 30.0


@pytest.mark.parametrize(
    "piece",
    ["EBADENGINE ", "EBADENGINE\n", "a", "(from versions: "],
)
def test_cause_in__is_found_out_soon_however_the_output_is_made(piece: str) -> None:
    """A test that prints what a tool would print must not hold up the end of the run."""
    output = (piece * TAIL_CHARS)[:TAIL_CHARS]

    ended = subprocess.run(
        [sys.executable, "-c", _READS, output],
        cwd=Path(__file__).parents[3],
        timeout=_PATIENCE_S,
        check=False,
    )

    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("npm warn EBADENGINE Unsupported engine\nnpm error code 1\n", Cause.VERSIONS),
        ("npm error EBADENGINE Not compatible, an error", Cause.VERSIONS),
        ("npm warn EBADENGINE Unsupported engine\n\nnpm error code 1\n", Cause.UNKNOWN),
        ("sh: 1: ./node_modules/.bin/jest: not found\n", Cause.PROGRAM),
        ("/bin/sh: yarn: command not found", Cause.PROGRAM),
        ("page: not found, as it should be", Cause.UNKNOWN),
    ],
)
def test_cause_in__reads_a_word_where_a_tool_puts_it(output: str, cause: Cause) -> None:
    """An engine's warning counts with an error on its line or the next; a program ends its line."""
    assert cause_in(output).cause is cause
