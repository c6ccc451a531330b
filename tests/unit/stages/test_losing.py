"""What of an earlier run holds, over real commits: a task, its tests, and a moving base."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.record import fold
from orchestrator.domain.requirements import Evidence
from orchestrator.domain.review import Lens, ReviewPass, Verdict
from orchestrator.domain.work_loss import Lost
from orchestrator.sandbox.repository import Base, RunRepository
from orchestrator.stages.laying_anew import lay_anew
from orchestrator.stages.losing import Now, weigh
from orchestrator.stages.results import Results
from tests.builders_git import commit_files, git, make_repository
from tests.end_to_end.play import task
from tests.unit.domain.test_resumed_record import STARTED, folded
from tests.unit.rendering.records import FINDING
from tests.unit.stages.house import a_plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.domain.event import Event
    from orchestrator.domain.record import RunRecord
    from orchestrator.stages.losing import Loss

FILES = {"a.py": "a\n", "b.py": "b\n", "docs/rules.md": "r\n", "cited.py": "c\n"}
TASKS = (
    task(1, "implementation", "python-pro", files=["a.py"]),
    task(2, "implementation", "backend-architect", files=["b.py"]),
    task(3, "testing", "test-automator", files=["tests/*.py"], dependencies=[1, 2]),
    task(4, "review", "code-reviewer", dependencies=[3]),
)
WORK = ({"a.py": "A\n"}, {"b.py": "B\n"}, {"tests/test_a.py": "t\n"})
EVERY = frozenset({1, 2, 3, 4})


@dataclass
class Past:
    """A finished run on four files, and the branch that it started from."""

    checkout: Path
    repository: RunRepository
    before: str
    events: list[Event] = field(default_factory=list)

    def base(self, **changes: object) -> Base:
        return self.repository.take_base(checkout=self.checkout, remote=None, branch="main")

    def record(self) -> RunRecord:
        return folded(*self.events)

    def weighed(self, *, issue: str = "", settings: Mapping[str, Lost] | None = None) -> Loss:
        now = Now(
            base=self.base(),
            issue_digest=issue,
            settings=settings or {},
            rules=("docs/**",),
        )
        return weigh(self.record(), now, self.repository.git)

    def laid(self, loss: Loss) -> tuple[ev.WorkDropped, RunRecord]:
        base = self.base().commit
        dropped = lay_anew(self.record(), loss, self.repository.git, base=base)
        return dropped, folded(*self.events, dropped)

    def read(self, commit: str | None, path: str) -> str | None:
        assert commit is not None
        content = self.repository.git.blob(commit, path)
        return None if content is None else content.decode()


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """Return a run whose three commits stand on the first base."""
    checkout = make_repository(tmp_path / "checkout", FILES)
    before = git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "--quiet", "-b", "work")
    repository = RunRepository(tmp_path / "run.git")
    evidence = Evidence(path="cited.py", lines="", why="w")
    requirements = Results().required().model_copy(update={"evidence": (evidence,)})
    repository.take_base(checkout=checkout, remote=None, branch="main")
    change = repository.git.diff(before, before)
    events: list[Event] = [
        STARTED.model_copy(update={"base_commit": before}),
        ev.RequirementsWritten(requirements=requirements),
        ev.PlanAccepted(plan=a_plan(*TASKS)),
        ev.ChecksRun(where="base", reports=()),
    ]
    for number, files in enumerate((*WORK, None), start=1):
        each = a_plan(*TASKS).task(number)
        events.append(
            ev.TaskStarted(
                task_id=number, title=each.title, agent=each.agent, stage=each.stage, attempt=1
            )
        )
        if files is not None:
            message = f"Task {number}\n\nOrchestrator-Task: {number}\n"
            head = commit_files(checkout, files, message=message)
            repository.take_base(checkout=checkout, remote=None, branch="work")
            change = repository.git.diff(before, head)
            events.append(ev.HeadMoved(commit=head, change=change, task_id=number))
        else:
            seen = ReviewPass(
                lens=Lens.SECURITY,
                round=1,
                tree=change.tree,
                verdict=Verdict.APPROVE,
                findings=(),
                dropped=(),
                reviewer="code-reviewer",
            )
            events.append(ev.ReviewPassEnded(review=seen))
        events.append(
            ev.TaskEnded(task_id=number, attempt=1, status=ev.TaskStatus.DONE, summary="s")
        )
    git(checkout, "checkout", "--quiet", "main")
    return Past(checkout=checkout, repository=repository, before=before, events=events)


def test_nothing__that_changed_costs_nothing(past: Past) -> None:
    """The usual resumed run."""
    assert not past.weighed()


@pytest.mark.parametrize(
    ("settings", "lost", "tasks"),
    [
        ({"review": Lost.REVIEWS}, {Lost.REVIEWS}, {4}),
        ({"project.commands": Lost.CHECKS}, {Lost.CHECKS}, set()),
        ({"orchestrator": Lost.PLAN}, {Lost.PLAN, Lost.REVIEWS}, EVERY),
        ({"agents.python-pro": Lost.PLAN}, {Lost.REVIEWS}, {1, 3, 4}),
        ({"agents.test-automator": Lost.PLAN}, {Lost.REVIEWS}, {3, 4}),
        ({"agents.code-reviewer": Lost.PLAN}, {Lost.REVIEWS}, {4}),
        ({"agents.javascript-pro": Lost.PLAN}, set(), set()),
        ({"agents.orchestrator": Lost.PLAN}, {Lost.PLAN, Lost.REVIEWS}, EVERY),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_setting__costs_what_rests_on_it(
    past: Past, settings: dict[str, Lost], lost: set[Lost], tasks: set[int]
) -> None:
    """An agent's new words bind its own tasks, and what was built on them."""
    loss = past.weighed(settings=settings)

    assert (set(loss.lost), set(loss.tasks)) == (lost, tasks)


