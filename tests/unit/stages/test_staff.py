"""Agents get a worktree, a cell and a colleague to ask; nothing of it is left behind."""

from __future__ import annotations

import json
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.endings import Submitted
from orchestrator.domain.requirements import TechnicalRequirements
from orchestrator.llm.scenario import ScriptedReply
from orchestrator.rendering.contexts import RequirementsTask
from orchestrator.sandbox.sandbox import Access, Command
from orchestrator.stages.analysis import write_requirements
from orchestrator.stages.planning import make_plan
from orchestrator.stages.results import Results
from orchestrator.stages.staff import Job
from orchestrator.tools.outfit import Wanted
from tests.end_to_end.play import ANALYSIS, call, plan, planner, requirements, say, talk, tool_call
from tests.end_to_end.project import GREET, SOURCE
from tests.unit.stages.house import lives

if TYPE_CHECKING:
    from orchestrator.domain.json import Json
    from tests.unit.stages.house import Furnish, House

DELEGATE = call(
    "Task",
    description="Find the greeting",
    prompt="Where is it made?",
    subagent_type="search-specialist",
)


def _trees(house: House) -> list[str]:
    folder = house.folder / "trees"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_workplace__is_one_commit_and_gone_afterwards(furnish: Furnish) -> None:
    """Each worktree is fresh, and what is done in it touches no other."""
    house = furnish()

    with (
        house.context.workplaces.open(house.base.commit, access=Access.WRITE) as one,
        house.context.workplaces.open(house.base.commit, access=Access.READ) as other,
    ):
        assert one.cell is not None
        done = one.cell.run(Command(argv=("sh", "-c", f"echo mine > {SOURCE}")))
        assert done.exit_code == 0
        assert (one.worktree.root / SOURCE).read_text() == "mine\n"
        assert (other.worktree.root / SOURCE).read_text() == GREET

    assert _trees(house) == []


def test_workplace__is_gone_after_an_error(furnish: Furnish) -> None:
    """A failure inside leaves no worktree behind."""
    house = furnish()

    with (
        pytest.raises(RuntimeError),
        house.context.workplaces.open(house.base.commit, access=Access.READ),
    ):
        raise RuntimeError

    assert _trees(house) == []


def test_workplace__without_a_sandbox_has_no_cell(furnish: Furnish) -> None:
    """Where nothing confines a command, none can be run."""
    house = furnish(sandbox=False)

    with house.context.workplaces.open(house.base.commit, access=Access.READ) as place:
        assert place.cell is None


def test_staff__answers_a_delegated_question(furnish: Furnish) -> None:
    """A question goes to the search specialist, one level deep, and its places come back."""
    answer = call(
        "SubmitAnswer",
        answer="It is made in one place.",
        evidence=[
            {"path": SOURCE, "lines": "1-2", "why": "the greeting"},
            {"path": "README.md", "lines": "", "why": "the promise"},
        ],
        not_found=["a second one"],
    )
    house = furnish(
        talk("question", answer, when="Where is it made?"),
        planner(DELEGATE, plan()),
    )

    results = make_plan(house.context, Results())

    assert results.stop is None
    assert house.model.unused() == ()
    told = house.journal.path.read_text()
    assert f"- {SOURCE}:1-2: the greeting" in told
    assert "- README.md: the promise" in told
    assert "- not found: a second one" in told
    assert _trees(house) == []
    # Neither is followed by its like: nobody pays twice for an hour in the cache.
    assert {life for body in house.model.bodies for life in lives(body)} == {"5m"}


def test_staff__runs_what_only_reads_at_once(furnish: Furnish) -> None:
    """Two questions of one turn are under way together, and their answers keep the turn's order."""
    first, second = (
        call(
            "Task",
            description=f"Find {name}",
            prompt=f"Where is {name} made?",
            subagent_type="search-specialist",
        )
        for name in ("this", "that")
    )
    both = ScriptedReply(tools=(*first.tools, *second.tools))
    answers = [
        talk(
            name,
            call("SubmitAnswer", answer=f"By {name}.", evidence=[], not_found=[]),
            when=f"is {name} made?",
        )
        for name in ("this", "that")
    ]
    house = furnish(*answers, planner(both, plan()))
    house.model.meet("made?", Barrier(2))

    results = make_plan(house.context, Results())

    assert results.stop is None
    told = json.dumps(house.model.bodies[-1]["messages"])
    assert told.index("By this.") < told.index("By that.")


def test_staff__says_that_nobody_answered(furnish: Furnish) -> None:
    """A question without an answer is an error that the asking agent reads, not an ending."""
    house = furnish(
        talk("question", say("Hm."), say("Hm."), when="Where is it made?"),
        planner(DELEGATE, plan()),
    )

    results = make_plan(house.context, Results())

    assert results.stop is None
    assert "Find the greeting" in house.notes()
    assert "Look for yourself." in house.journal.path.read_text()


def test_staff__gives_the_model_and_effort_of_the_group(furnish: Furnish) -> None:
    """Readers search with the model of their group, named in the journal."""
    house = furnish(settings="models: {search: {model: opus, effort: low}}\n")
    role = house.context.roster.get("search-specialist")

    with house.context.workplaces.open(house.base.commit, access=Access.READ) as place:
        ending = house.context.staff.do(
            Job(
                name="analysis",
                role=role,
                stage="analysis",
                form=RequirementsTask(),
                wanted=Wanted(shape=TechnicalRequirements),
                commit=house.base.commit,
                place=place,
            )
        )

    assert isinstance(ending, Submitted)
    (line,) = house.journal.record.spend_lines
    assert (line.agent, line.model) == ("search-specialist", "opus")


def test_analysis__drops_evidence_that_is_not_there(furnish: Furnish) -> None:
    """A place that the base commit does not have convinces nobody."""
    evidence: list[Json] = [
        {"path": SOURCE, "lines": "1", "why": "real"},
        {"path": "greeter/none.py", "lines": "1", "why": "invented"},
    ]
    arguments = {**requirements().tools[0].input, "evidence": evidence}
    invented = ScriptedReply(tools=(tool_call("SubmitRequirements", arguments),))
    house = furnish(talk("analysis", invented, when=ANALYSIS))

    results = write_requirements(house.context, Results())

    assert [item.path for item in results.required().evidence] == [SOURCE]


def test_analysis__tries_once_more_and_then_stops(furnish: Furnish) -> None:
    """Two attempts without a result end the run, and say who failed."""
    house = furnish(talk("lost", say("No."), say("No."), say("No."), say("No."), when=ANALYSIS))

    results = write_requirements(house.context, Results())

    assert results.stop is not None
    assert results.stop.summary.startswith("search-specialist: ")
    assert house.journal.record.requirements is None
