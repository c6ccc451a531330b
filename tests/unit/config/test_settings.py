"""What the settings promise whatever a configuration says."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.config.limits import LimitSettings
from orchestrator.config.models import ModelGroup
from orchestrator.config.sandbox import NetworkPolicy
from orchestrator.config.settings import Settings
from orchestrator.config.workflow import ALWAYS_PROTECTED, MergeRequirement
from orchestrator.domain.review import Lens
from orchestrator.domain.role import Restriction
from tests.unit.config.builders import load, refused


@pytest.mark.parametrize("version", ["2", "2.0", "'2'", "'2.0'"])
def test_version__is_read_in_every_spelling(version: str) -> None:
    """The article writes a number, careful people write text."""
    assert load(f"version: {version}").settings.version == "2.0"


@pytest.mark.parametrize("text", ["1E+1", "1e1", "10", "10.0"])
def test_usd__is_written_as_people_write_it(text: str) -> None:
    """An amount is shown in messages and reports: `1E+1 USD` is none."""
    assert f"{load(f'limits: {{usd: {text!r}}}').settings.limits.usd} USD" in {"10 USD", "10.0 USD"}


@pytest.mark.parametrize("word", ["on", "'yes'", "1"])
@pytest.mark.parametrize(
    "key",
    [
        "constraints: {{believe_exit_code: {}}}",
        "preflight: {{baseline: {}}}",
        "sandbox: {{require_landlock: {}}}",
        "workflow: {{stages: [{{name: review, parallel: {}}}]}}",
    ],
)
def test_switch__takes_true_and_false_only(key: str, word: str) -> None:
    """What an editor's schema calls wrong does not switch a gate off."""
    assert "allowed: true or false" in str(refused(lambda: load(key.format(word))))


def test_protected_paths__always_hold_the_core() -> None:
    """A list of one's own adds to workflows, CODEOWNERS and configuration, never opens them."""
    paths = load("constraints: {protected_paths: [infra/**]}").settings.constraints.protected_paths

    assert paths == (*ALWAYS_PROTECTED, "infra/**")


def test_required_gates__always_hold_secrets_and_protected_paths() -> None:
    """No list of merge requirements lets a secret or a changed workflow through."""
    constraints = load("constraints: {merge_requirements: [approved_review]}").settings.constraints

    assert constraints.required_gates == (
        MergeRequirement.APPROVED_REVIEW,
        MergeRequirement.NO_SECRETS,
        MergeRequirement.PROTECTED_PATHS,
    )


def test_capabilities__keep_their_core_restrictions() -> None:
    """An empty list does not let the orchestrator edit, nor anybody commit."""
    capabilities = load(
        "agent_capabilities:\n"
        "  orchestrator: {restrictions: []}\n"
        "  implementation_agents: {restrictions: []}\n"
    ).settings.agent_capabilities

    assert set(capabilities.orchestrator.restrictions) == {
        Restriction.NO_CODE_MODIFICATION,
        Restriction.NO_FILE_CREATION,
    }
    assert capabilities.implementation_agents.restrictions == (Restriction.NO_DIRECT_COMMITS,)


def test_settings__cannot_be_changed() -> None:
    """What was checked once stays as it was checked."""
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.limits = LimitSettings()  # type: ignore[misc]  # the point of the test


def test_models__have_a_choice_for_each_group() -> None:
    """Nobody has to know how the groups are stored."""
    models = Settings().models

    assert [models.of_group(group).model for group in ModelGroup] == [
        "opus",
        "opus",
        "opus",
        "haiku",
    ]


def test_agents__arrive_with_everything_they_say() -> None:
    """A repository's own agent keeps scope, tools, limits, prompt and files."""
    agent = load(
        "agents:\n"
        "  react-hooks-specialist:\n"
        "    description: Hooks.\n"
        "    kind: implementer\n"
        "    scope: [React hooks]\n"
        "    tools: [Read, Edit]\n"
        "    restrictions: [must_match_patterns]\n"
        "    model: sonnet\n"
        "    effort: high\n"
        "    max_turns: 40\n"
        "    prompt: |\n"
        "      Keep effects small.\n"
        "    files: ['src/hooks/**']\n"
    ).settings.agents["react-hooks-specialist"]

    assert agent.model_dump(mode="json") == {
        "description": "Hooks.",
        "kind": "implementer",
        "scope": ["React hooks"],
        "tools": ["Read", "Edit"],
        "restrictions": ["must_match_patterns"],
        "model": "sonnet",
        "effort": "high",
        "max_turns": 40,
        "prompt": "Keep effects small.",
        "files": ["src/hooks/**"],
    }


def test_settings__accept_what_is_the_only_choice() -> None:
    """Whoever writes the default down is not told that it is wrong."""
    settings = load(
        "network: none\nmerge: {automatic: false}\nreview: {order: [style, security]}\n"
    ).settings

    assert settings.network is NetworkPolicy.NONE
    assert not settings.merge.automatic
    assert settings.review.order == (Lens.STYLE, Lens.SECURITY)
