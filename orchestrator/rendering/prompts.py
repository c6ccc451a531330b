"""Everything a model is told: system text, the shared brief, and each task.

A conversation opens with `system` (static for a group of roles), then the brief (the same
bytes for all agents of a run), then role text, in a review the change (the same bytes up to here
for all its lenses), and the task. The order keeps the provider's cache warm: what varies most
comes last.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING

from orchestrator.domain.patch import parse_patch
from orchestrator.domain.role import Role, RoleKind
from orchestrator.rendering.cleaning import clean
from orchestrator.rendering.contexts import (
    BriefContext,
    CustomRoleContext,
    FixTask,
    ImplementTask,
    Page,
    PlanRepairTask,
    PlanTask,
    Problem,
    ProvenCommand,
    QuestionTask,
    ReplanTask,
    RequirementsTask,
    ResolveTask,
    RoleContext,
    SettledQuestion,
    TaskForm,
    TestTask,
    Words,
)
from orchestrator.rendering.markdown import cut, line
from orchestrator.rendering.repository_map import repository_map
from orchestrator.rendering.review_contexts import ReviewedChange, ReviewTask, VerifyTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.issue import Comment, Issue
    from orchestrator.domain.requirements import Answer
    from orchestrator.domain.review import Finding, Lens
    from orchestrator.rendering.templates import Templates

MAX_READ = 100_000
"""Characters of one text; GitHub takes fewer."""
MAX_BODY = 24_000
MAX_COMMENT = 6_000
MAX_COMMENTS = 30
MAX_PAGE = 9_000
MAX_PAGES = 20_000
MAX_DIFF = 60_000
MAX_NAME = 200

GROUPS = {
    RoleKind.ORCHESTRATOR: "orchestrator",
    RoleKind.READER: "readers",
    RoleKind.REVIEWER: "readers",
    RoleKind.VERIFIER: "readers",
    RoleKind.IMPLEMENTER: "implementers",
    RoleKind.TESTER: "implementers",
}
"""Kind of role → the group whose system text and tool list it shares."""

FORMS: dict[type[TaskForm], str] = {
    RequirementsTask: "requirements",
    QuestionTask: "question",
    PlanTask: "plan",
    PlanRepairTask: "plan-repair",
    ReplanTask: "replan",
    ImplementTask: "implement",
    ResolveTask: "resolve",
    FixTask: "fix",
    TestTask: "test",
    ReviewTask: "review",
    VerifyTask: "verify",
}
"""What an agent can be asked → the template that asks it."""

_FILE = re.compile(r"^diff --git ", re.MULTILINE)
_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def render_system(templates: Templates, kind: RoleKind) -> tuple[str, ...]:
    """Return the system text: the same bytes for every issue and every role of the group."""
    return (templates.render(f"prompts/system/{GROUPS[kind]}.md.j2", {}),)


def brief_of(
    *,
    repository: str,
    paths: Iterable[str],
    issue: Issue,
    comments: Sequence[Comment] = (),
    answers: Sequence[Answer] = (),
    commands: Sequence[ProvenCommand] = (),
    failing: Sequence[str] = (),
    setup: str = "",
    conventions: Sequence[Page] = (),
    decisions: Sequence[DecisionRecord] = (),
    protected_paths: Sequence[str] = (),
) -> BriefContext:
    """Gather the brief from raw facts; strangers' words are cleaned and capped on the way.

    Args:
        repository: `owner/name`.
        paths: All tracked paths of the base commit.
        issue: As it stood at the trigger, raw.
        comments: Only those of people who may write to the repository, oldest first, raw.
        answers: What was asked about the issue before, with what people said to it.
        commands: What ran on the base commit.
        failing: Tests that failed there, by the names that the command printed, raw.
        setup: What was run before them to install what they need.
        conventions: Instruction files of the base commit that people wrote.
        decisions: Architecture decision records of the base commit.
        protected_paths: Globs nobody may change.
    """
    removed: Counter[str] = Counter()

    def words(author: str, text: str, limit: int) -> Words:
        cleaned = clean(text[:MAX_READ])
        removed.update(cleaned.removed)
        return Words(author=author, text=cut(cleaned.text.strip() or "(empty)", limit))

    shown = comments[-MAX_COMMENTS:]
    return BriefContext(
        repository=repository,
        map=repository_map(paths),
        commands=tuple(commands),
        failing=tuple(clean(name).text[:MAX_NAME] for name in failing),
        setup=setup,
        conventions=_capped(conventions),
        decisions=tuple(decisions),
        protected_paths=tuple(protected_paths),
        number=issue.number,
        title=words(issue.author.login, issue.title, 300),
        body=words(issue.author.login, issue.body, MAX_BODY),
        comments=tuple(words(item.author.login, item.body, MAX_COMMENT) for item in shown),
        older_comments=len(comments) - len(shown),
        answers=tuple(_settled(item) for item in answers),
        removed=dict(sorted(removed.items())),
    )


def render_brief(templates: Templates, brief: BriefContext) -> str:
    """Return the first block of the first message, for all agents of the run."""
    return templates.render("prompts/brief.md.j2", _variables(brief))


def render_role(templates: Templates, role: Role, *, turns: int) -> str:
    """Return who the agent is and how it works: a built-in template or the repository's own.

    Args:
        templates: Where the texts are.
        role: Who.
        turns: How many replies it has at most.
    """
    name = role_template(role)
    tools = tuple(sorted(role.tools))
    restrictions = tuple(sorted(role.restrictions))
    context: RoleContext | CustomRoleContext
    if role.prompt is None:
        context = RoleContext(name=role.name, tools=tools, restrictions=restrictions, turns=turns)
    else:
        context = CustomRoleContext(
            name=role.name,
            tools=tools,
            restrictions=restrictions,
            turns=turns,
            kind=role.kind,
            body=cut(clean(role.prompt).text, MAX_PAGE),
            source=role.source,
        )
    return templates.render(name, _variables(context))


def render_task(
    templates: Templates,
    role: Role,
    form: TaskForm,
    *,
    turns: int,
    change: ReviewedChange | None = None,
) -> tuple[str, str]:
    """Return what follows the brief: role text, in a review with the change, and the task.

    The first part is the same for all lenses through which one role sees one change.
    """
    opening = render_role(templates, role, turns=turns)
    if change is not None:
        opening += "\n" + templates.render("prompts/change.md.j2", _variables(change))
    return opening, render_form(templates, form)


def render_form(templates: Templates, form: TaskForm) -> str:
    """Return the task alone, for a later message in a conversation that is already open."""
    return templates.render(form_template(form), _variables(form))


def role_template(role: Role) -> str:
    """Return the name of the template with the role's text."""
    return f"prompts/{role.name if role.prompt is None else 'custom'}.md.j2"


