"""Python projects are checked with the tools that their files name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.config.detecting import VENV, values_in

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(
            {
                "pyproject.toml": (
                    "[project]\nname = 'a'\n"
                    "[project.optional-dependencies]\ntest = ['pytest', 'pytest-cov']\n"
                    "[tool.pytest.ini_options]\n[tool.ruff]\n"
                ),
                "src/a.py": "",
            },
            {
                "language": "python",
                "package_manager": "pip",
                "test_framework": "pytest",
                "linter": "ruff",
                "commands.setup": f"{VENV} -e '.[test]' ruff",
                "commands.test": ".venv/bin/python -m pytest",
                "commands.lint": ".venv/bin/python -m ruff check .",
                "commands.coverage": ".venv/bin/python -m pytest --cov --cov-report=xml",
            },
            id="python-pip",
        ),
        pytest.param(
            {
                "pyproject.toml": "[project]\nname='a'\n[project.optional-dependencies]\nx=['y']\n",
                "uv.lock": "",
                "tests/conftest.py": "",
                ".flake8": "",
            },
            {
                "language": "python",
                "package_manager": "uv",
                "test_framework": "pytest",
                "linter": "flake8",
                "commands.setup": "uv sync --locked --all-extras",
                "commands.test": "uv run --no-sync pytest",
                "commands.lint": "uv run --no-sync flake8",
            },
            id="python-uv",
        ),
        pytest.param(
            {
                "pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.pylint]\n",
                "requirements-dev.txt": "pytest==8\ncoverage==7\n",
            },
            {
                "language": "python",
                "package_manager": "poetry",
                "test_framework": "pytest",
                "linter": "pylint",
                "commands.setup": "poetry install --no-interaction",
                "commands.test": "poetry run pytest",
                "commands.lint": "poetry run pylint --recursive=y .",
                "commands.coverage": (
                    "poetry run coverage run -m pytest && poetry run coverage xml"
                ),
            },
            id="python-poetry",
        ),
        pytest.param(
            {"Pipfile": "[dev-packages]\npytest = '*'\n"},
            {
                "language": "python",
                "package_manager": "pipenv",
                "test_framework": "pytest",
                "commands.setup": "pipenv install --dev",
                "commands.test": "pipenv run pytest",
            },
            id="python-pipenv",
        ),
        pytest.param(
            {"poetry.lock": "", "setup.py": "", "tox.ini": "[tox]\nenvlist = py\n"},
            {
                "language": "python",
                "package_manager": "poetry",
                "test_framework": "tox",
                "commands.setup": "poetry install --no-interaction",
                "commands.test": "poetry run tox",
            },
            id="python-tox",
        ),
        pytest.param(
            {"calc.py": "", "tests/test_calc.py": "import unittest\n"},
            {
                "language": "python",
                "package_manager": "pip",
                "test_framework": "unittest",
                "commands.test": "python3 -m unittest discover -s tests",
            },
            id="python-unittest-in-a-plain-folder",
        ),
        pytest.param(
            {"calc.py": "", "my tests; x/test_calc.py": "import unittest\n"},
            {
                "language": "python",
                "package_manager": "pip",
                "test_framework": "unittest",
                "commands.test": "python3 -m unittest discover -s 'my tests; x'",
            },
            id="python-unittest-odd-folder",
        ),
        pytest.param(
            {
                "requirements.txt": "requests\n",
                "calc/__init__.py": "",
                "calc/test_calc.py": "from unittest import TestCase\n",
            },
            {
                "language": "python",
                "package_manager": "pip",
                "test_framework": "unittest",
                "commands.setup": f"{VENV} -r requirements.txt",
                "commands.test": ".venv/bin/python -m unittest discover",
            },
            id="python-unittest-in-a-package",
        ),
        pytest.param(
            {"setup.py": "", "test_a.py": "import pytest\n", "ruff.toml": ""},
            {
                "language": "python",
                "package_manager": "pip",
                "test_framework": "pytest",
                "linter": "ruff",
                "commands.setup": f"{VENV} -e . pytest ruff",
                "commands.test": ".venv/bin/python -m pytest",
                "commands.lint": ".venv/bin/python -m ruff check .",
            },
            id="python-tools-that-no-manifest-names",
        ),
    ],
)
def test_detect_python__reads_manifests(
    texts: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    """Every setting that the files speak for is found, and no other."""
    assert values_in(texts) == expected
