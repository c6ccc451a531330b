"""Tasks in worktrees of their own, and one line of commits in plan order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.llm.scenario import ScriptedReply
from orchestrator.stages.implementation import implement
from tests.end_to_end.play import call, edit, say, talk, task, task_words, tool_call, work
from tests.end_to_end.project import GREET, OTHER_SOURCE, PART, SETTINGS, SHOUT, SOURCE
from tests.unit.stages.house import planned

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.llm.scenario import Conversation
    from orchestrator.stages.results import Results
    from tests.unit.stages.house import Furnish

ONE_BY_ONE = f"{SETTINGS}limits: {{parallel: 1}}\n"
FAREWELL = "\n\ndef farewell(name: str) -> str:\n    return part(name).upper()\n"


def _task(number: int, *needs: int, files: list[Json]) -> JsonObject:
    return task(
        number,
        "implementation",
        "python-pro",
        files=files,
        dependencies=list(needs),
        title=f"T{number}",
    )


def _worker(number: int, *replies: ScriptedReply, unless: tuple[str, ...] = ()) -> Conversation:
    return talk(f"task {number}", *replies, when=task_words(number), unless=unless)


def _bash(command: str) -> ScriptedReply:
    return call("Bash", command=command)


def test_implement__puts_parallel_tasks_in_plan_order(furnish: Furnish) -> None:
    """Two tasks with disjoint files both land, the first of the plan first."""
    house = furnish(
        _worker(1, _bash("true"), _bash("true"), edit(), work()),
        _worker(2, edit(OTHER_SOURCE, old=PART, new=PART + FAREWELL), work(OTHER_SOURCE)),
    )

    results = implement(
        house.context, planned(_task(1, files=[SOURCE]), _task(2, files=[OTHER_SOURCE]))
    )

    assert results.stop is None
    assert set(results.work) == {1, 2}
    assert house.subjects() == ["T1", "T2"]
    assert house.read(SOURCE) == GREET + SHOUT
    assert house.read(OTHER_SOURCE) == PART + FAREWELL
    assert house.journal.record.head == house.context.branch.head


def test_implement__shows_a_task_what_it_depends_on(furnish: Furnish) -> None:
    """A dependent's worktree holds its dependency's change, and it may build on the same file."""
    more = GREET + SHOUT + "\n\nLOUD = shout\n"
    house = furnish(
        _worker(1, edit(), work()),
        _worker(2, edit(old=GREET + SHOUT, new=more), work()),
    )

    results = implement(
        house.context, planned(_task(1, files=[SOURCE]), _task(2, 1, files=[SOURCE]))
    )

    assert results.stop is None
    assert house.read(SOURCE) == more
    assert house.subjects() == ["T1", "T2"]


def test_implement__puts_back_what_a_command_changed_elsewhere(furnish: Furnish) -> None:
    """Round the tools is not round the wall: the change stays out and is reported."""
    house = furnish(
        _worker(1, _bash("echo x >> README.md; rm tests/test_greet.py"), edit(), work())
    )

    results = implement(house.context, planned(_task(1, files=[SOURCE])))

    assert results.stop is None
    assert house.read("README.md") == "# Greeter\n"
    assert house.read("tests/test_greet.py") is not None
    ended = house.journal.record.tasks[1].ended
    assert ended is not None
    assert [violation.split("`")[1] for violation in ended.violations] == [
        "README.md",
        "tests/test_greet.py",
    ]


def test_implement__leaves_an_agents_own_commits_behind(furnish: Furnish) -> None:
    """`no_direct_commits` holds for who gets round the refusal: only what code commits counts."""
    sneaky = (
        "g=git; echo 'x = 1' >> README.md; $g add -A;"
        " $g -c user.name=me -c user.email=me@example.com commit -q -m sneaky &&"
        " $g update-ref refs/heads/main HEAD && $g log --format=%s -1"
    )
    house = furnish(
        _worker(1, call("Bash", command="git commit -m x"), _bash(sneaky), edit(), work())
    )

    results = implement(house.context, planned(_task(1, files=[SOURCE])))

    assert results.stop is None
    assert "sneaky" in house.told("sneaky", of="tool_result")
    assert [refusal.what for refusal in house.journal.record.refusals] == ["Bash git commit -m x"]
    assert house.subjects() == ["T1"]
    assert house.read("README.md") == "# Greeter\n"
    log = house.context.branch.git.log(house.context.branch.head, since=house.base.commit)
    assert [commit.author.name for commit in log] == ["orchestrator"]
    assert house.context.branch.git.blob(house.base.commit, "README.md") == b"# Greeter\n"


def test_implement__sends_back_work_without_a_change(furnish: Furnish) -> None:
    """A report is not a change: the second attempt is told, and makes one."""
    house = furnish(
        _worker(1, work(), unless=("An earlier attempt failed",)),
        talk("again", edit(), work(), when="The worktree holds no change"),
    )

    results = implement(house.context, planned(_task(1, files=[SOURCE])))

    assert results.stop is None
    assert house.read(SOURCE) == GREET + SHOUT
    assert house.journal.record.tasks[1].attempt == 2


def test_implement__never_commits_a_secret(furnish: Furnish) -> None:
    """What would be public at once is sent back before there is a commit of it."""
    key = "AKIA" + "Q3EGTTPL7WZ2LMNA"
    leak = edit(new=f'{GREET}KEY = "{key}"\n')
    house = furnish(
        _worker(1, leak, work(), unless=("An earlier attempt failed",)),
        talk("again", edit(), work(), when="An earlier attempt failed"),
    )

    results = implement(house.context, planned(_task(1, files=[SOURCE])))

    assert results.stop is None
    assert house.read(SOURCE) == GREET + SHOUT
    assert len(house.subjects()) == 1


RESOLVE = "# Your task: resolve a conflict"
LOUD = GREET + "\n\ndef loud(name: str) -> str:\n    return greet(name).upper()\n"
QUIET = GREET + "\n\ndef quiet(name: str) -> str:\n    return greet(name).lower()\n"
BOTH = LOUD + QUIET.removeprefix(GREET)


def _two_on_one_line(*resolving: ScriptedReply) -> tuple[Conversation, ...]:
    """Return two tasks that add different lines at one place, and who resolves that."""
    return (
        _worker(1, edit(new=LOUD), work(), unless=(RESOLVE,)),
        _worker(2, edit(new=QUIET), work(), unless=(RESOLVE, "An earlier attempt failed")),
        talk("resolver", *resolving, when=RESOLVE),
    )


def _written(path: str, text: str) -> ScriptedReply:
    """Return a reply that reads a file and writes it anew."""
    write: JsonObject = {"file_path": path, "content": text}
    return ScriptedReply(tools=(tool_call("Read", {"file_path": path}), tool_call("Write", write)))


def _overlapping() -> Results:
    return planned(_task(1, files=[SOURCE]), _task(2, files=[SOURCE]))


def test_implement__resolves_a_conflict_with_both_sides_in_view(furnish: Furnish) -> None:
    """Two changes of one place become one task: its agent sees both goals and both versions."""
    house = furnish(
        *_two_on_one_line(_written(SOURCE, BOTH), work()),
        settings=ONE_BY_ONE,
    )

    results = implement(house.context, _overlapping())

    assert results.stop is None
    assert house.read(SOURCE) == BOTH
    assert house.subjects() == ["T1", "T2"]
    assert set(results.work) == {1, 2}
    record = house.journal.record.tasks
    assert {number: each.status for number, each in record.items()} == dict.fromkeys(
        (1, 2, 3), TaskStatus.DONE
    )
    assert record[3].title == "Resolve the conflict of task 2 with 1"
    told = house.told(RESOLVE)
    for words in ("<<<<<<<", "def loud", "=======", "def quiet", ">>>>>>>"):
        assert words in told
    assert told.count("the plan: task") == 2


def test_implement__takes_no_conflict_marker_for_a_resolution(furnish: Furnish) -> None:
    """Half a merge never reaches the branch: the later task is done again on top instead."""
    half = edit(old="def quiet", new="def silent")
    house = furnish(
        *_two_on_one_line(half, work()),
        talk("again", edit(old=LOUD, new=BOTH), work(), when="The change conflicted with another"),
        settings=ONE_BY_ONE,
    )

    results = implement(house.context, _overlapping())

    assert results.stop is None
    assert house.read(SOURCE) == BOTH
    assert house.subjects() == ["T1", "T2"]
    record = house.journal.record.tasks
    assert record[3].status is TaskStatus.FAILED
    assert record[3].ended is not None
    assert record[3].ended.summary == "Conflict markers are left in greeter/greet.py."
    assert (record[2].attempt, record[2].status) == (2, TaskStatus.DONE)


def test_implement__takes_one_side_alone_for_no_resolution(furnish: Furnish) -> None:
    """Who resolves a conflict by leaving one task's change out has not resolved it."""
    house = furnish(
        *_two_on_one_line(_written(SOURCE, LOUD), work()),
        talk("again", edit(old=LOUD, new=BOTH), work(), when="The change conflicted with another"),
        settings=ONE_BY_ONE,
    )

    results = implement(house.context, _overlapping())

    assert results.stop is None
    assert house.read(SOURCE) == BOTH
    record = house.journal.record.tasks
    assert record[3].status is TaskStatus.FAILED
    assert record[3].ended is not None
    assert "Nothing of task 2's change is left" in record[3].ended.summary
    assert (record[2].attempt, record[2].status) == (2, TaskStatus.DONE)


