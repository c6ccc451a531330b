"""The target project: what it is written in and how it is checked."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.config.environment import is_reserved
from orchestrator.config.schema import CommandText, Glob, Schema, Words


class CommandSettings(Schema):
    """Shell commands of the project; `null` switches off what would be detected."""

    setup: CommandText | None = Field(
        default=None,
        description="Installs what the other commands need; the only one with network access.",
    )
    build: CommandText | None = Field(default=None, description="Builds the project.")
    test: CommandText | None = Field(
        default=None, description="Runs all tests and fails when one fails."
    )
    lint: CommandText | None = Field(
        default=None, description="Prints warnings and fails when there are any."
    )
    coverage: CommandText | None = Field(
        default=None, description="Runs the tests and writes a coverage report."
    )


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        what = f"is no regular expression: {error}"
        raise PydanticCustomError("pattern", what.replace("{", "{{").replace("}", "}}")) from error
    return pattern


def _not_ours(name: str) -> str:
    if is_reserved(name):
        raise PydanticCustomError(
            "reserved",
            "is a variable of the runner, the sandbox or our own; put the registry's own "
            "credential into one of another name, such as 'NPM_TOKEN'",
        )
    return name


SecretName: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100),
    AfterValidator(_not_ours),
]
"""Name of an environment variable whose value setup may have."""


class ForbiddenPattern(Schema):
    """What no added line may look like; lines that only moved do not count."""

    name: Words = Field(description="What reports call the rule.")
    pattern: Annotated[
        str, StringConstraints(min_length=1, max_length=500), AfterValidator(_compiled)
    ] = Field(description="A regular expression of Python's, searched for in each added line.")
    files: tuple[Glob, ...] = Field(default=("**",), description="Where the rule holds.")
    message: Annotated[str, StringConstraints(max_length=300)] = Field(
        default="", description="What to do instead."
    )


class PatternSettings(Schema):
    """Rules behind the gate `patterns_kept`; all are read from the base commit."""

    ast_grep: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = Field(
        default="sgconfig.yml",
        description="Configuration of ast-grep that names the rule folders; `null` for none.",
    )
    forbid: tuple[ForbiddenPattern, ...] = Field(
        default=(), description="Regular expressions beside ast-grep's rules."
    )


class ProjectSettings(Schema):
    """What is not set here is detected from the repository's manifests."""

    language: Words | None = Field(default=None, description="Main language, such as typescript.")
    package_manager: Words | None = Field(
        default=None,
        description="Program that installs dependencies, such as npm or uv; `validate` shows it.",
    )
    test_framework: Words | None = Field(default=None, description="Such as jest or pytest.")
    linter: Words | None = Field(default=None, description="Such as eslint or ruff.")
    commands: CommandSettings = Field(
        default=CommandSettings(), description="How the project is set up and checked."
    )
    setup_secrets: Annotated[tuple[SecretName, ...], Field(max_length=20)] = Field(
        default=(),
        description="Environment variables with credentials of private registries, given to "
        "`commands.setup` on the base commit and to nothing else.",
    )
    image: (
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9][A-Za-z0-9._/:@-]*$", max_length=300)]
        | None
    ) = Field(
        default=None,
        description="Container image that the commands run in; name it by digest where you can.",
    )
    conventions: tuple[Glob, ...] = Field(
        default=("CONTRIBUTING.md", "CLAUDE.md", ".claude/CLAUDE.md", "AGENTS.md"),
        description="Files with the project's rules, given to every agent; missing ones are fine.",
    )
    decisions: tuple[Glob, ...] = Field(
        default=(
            "{doc,docs}/{adr,adrs,decisions}/**/*.md",
            "{doc,docs}/architecture/{adr,decisions}/**/*.md",
            "{adr,adrs}/**/*.md",
            "ARCHITECTURE.md",
            "{doc,docs}/{ARCHITECTURE,architecture}.md",
        ),
        description="Architecture decision records that plans and changes are held against.",
    )
    patterns: PatternSettings = Field(
        default=PatternSettings(), description="Patterns that changed lines have to keep."
    )
    mutants: Annotated[StrictInt, Field(ge=0, le=50)] = Field(
        default=12,
        description="Small errors put into changed lines to see whether a test notices.",
    )
