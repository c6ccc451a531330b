"""One answer for each setting, with its reason, also in a mixed or a poor repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.config.detection import detect
from tests.unit.config.builders import FixedFiles
from tests.unit.config.detecting import NODE, VENV, found_in, package, values_in

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACEHOLDER = 'echo "Error: no test specified" && exit 1'


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
    ("path", "command"),
    [("a b/go.mod", "cd 'a b' && go test ./..."), ("api/pyproject.toml", "cd api && python3 -m")],
)
def test_detect__advises_in_the_words_of_the_manifest(path: str, command: str) -> None:
    """The example fits the project that was found, and its folder."""
    (notice,) = found_in({path: ""}).notices

    assert f"for example test: {command}" in notice


@pytest.mark.parametrize(
    "texts",
    [
        {"package.json": "{}", **{f"t/{number}.test.js": "" for number in range(99)}},
        {f"m/{number}/CMakeLists.txt": "" for number in range(99)} | {"CMakeLists.txt": ""},
        {f"t/test_{number}.py": "" for number in range(99)},
    ],
    ids=["node", "c", "python"],
)
def test_detect__reads_few_files(texts: Mapping[str, str]) -> None:
    """Each file costs two processes of git: a large repository is judged by its first ones."""
    files = FixedFiles(texts)

    detect(tuple(texts), files)

    assert len(files.asked) < 60


def test_detect__reads_a_manifest_with_a_byte_order_mark() -> None:
    """What an editor puts in front of a package.json does not hide what npm reads all the same."""
    values = values_in({"package.json": "\ufeff" + NODE["package.json"]})

    assert values["commands.test"] == "npm test"


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
