"""A plan that may not run is refused with reasons that a planner can repair from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from orchestrator.domain.plan import Complexity, StageName, Task
from orchestrator.domain.role import Restriction, RoleKind
from orchestrator.scheduling.plan_rules import PlanContext, problems
from tests.unit.scheduling.plans import READING, ROSTER, WRITING, plan, role, task
from tests.unit.scheduling.strategies import dags

_CONTEXT = PlanContext(
    issue_number=47,
    roles=ROSTER,
    base_files=(
        "src/part1.js",
        "css/main.scss",
        ".github/workflows/ci.yml",
        "deploy/prod.yml",
    ),
    protected_paths=(".github/**", "deploy"),
)
_ANALYSIS, _TESTING, _REVIEW = StageName.ANALYSIS, StageName.TESTING, StageName.REVIEW


def _problems(*tasks: Task, context: PlanContext = _CONTEXT, issue_id: int = 47) -> str:
    return "\n".join(problems(plan(*tasks, issue_id=issue_id), context))


def test_problems__none_for_the_articles_plan() -> None:
    """The plan printed in the article, with files, is accepted."""
    tasks = (
        task(1, stage=_ANALYSIS),
        task(2, 1, agent="frontend-developer", files=("_includes/theme-toggle.html", "css/**")),
        task(3, 2, files=("assets/js/theme.js",)),
        task(4, 2, 3, stage=_TESTING, files=("tests/theme/*.test.js",)),
        task(5, 4, stage=_REVIEW),
    )

    assert _problems(*tasks) == ""


def test_problems__wrong_issue() -> None:
    """A plan for another issue is refused."""
    assert "`issue_id` is 48, but the issue is number 47" in _problems(task(1), issue_id=48)


def test_problems__cycle() -> None:
    """A cycle is named task by task."""
    assert "in a circle (1 → 3 → 2 → 1)" in _problems(task(1, 3), task(2, 1), task(3, 2))


def test_problems__own_dependency() -> None:
    """A task cannot wait for itself."""
    assert "in a circle (1 → 1)" in _problems(task(1, 1))


def test_problems__unknown_dependency() -> None:
    """A dependency on a missing id names the ids there are."""
    found = _problems(task(1), task(2, 9))

    assert "Task 2: it depends on task 9, which is not there; ids: 1." in found
    assert "ids: none." in _problems(task(1, 9))


def test_problems__duplicate_id() -> None:
    """Each id stands for one task."""
    assert "The task id 1 is used more than once" in _problems(task(1), task(1))


def test_problems__id_below_one() -> None:
    """Ids count from one."""
    assert "Task 0: `id` must be 1 or more." in _problems(task(0))


def test_problems__too_many_tasks() -> None:
    """Five hundred tasks are one problem, not five hundred."""
    found = problems(plan(*(task(number, 999) for number in range(1, 501))), _CONTEXT)

    assert len(found) == 1
    assert "500 tasks; a medium plan has at most 8, any plan at most 12" in found[0]


def test_problems__many_kinds_are_cut() -> None:
    """A planner gets at most twenty reasons and the number of the rest."""
    tasks = [task(number, 99, 98, 97) for number in range(1, 13)]

    found = problems(plan(*tasks, complexity=Complexity.COMPLEX), _CONTEXT)

    assert len(found) == 21
    assert found[-1] == "There are 16 more problems of these kinds."


def test_problems__later_stage() -> None:
    """A task cannot depend on a stage that runs later."""
    found = _problems(task(1, 2), task(2, stage=_TESTING))

    assert "Task 1 (implementation) depends on task 2, whose stage (testing) runs later" in found


def test_problems__stage_that_does_not_run() -> None:
    """A task of a stage that the configuration dropped is refused."""
    context = replace(_CONTEXT, stages=(StageName.IMPLEMENTATION, StageName.TESTING))

    found = _problems(task(1), task(2, stage=_REVIEW), task(3, 2), context=context)

    assert "Task 2: the stage 'review' does not run here; use implementation, testing." in found


def test_problems__test_without_what_it_tests() -> None:
    """A testing task depends, at least through others, on all implementation before it."""
    tasks = (task(1), task(2), task(3, 2, stage=_TESTING), task(4))

    assert "Task 3 (testing) does not depend on the implementation task 1," in _problems(*tasks)


def test_problems__several_untested() -> None:
    """All missing tasks are named at once."""
    found = _problems(task(1), task(2), task(3, stage=_TESTING))

    assert "implementation tasks 1, 2, directly or through others" in found


def test_problems__tests_first() -> None:
    """Where testing is configured to run first it need not wait for anything."""
    context = replace(_CONTEXT, stages=(_TESTING, StageName.IMPLEMENTATION))

    assert _problems(task(1), task(2, stage=_TESTING), context=context) == ""


def test_problems__unknown_agent() -> None:
    """An agent that does not exist is answered with those that do."""
    found = _problems(task(1, agent="wizard"))

    assert "there is no agent 'wizard'; choose one of code-reviewer, frontend-developer" in found


@pytest.mark.parametrize(
    ("stage", "agent"),
    [
        (_ANALYSIS, "javascript-pro"),
        (_ANALYSIS, "orchestrator"),
        (StageName.IMPLEMENTATION, "orchestrator"),
        (StageName.IMPLEMENTATION, "test-automator"),
        (StageName.IMPLEMENTATION, "code-reviewer"),
        (_TESTING, "javascript-pro"),
        (_TESTING, "search-specialist"),
        (_REVIEW, "test-automator"),
    ],
)
def test_problems__agent_of_the_wrong_kind(stage: StageName, agent: str) -> None:
    """Nobody does another kind's work: the orchestrator never edits, coders never test."""
    found = _problems(task(1), task(2, 1, stage=stage, agent=agent))

    assert f"Task 2: {agent!r} is a {ROSTER[agent].kind} and cannot do a task of" in found