def test_implement__accepts_that_nothing_is_left_to_do_on_top(furnish: Furnish) -> None:
    """Where the other task has done it all already, a conflict is no reason to end the run."""
    house = furnish(
        *_two_on_one_line(_written(SOURCE, LOUD), work()),
        talk("again", work(), when="Nothing of task 2's change is left"),
        settings=ONE_BY_ONE,
    )

    results = implement(house.context, _overlapping())

    assert results.stop is None
    assert house.read(SOURCE) == LOUD
    assert set(results.work) == {1, 2}
    assert "Task 2 has nothing left to do" in house.notes()


def test_implement__hears_that_two_sides_contradict_each_other(furnish: Furnish) -> None:
    """Nobody is asked again to do what cannot be done: the run ends with the contradiction."""
    stop = call(
        "Stop", status="spec_conflict", reason="Loud or quiet.", evidence=["T1", "T2"], questions=[]
    )
    house = furnish(*_two_on_one_line(stop), settings=ONE_BY_ONE)

    results = implement(house.context, _overlapping())

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.NEEDS_HUMAN
    assert "Loud or quiet." in results.stop.summary
    assert house.read(SOURCE) == LOUD
    assert house.journal.record.tasks[2].status is TaskStatus.STOPPED


def test_implement__keeps_a_resolution_within_the_sides_files(furnish: Furnish) -> None:
    """Who resolves has the files of both tasks and no others."""
    house = furnish(
        *_two_on_one_line(_bash("echo x >> README.md"), _written(SOURCE, BOTH), work()),
        settings=ONE_BY_ONE,
    )

    implement(house.context, _overlapping())

    assert house.read("README.md") == "# Greeter\n"
    ended = house.journal.record.tasks[3].ended
    assert ended is not None
    assert "README.md" in ended.violations[0]


