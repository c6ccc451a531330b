"""Which language model does which work, and what an unknown one costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from orchestrator.config.schema import ModelName, Schema
from orchestrator.domain.message import Effort
from orchestrator.domain.plan import Complexity

UsdPerMillion = Annotated[Decimal, Field(gt=0, le=100_000, allow_inf_nan=False)]


class Provider(StrEnum):
    """Who serves the models."""

    ANTHROPIC = "anthropic"
    BEDROCK = "bedrock"
    VERTEX = "vertex"
    FOUNDRY = "foundry"


class ModelGroup(StrEnum):
    """Roles that share a model."""

    PLAN = "plan"
    IMPLEMENT = "implement"
    REVIEW = "review"
    SEARCH = "search"


class ModelTweak(Schema):
    """What is different in one case; what is left out stays as it is."""

    model: ModelName | None = Field(default=None, description="Another model.")
    effort: Effort | None = Field(default=None, description="Another effort.")


class Routed(NamedTuple):
    """What one conversation is held with, from its first request to its last."""

    model: str
    effort: Effort | None


class ModelChoice(Schema):
    """A model, how hard it thinks, and who steps in when it is out of reach."""

    model: ModelName = Field(default="opus", description="Id, or opus, sonnet, haiku, fable.")
    effort: Effort | None = Field(default=None, description="Unset: the model's own default.")
    fallbacks: tuple[ModelName, ...] = Field(
        default=(),
        description="Models that go on, in turn, when this one declines or stays out of reach.",
    )
    complexity: Mapping[Complexity, ModelTweak] = Field(
        default={}, description="By the plan's complexity: simple, medium, complex."
    )
    escalation: ModelTweak = Field(
        default=ModelTweak(),
        description="For a fresh attempt after a failed one. Unset: one step more effort.",
    )

    def route(
        self,
        *,
        model: str | None = None,
        effort: Effort | None = None,
        complexity: Complexity | None = None,
        is_again: bool = False,
    ) -> Routed:
        """Return what to hold a conversation with.

        Args:
            model: The role's own, before the group's.
            effort: The role's own, before the group's.
            complexity: The plan's, once there is one.
            is_again: Whether an attempt before it failed a check. Where `escalation` names no
                effort, it is for who knows the model to say what one step more is.
        """
        tweak = self.complexity.get(complexity, _AS_IS) if complexity is not None else _AS_IS
        routed = Routed(
            model=model or tweak.model or self.model, effort=effort or tweak.effort or self.effort
        )
        if not is_again:
            return routed
        return Routed(
            model=self.escalation.model or routed.model,
            effort=self.escalation.effort or routed.effort,
        )


_AS_IS = ModelTweak()


class PlanModel(ModelChoice):
    """The orchestrator, which plans."""

    effort: Effort | None = Field(default=Effort.MEDIUM, description="How hard it thinks.")


class ImplementModel(ModelChoice):
    """Agents that write code and tests."""

    effort: Effort | None = Field(default=Effort.MEDIUM, description="How hard it thinks.")


class ReviewModel(ModelChoice):
    """Reviewers and the verifier of their findings."""

    effort: Effort | None = Field(default=Effort.HIGH, description="How hard it thinks.")


class SearchModel(ModelChoice):
    """Agents that only look things up."""

    model: ModelName = Field(default="haiku", description="Id, or opus, sonnet, haiku, fable.")
    effort: Effort | None = Field(default=Effort.MEDIUM, description="How hard it thinks.")


class PriceSettings(Schema):
    """USD for one million tokens; unset kinds of cache use follow from `input`."""

    input: UsdPerMillion = Field(description="Input outside the cache.")
    output: UsdPerMillion = Field(description="Output, thinking included.")
    cache_read: UsdPerMillion | None = Field(default=None, description="Read from the cache.")
    cache_write_5m: UsdPerMillion | None = Field(
        default=None, description="Written to the cache for five minutes."
    )
    cache_write_1h: UsdPerMillion | None = Field(
        default=None, description="Written to the cache for an hour."
    )


class ModelSettings(Schema):
    """Models by group of roles."""

    provider: Provider = Field(
        default=Provider.ANTHROPIC,
        description="Who serves the models; a cloud's credentials come from the environment.",
    )
    plan: PlanModel = Field(default=PlanModel(), description="The orchestrator.")
    implement: ImplementModel = Field(
        default=ImplementModel(), description="Agents that write code and tests."
    )
    review: ReviewModel = Field(
        default=ReviewModel(), description="Reviewers and the verifier of findings."
    )
    search: SearchModel = Field(
        default=SearchModel(), description="Agents that only look things up."
    )
    prices: Mapping[ModelName, PriceSettings] = Field(
        default={}, description="Prices of models that the built-in table does not know."
    )

    def of_group(self, group: ModelGroup) -> ModelChoice:
        """Return the choice for one group."""
        choices: dict[ModelGroup, ModelChoice] = {
            ModelGroup.PLAN: self.plan,
            ModelGroup.IMPLEMENT: self.implement,
            ModelGroup.REVIEW: self.review,
            ModelGroup.SEARCH: self.search,
        }
        return choices[group]
