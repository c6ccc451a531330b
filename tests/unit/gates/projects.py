"""Small projects whose tests are really run, on a base and on a head."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind, CheckReport
from orchestrator.gates.checks import CheckRunner
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.sandbox import Access
from orchestrator.sandbox.unconfined import Unconfined
from tests.unit.gates.evidence import BASE, HEAD, REDACTOR

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITTEST = "python3 -m unittest discover -s tests -t ."
PYTEST = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python3 -m pytest -q -p no:cacheprovider tests"


def run(
    folder: Path,
    files: Mapping[str, str],
    command: str,
    *,
    kind: CheckKind = CheckKind.TEST,
    commit: str = HEAD,
    timeout_s: float = 60,
) -> CheckReport:
    """Write the files into a tree of their own and run the command there."""
    trees = folder / "trees"
    trees.mkdir(exist_ok=True)
    tree = trees / str(len(list(trees.iterdir())))
    for path, text in files.items():
        file = tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    toolchain = Toolchain(path=(Path(sys.executable).parent,))
    sandbox = Unconfined(folder / "cells", toolchain=toolchain)
    runner = CheckRunner(
        lambda place: sandbox.open(place, access=Access.WRITE),
        redactor=REDACTOR,
        timeout_s=timeout_s,
    )
    return runner.run(kind, command, commit=commit, tree=tree)


def on_base(
    folder: Path, files: Mapping[str, str], command: str, *, timeout_s: float = 60
) -> CheckReport:
    """Run the tests of a project as it was before the change."""
    return run(folder, files, command, commit=BASE, timeout_s=timeout_s)


def suite(*bodies: str) -> dict[str, str]:
    """Return a package of tests: one method for each body, `test_1` and so on."""
    methods = "".join(
        f"    def test_{number}(self):\n        {body}\n" for number, body in enumerate(bodies, 1)
    )
    text = (
        f"import os, unittest\nfrom app import value\n\n\nclass Case(unittest.TestCase):\n{methods}"
    )
    return {"app.py": "value = 1\n", "tests/__init__.py": "", "tests/test_app.py": text}
