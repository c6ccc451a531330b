"""What a dry run says it would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.models import ModelGroup

if TYPE_CHECKING:
    from orchestrator.config.settings import Settings


def dry_run_lines(settings: Settings) -> tuple[str, ...]:
    """Return the stages, commands, models and limits of a run, one sentence each."""
    stages = ", ".join(stage.name for stage in settings.workflow.stages)
    commands = settings.project.commands
    known = [
        f"{kind} `{text}`" for kind, text in commands.model_dump().items() if isinstance(text, str)
    ]
    choices = ((group, settings.models.of_group(group)) for group in ModelGroup)
    models = ", ".join(
        f"{group.value}: {choice.model} ({choice.effort or 'its own effort'})"
        for group, choice in choices
    )
    limits = settings.limits
    return (
        f"Stages it would run: {stages}.",
        f"Commands it would run: {', '.join(known) or 'none, because none is known'}.",
        f"Models it would ask: {models}.",
        (
            f"It would stop at {limits.usd} USD, {limits.minutes} minutes or "
            f"{limits.tokens:,} tokens, with at most {limits.parallel} tasks at a time."
        ),
    )
