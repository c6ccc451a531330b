"""The order of work, and what a change has to keep to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from orchestrator.config.schema import AgentName, Glob, Schema
from orchestrator.domain.file_class import FileClass, FilePolicy
from orchestrator.domain.plan import StageName

if TYPE_CHECKING:
    from orchestrator.domain.json import Json


class TriggerMode(StrEnum):
    """What names the work of a run."""

    ISSUE_NUMBER = "issue_number"


class BranchStrategy(StrEnum):
    """Which branch a change goes to."""

    FEATURE_BRANCH_PER_ISSUE = "feature_branch_per_issue"


class PullRequestStrategy(StrEnum):
    """How a pull request comes into being."""

    DRAFT_THEN_READY = "draft_then_ready"


class MergeStrategy(StrEnum):
    """How people merge here; decides how the pull request is written."""

    SQUASH_AND_MERGE = "squash_and_merge"
    MERGE_COMMIT = "merge_commit"
    REBASE_AND_MERGE = "rebase_and_merge"


class MergeRequirement(StrEnum):
    """A gate that has to be green before a pull request is ready."""

    ALL_TESTS_PASSING = "all_tests_passing"
    NO_LINTER_WARNINGS = "no_linter_warnings"
    APPROVED_REVIEW = "approved_review"
    NO_MERGE_CONFLICTS = "no_merge_conflicts"
    NO_SECRETS = "no_secrets"
    PROTECTED_PATHS = "protected_paths"
    TESTS_NOT_WEAKENED = "tests_not_weakened"
    COVERAGE_NOT_LOWER = "coverage_not_lower"
    PATTERNS_KEPT = "patterns_kept"
    SIZE_WITHIN_LIMITS = "size_within_limits"


USUAL_REQUIREMENTS = (
    MergeRequirement.ALL_TESTS_PASSING,
    MergeRequirement.NO_LINTER_WARNINGS,
    MergeRequirement.APPROVED_REVIEW,
    MergeRequirement.NO_MERGE_CONFLICTS,
    MergeRequirement.TESTS_NOT_WEAKENED,
    MergeRequirement.SIZE_WITHIN_LIMITS,
)
"""What is required where the configuration does not say; each has evidence in every run."""

ALWAYS_REQUIRED = (MergeRequirement.NO_SECRETS, MergeRequirement.PROTECTED_PATHS)
"""Gates that hold whatever `merge_requirements` lists: they protect the people, not the code."""

ALWAYS_PROTECTED = (
    ".github/workflows/**",
    ".github/actions/**",
    ".github/orchestrator.yml",
    ".github/orchestrator.yaml",
    "**/CODEOWNERS",
    "**/CLAUDE.md",
    "**/.claude/**",
)
"""What decides over later runs and over who may merge; no list in a configuration opens it."""

_OTHERS_PROTECTED = (
    "**/AGENTS.md",
    "**/.mcp.json",
    "**/.gitmodules",
    "**/.gitattributes",
    ".husky/**",
    ".github/dependabot.yml",
)

_OUTPUTS: dict[str, str] = {
    StageName.ANALYSIS: "technical_requirements.json",
    StageName.IMPLEMENTATION: "draft_pr",
    StageName.TESTING: "test_report.json",
    StageName.REVIEW: "review_checklist.md",
}


class StageSettings(Schema):
    """One stage; written as a bare name, it gets the defaults of that stage."""

    name: StageName = Field(description="Which stage.")
    agents: tuple[AgentName, ...] = Field(
        default=(),
        description="Agents that may be given its tasks; empty: every agent of a fitting kind.",
    )
    parallel: StrictBool = Field(
        default=False,
        description=(
            "Whether tasks with disjoint files may run at the same time; "
            "unset: true for implementation only."
        ),
    )
    requires: tuple[StageName, ...] = Field(
        default=(), description="Stages that have to be done before; they must be listed earlier."
    )
    output: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = Field(
        default="",
        description="Name of what the stage leaves behind, in the run folder; set by the name.",
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Json) -> Json:
        """Turn a bare name into a stage, and give each stage what is usual for its name."""
        stage: Json = {"name": value} if isinstance(value, str) else value
        if not isinstance(stage, dict):
            return stage
        name = stage.get("name")
        usual: dict[str, Json] = {
            "output": _OUTPUTS.get(name, "output") if isinstance(name, str) else "output",
            "parallel": name == StageName.IMPLEMENTATION,
        }
        return {**usual, **stage}


def _ordered(stages: tuple[StageSettings, ...]) -> tuple[StageSettings, ...]:
    """Refuse stages that are listed twice, or before what they require, or not at all."""
    if not stages:
        raise PydanticCustomError("stages", "lists no stage")
    seen: list[StageName] = []
    for stage in stages:
        if stage.name in seen:
            raise PydanticCustomError("stages", f"lists the stage '{stage.name}' twice")
        for needed in stage.requires:
            if needed not in seen:
                raise PydanticCustomError(
                    "stages",
                    f"the stage '{stage.name}' requires '{needed}', which is not listed before it",
                )
        seen.append(stage.name)
    if (
        StageName.REVIEW in seen
        and StageName.IMPLEMENTATION in seen[seen.index(StageName.REVIEW) :]
    ):
        raise PydanticCustomError("stages", "'review' has to come after 'implementation'")
    return stages


class WorkflowSettings(Schema):
    """Which stages run, in which order; code keeps the order, not a prompt."""

    trigger: TriggerMode = Field(
        default=TriggerMode.ISSUE_NUMBER, description="What names the work of a run."
    )
    stages: Annotated[tuple[StageSettings, ...], AfterValidator(_ordered)] = Field(
        default=(
            StageSettings(name=StageName.ANALYSIS),
            StageSettings(name=StageName.IMPLEMENTATION),
            StageSettings(name=StageName.TESTING, requires=(StageName.IMPLEMENTATION,)),
            StageSettings(name=StageName.REVIEW, requires=(StageName.TESTING,)),
        ),
        description="The stages in order: names, or a name with its details.",
        json_schema_extra={"minItems": 1},
    )


def _with_core(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ALWAYS_PROTECTED, *paths)))


class ConstraintSettings(Schema):
    """What a change has to keep to before it may be merged."""

    branch_strategy: BranchStrategy = Field(
        default=BranchStrategy.FEATURE_BRANCH_PER_ISSUE, description="One branch for one issue."
    )
    pr_strategy: PullRequestStrategy = Field(
        default=PullRequestStrategy.DRAFT_THEN_READY,
        description="Opened as a draft, made ready when all requirements are met.",
    )
    merge_strategy: MergeStrategy = Field(
        default=MergeStrategy.SQUASH_AND_MERGE,
        description="How people merge here, for readers of this file: nothing is merged for them.",
    )
    merge_requirements: tuple[MergeRequirement, ...] = Field(
        default=USUAL_REQUIREMENTS,
        description=(
            "Gates that have to be green before the pull request is made ready; "
            "no_secrets and protected_paths always hold."
        ),
    )
    protected_paths: Annotated[tuple[Glob, ...], AfterValidator(_with_core)] = Field(
        default=(*ALWAYS_PROTECTED, *_OTHERS_PROTECTED),
        description=(
            "Globs that no task may change; workflows, CODEOWNERS, this configuration, "
            "CLAUDE.md and .claude are always among them."
        ),
    )
    file_classes: dict[FileClass, FilePolicy] = Field(
        default_factory=dict,
        description=(
            "What to do about files of a delicate kind: block, needs_approval or report. "
            "Unset: block for link and submodule, report for lock_file, else needs_approval."
        ),
    )
    approval_label: Annotated[str, StringConstraints(min_length=1, max_length=50)] = Field(
        default="orchestrator-approved",
        description=(
            "Label on the pull request by which somebody with write permission approves "
            "files that need it."
        ),
    )
    believe_exit_code: StrictBool = Field(
        default=False,
        description=(
            "Whether a test command may be believed by its exit code alone, when nothing it "
            "writes or prints tells of tests that ran; unset, that is no evidence."
        ),
    )
    max_changed_lines: Annotated[StrictInt, Field(ge=1, le=100_000)] = Field(
        default=1_500, description="Added and removed lines of the whole change."
    )
    max_files: Annotated[StrictInt, Field(ge=1, le=5_000)] = Field(
        default=50, description="Files that the whole change may touch."
    )

    @property
    def required_gates(self) -> tuple[MergeRequirement, ...]:
        """The gates to be green: those listed, then those that always hold."""
        return tuple(dict.fromkeys((*self.merge_requirements, *ALWAYS_REQUIRED)))
