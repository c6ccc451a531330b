"""Having a test runner write a report besides what it prints, where that is safe and known.

The command stays the project's own. A runner that heeds an environment variable is told by it,
wherever it stands in the command; the others get options at the end of a command that is
nothing but their call. Who is not known here is read by what it prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.gates.steady import steady_options

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReportFormat(StrEnum):
    """What a report is written in."""

    JUNIT = "junit"
    JEST = "jest"
    RSPEC = "rspec"
    GO = "go"
    """Events among the output instead of a file."""
    NONE = "none"
    """Only the output gets more talkative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """One test command, and how it is made to report."""

    runner: str
    format: ReportFormat
    shell: str
    """What is run in place of the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    runner: str
    called: re.Pattern[str]
    format: ReportFormat
    variable: str = ""
    options: str = ""
    """`{path}` stands for the report, a path that the shell fills in."""
    unless: str = r"(?!)"


_CALL = r"(?:^|[\s/;&|(])"
_NEXTEST = 'printf \'[profile.default.junit]\\npath = "%s"\\n\' "{path}" > "{path}.toml"\n'
_WAYS = (
    _Way(
        runner="pytest",
        called=re.compile(rf"{_CALL}(?:pytest|py\.test|tox|nox)\b"),
        format=ReportFormat.JUNIT,
        variable="PYTEST_ADDOPTS",
        options="--junitxml='{path}' -o junit_family=xunit1",
        unless=r"PYTEST_ADDOPTS|--junit-?xml",
    ),
    _Way(
        runner="node:test",
        called=re.compile(rf"{_CALL}node\b[^|;&]*\s--test\b"),
        format=ReportFormat.JUNIT,
        variable="NODE_OPTIONS",
        options=(
            "--test-reporter=junit --test-reporter-destination={path} "
            "--test-reporter=spec --test-reporter-destination=stdout"
        ),
        unless=r"--test-reporter|NODE_OPTIONS",
    ),
    _Way(
        runner="rspec",
        called=re.compile(rf"{_CALL}rspec\b"),
        format=ReportFormat.RSPEC,
        variable="SPEC_OPTS",
        options="--format progress --format json --out '{path}'",
        unless=r"SPEC_OPTS|--format|\s-f",
    ),
    _Way(
        runner="jest",
        called=re.compile(r"^(?:\S+/|npx (?:--no-install )?|pnpm exec |yarn run |bun x )?jest\b"),
        format=ReportFormat.JEST,
        options='--json --outputFile="{path}"',
        unless=r"--json|--outputFile|--watch",
    ),
    _Way(
        runner="vitest",
        called=re.compile(
            r"^(?:\S+/|npx (?:--no-install )?|pnpm exec |yarn run |bun x )?vitest\s+run\b"
        ),
        format=ReportFormat.JUNIT,
        options='--reporter=default --reporter=junit --outputFile.junit="{path}"',
        unless=r"--reporter|--outputFile",
    ),
    _Way(
        runner="phpunit",
        called=re.compile(r"^(?:php\s+)?(?:\S+/)?phpunit\b"),
        format=ReportFormat.JUNIT,
        options='--log-junit "{path}"',
        unless=r"--log-junit",
    ),
    _Way(
        runner="cargo nextest",
        called=re.compile(r"^cargo\s+nextest\s+run\b"),
        format=ReportFormat.JUNIT,
        options='--tool-config-file "orchestrator:{path}.toml"',
        unless=r"--tool-config-file|--profile|\s-P",
    ),
    _Way(
        runner="unittest",
        called=re.compile(r"^(?:\S+\s+)*\S*python[\d.]*\s+-m\s+unittest\b"),
        format=ReportFormat.NONE,
        options="-v",
        unless=r"\s-\w*[vq]|--(?:verbose|quiet)",
    ),
)
_GO = re.compile(r"^go\s+test\b(?!.*\s-json\b)(?=.*$)")
_SEVERAL = re.compile(r"[|;&<>\n`#]|\$\(")
_SCRIPT = re.compile(
    r"^\s*(?:(?:npm|pnpm|yarn)\s+(?:run\s+)?|bun\s+(?:run\s+|(?!test\b)))(?P<name>[\w:-]+)\s*$"
)
"""`bun test` is a runner of its own, whatever the package calls so."""
_NPM_WORDS = {"t": "test", "tst": "test"}


def reporter_for(command: str, scripts: Mapping[str, str], *, file: str) -> Reporter | None:
    """Return how to run a test command so that it reports, `None` where that is not known.

    Args:
        command: As configured or detected.
        scripts: Those of the package, which `npm test` and its like stand for.
        file: Name of the report, in the folder that the command begins in.
    """
    called = script_of(command, scripts) or command
    path = f"$PWD/{file}"
    for way in _WAYS:
        is_plain = way.variable or not _SEVERAL.search(called)
        if is_plain and way.called.search(called.strip()) and not re.search(way.unless, called):
            shell = _shell(way, command, path, steady_options(way.runner, called))
            return Reporter(runner=way.runner, format=way.format, shell=shell)
    if _GO.match(command.strip()) and not _SEVERAL.search(command):
        shell = re.sub(r"^\s*go\s+test\b", "go test -json", command)
        return Reporter(runner="go test", format=ReportFormat.GO, shell=shell)
    return None


def script_of(command: str, scripts: Mapping[str, str]) -> str | None:
    """Return the package's script that a command runs, `None` if it is not such a command."""
    match = _SCRIPT.match(command)
    return scripts.get(_NPM_WORDS.get(match["name"], match["name"])) if match else None


def _shell(way: _Way, command: str, path: str, steady: str) -> str:
    options = f"{way.options.replace('{path}', path)} {steady}".rstrip()
    if way.variable:
        return f'export {way.variable}="${{{way.variable}:-}} {options}"\n{command}'
    before = _NEXTEST.replace("{path}", path) if way.runner == "cargo nextest" else ""
    is_npm = command.split()[:1] == ["npm"]
    return f"{before}{command.rstrip()} {'-- ' if is_npm else ''}{options}"
