"""What the analysis found: the issue, enriched with evidence from the repository."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Frozen):
    """A place in the repository and why it matters."""

    path: str
    lines: str
    """A line or a range such as `12-20`; empty when the whole file is meant."""
    why: str


class Question(_Frozen):
    """Something only a person can decide."""

    text: str
    default: str
    changes_if_other: str


class TechnicalRequirements(_Frozen):
    """`technical_requirements.json`: the output of the analysis stage."""

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
    questions: tuple[Question, ...]
    """At most three, only where no sensible default exists."""


class SearchAnswer(_Frozen):
    """What the search specialist reports for one question."""

    answer: str
    evidence: tuple[Evidence, ...]
    not_found: tuple[str, ...]
