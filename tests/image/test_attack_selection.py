"""`pytest -k attack` inside the image: our code, its Python and its walls as they are shipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from junitparser import JUnitXml, TestCase, TestSuite

from tests.architecture.source import project_files
from tests.attack_table import attacks
from tests.image.docker import ROOT, TAG, docker

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.image

_PYTHON = "/opt/orchestrator/venv/bin/python"
_PYTEST = ("pytest", "pytest-xdist", "hypothesis", "inline-snapshot")
_SHIPPED = frozenset({"orchestrator", "templates"})
"""What the image has of its own: a copy beside the tests would be tried in its place."""
_REPORT = "attacks.xml"


@pytest.fixture(scope="module")
def tools() -> Iterator[Path]:
    """Return pytest and its kin for the image's Python, in the locked versions."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *(Path(sys.executable).with_name("uv"), "pip", "install", "--quiet"),
                *("--target", folder, "--python-version", "3.13", "--only-binary", ":all:"),
                *("--constraint", ROOT / "requirements-dev.lock", *_PYTEST),
            ],
            check=True,
        )
        yield Path(folder)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return the repository without what the image brings."""
    for path in project_files():
        if path.parts[0] not in _SHIPPED:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tmp_path / path)
    for words in (("init", "--quiet"), ("add", "--all")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.usefixtures("image")
def test_attack_selection__holds_inside_the_image(tools: Path, tree: Path) -> None:
    """Every row of the table that needs no engine passes on what is shipped, skips told apart."""
    rows = sorted(
        {file for attack in attacks() for file, _ in attack.tests if "image/" not in file}
    )

    said = docker(
        *("run", "--rm", "--network", "none", "--entrypoint", "/opt/orchestrator/tini"),
        *("--volume", f"{tree}:/tree", "--volume", f"{tools}:/tools:ro", "--workdir", "/tree"),
        *("--env", "PYTHONPATH=/tools", TAG, "--", _PYTHON, "-B", "-X", "utf8", "-m", "pytest"),
        *("-p", "no:cacheprovider", "-q", "-n", "2", f"--junitxml={_REPORT}", "-k", "attack"),
        *(f"tests/{file}" for file in rows),
    )

    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-1000:]
    cases = list(_cases(tree / _REPORT))
    skipped = {result.message for case in cases for result in case.result}
    assert all("bwrap" in str(message) for message in skipped), skipped
    played = {case.name.partition("[")[0] for case in cases if not case.result}
    promised = {test for attack in attacks() for file, test in attack.tests if file in rows}
    assert promised - played == set()


def _cases(report: Path) -> Iterator[TestCase]:
    for suite in JUnitXml.fromfile(str(report)):
        assert isinstance(suite, TestSuite)
        yield from suite