def test_problems__agent_without_tools() -> None:
    """A writer without a writing tool, or a reader without a reading one, is refused."""
    roles = {
        "javascript-pro": role("javascript-pro", RoleKind.IMPLEMENTER, tools=READING),
        "search-specialist": role("search-specialist", RoleKind.READER, tools=frozenset({"Task"})),
    }

    found = _problems(task(1, stage=_ANALYSIS), task(2), context=replace(_CONTEXT, roles=roles))

    assert "'javascript-pro' has none of the tools Edit, MultiEdit, Write" in found
    assert "'search-specialist' has none of the tools Glob, Grep, Read" in found


def test_problems__restricted_agent() -> None:
    """Restrictions of the configuration count: no modification, no new files."""
    frozen = role(
        "javascript-pro",
        RoleKind.IMPLEMENTER,
        tools=WRITING,
        restrictions=frozenset({Restriction.NO_CODE_MODIFICATION, Restriction.NO_FILE_CREATION}),
    )
    context = replace(_CONTEXT, roles={"javascript-pro": frozen})

    found = _problems(task(1, files=("src/part1.js", "src/new.js")), context=context)

    assert "'javascript-pro' may not modify code" in found
    assert "'src/new.js' in `files` does not exist yet" in found
    assert "'src/part1.js'" not in found


