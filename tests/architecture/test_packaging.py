"""The locks and the image agree with one another."""

from __future__ import annotations

import json
import re

from tests.architecture.source import ROOT

PIN = re.compile(r"^([a-z0-9-]+)==([^\s;\\]+)", re.MULTILINE)


def _text(name: str) -> str:
    """Read a file at the root of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def _pins(name: str) -> dict[str, str]:
    """Read the pinned versions out of a lock file."""
    return dict(PIN.findall(_text(name)))


def test_locks__agree() -> None:
    """What is tested is what is shipped: the development lock contains the runtime lock."""
    runtime, development = _pins("requirements.lock"), _pins("requirements-dev.lock")

    assert runtime.items() <= development.items()


def test_locks__hash_every_package() -> None:
    """A package that was changed after it was locked is never installed."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"^(?=[a-z0-9-]+==)", _text(name), flags=re.MULTILINE)[1:]

        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_image__copies_only_what_reaches_the_builder() -> None:
    """The build context is an allow-list, and the Dockerfile lives within it."""
    admitted = re.findall(r"^!(\S+)$", _text(".dockerignore"), re.MULTILINE)
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", _text("Dockerfile"), re.MULTILINE)

    assert {source.partition("/")[0] for line in copies for source in line.split()} == set(admitted)


def test_image__starts_python_isolated_under_an_init() -> None:
    """No variable and no file of the workspace runs before our own code, and orphans are reaped."""
    entrypoint = re.search(r"^ENTRYPOINT (\[.+\])$", _text("Dockerfile"), re.MULTILINE)

    assert entrypoint is not None
    command = json.loads(entrypoint[1])
    assert command[0].endswith("/tini")
    assert "-I" in command
    assert command[-1] == "/app/entrypoint.py"
