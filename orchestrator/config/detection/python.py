"""Python projects."""

from __future__ import annotations

import re
from shlex import quote

from orchestrator.config.detection.clues import Clue, Ecosystem, Setting, clue
from orchestrator.config.detection.repository import MOST_READ, Repository, table

_REQUIREMENTS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements-test.txt",
    "requirements-tests.txt",
    "test-requirements.txt",
    "requirements/dev.txt",
    "requirements/test.txt",
)
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "Pipfile", *_REQUIREMENTS)
_EXTRAS = ("dev", "test", "tests", "testing")
_RUN = {"uv": "uv run --no-sync ", "poetry": "poetry run ", "pipenv": "pipenv run "}
_PYTEST = (
    ("pyproject.toml", r"^\[tool\.pytest"),
    ("pytest.ini", r"^\[pytest\]"),
    ("tox.ini", r"^\[pytest\]"),
    ("setup.cfg", r"^\[tool:pytest\]"),
)
_LINTERS = (
    ("ruff", "ruff check .", "ruff.toml", r""),
    ("ruff", "ruff check .", ".ruff.toml", r""),
    ("ruff", "ruff check .", "pyproject.toml", r"^\[tool\.ruff"),
    ("flake8", "flake8", ".flake8", r""),
    ("flake8", "flake8", "setup.cfg", r"^\[flake8\]"),
    ("flake8", "flake8", "tox.ini", r"^\[flake8\]"),
    ("pylint", "pylint --recursive=y .", ".pylintrc", r""),
    ("pylint", "pylint --recursive=y .", "pyproject.toml", r"^\[tool\.pylint"),
)


def find(repository: Repository) -> Ecosystem | None:
    """Return what pyproject.toml, requirements and test files tell."""
    weight = repository.count(".py")
    manifest = repository.first(*_MANIFESTS)
    if manifest is None and not weight:
        return None
    return _Project(repository, manifest or "*.py").ecosystem(weight)


class _Project:
    def __init__(self, repository: Repository, manifest: str) -> None:
        self._repository = repository
        self._manifest = manifest
        self._pyproject = repository.toml("pyproject.toml")
        self._manager, self._manager_reason = self._find_manager()
        self._framework, self._framework_reason = self._find_framework()
        self._linter = next(
            (row for row in _LINTERS if repository.has(row[2]) and repository.says(*row[2:])), None
        )
        self._setup = self._find_setup()
        in_venv = self._manager == "pip" and self._setup is not None
        bare = ".venv/bin/python -m " if in_venv else "python3 -m "
        self._run = _RUN.get(self._manager, bare)

    def ecosystem(self, weight: int) -> Ecosystem:
        lint = self._linter and clue(f"{self._run}{self._linter[1]}", self._linter[2])
        return Ecosystem(
            name="python",
            weight=weight,
            clues={
                Setting.LANGUAGE: clue("python", self._manifest),
                Setting.PACKAGE_MANAGER: clue(self._manager, self._manager_reason),
                Setting.TEST_FRAMEWORK: clue(self._framework, self._framework_reason)
                if self._framework
                else None,
                Setting.LINTER: self._linter and clue(self._linter[0], self._linter[2]),
                Setting.SETUP: self._setup,
                Setting.TEST: self._test(),
                Setting.LINT: lint,
                Setting.COVERAGE: self._coverage(),
            },
            no_tests="no pytest, unittest or tox was found",
        )

    def _find_manager(self) -> tuple[str, str]:
        if self._repository.has("uv.lock"):
            return "uv", "uv.lock"
        if self._repository.has("poetry.lock"):
            return "poetry", "poetry.lock"
        if table(self._pyproject, "tool", "poetry"):
            return "poetry", "pyproject.toml [tool.poetry]"
        if self._repository.has("Pipfile"):
            return "pipenv", "Pipfile"
        return "pip", self._manifest

    def _find_framework(self) -> tuple[str, str]:
        for path, pattern in _PYTEST:
            if self._repository.says(path, pattern):
                return "pytest", path
        conftest = self._repository.named("conftest.py")
        named = conftest[0] if conftest else self._naming("pytest")
        if named:
            return "pytest", named
        if self._repository.says("tox.ini", r"^\[(?:tox|testenv)"):
            return "tox", "tox.ini"
        for path in self._repository.named("test_*.py", "*_test.py")[:MOST_READ]:
            if self._repository.says(path, r"^\s*(?:import|from) pytest\b"):
                return "pytest", path
            if self._repository.says(path, r"^\s*(?:import|from) unittest\b"):
                return "unittest", path
        return "", ""

    def _naming(self, package: str) -> str | None:
        """Return the first manifest that names a package."""
        pattern = rf"(?<![\w.-]){re.escape(package)}(?![\w-])"
        return next((path for path in _MANIFESTS if self._repository.says(path, pattern)), None)

    def _find_setup(self) -> Clue | None:
        if self._manager == "uv":
            extras = table(self._pyproject, "project", "optional-dependencies")
            return clue(f"uv sync --locked{' --all-extras' if extras else ''}", "uv.lock")
        if self._manager == "poetry":
            return clue("poetry install --no-interaction", self._manager_reason)
        if self._manager == "pipenv":
            return clue("pipenv install --dev", "Pipfile")
        wanted = self._to_install()
        if not wanted:
            return None
        return clue(
            "python3 -m venv .venv && echo '*' > .venv/.gitignore && "
            f".venv/bin/python -m pip install {' '.join(wanted)}",
            self._manifest,
        )

    def _to_install(self) -> list[str]:
        wanted = [f"-r {path}" for path in _REQUIREMENTS if self._repository.has(path)]
        is_package = "build-system" in self._pyproject or "project" in self._pyproject
        if is_package or self._repository.has("setup.py"):
            optional = table(self._pyproject, "project", "optional-dependencies")
            extras = ",".join(extra for extra in _EXTRAS if extra in optional)
            wanted.append(f"-e '.[{extras}]'" if extras else "-e .")
        groups = table(self._pyproject, "dependency-groups")
        wanted += [f"--group {group}" for group in _EXTRAS if group in groups]
        tools = (self._framework, self._linter[0] if self._linter else "")
        return wanted + [
            tool for tool in tools if tool not in {"", "unittest"} and not self._naming(tool)
        ]

    def _test(self) -> Clue | None:
        if self._framework == "unittest":
            folder = self._framework_reason.rpartition("/")[0].split("/")[0]
            is_loose = folder and not self._repository.has(f"{folder}/__init__.py")
            where = f" -s {quote(folder)}" if is_loose else ""
            return clue(f"{self._run}unittest discover{where}", self._framework_reason)
        if not self._framework:
            return None
        return clue(f"{self._run}{self._framework}", self._framework_reason)

    def _coverage(self) -> Clue | None:
        if self._framework != "pytest":
            return None
        plugin = self._naming("pytest-cov")
        if plugin:
            return clue(f"{self._run}pytest --cov --cov-report=xml", plugin)
        named = self._naming("coverage")
        if not named:
            return None
        run = self._run
        return clue(f"{run}coverage run -m pytest && {run}coverage xml", named)
