"""Which settings finished work rests on, and what a change of each costs."""

from __future__ import annotations

import pytest

from orchestrator.app.fingerprints import changed_settings, settings_digests
from orchestrator.config.settings import Settings
from orchestrator.domain.work_loss import Lost

BEFORE = {"agents": {"python-pro": {"prompt": "Be brief."}}}


def _changed(**settings: object) -> dict[str, Lost]:
    before = settings_digests(Settings.model_validate(BEFORE))
    after = settings_digests(Settings.model_validate({**BEFORE, **settings}))
    return changed_settings(before, after)


@pytest.mark.parametrize(
    "settings",
    [
        {"limits": {"usd": 30}},
        {"models": {"plan": {"model": "haiku"}}},
        {"preflight": {"baseline": False}},
        {"memory": {"issues": 0}},
        {"constraints": {"max_files": 3}},
        {"project": {"mutants": 3}},
        {"agents": {"python-pro": {"prompt": "Be brief.", "model": "haiku", "max_turns": 9}}},
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_setting__that_binds_no_finished_work_costs_nothing(settings: dict[str, object]) -> None:
    """Who raises a limit, changes a model or a gate goes on where the run stopped."""
    assert _changed(**settings) == {}


@pytest.mark.parametrize(
    ("settings", "lost"),
    [
        ({"review": {"rounds": 1}}, {"review": Lost.REVIEWS}),
        ({"project": {"commands": {"test": "make"}}}, {"project.commands": Lost.CHECKS}),
        ({"project": {"language": "ruby"}}, {"project.language": Lost.ALL}),
        ({"project": {"decisions": ["adr/*.md"]}}, {"project.decisions": Lost.PLAN}),
        (
            {"constraints": {"protected_paths": ["secret/**"]}},
            {"constraints.protected_paths": Lost.PLAN},
        ),
        (
            {"workflow": {"stages": ["implementation", "review"]}},
            {"workflow.stages": Lost.PLAN},
        ),
        ({"agents": {"python-pro": {"prompt": "Be kind."}}}, {"agents.python-pro": Lost.PLAN}),
        (
            {"agents": {"python-pro": {"prompt": "Be brief.", "scope": ["sql"]}}},
            {"agents": Lost.PLAN},
        ),
    ],
    ids=lambda value: next(iter(value)),
)
def test_setting__costs_what_rests_on_it(
    settings: dict[str, object], lost: dict[str, Lost]
) -> None:
    """A setting of the review is no reason to pay for the implementation again."""
    assert _changed(**settings) == lost


def test_settings__of_a_journal_that_knows_no_fingerprints_cost_everything() -> None:
    """What an older version left cannot be compared, so it is not built on."""
    assert Lost.ALL in changed_settings({}, settings_digests(Settings())).values()
