"""What each prompt template is given: one frozen record per template.

A test asserts that a template asks for exactly the fields of its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.rendering.review_contexts import ReviewTask, VerifyTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.earlier import EarlierWork
    from orchestrator.domain.plan import Task
    from orchestrator.domain.requirements import SearchAnswer, TechnicalRequirements
    from orchestrator.domain.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Something a person wrote, cleaned."""

    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenCommand:
    """A command of the project and what it showed on the base commit."""

    kind: str
    command: str
    observed: str
    minutes: int = 0
    """How long it took, rounded; an agent's own call ends earlier unless it asks for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of conventions that people wrote, from the base commit."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledQuestion:
    """A question that people were asked, and what holds."""

    question: str
    default: str
    answer: str
    """Empty when nobody answered by its number."""
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefContext:
    """`brief.md.j2`: the block that all conversations of a run share. See `prompts.brief_of`."""

    repository: str
    map: str
    commands: tuple[ProvenCommand, ...]
    failing: tuple[str, ...]
    """Tests that fail on the base commit already."""
    setup: str
    """The command that installed what the others need; empty when none was run."""
    conventions: tuple[Page, ...]
    decisions: tuple[DecisionRecord, ...]
    protected_paths: tuple[str, ...]
    number: int
    title: Words
    body: Words
    comments: tuple[Words, ...]
    older_comments: int
    """How many more there are before these, too many to be shown."""
    answers: tuple[SettledQuestion, ...]
    removed: Mapping[str, int]
    """Hidden text taken out of title, body and comments: kind → how often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleContext:
    """The role text of a built-in role."""

    name: str
    tools: tuple[str, ...]
    restrictions: tuple[str, ...]
    turns: int
    """How many replies the agent has at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRoleContext:
    """`custom.md.j2`: the role text of a repository's own agent."""

    name: str
    tools: tuple[str, ...]
    restrictions: tuple[str, ...]
    turns: int
    kind: str
    body: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsTask:
    """`tasks/requirements.md.j2`: the issue itself is in the brief."""

    signs: tuple[str, ...] = ()
    """What the program finds doubtful about the issue; words of the issue are quoted in it."""
    questions: int = 3
    """How many questions people can be asked; 0: none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionTask:
    """`tasks/question.md.j2`."""

    question: str
    asked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTask:
    """`tasks/plan.md.j2`."""

    issue_id: int
    requirements: TechnicalRequirements
    roster: tuple[Role, ...]
    """Everybody a task may name; the orchestrator itself is not among them."""
    stages: tuple[str, ...]
    agents: tuple[tuple[str, tuple[str, ...]], ...]
    """(stage, whom it is for), for stages that the workflow keeps to some."""
    max_tasks: tuple[tuple[str, int], ...]
    """(complexity, how many tasks such a plan may have)."""
    decisions: tuple[DecisionRecord, ...]
    """Those in force that name files of the repository."""
    max_parallel: int
    max_files: int | None
    max_changed_lines: int | None
    earlier: tuple[EarlierWork, ...]
    """What was merged here before, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRepairTask:
    """`tasks/plan-repair.md.j2`: goes back as the answer to a refused plan."""

    problems: tuple[str, ...]
    attempts_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTask:
    """What an earlier task left for the next one."""

    task_id: int
    title: str
    agent: str
    summary: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTask:
    """A task that nobody could do, and what is known about it."""

    task: Task
    attempts: int
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanTask(PlanTask):
    """`tasks/replan.md.j2`: the rest of a plan that failed, planned anew."""

    finished: tuple[FinishedTask, ...]
    failed: tuple[FailedTask, ...]
    open: tuple[Task, ...]
    first_id: int
    """The least id that a new task may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredQuestion:
    """A question and what search-specialist found."""

    question: str
    answer: SearchAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplementTask:
    """`tasks/implement.md.j2`."""

    task: Task
    requirements: TechnicalRequirements
    finished: tuple[FinishedTask, ...] = ()
    answers: tuple[AnsweredQuestion, ...] = ()
    siblings: tuple[Task, ...] = ()
    """Tasks that may run at the same time."""
    attempt: int = 1
    previous: str = ""
    """Why the attempt before this one failed; empty for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSides:
    """One file that two tasks changed in ways that do not fit."""

    path: str
    base: str
    """Before either of them."""
    ours: str
    """As it is on the branch."""
    theirs: str
    """As the later task left it."""
    merged: str
    """With conflict markers; empty when the file cannot have any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveTask:
    """`tasks/resolve.md.j2`: a conflict, with both sides of it."""

    task: Task
    """Whose change came later."""
    others: tuple[Task, ...]
    """Whose changes are on the branch."""
    requirements: TechnicalRequirements
    conflicts: tuple[ConflictSides, ...]
    files: tuple[str, ...]
    has_markers: bool
    """Whether the worktree holds both sides between markers, or the branch's side alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to mend."""

    source: str
    """Who found it, such as `the test command` or `code-reviewer, security`."""
    what: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixTask:
    """`tasks/fix.md.j2`: failing checks and findings."""

    task: Task
    """Beside the plan: what the whole change is for, and the files of all its implementers."""
    requirements: TechnicalRequirements
    problems: tuple[Problem, ...]
    round: int
    rounds: int
    may_refute: bool = False
    """Whether changing nothing, with the reasons, is an answer."""
    settled: tuple[str, ...] = ()
    """Findings that were mended before and must stay mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestTask:
    """`tasks/test.md.j2`: what the test author sees, which is never a diff."""

    __test__ = False

    task: Task
    requirements: TechnicalRequirements
    implementation: tuple[Task, ...]
    attempt: int = 1
    previous: str = ""


TaskForm = (
    RequirementsTask
    | QuestionTask
    | PlanTask
    | PlanRepairTask
    | ReplanTask
    | ImplementTask
    | ResolveTask
    | FixTask
    | TestTask
    | ReviewTask
    | VerifyTask
)
"""Everything an agent can be asked to do."""
