"""Choosing one answer for each setting when a repository holds several kinds of project."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from orchestrator.config.detection import compiled, java, make, node, python, ruby, static_site
from orchestrator.config.detection.clues import Clue, Ecosystem, Setting
from orchestrator.config.detection.repository import Repository
from orchestrator.config.document import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.config.sources import Files

_FINDERS = (
    python.find,
    node.find,
    compiled.find_go,
    compiled.find_rust,
    java.find,
    ruby.find,
    compiled.find_c,
    make.find,
    static_site.find,
)
_TOGETHER = {Setting.TEST_FRAMEWORK: Setting.TEST, Setting.LINTER: Setting.LINT}
_NESTED = {
    "package.json": "npm test",
    "pyproject.toml": "python3 -m pytest",
    "go.mod": "go test ./...",
    "Cargo.toml": "cargo test",
    "pom.xml": "mvn -B test",
    "build.gradle": "gradle test",
}
"""How a project with this manifest is tested mostly: an example for advice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One detected setting."""

    path: tuple[str, ...]
    value: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What a repository tells about itself."""

    values: tuple[Finding, ...]
    missing: Mapping[tuple[str, ...], Source]
    """Why something was looked for and not found."""
    notices: tuple[str, ...]


def detect(paths: Sequence[str], files: Files) -> Detected:
    """Read the manifests among `paths`; a command is only named if something speaks for it."""
    repository = Repository(paths, files)
    found = (find(repository) for find in _FINDERS)
    kinds = sorted((kind for kind in found if kind is not None), key=lambda kind: -kind.weight)
    givers = {setting: _giver(setting, kinds) for setting in Setting}
    for setting, partner in _TOGETHER.items():
        givers[setting] = givers[partner] or givers[setting]
    clues = {setting: kind.clue(setting) for setting, kind in givers.items() if kind is not None}
    clues[Setting.SETUP] = _setup([kind for kind in kinds if kind in givers.values()])
    return Detected(
        values=tuple(
            Finding(
                path=_path(setting),
                value=clue.value,
                source=Source(note=f"detected from {clue.reason}"),
            )
            for setting, clue in clues.items()
            if clue is not None
        ),
        missing={} if givers[Setting.TEST] else _no_tests(kinds),
        notices=_notices(repository, kinds, givers[Setting.TEST]),
    )


def _giver(setting: Setting, kinds: Sequence[Ecosystem]) -> Ecosystem | None:
    return next((kind for kind in kinds if kind.clue(setting)), None)


def _path(setting: Setting) -> tuple[str, ...]:
    return ("project", *setting.split("."))


def _setup(kinds: Sequence[Ecosystem]) -> Clue | None:
    """Join the setup of every kind that gives something else."""
    steps = [step for kind in kinds if (step := kind.clue(Setting.SETUP)) and kind.name != "make"]
    steps = steps or [step for kind in kinds if (step := kind.clue(Setting.SETUP))]
    if not steps:
        return None
    return Clue(
        value=" && ".join(dict.fromkeys(step.value for step in steps)),
        reason=", ".join(dict.fromkeys(step.reason for step in steps)),
    )


def _no_tests(kinds: Sequence[Ecosystem]) -> Mapping[tuple[str, ...], Source]:
    reason = kinds[0].no_tests if kinds else "no manifest of a known kind was found"
    return {_path(Setting.TEST): Source(note=f"not detected: {reason}")}


def _notices(
    repository: Repository, kinds: Sequence[Ecosystem], tested: Ecosystem | None
) -> tuple[str, ...]:
    notices = [
        f"{path} cannot be read: nothing was detected from it." for path in repository.unreadable()
    ]
    for kind in kinds:
        other = kind.clue(Setting.TEST)
        if other and tested and kind is not tested and kind.name != "make":
            notices.append(
                f"{other.reason} also gives a test command, {other.value!r}, which is not run: "
                "name both in project.commands.test to run both."
            )
    nested = [path for path in repository.named(*_NESTED) if "/" in path]
    if nested and not tested:
        folder, _, name = nested[0].rpartition("/")
        notices.append(
            f"{nested[0]} lies in a folder, where commands are not looked for: "
            f"set project.commands, for example test: cd {quote(folder)} && {_NESTED[name]}."
        )
    return tuple(notices)