def form_template(form: TaskForm) -> str:
    """Return the name of the template that asks for this."""
    return f"prompts/tasks/{FORMS[type(form)]}.md.j2"


def numbered_diff(diff: str, *, limit: int = MAX_DIFF) -> str:
    """Return a unified diff with the new file's line number before each line of a hunk.

    Args:
        diff: As git prints it.
        limit: Characters to keep; the rest is cut, and the text says so and names the files that
            are not shown, or not whole.
    """
    rows: list[str] = []
    number = old_left = new_left = 0
    for row in diff.split("\n"):
        hunk = _HUNK.match(row)
        if hunk and not old_left and not new_left:
            old_left, new_left = int(hunk.group(1) or 1), int(hunk.group(3) or 1)
            number = int(hunk.group(2))
            rows.append(row)
        elif (old_left or new_left) and row[:1] in {"+", "-", " ", ""}:
            is_removed, is_added = row.startswith("-"), row.startswith("+")
            rows.append(f"{'' if is_removed else number:>6} {row}")
            number += not is_removed
            new_left -= not is_removed
            old_left -= not is_added
        else:
            rows.append(row)
    text = "\n".join(rows)
    return cut(text, limit) + _not_whole(text, diff, limit)


def _not_whole(text: str, diff: str, limit: int) -> str:
    """Return which files of a diff reach beyond the limit; nothing when none does."""
    if len(text) <= limit:
        return ""
    ends = [*(file.start() for file in _FILE.finditer(text)), len(text)][1:]
    beyond = [
        line(file.path) for file, end in zip(parse_patch(diff), ends, strict=True) if end > limit
    ]
    return f"\n[not shown, or not whole: {', '.join(beyond)}]"


def problem_of_finding(finding: Finding, lens: Lens) -> Problem:
    """Return a reviewer's finding as something to mend."""
    place = f"{finding.path}:{finding.line}: {finding.quote}"
    parts = {
        "When": finding.scenario,
        f"Evidence ({finding.evidence_kind})": finding.evidence,
        "Seen by the verifier" if finding.is_reproduced else "Verifier": finding.proof,
        "Suggested direction": finding.suggestion,
    }
    return Problem(
        source=f"code-reviewer, lens {lens}",
        what=f"{place}\n{finding.claim}",
        evidence="\n".join(f"{name}: {text}" for name, text in parts.items() if text),
    )


def _variables(context: object) -> dict[str, object]:
    return {item.name: getattr(context, item.name) for item in fields(context)}  # type: ignore[arg-type]


def _settled(answer: Answer) -> SettledQuestion:
    return SettledQuestion(
        question=cut(clean(answer.question.text).text, MAX_COMMENT),
        default=cut(clean(answer.question.default).text, MAX_COMMENT),
        answer=cut(clean(answer.text).text, MAX_COMMENT),
        by=answer.by,
    )


def _capped(pages: Sequence[Page]) -> tuple[Page, ...]:
    left = MAX_PAGES
    kept: list[Page] = []
    for page in pages:
        text = cut(clean(page.text).text.strip(), min(MAX_PAGE, left))
        left -= min(len(text), left)
        kept.append(Page(path=page.path, text=text))
    return tuple(kept)
