"""Manifests say how a project is set up, tested and checked; nothing is invented."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.config.detection import Detected, detect
from tests.unit.config.builders import FixedFiles

if TYPE_CHECKING:
    from collections.abc import Mapping


def found_in(texts: Mapping[str, str]) -> Detected:
    """Detect in a repository with these files."""
    return detect(tuple(texts), FixedFiles(texts))


def values_in(texts: Mapping[str, str]) -> dict[str, str]:
    """Return what is detected, by the key below `project`."""
    return {".".join(each.path[1:]): each.value for each in found_in(texts).values}


def package(**manifest: object) -> str:
    """Write a package.json."""
    return json.dumps(manifest)


NODE = {
    "package.json": package(
        scripts={
            "test": "vitest run",
            "lint": "eslint .",
            "build": "vite build",
            "coverage": "c8 x",
        },
        devDependencies={"vitest": "3", "typescript": "5", "eslint": "9"},
    ),
    "package-lock.json": "{}",
}
VENV = "python3 -m venv .venv && echo '*' > .venv/.gitignore && .venv/bin/python -m pip install"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(
            NODE,
            {
                "language": "typescript",
                "package_manager": "npm",
                "test_framework": "vitest",
                "linter": "eslint",
                "commands.setup": "npm ci",
                "commands.build": "npm run build",
                "commands.test": "npm test",
                "commands.lint": "npm run lint",
                "commands.coverage": "npm run coverage",
            },
            id="node-scripts",
        ),
        pytest.param(
            {
                "package.json": package(
                    devDependencies={"jest": "30", "eslint": "9"}, packageManager="pnpm@10.1.0"
                ),
                "pnpm-lock.yaml": "",
                "eslint.config.js": "",
            },
            {
                "language": "javascript",
                "package_manager": "pnpm",
                "test_framework": "jest",
                "linter": "eslint",
                "commands.setup": "pnpm install --frozen-lockfile",
                "commands.test": "pnpm exec jest",
                "commands.lint": "pnpm exec eslint .",
                "commands.coverage": "pnpm exec jest --coverage",
            },
            id="node-pnpm-without-scripts",
        ),
        pytest.param(
            {
                "package.json": package(
                    scripts={"test": "bun test"},
                    devDependencies={"vitest": "3", "@vitest/coverage-v8": "3", "eslint": "9"},
                    eslintConfig={},
                ),
                "bun.lock": "",
            },
            {
                "language": "javascript",
                "package_manager": "bun",
                "test_framework": "vitest",
                "linter": "eslint",
                "commands.setup": "bun install --frozen-lockfile",
                "commands.test": "bun run test",
                "commands.lint": "bun x eslint .",
                "commands.coverage": "bun x vitest run --coverage",
            },
            id="node-bun",
        ),
        pytest.param(
            {
                "package.json": package(scripts={"test": "node --test test/"}),
                "index.html": "",
                "assets/main.scss": "",
            },
            {
                "language": "javascript",
                "package_manager": "npm",
                "test_framework": "node:test",
                "commands.test": "npm test",
            },
            id="node-site-without-dependencies",
        ),
        pytest.param(
            {
                "package.json": package(dependencies={"left-pad": "1"}),
                "yarn.lock": "",
                ".yarnrc.yml": "",
                "lib/pad.test.mjs": "import test from 'node:test'",
            },
            {
                "language": "javascript",
                "package_manager": "yarn",
                "test_framework": "node:test",
                "commands.setup": "yarn install --immutable",
                "commands.test": "node --test",
            },
            id="node-yarn-berry",
        ),
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
        pytest.param(
            {"go.mod": "module a", "main.go": "", ".golangci.yml": ""},
            {
                "language": "go",
                "package_manager": "go",
                "test_framework": "go test",
                "linter": "golangci-lint",
                "commands.setup": "go mod download",
                "commands.build": "go build ./...",
                "commands.test": "go test ./...",
                "commands.lint": "golangci-lint run",
                "commands.coverage": "go test -coverprofile=coverage.out ./...",
            },
            id="go",
        ),
        pytest.param(
            {"Cargo.toml": "", "Cargo.lock": "", "src/main.rs": ""},
            {
                "language": "rust",
                "package_manager": "cargo",
                "test_framework": "cargo test",
                "linter": "clippy",
                "commands.setup": "cargo fetch --locked",
                "commands.build": "cargo build",
                "commands.test": "cargo test",
                "commands.lint": "cargo clippy --all-targets -- -D warnings",
            },
            id="rust",
        ),
        pytest.param(
            {
                "pom.xml": "junit-jupiter maven-checkstyle-plugin jacoco-maven-plugin",
                "mvnw": "",
                "src/main/java/A.java": "",
            },
            {
                "language": "java",
                "package_manager": "maven",
                "test_framework": "junit",
                "linter": "checkstyle",
                "commands.setup": "./mvnw -B -DskipTests dependency:go-offline",
                "commands.build": "./mvnw -B -DskipTests package",
                "commands.test": "./mvnw -B test",
                "commands.lint": "./mvnw -B checkstyle:check",
                "commands.coverage": "./mvnw -B verify",
            },
            id="maven",
        ),
        pytest.param(
            {
                "build.gradle.kts": 'plugins { id("com.diffplug.spotless"); jacoco }',
                "gradlew": "",
                "src/A.kt": "",
            },
            {
                "language": "kotlin",
                "package_manager": "gradle",
                "linter": "spotless",
                "commands.setup": "./gradlew testClasses",
                "commands.build": "./gradlew assemble",
                "commands.test": "./gradlew test",
                "commands.lint": "./gradlew spotlessCheck",
                "commands.coverage": "./gradlew test jacocoTestReport",
            },
            id="gradle",
        ),
        pytest.param(
            {"build.gradle": "useJUnitPlatform() // junit", "A.java": ""},
            {
                "language": "java",
                "package_manager": "gradle",
                "test_framework": "junit",
                "commands.setup": "gradle testClasses",
                "commands.build": "gradle assemble",
                "commands.test": "gradle test",
            },
            id="gradle-without-wrapper",
        ),
        pytest.param(
            {"Gemfile": "gem 'rubocop'", "lib/a.rb": "", "spec/a_spec.rb": ""},
            {
                "language": "ruby",
                "package_manager": "bundler",
                "test_framework": "rspec",
                "linter": "rubocop",
                "commands.setup": "bundle install",
                "commands.test": "bundle exec rspec",
                "commands.lint": "bundle exec rubocop",
            },
            id="ruby-rspec",
        ),
        pytest.param(
            {"Gemfile": "", "Rakefile": "Minitest::TestTask.create", "test/a_test.rb": ""},
            {
                "language": "ruby",
                "package_manager": "bundler",
                "test_framework": "minitest",
                "commands.setup": "bundle install",
                "commands.test": "bundle exec rake test",
            },
            id="ruby-rake",
        ),
        pytest.param(
            {"Gemfile": "", "bin/rails": "", "test/a_test.rb": ""},
            {
                "language": "ruby",
                "package_manager": "bundler",
                "test_framework": "minitest",
                "commands.setup": "bundle install",
                "commands.test": "bin/rails test",
            },
            id="rails",
        ),
        pytest.param(
            {"a.rb": "", "test/test_a.rb": ""},
            {
                "language": "ruby",
                "test_framework": "minitest",
                "commands.test": (
                    "ruby -Ilib -Itest -e "
                    "\"Dir['./test/**/{*_test,test_*}.rb'].each { |file| require file }\""
                ),
            },
            id="ruby-without-bundler",
        ),
        pytest.param(
            {
                "CMakeLists.txt": "project(a C)\nenable_testing()\n",
                "src/a.c": "",
                "Makefile": "lint:\n\tcheck\n",
            },
            {
                "language": "c",
                "test_framework": "ctest",
                "commands.build": "cmake -S . -B build && cmake --build build",
                "commands.test": (
                    "cmake -S . -B build && cmake --build build && "
                    "ctest --test-dir build --output-on-failure"
                ),
                "commands.lint": "make lint",
            },
            id="cmake",
        ),
        pytest.param(
            {"meson.build": "test('a', exe)", "a.cpp": ""},
            {
                "language": "c++",
                "test_framework": "meson",
                "commands.build": "meson setup build --reconfigure && meson compile -C build",
                "commands.test": (
                    "meson setup build --reconfigure && meson compile -C build && "
                    "meson test -C build --print-errorlogs"
                ),
            },
            id="meson",
        ),
        pytest.param(
            {
                "Makefile": "CC := gcc\nall deps: a\n.PHONY: check\ncheck: a\n\t./a\ncov::\n\tgcov\n",
                "a.c": "",
            },
            {
                "language": "c",
                "test_framework": "make",
                "commands.setup": "make deps",
                "commands.build": "make all",
                "commands.test": "make check",
                "commands.coverage": "make cov",
            },
            id="make",
        ),
        pytest.param(
            {"_config.yml": "", "Gemfile": "gem 'jekyll'", "index.md": ""},
            {
                "language": "html",
                "package_manager": "bundler",
                "commands.setup": "bundle install",
                "commands.build": "bundle exec jekyll build",
            },
            id="jekyll",
        ),
        pytest.param(
            {"_config.yml": ""},
            {"language": "html", "commands.build": "jekyll build"},
            id="jekyll-without-bundler",
        ),
        pytest.param(
            {"config.toml": "baseURL = 'x'\n"},
            {"language": "html", "commands.build": "hugo --minify"},
            id="hugo",
        ),
        pytest.param({"docs/index.html": ""}, {"language": "html"}, id="plain-html"),
        pytest.param({"README.md": "", "config.toml": "a = 1"}, {}, id="nothing-known"),
    ],
)
def test_detect__reads_manifests(texts: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """Each kind of project is set up, built, tested and checked as its own people do it."""
    assert values_in(texts) == expected


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (
            {
                "package.json": package(
                    scripts={"test": 'echo "Error: no test specified" && exit 1'}
                )
            },
            "package.json scripts.test runs no tests",
        ),
        (
            {"package.json": package(scripts={"test": "exit 0"})},
            "package.json scripts.test runs no tests",
        ),
        (
            {"package.json": package(scripts={"test": ""})},
            "package.json scripts.test runs no tests",
        ),
        (
            {"package.json": package(scripts=["test"]), "a.test.js": "console.log(1)"},
            "package.json has no scripts.test and no test runner among its dependencies",
        ),
        ({"a.py": "print(1)", "test_a.py": ""}, "no pytest, unittest or tox was found"),
        ({"a.rb": ""}, "neither spec/*_spec.rb nor test/*_test.rb was found"),
        ({"CMakeLists.txt": "", "a.cpp": ""}, "CMakeLists.txt declares no tests"),
        ({"Makefile": "all: a\n"}, "Makefile has no target test, tests or check"),
        (
            {"index.html": ""},
            "a site has no test command of its own; set project.commands.test",
        ),
        ({"README.md": ""}, "no manifest of a known kind was found"),
    ],
)
def test_detect__says_why_there_is_no_test_command(texts: Mapping[str, str], reason: str) -> None:
    """A command that tests nothing is worse than none, and none is explained."""
    detected = found_in(texts)

    assert "commands.test" not in values_in(texts)
    assert {".".join(path): str(source) for path, source in detected.missing.items()} == {
        "project.commands.test": f"not detected: {reason}"
    }


def test_detect__names_the_place_of_each_value() -> None:
    """`validate` can tell where a command comes from."""
    reasons = {".".join(each.path[1:]): str(each.source) for each in found_in(NODE).values}

    assert reasons == {
        "language": "detected from package.json devDependencies.typescript",
        "package_manager": "detected from package-lock.json",
        "test_framework": "detected from package.json scripts.test",
        "linter": "detected from package.json scripts.lint",
        "commands.setup": "detected from package-lock.json",
        "commands.build": "detected from package.json scripts.build",
        "commands.test": "detected from package.json scripts.test",
        "commands.lint": "detected from package.json scripts.lint",
        "commands.coverage": "detected from package.json scripts.coverage",
    }


def test_detect__goes_by_the_language_most_files_are_in() -> None:
    """In a mixed repository the main language's tests run, and the other's are mentioned."""
    texts = {
        **NODE,
        "app.ts": "",
        "setup.py": "",
        "tests/conftest.py": "",
        "a.py": "",
        "b.py": "",
        "Makefile": "test:\n\tpytest\nsetup:\n\ttrue\n",
    }

    values = values_in(texts)

    assert values["language"] == "python"
    assert values["commands.test"] == ".venv/bin/python -m pytest"
    assert values["commands.lint"] == "npm run lint"
    assert values["linter"] == "eslint"
    assert values["commands.setup"] == f"{VENV} -e . pytest && npm ci"
    assert found_in(texts).notices == (
        (
            "package.json scripts.test also gives a test command, 'npm test', which is not run: "
            "name both in project.commands.test to run both."
        ),
    )


def test_detect__leaves_foreign_folders_out() -> None:
    """What was checked in from elsewhere says nothing about this project."""
    texts = {"node_modules/a/package.json": NODE["package.json"], "vendor/x/a.py": "", "a.rb": ""}

    assert values_in(texts)["language"] == "ruby"


def test_detect__points_at_a_manifest_in_a_folder() -> None:
    """A project that lies deeper is not guessed at; the notice says what to write."""
    detected = found_in({"web/package.json": NODE["package.json"]})

    assert detected.values == ()
    assert detected.notices == (
        (
            "web/package.json lies in a folder, where commands are not looked for: "
            "set project.commands, for example test: cd web && npm test."
        ),
    )


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        ({"package.json": "{ not json", "index.js": ""}, "package.json"),
        ({"package.json": "[1]"}, "package.json"),
        ({"package.json": "[" * 100_000}, "package.json"),
        ({"pyproject.toml": "[tool", "a.py": ""}, "pyproject.toml"),
    ],
)
def test_detect__says_which_manifest_cannot_be_read(texts: Mapping[str, str], path: str) -> None:
    """A broken manifest is no reason to stop, but it is not passed over in silence."""
    assert found_in(texts).notices == (f"{path} cannot be read: nothing was detected from it.",)


def test_detect__takes_bytes_that_are_no_text() -> None:
    """A file in another encoding does not end a run before it began."""
    files = FixedFiles({"package.json": b"\xff\xfe", "a.py": b"\xff"})

    detected = detect(("package.json", "a.py"), files)

    assert detected.notices == ("package.json cannot be read: nothing was detected from it.",)
