"""The smaller rules of a run: pre-flight, review, memory, merging."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.config.schema import Schema
from orchestrator.domain.review import Lens, Severity


def _each_once(order: tuple[Lens, ...]) -> tuple[Lens, ...]:
    if Lens.TASK in order:
        raise PydanticCustomError(
            "lenses",
            "lists 'task', which every task gets anyway; "
            "allowed: security, performance, architecture, style",
        )
    if not order:
        raise PydanticCustomError("lenses", "lists no pass")
    if len(set(order)) != len(order):
        raise PydanticCustomError("lenses", "lists a pass twice")
    return order


class ReviewSettings(Schema):
    """Review of the whole change, pass after pass."""

    order: Annotated[tuple[Lens, ...], AfterValidator(_each_once)] = Field(
        default=(Lens.SECURITY, Lens.PERFORMANCE, Lens.ARCHITECTURE, Lens.STYLE),
        description="The passes, in the order they run.",
        json_schema_extra={"minItems": 1},
    )
    blocking: Severity = Field(
        default=Severity.BLOCKING,
        description="The lightest finding that has to be fixed; advisory: every one.",
    )
    rounds: Annotated[StrictInt, Field(ge=0, le=2)] = Field(
        default=2, description="Fix rounds for each pass; more of them make code worse."
    )


class PreflightSettings(Schema):
    """What is looked at before money is spent."""

    baseline: StrictBool = Field(
        default=True, description="Run the project's commands on the base commit first."
    )
    duplicates: StrictBool = Field(
        default=True,
        description="Stop when a writer's open pull request, or a merged change, closes the issue.",
    )
    questions: Annotated[StrictInt, Field(ge=0, le=3)] = Field(
        default=3,
        description="Questions asked at most when the issue is unclear; 0: go by the defaults.",
    )
    label: Annotated[str, StringConstraints(pattern=r"^[^\r\n\t,]{0,50}$")] = Field(
        default="needs-info",
        description="Label of an issue whose questions wait for an answer; empty: none.",
    )


class MemorySettings(Schema):
    """What is remembered from earlier work."""

    issues: Annotated[StrictInt, Field(ge=0, le=10)] = Field(
        default=3, description="Latest merged issues whose summary the orchestrator is given."
    )


class MergeSettings(Schema):
    """Who merges."""

    automatic: Annotated[StrictBool, AfterValidator(lambda wanted: _by_people(wanted=wanted))] = (
        Field(default=False, description="Only false for now: merging stays with people.")
    )


def _by_people(*, wanted: bool) -> bool:
    if wanted:
        raise PydanticCustomError(
            "merge", "is not available yet: merging stays with people; allowed: false"
        )
    return wanted