@pytest.mark.parametrize(
    ("files", "lost", "tasks"),
    [
        ({"other.py": "o\n"}, {Lost.CHECKS}, set()),
        ({"b.py": "b\nmore\n"}, {Lost.CHECKS, Lost.REVIEWS}, {2, 3, 4}),
        ({"tests/test_b.py": "t\n"}, {Lost.CHECKS, Lost.REVIEWS}, {3, 4}),
        ({"docs/rules.md": "new\n"}, {Lost.CHECKS, Lost.PLAN, Lost.REVIEWS}, EVERY),
        ({".claude/agents/x.md": "x\n"}, {Lost.CHECKS, Lost.PLAN, Lost.REVIEWS}, EVERY),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_base__that_moved_costs_what_is_about_the_same_files(
    past: Past, files: dict[str, str], lost: set[Lost], tasks: set[int]
) -> None:
    """A finished task stays when nobody else has changed what it is about."""
    commit_files(past.checkout, files)

    loss = past.weighed()

    assert (set(loss.lost), set(loss.tasks)) == (lost, tasks)
    assert not loss.is_total


def test_issue__that_was_edited_costs_everything_but_the_baseline(past: Past) -> None:
    """No word of a plan for another text is built on."""
    loss = past.weighed(issue="another")

    assert loss.is_total
    assert Lost.CHECKS not in loss.lost


@pytest.mark.parametrize("how", ["rewritten", "cited file gone"])
def test_base__that_the_work_does_not_fit_costs_everything(past: Past, how: str) -> None:
    """A rewritten branch is another one; requirements about a file that is gone are, too."""
    if how == "rewritten":
        git(past.checkout, "commit", "--quiet", "--amend", "--message", "Begin otherwise")
    else:
        git(past.checkout, "rm", "--quiet", "cited.py")
        git(past.checkout, "commit", "--quiet", "--message", "Remove")

    loss = past.weighed()

    assert loss.is_total
    assert Lost.CHECKS in loss.lost


def test_work__is_laid_on_the_base_as_it_is_now(past: Past) -> None:
    """What stays keeps its order and messages, on top of what others did meanwhile."""
    commit_files(past.checkout, {"other.py": "o\n"})

    dropped, record = past.laid(past.weighed())

    assert dropped.tasks == ()
    assert set(record.tasks) == EVERY
    log = past.repository.git.log(str(record.head), since=past.base().commit)
    assert [commit.subject for commit in log] == ["Task 3", "Task 2", "Task 1"]
    assert [past.read(record.head, path) for path in ("a.py", "other.py")] == ["A\n", "o\n"]
    assert "Kept: the requirements, the plan, tasks 1, 2, 3, 4" in dropped.summary
    assert record.plan is not None


def test_work__of_a_lost_task_leaves_the_branch(past: Past) -> None:
    """The rest stays, and who does the task again starts from the base's own file."""
    commit_files(past.checkout, {"b.py": "b\nmore\n"})

    dropped, record = past.laid(past.weighed())

    assert dropped.tasks == (2, 3, 4)
    assert [past.read(record.head, path) for path in ("a.py", "b.py")] == ["A\n", "b\nmore\n"]
    assert past.read(record.head, "tests/test_a.py") is None
    assert record.reviews == ()


def test_work__that_no_longer_fits_is_done_again(past: Past) -> None:
    """What was read as untouched and yet conflicts is lost with all that rests on it."""
    commit_files(past.checkout, {"a.py": "another\n"})
    loss = past.weighed()
    unaware = type(loss)(why=loss.why, lost=frozenset({Lost.CHECKS}), has_moved=True)

    dropped, record = past.laid(unaware)

    assert dropped.tasks == (1, 3, 4)
    assert Lost.REVIEWS in dropped.lost
    assert "`Task 1` no longer fits in `a.py`" in dropped.summary
    assert [past.read(record.head, path) for path in ("a.py", "b.py")] == ["another\n", "B\n"]


def _reply(agent: str, *, stage: str, task_id: int | None) -> ev.ModelReplied:
    return ev.ModelReplied.model_validate(
        {
            "conversation": "c",
            "agent": agent,
            "stage": stage,
            "task_id": task_id,
            "model": "m",
            "effort": None,
            "prompt_digest": "",
            "stop_reason": "end_turn",
            "usage": {"output_tokens": 5},
            "usd": "0.5",
            "attempts": 1,
            "request_id": None,
            "duration_s": 1.0,
        }
    )


@pytest.mark.parametrize(("task_id", "is_total"), [(None, True), (1, False)])
def test_setting__of_who_wrote_the_requirements_costs_everything(
    past: Past, task_id: int | None, *, is_total: bool
) -> None:
    """A workflow may name its own analyst; who only answered a task's question is none."""
    past.events.append(_reply("our-reader", stage="analysis", task_id=task_id))

    loss = past.weighed(settings={"agents.our-reader": Lost.PLAN})

    assert loss.is_total is is_total


@pytest.mark.parametrize("is_found", [True, False])
def test_setting__of_the_verifier_costs_what_it_judged(past: Past, *, is_found: bool) -> None:
    """A verdict with findings is the verifier's as well; one without any never asked it."""
    (seen,) = past.record().reviews
    again = seen.model_copy(update={"refuted": (FINDING,) if is_found else ()})
    past.events.append(ev.ReviewPassEnded(review=again))

    loss = past.weighed(settings={"agents.finding-verifier": Lost.PLAN})

    assert (Lost.REVIEWS in loss.lost, 4 in loss.tasks) == (is_found, is_found)


def test_plan__that_is_lost_leaves_the_requirements_and_the_spend(past: Past) -> None:
    """The next plan begins on the base; what was paid stays paid, for no task of it."""
    reply = _reply("python-pro", stage="implementation", task_id=1)
    past.events.append(reply)

    _, record = past.laid(past.weighed(settings={"orchestrator": Lost.PLAN}))

    assert (record.plan, record.head, record.change, dict(record.tasks)) == (None, None, None, {})
    assert record.requirements is not None
    assert [(line.task_id, str(line.usd)) for line in record.spend_lines] == [(None, "0.5")]


def test_run__that_never_began_is_not_built_on(past: Past) -> None:
    """An empty state says nothing."""
    now = Now(base=past.base(), issue_digest="", settings={}, rules=())

    assert weigh(fold(()), now, past.repository.git).is_total
