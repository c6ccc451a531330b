"""What the analysis found: the issue, enriched with evidence from the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydantic import ConfigDict

from orchestrator.domain.frozen import Frozen

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject


def _all_asked_for(schema: JsonObject) -> None:
    """Ask a model for every field; defaults are there for journals that are older than a field."""
    properties = cast("dict[str, dict[str, object]]", schema["properties"])
    for part in properties.values():
        part.pop("default", None)
    cast("dict[str, object]", schema)["required"] = list(properties)


class Evidence(Frozen):
    """A place in the repository and why it matters."""

    path: str
    lines: str
    """A line or a range such as `12-20`; empty when the whole file is meant."""
    why: str


class Question(Frozen):
    """Something only a person can decide."""

    text: str
    default: str
    changes_if_other: str


class Answer(Frozen):
    """What was decided about a question that was asked."""

    question: Question
    text: str
    """In the words of whoever answered; empty when nobody did so by its number."""
    by: str = ""
    """Login; empty when nobody answered by its number."""


class TechnicalRequirements(Frozen):
    """`technical_requirements.json`: the output of the analysis stage."""

    model_config = ConfigDict(json_schema_extra=_all_asked_for)

    summary: str
    observed_behaviour: str
    required_behaviour: tuple[str, ...]
    interfaces: tuple[str, ...]
    """Names, files, selectors and formats that code and tests must agree on."""
    non_goals: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    existing_parts: tuple[str, ...]
    """Code to reuse and the nearest tests to follow, as `path: what`."""
    conventions: tuple[str, ...]
    unknowns: tuple[str, ...]
    gaps: tuple[Question, ...] = ()
    """What neither issue nor repository answers; the default holds, and people are told."""
    questions: tuple[Question, ...]
    """At most three, only where every default risks the wrong product: the run stops to ask."""


class SearchAnswer(Frozen):
    """What the search specialist reports for one question."""

    answer: str
    evidence: tuple[Evidence, ...]
    not_found: tuple[str, ...]
