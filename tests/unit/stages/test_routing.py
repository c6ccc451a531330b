"""Which model does a task, how hard it thinks, and how long its cache is asked to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.event import ChecksRun, ModelReplied, PlanAccepted
from orchestrator.domain.plan import Complexity
from orchestrator.stages.implementation import implement
from orchestrator.stages.results import Results
from orchestrator.telemetry.replay import read_journal
from tests.end_to_end.play import edit, say, talk, task, task_words, work
from tests.end_to_end.project import SETTINGS, SOURCE
from tests.unit.stages.house import a_plan, lives, planned

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.llm.scenario import Conversation, ScriptedReply
    from tests.unit.stages.house import Furnish, House


def _worker(*replies: ScriptedReply, unless: tuple[str, ...] = ()) -> Conversation:
    return talk("task 1", *replies, when=task_words(1), unless=unless)


def _task() -> JsonObject:
    return task(1, "implementation", "python-pro", files=[SOURCE], title="T1")


def test_routing__gives_the_second_attempt_another_model(furnish: Furnish) -> None:
    """What failed is tried afresh by who is dearer; each conversation keeps what it began with."""
    models = "models: {implement: {model: sonnet, effort: low, escalation: {model: opus}}}\n"
    house = furnish(
        _worker(say("Hm."), work(), unless=("An earlier attempt failed",)),
        talk("again", edit(), work(), when="The worktree holds no change"),
        settings=f"{SETTINGS}{models}",
    )

    implement(house.context, planned(_task()))

    assert _asked(house) == [("sonnet", "low")] * 2 + [("opus", "medium")] * 2


def test_routing__gives_hard_work_more_effort(furnish: Furnish) -> None:
    """The plan's complexity decides before the first request."""
    tweaks = "{simple: {effort: low}, complex: {model: fable, effort: high}}"
    house = furnish(
        _worker(edit(), work()),
        settings=f"{SETTINGS}models: {{implement: {{complexity: {tweaks}}}}}\n",
    )
    plan = a_plan(_task()).model_copy(update={"complexity": Complexity.COMPLEX})
    house.journal.write(PlanAccepted(plan=plan))

    implement(house.context, Results(plan=plan))

    assert _asked(house) == [("fable", "high")] * 2


@pytest.mark.parametrize(("slowest_s", "life"), [(119.0, "5m"), (120.0, "1h")])
def test_routing__keeps_the_cache_as_long_as_it_takes(
    furnish: Furnish, slowest_s: float, life: str
) -> None:
    """All that a writer sends lives for an hour where commands are slow, and else nothing does."""
    house = furnish(_worker(edit(), work()), settings=SETTINGS)
    slow = CheckReport(
        kind=CheckKind.TEST,
        command="make test",
        commit=house.base.commit,
        ending=CheckEnding.FINISHED,
        exit_code=0,
        duration_s=slowest_s,
        output_tail="",
    )
    # An agent runs both in one command.
    lint = slow.model_copy(update={"kind": CheckKind.LINT})
    house.journal.write(ChecksRun(where="base", reports=(slow, slow, lint)))

    implement(house.context, planned(_task()))

    assert {each for body in house.model.bodies for each in lives(body)} == {life}


def _asked(house: House) -> list[tuple[str, str | None]]:
    """Return model and effort of every request, in order."""
    events = (entry.event for entry in read_journal(house.journal.path))
    return [(each.model, each.effort) for each in events if isinstance(each, ModelReplied)]
