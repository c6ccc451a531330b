"""Which agent fits which task."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.agents.roles import BUILT_IN
from orchestrator.agents.roster import Roster
from orchestrator.agents.selection import better, candidates, fit
from orchestrator.domain.plan import StageName, Task
from orchestrator.domain.role import RoleKind

HOOKS = replace(
    BUILT_IN["frontend-developer"],
    name="react-hooks-specialist",
    scope=("react", "hooks"),
    source=".claude/agents/react-hooks-specialist.md",
)
TEAM = Roster(roles={**BUILT_IN, HOOKS.name: HOOKS})


def task(
    *files: str,
    title: str = "Do it",
    description: str = "",
    stage: StageName = StageName.IMPLEMENTATION,
) -> Task:
    """Return a task on these files."""
    return Task(
        id=1,
        title=title,
        description=description,
        agent="",
        dependencies=(),
        stage=stage,
        files=files,
        acceptance=("It works.",),
    )


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("frontend-developer", task("_includes/theme-toggle.html", "assets/js/theme.js")),
        ("javascript-pro", task("assets/js/theme.js", title="Add localStorage persistence")),
        ("frontend-developer", task("_sass/**/*.scss")),
        ("python-pro", task("src/*.py")),
        ("backend-architect", task("cmd/server.go")),
        ("backend-architect", task("db/schema.sql")),
        ("search-specialist", task(stage=StageName.ANALYSIS)),
        ("test-automator", task("tests/**", stage=StageName.TESTING)),
        ("code-reviewer", task(stage=StageName.REVIEW)),
        ("python-pro", task("README.md")),
        ("python-pro", task("pipeline/run", description="Package the Python library.")),
    ],
)
def test_fit__built_in_roles_fit_their_work(name: str, given: Task) -> None:
    """The article's own plan passes, and so do the usual ones."""
    assert fit(BUILT_IN[name], given).is_fit


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("python-pro", task("assets/js/theme.js")),
        ("python-pro", task("styles/main.css")),
        ("frontend-developer", task("server/main.go")),
        ("javascript-pro", task("app/models.py")),
    ],
)
def test_fit__refuses_a_scope_that_has_nothing_in_common(name: str, given: Task) -> None:
    """The reason names both sides, so that the plan can be repaired."""
    result = fit(BUILT_IN[name], given)

    assert not result.is_fit
    assert given.files[0] in result.reason
    assert BUILT_IN[name].scope[0] in result.reason


def test_fit__more_in_common_scores_more() -> None:
    """Scores order the candidates; the repository's technologies only break ties."""
    given = task("web/theme.tsx", title="React component")

    assert (
        fit(BUILT_IN["frontend-developer"], given).score
        > fit(BUILT_IN["javascript-pro"], given).score
    )
    plain = task("web/main.ts")
    assert (
        fit(BUILT_IN["javascript-pro"], plain, ["Node"]).score
        == fit(BUILT_IN["javascript-pro"], plain).score + 1
    )


def test_fit__role_for_certain_files_gets_no_others() -> None:
    """`files` of an agent is a promise that code keeps."""
    role = replace(BUILT_IN["python-pro"], files=("api/**",))

    assert fit(role, task("api/views.py")).is_fit
    assert "not meant for 'web/views.py'" in fit(role, task("web/views.py")).reason


def test_fit__without_a_scope_takes_anything() -> None:
    """An agent that says nothing about itself is a generalist."""
    assert fit(replace(HOOKS, scope=()), task("server/main.go")).is_fit


def test_better__names_the_narrower_specialist() -> None:
    """Where a repository has a specialist for just this, it must be chosen."""
    given = task("src/useTheme.tsx", title="Write a useTheme hook")

    assert better(BUILT_IN["frontend-developer"], TEAM, given) is HOOKS


@pytest.mark.parametrize(
    "given",
    [
        task("styles/main.css", title="Restyle the header"),
        task("server/main.go", title="Add a route"),
    ],
)
def test_better__leaves_other_work_alone(given: Task) -> None:
    """A specialist is not pushed on work that is not its own."""
    assert better(BUILT_IN["frontend-developer"], TEAM, given) is None


def test_better__leaves_a_choice_between_built_in_roles_that_overlap() -> None:
    """Their scopes overlap on purpose; where most of one is not meant, the choice stands."""
    given = task("assets/js/theme.js", title="Persist state in JavaScript with npm")

    assert better(BUILT_IN["frontend-developer"], Roster(roles=BUILT_IN), given) is None


def test_better__names_a_built_in_role_that_is_narrower_and_scores_more() -> None:
    """One scoring for all: whose whole trade a task is gets it from who could do it as well."""
    given = task("app/cli.py", title="Typing and packaging of the Python Flask command line")

    assert (
        better(BUILT_IN["backend-architect"], Roster(roles=BUILT_IN), given)
        is BUILT_IN["python-pro"]
    )
    assert better(BUILT_IN["python-pro"], Roster(roles=BUILT_IN), given) is None


def test_better__specialist_is_as_good_as_it_gets() -> None:
    """Who is the specialist already has nobody above."""
    given = task("src/useTheme.tsx", title="Write a useTheme hook")

    assert better(HOOKS, TEAM, given) is None


def test_better__replaces_a_misfit() -> None:
    """Also where the chosen agent does not fit at all, the right one is named."""
    given = task("src/useTheme.tsx", title="Write a React hook")

    assert better(BUILT_IN["python-pro"], TEAM, given) is HOOKS


def test_candidates__stand_by_score_and_then_by_how_narrow_they_are() -> None:
    """Everybody who fits is listed, best first, with the part of the scope that is spoken of."""
    given = task("src/use-theme.tsx", description="A React hook.")

    found = candidates(TEAM, RoleKind.IMPLEMENTER, given)

    by_name = {one.name: one for one in found}
    assert by_name[HOOKS.name].coverage_percent == 100
    assert by_name["frontend-developer"].coverage_percent < 100
    assert "python-pro" not in by_name
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
