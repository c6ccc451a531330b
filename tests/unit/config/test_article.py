"""The article's own configurations load unchanged and mean what the article says."""

from __future__ import annotations

import hashlib

import pytest

from orchestrator.config.agents import ToolName
from orchestrator.config.document import Source
from orchestrator.config.settings import Mode
from orchestrator.config.workflow import (
    BranchStrategy,
    MergeRequirement,
    MergeStrategy,
    PullRequestStrategy,
    TriggerMode,
)
from orchestrator.domain.plan import StageName
from orchestrator.domain.role import Restriction
from tests.unit.config import article
from tests.unit.config.builders import load


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (article.FULL, "1d11886adfae7c52"),
        (article.BASIC, "7260c6e3a41d2a96"),
        (article.PROJECT, "6e43e5c8a180c62f"),
        (article.ARCHITECTURE, "25804c579fc5aa73"),
    ],
)
def test_article_texts__are_held_byte_for_byte(text: str, digest: str) -> None:
    """Nobody tidies the article's texts until they happen to load."""
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


def test_full_configuration__orders_the_stages() -> None:
    """Agents, parallel, requires and output of each stage are those of the article."""
    stages = load(others={"CLAUDE.md": article.FULL}).settings.workflow.stages

    assert [(s.name, s.agents, s.parallel, s.requires, s.output) for s in stages] == [
        (
            StageName.ANALYSIS,
            ("search-specialist",),
            False,
            (),
            "technical_requirements.json",
        ),
        (
            StageName.IMPLEMENTATION,
            ("frontend-developer", "backend-architect"),
            True,
            (),
            "draft_pr",
        ),
        (
            StageName.TESTING,
            ("test-automator",),
            False,
            (StageName.IMPLEMENTATION,),
            "test_report.json",
        ),
        (StageName.REVIEW, ("code-reviewer",), False, (StageName.TESTING,), "review_checklist.md"),
    ]


def test_full_configuration__sets_constraints_and_capabilities() -> None:
    """The words of the article arrive as the words that code enforces."""
    settings = load(others={"CLAUDE.md": article.FULL}).settings

    assert settings.version == "2.0"
    assert settings.mode is Mode.ORCHESTRATOR
    assert settings.workflow.trigger is TriggerMode.ISSUE_NUMBER
    assert settings.constraints.branch_strategy is BranchStrategy.FEATURE_BRANCH_PER_ISSUE
    assert settings.constraints.pr_strategy is PullRequestStrategy.DRAFT_THEN_READY
    assert settings.constraints.merge_requirements == (
        MergeRequirement.ALL_TESTS_PASSING,
        MergeRequirement.NO_LINTER_WARNINGS,
        MergeRequirement.APPROVED_REVIEW,
        MergeRequirement.NO_MERGE_CONFLICTS,
    )
    orchestrator = settings.agent_capabilities.orchestrator
    assert orchestrator.tools == (ToolName.TASK, ToolName.TODO_WRITE)
    assert set(orchestrator.restrictions) == {
        Restriction.NO_CODE_MODIFICATION,
        Restriction.NO_FILE_CREATION,
    }
    implementers = settings.agent_capabilities.implementation_agents
    assert implementers.tools == (
        ToolName.READ,
        ToolName.EDIT,
        ToolName.MULTI_EDIT,
        ToolName.GREP,
        ToolName.BASH,
    )
    assert set(implementers.restrictions) == {
        Restriction.NO_DIRECT_COMMITS,
        Restriction.MUST_MATCH_PATTERNS,
    }


def test_basic_configuration__takes_stage_names_and_strategies() -> None:
    """Bare names get each stage's own output, strategies count as constraints."""
    settings = load(others={"CLAUDE.md": article.BASIC}).settings

    assert [(stage.name, stage.output) for stage in settings.workflow.stages] == [
        (StageName.ANALYSIS, "technical_requirements.json"),
        (StageName.IMPLEMENTATION, "draft_pr"),
        (StageName.TESTING, "test_report.json"),
        (StageName.REVIEW, "review_checklist.md"),
    ]
    assert settings.constraints.branch_strategy is BranchStrategy.FEATURE_BRANCH_PER_ISSUE
    assert settings.constraints.merge_strategy is MergeStrategy.SQUASH_AND_MERGE


def test_project_configuration__builds_on_the_one_at_home() -> None:
    """The project's file adds to the global one, and each value keeps its own place."""
    loaded = load(others={"CLAUDE.md": article.PROJECT}, home={".claude/CLAUDE.md": article.BASIC})

    project = loaded.settings.project
    assert (project.language, project.test_framework, project.linter) == (
        "typescript",
        "jest",
        "eslint",
    )
    assert loaded.file == "CLAUDE.md"
    assert loaded.provenance["project.linter"] == Source(file="CLAUDE.md", line=5)
    assert loaded.provenance["workflow.stages"] == Source(file="~/.claude/CLAUDE.md", line=3)
    assert loaded.provenance["constraints.merge_strategy"] == Source(
        file="~/.claude/CLAUDE.md", line=5
    )


def test_architecture_drawing__counts_as_agents() -> None:
    """The article's first drawing is accepted too: its specialised agents are agents."""
    settings = load(article.ARCHITECTURE).settings

    assert settings.agents["frontend-developer"].scope == (
        "React",
        "Vue",
        "CSS",
        "DOM manipulation",
    )
    assert settings.agents["code-reviewer"].tools == (ToolName.READ, ToolName.GREP, ToolName.TASK)
    assert settings.orchestrator.constraints == (
        "No direct code modification",
        "No implementation details",
        "Must delegate all execution",
    )
