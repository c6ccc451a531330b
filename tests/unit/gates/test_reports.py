"""Reports of test runners and coverage tools, and how they are asked for."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from orchestrator.gates import junit
from orchestrator.gates.coverage_reports import parse_coverage
from orchestrator.gates.json_reports import parse_go, parse_jest, parse_rspec
from orchestrator.gates.reporters import reporter_for
from orchestrator.gates.steady import steady_environment, steady_options

_SCRIPTS = {"test": "jest", "unit": "vitest run", "both": "eslint . && jest", "node": "node --test"}


@pytest.mark.parametrize(
    ("command", "shell"),
    [
        (
            ".venv/bin/python -m pytest -x",
            (
                "export PYTEST_ADDOPTS=\"${PYTEST_ADDOPTS:-} --junitxml='$PWD/R' -o junit_family="
                'xunit1 -p no:randomly"\n.venv/bin/python -m pytest -x'
            ),
        ),
        ("npm test", 'npm test -- --json --outputFile="$PWD/R"'),
        ("yarn test", 'yarn test --json --outputFile="$PWD/R"'),
        (
            "pnpm run unit",
            (
                'pnpm run unit --reporter=default --reporter=junit --outputFile.junit="$PWD/R" '
                "--sequence.seed=1"
            ),
        ),
        ("vendor/bin/phpunit", 'vendor/bin/phpunit --log-junit "$PWD/R" --random-order-seed 1'),
        ("go test ./...", "go test -json ./..."),
        ("python3 -m unittest discover -s tests", "python3 -m unittest discover -s tests -v"),
    ],
)
def test_reporter__added_where_it_is_safe(command: str, shell: str) -> None:
    """A runner that is known is told to report; the project's command stays in it."""
    found = reporter_for(command, _SCRIPTS, file="R")

    assert found is not None
    assert found.shell == shell


@pytest.mark.parametrize(
    "command",
    [
        "npm run both",
        "bun test",
        "npm run nothing",
        "make test",
        "pytest --junitxml=out.xml",
        "go test ./... | tee log",
        "jest --watch",
        "python3 -m unittest -v",
        "mvn -B test",
        "echo jest",
    ],
)
def test_reporter__left_alone(command: str) -> None:
    """A command that does more, or reports on its own, is run as it is."""
    assert reporter_for(command, _SCRIPTS, file="R") is None


def test_steady__what_a_command_asks_for_is_left() -> None:
    """Chance is taken out where the runner can do that, and the project has not decided itself."""
    assert steady_options("jest", "jest --randomize") == "--seed=1"
    assert steady_options("jest", "jest") == ""
    assert steady_options("rspec", "bundle exec rspec") == "--order defined"
    assert steady_options("rspec", "rspec --order rand:7") == ""
    assert steady_options("pytest", "pytest -p randomly") == ""
    assert steady_options("cargo nextest", "cargo nextest run") == ""
    assert steady_environment("bin/rails test") == {"PYTHONHASHSEED": "0", "SEED": "1"}
    assert steady_environment("make test") == {"PYTHONHASHSEED": "0"}


@pytest.mark.parametrize("text", ["", "[]", "{broken", '{"a": 1}'])
def test_json__none(text: str) -> None:
    """What is no report is none."""
    assert parse_jest(text, relative=str) is None
    assert parse_rspec(text) is None
    assert parse_go(text)[0] is None


@pytest.mark.parametrize(
    "report",
    [
        b"<testsuite>" * 3_000 + b"</testsuite>" * 3_000,
        b"<testsuites>\n<!-- pass " + b"9" * 5_000 + b" -->\n<testsuite/></testsuites>",
    ],
    ids=["deep", "endless number"],
)
def test_junit__hostile_reports_end_no_run(report: bytes) -> None:
    """Whatever a test writes into a report, at most nothing can be read from it."""
    found = junit.parse_report(report, relative=str)

    assert found is None or not found.cases


def test_go__events() -> None:
    """Tests are named with their package, and people see what they would have seen."""
    events = [
        {"Action": "run", "Package": "m/a", "Test": "TestAdd"},
        {"Action": "output", "Package": "m/a", "Test": "TestAdd", "Output": "    a.go:3: 1 != 2\n"},
        {"Action": "fail", "Package": "m/a", "Test": "TestAdd"},
        {"Action": "fail", "Package": "m/a"},
        {"Action": "output", "Package": "m/b", "Output": "FAIL m/b [build failed]\n"},
        {"Action": "fail", "Package": "m/b"},
    ]
    output = "# m/b\n" + "\n".join(json.dumps(event) for event in events)

    found, text = parse_go(output)

    assert found is not None
    assert [(case.id, case.message) for case in found.cases] == [
        ("m/a.TestAdd", "a.go:3: 1 != 2"),
        ("m/b", "FAIL m/b [build failed]"),
    ]
    assert text == "# m/b\n    a.go:3: 1 != 2\nFAIL m/b [build failed]\n"


_COBERTURA = """\
    <coverage branches-valid="4" branches-covered="1"><sources><source>/w</source></sources>
    <packages><package><classes><class filename="a.py"><lines>
    <line number="1" hits="2"/><line number="2" hits="0"/></lines></class></classes></package>
    </packages></coverage>"""
_JACOCO = """\
    <report name="x"><package name="com/x"><sourcefile name="A.java">
    <line nr="1" mi="0" ci="3"/><line nr="2" mi="2" ci="0"/></sourcefile></package>
    <counter type="BRANCH" missed="3" covered="1"/></report>"""
_CLOVER = """\
    <coverage><project><package><file name="a.js" path="/w/a.js">
    <line num="1" count="2" type="stmt"/><line num="2" count="0" type="stmt"/>
    </file></package></project></coverage>"""
_LCOV = "TN:\nSF:/w/a.js\nDA:1,2\nDA:2,0\nBRF:4\nBRH:1\nend_of_record\n"
_GO = "mode: set\nexample.com/m/a.go:1.2,1.9 1 1\nexample.com/m/a.go:2.1,2.9 1 0\n"


@pytest.mark.parametrize(
    ("text", "path", "branches"),
    [
        (_COBERTURA, "a.py", 4),
        (_JACOCO, "src/main/java/com/x/A.java", 4),
        (_CLOVER, "a.js", None),
        (_LCOV, "a.js", 4),
        (_GO, "a.go", None),
    ],
    ids=["cobertura", "jacoco", "clover", "lcov", "go"],
)
def test_coverage__formats(text: str, path: str, branches: int | None) -> None:
    """Each format gives the same lines of the file in the tree."""
    found = parse_coverage(
        dedent(text),
        relative=lambda name: name.removeprefix("/w/").removeprefix("example.com/m/"),
        exists=lambda name: name == path,
    )

    assert found is not None
    (file,) = found.files
    assert (file.path, file.covered, file.missed) == (path, "1", "2")
    assert (found.covered_lines, found.coverable_lines) == (1, 2)
    assert found.coverable_branches == branches


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<coverage>",
        "<html/>",
        "SF:a\nDA:x\n",
        f"SF:a\nDA:{'9' * 5_000},1\nBRF:²\n",
        "mode: set\n",
        "mode: set\na.go:1.1,999999999.1 1 1\n",
    ],
)
def test_coverage__none(text: str) -> None:
    """A report that is cut short, empty or of another kind measured nothing."""
    assert parse_coverage(text) is None