def test_implement__does_a_misfit_again_on_top(furnish: Furnish) -> None:
    """A conflict that both sides do not settle: the later change is made again on the other."""
    house = furnish(
        _worker(1, call("Write", file_path="out", content="file\n"), work("out")),
        _worker(
            2,
            call("Write", file_path="out/deep.txt", content="deep\n"),
            work("out/deep.txt"),
            unless=("An earlier attempt failed", RESOLVE),
        ),
        talk("resolver", say("No."), say("No."), when=RESOLVE),
        talk(
            "again",
            call("Write", file_path="out2/deep.txt", content="deep\n"),
            work("out2/deep.txt"),
            when="The change conflicted with another task's",
        ),
        settings=ONE_BY_ONE,
    )

    results = implement(
        house.context,
        planned(_task(1, files=["out"]), _task(2, files=["out/deep.txt", "out2/deep.txt"])),
    )

    assert results.stop is None
    assert house.read("out") == "file\n"
    assert house.read("out2/deep.txt") == "deep\n"
    assert "it is done again on top" in house.notes()
    assert "Your copy is the branch, without anything of the later task" in house.told(RESOLVE)
    record = house.journal.record.tasks[2]
    assert (record.attempt, record.status) == (2, TaskStatus.DONE)


def test_implement__ends_when_a_misfit_stays_one(furnish: Furnish) -> None:
    """A conflict that nobody could solve is an ending, and nothing is built on it."""
    house = furnish(
        _worker(1, call("Write", file_path="out", content="file\n"), work("out")),
        _worker(
            2,
            call("Write", file_path="out/deep.txt", content="deep\n"),
            work("out/deep.txt"),
            unless=("An earlier attempt failed", RESOLVE),
        ),
        talk("resolver", work(), when=RESOLVE),
        talk("again", work(), when="The change conflicted with another task's"),
        settings=ONE_BY_ONE,
    )

    results = implement(
        house.context,
        planned(
            _task(1, files=["out"]),
            _task(2, files=["out/deep.txt"]),
            _task(3, 1, 2, files=[SOURCE]),
        ),
    )

    assert results.stop is not None
    assert results.stop.failure_class is FailureClass.MERGE_CONFLICTS
    statuses = {number: each.status for number, each in house.journal.record.tasks.items()}
    assert statuses == {
        1: TaskStatus.DONE,
        2: TaskStatus.FAILED,
        3: TaskStatus.SKIPPED,
        4: TaskStatus.FAILED,
    }
    assert house.subjects() == ["T1"]


def test_implement__keeps_what_was_done_before_a_failure(furnish: Furnish) -> None:
    """One task's end leaves the others' work on the branch."""
    house = furnish(
        _worker(1, edit(), work()),
        talk("lost", say("No."), say("No."), when=task_words(2), times=2),
    )

    results = implement(
        house.context, planned(_task(1, files=[SOURCE]), _task(2, files=[OTHER_SOURCE]))
    )

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.FAILURE
    assert house.subjects() == ["T1"]


def test_implement__hears_an_honest_exit(furnish: Furnish) -> None:
    """An agent that stops with a question ends the run with that question."""
    stop = ScriptedReply(
        tools=(
            tool_call(
                "Stop",
                {
                    "status": "needs_input",
                    "reason": "Two readings.",
                    "evidence": [],
                    "questions": [{"text": "Which?", "default": "both", "changes_if_other": "all"}],
                },
            ),
        )
    )
    house = furnish(_worker(1, stop))

    results = implement(house.context, planned(_task(1, files=[SOURCE])))

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.NEEDS_HUMAN
    assert "Which?" in results.stop.hint
