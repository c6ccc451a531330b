"""Plans and tasks for tests, with what a test does not care about filled in."""

from __future__ import annotations

from orchestrator.domain.plan import Complexity, Decision, Plan, StageName, Task
from orchestrator.domain.role import Restriction, Role, RoleKind

READING = frozenset({"Read", "Grep", "Glob"})
WRITING = READING | {"Edit", "Write", "Bash"}


def task(
    number: int,
    *needs: int,
    stage: StageName = StageName.IMPLEMENTATION,
    files: tuple[str, ...] | None = None,
    agent: str | None = None,
    acceptance: tuple[str, ...] = ("`npm test` passes",),
    title: str = "Do it",
    description: str = "",
) -> Task:
    """Build a task that is fine by itself."""
    agents = {
        StageName.ANALYSIS: "search-specialist",
        StageName.IMPLEMENTATION: "javascript-pro",
        StageName.TESTING: "test-automator",
        StageName.REVIEW: "code-reviewer",
    }
    is_writing = stage in {StageName.IMPLEMENTATION, StageName.TESTING}
    named = (f"src/part{number}.js",) if files is None else files
    own = (f"src/part{number}.js",) if is_writing else ()
    return Task(
        id=number,
        title=title,
        description=description or f"As the issue says, also in the new {' '.join(named)}",
        agent=agents[stage] if agent is None else agent,
        dependencies=needs,
        stage=stage,
        files=own if files is None else files,
        acceptance=acceptance,
    )


def plan(
    *tasks: Task,
    issue_id: int = 47,
    complexity: Complexity = Complexity.MEDIUM,
    decisions: tuple[Decision, ...] = (),
) -> Plan:
    """Build a plan around tasks."""
    return Plan(
        issue_id=issue_id,
        complexity=complexity,
        summary="Dark mode",
        tasks=tasks,
        assumptions=(),
        decisions=decisions,
        out_of_scope=(),
    )


def role(
    name: str,
    kind: RoleKind,
    *,
    tools: frozenset[str] | None = None,
    restrictions: frozenset[Restriction] = frozenset(),
) -> Role:
    """Build a role with the usual tools of its kind."""
    usual = WRITING if kind.can_write else READING
    return Role(
        name=name,
        kind=kind,
        description="",
        scope=(),
        tools=usual if tools is None else tools,
        restrictions=restrictions,
    )


ROSTER = {
    one.name: one
    for one in (
        role("orchestrator", RoleKind.ORCHESTRATOR, tools=frozenset({"Task"})),
        role("search-specialist", RoleKind.READER),
        role("frontend-developer", RoleKind.IMPLEMENTER),
        role("javascript-pro", RoleKind.IMPLEMENTER),
        role("test-automator", RoleKind.TESTER),
        role("code-reviewer", RoleKind.REVIEWER),
    )
}