def test_problems__agent_that_does_not_fit() -> None:
    """The caller's own judgement on the agent is one of the reasons."""
    context = replace(_CONTEXT, fit=lambda one: f"Task {one.id}: a CSS task needs CSS.")

    assert _problems(task(1), context=context) == "Task 1: a CSS task needs CSS."


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "must have between 1 and 300 characters"),
        ("   ", "must have between 1 and 300 characters"),
        ("a" * 301, "must have between 1 and 300 characters"),
        (" src/a.js", "blanks around it"),
        ("src/a\n.js", "control characters"),
        ("src/\u202ea.js", "invisible or control"),
        ("src\\a.js", "has a backslash"),
        ("/etc/passwd", "is not relative"),
        ("~/.ssh/id", "is not relative"),
        ("C:/x", "is not relative"),
        ("https://x/y", "is not relative"),
        ("../outside", "leaves the repository by '..'"),
        ("src/../../x", "leaves the repository by '..'"),
        (".git/config", "git's own folder"),
        ("./.GIT/hooks/x", "git's own folder"),
        ("{src,.git}/config", "git's own folder"),
        ("{src,..}/x", "leaves the repository by '..'"),
        ("{src/a.js,**/*}", "covers the whole repository"),
        ("**/?*", "covers the whole repository"),
        ("**", "covers the whole repository"),
        ("*", "covers the whole repository"),
        ("**/*.*", "covers the whole repository"),
        (".", "covers the whole repository"),
        ("{a,b}" * 30, "too many alternatives"),
        (".github/workflows/ci.yml", "is protected"),
        (".GitHub/Workflows/new.yml", "is protected"),
        ("./.github/workflows/x.yml", "is protected"),
        ("deploy/**", "is protected"),
        ("*/workflows/*.yml", "covers no file|covers only protected"),
        ("**/prod.yml", "covers only protected files such as 'deploy/prod.yml'"),
        ("**/*.vue", "covers no file of the base commit"),
    ],
)
def test_problems__path_refused(path: str, reason: str) -> None:
    """A path outside the repository, protected or meaningless is refused with the reason."""
    found = problems(plan(task(1, files=(path,))), _CONTEXT)

    assert len(found) == 1
    assert f"Task 1: the path {path!r} in `files`" in found[0]
    assert any(part in found[0] for part in reason.split("|"))


@pytest.mark.parametrize(
    "path", ["src/new.js", "new.js", "src/theme/*.js", "css", "**/*.scss", "tests/{a,b}.js"]
)
def test_problems__path_accepted(path: str) -> None:
    """Existing files, new files in named folders and covering globs are fine."""
    assert _problems(task(1, files=(path,))) == ""


def test_problems__two_parallel_tasks_on_one_file() -> None:
    """Two tasks that could run at once may not claim one file."""
    found = _problems(task(1, files=("src/a.js",)), task(2, files=("src/*.js",)))
    same = _problems(task(1, files=("src/a.js",)), task(2, files=("src/a.js",)))

    assert "both claim 'src/a.js' and 'src/*.js' overlap" in found
    assert "Tasks 1 and 2 could run at the same time and both claim 'src/a.js':" in same


def test_problems__one_file_one_after_the_other() -> None:
    """With a dependency between them, even through others, tasks may share files."""
    tasks = (
        task(1, files=("src/a.js",)),
        task(2, 1, files=("src/b.js", "src/c.js")),
        task(3, 2, files=("src/a.js",)),
        task(4, 1, 2, 3, stage=_TESTING, files=("src/a.js",)),
    )

    assert _problems(*tasks) == ""


def test_problems__writer_without_files() -> None:
    """A writing task says what it writes."""
    assert "Task 1: `files` is empty; name the files" in _problems(task(1, files=()))


def test_problems__reader_with_files() -> None:
    """A reading task writes nothing."""
    found = _problems(task(1), task(2, 1, stage=_REVIEW, files=("src/a.js",)))

    assert "Task 2: a task of the stage 'review' changes nothing" in found


def test_problems__no_acceptance() -> None:
    """Every task says how somebody can decide that it is done."""
    assert "Task 1: `acceptance` is empty" in _problems(task(1, acceptance=(" ",)))


def test_problems__no_words() -> None:
    """Every task says what is to be done."""
    assert "Task 1: `title` and `description`" in _problems(task(1, title=""))


def test_problems__nothing_to_do() -> None:
    """A plan that changes nothing is no plan, unless the stages say so."""
    only_reading = replace(_CONTEXT, stages=(_ANALYSIS, _REVIEW))

    assert "No task changes anything" in _problems(task(1, stage=_ANALYSIS))
    assert _problems(task(1, stage=_ANALYSIS), context=only_reading) == ""


@given(dags())
def test_problems__random_cycle(tasks: tuple[Task, ...]) -> None:
    """Closing any chain to a circle is always found."""
    first, last = tasks[0], tasks[-1]
    closed = (
        first.model_copy(update={"dependencies": (last.id,)}),
        *tasks[1:-1],
        last.model_copy(update={"dependencies": (first.id,)}),
    )

    assert "in a circle" in _problems(*closed[: len(tasks)] if len(tasks) > 1 else closed[:1])
