"""The drawing of the house is enforced, and the enforcement really bites."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

from tests.architecture.source import ROOT, parse, python_files, read

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]

# One breach of each contract, in a file that the house does not have.
BREACHES = {
    "domain/breach.py": "import shutil\n",
    "llm/breach.py": "import orchestrator.agents\n",
    "agents/breach.py": "import anthropic, rich, yaml\n",
    "review/breach.py": "import detect_secrets, junitparser, lizard, markdown_it\n",
    "forge/breach.py": "import docker, github, jinja2\n",
    "gates/breach.py": "import subprocess, threading\n",
}


def _lint(folder: Path) -> str:
    """Run import-linter on the package in a folder and return what it says."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
    ).stdout


def test_contracts__each_break_when_breached(tmp_path: Path) -> None:
    """No contract is so loosely written that it holds whatever happens."""
    shutil.copytree(ROOT / "orchestrator", tmp_path / "orchestrator")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for place, text in BREACHES.items():
        (tmp_path / "orchestrator" / place).write_text(f'"""Break in."""\n{text}')

    said = _lint(tmp_path)

    held = [
        c["name"] for c in CONTRACTS if not re.search(rf"{re.escape(c['name'])}\s+BROKEN", said)
    ]
    assert held == [], said[-2000:]


def test_new_room__must_be_on_the_drawing(tmp_path: Path) -> None:
    """Nobody adds a room without saying on which floor it is."""
    shutil.copytree(ROOT / "orchestrator", tmp_path / "orchestrator")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "orchestrator" / "attic").mkdir()
    (tmp_path / "orchestrator" / "attic" / "__init__.py").write_text('"""A room."""\n')

    said = _lint(tmp_path)

    assert "orchestrator.attic" in said


def _imported(path: Path) -> Iterator[str]:
    """Yield the top-level name of every module that a file imports, wherever it does."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)


def test_imports__come_with_what_is_shipped() -> None:
    """The program never leans on a package that only its developers have installed."""
    wanted = set(re.findall(r"^[a-z0-9-]+(?===)", read(Path("requirements.lock")), re.MULTILINE))
    shipped = {
        module
        for module, names in packages_distributions().items()
        if any(re.sub(r"[-_.]+", "-", name).lower() in wanted for name in names)
    }
    imported = {name for path in python_files("orchestrator") for name in _imported(path)}

    assert imported - sys.stdlib_module_names - shipped == {"orchestrator"}


def test_development_tool__has_a_reason() -> None:
    """Whoever wonders why a package is in the lock finds it in decision 7."""
    wanted = re.findall(r"^[A-Za-z][\w.-]*", read(Path("requirements-dev.in")), re.MULTILINE)
    decision = read(Path("docs/decisions/0007-few-dependencies.md"))

    assert [name for name in (*wanted, "actionlint") if name not in decision] == []


def test_dependency__has_a_window_and_a_reason() -> None:
    """Every outside library is kept behind a contract and has its line in the decisions."""
    distributions = packages_distributions()
    forbidden = {
        module for contract in CONTRACTS for module in contract.get("forbidden_modules", ())
    }
    wanted = re.findall(r"^[A-Za-z][\w.-]*", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    decision = next((ROOT / "docs" / "decisions").glob("0007-*.md")).read_text(encoding="utf-8")

    guarded = {
        name.lower().replace("_", "-")
        for module, names in distributions.items()
        if module in forbidden
        for name in names
    }
    unguarded = [name for name in wanted if name.lower() not in guarded]
    unexplained = [name for name in wanted if f"`{name}`" not in decision]

    # pydantic guards every border; ripgrep and ast-grep are programs.
    assert (unguarded, unexplained) == (["pydantic", "ripgrep", "ast-grep-cli"], [])
