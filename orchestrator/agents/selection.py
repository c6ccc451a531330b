"""Which agent fits which task: scopes compared with files, words and technologies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orchestrator.agents.roles import BUILT_IN
from orchestrator.domain.globs import matches
from orchestrator.domain.role import RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.agents.roster import Roster
    from orchestrator.domain.plan import Task
    from orchestrator.domain.role import Role

_BY_SUFFIX: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "py": ("python",),
        "pyi": ("python",),
        "js": ("javascript",),
        "mjs": ("javascript",),
        "cjs": ("javascript",),
        "jsx": ("javascript", "react"),
        "ts": ("typescript",),
        "mts": ("typescript",),
        "tsx": ("typescript", "react"),
        "vue": ("vue",),
        "svelte": ("svelte",),
        "css": ("css",),
        "scss": ("scss", "css"),
        "sass": ("scss", "css"),
        "less": ("css",),
        "html": ("html",),
        "htm": ("html",),
        "hbs": ("html", "templates"),
        "njk": ("html", "templates"),
        "liquid": ("html", "templates"),
        "svg": ("html", "components"),
        "go": ("go",),
        "rs": ("rust",),
        "java": ("java",),
        "kt": ("kotlin",),
        "rb": ("ruby",),
        "erb": ("ruby", "html"),
        "php": ("php",),
        "cs": ("csharp",),
        "c": ("c",),
        "h": ("c",),
        "cpp": ("c",),
        "sql": ("sql",),
        "sh": ("shell",),
        "dockerfile": ("docker",),
        "tf": ("infrastructure",),
    }
)
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9+#]*")
_FILLING: Final = frozenset({"and", "or", "of", "the", "for", "with", "a", "in", "to"})
_FILE_POINTS: Final = 3
_TEXT_POINTS: Final = 2
_TECHNOLOGY_POINTS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well a role fits a task; 0 means that it does not, and `reason` says why."""

    score: int
    reason: str

    @property
    def is_fit(self) -> bool:
        """Whether the role may be given the task."""
        return self.score > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A role that could be given a task, and how closely it is made for it."""

    name: str
    score: int
    coverage_percent: int
    """How much of the role's scope the task speaks of: the narrower role has more."""


def candidates(
    roster: Roster, kind: RoleKind, task: Task, technologies: Iterable[str] = ()
) -> tuple[Candidate, ...]:
    """Return the roles of a kind that fit a task, best first; equals stay in the roster's order."""
    technologies = tuple(technologies)
    found = (
        Candidate(
            name=role.name,
            score=fit(role, task, technologies).score,
            coverage_percent=round(100 * _coverage(role, task)),
        )
        for role in roster.of_kind(kind)
    )
    fitting = [candidate for candidate in found if candidate.score > 0]
    return tuple(sorted(fitting, key=lambda one: (-one.score, -one.coverage_percent)))


def fit(role: Role, task: Task, technologies: Iterable[str] = ()) -> Fit:
    """Score a role against a task of the plan.

    Whether a role of this kind may do the task's stage at all is the plan rules' question;
    only implementers differ in what they are for.

    Args:
        role: Any role of the roster.
        task: Its files, title and description count.
        technologies: Names found in the repository, such as `react`; they break ties only.
    """
    if role.kind is not RoleKind.IMPLEMENTER:
        return Fit(score=1, reason=f"{role.name!r} works on any technology")
    outside = [path for path in task.files if role.files and not matches(path, role.files)]
    if outside:
        return Fit(score=0, reason=f"{role.name!r} is not meant for {outside[0]!r}")
    return _compared(role, task, technologies)


def better(role: Role, roster: Roster, task: Task, technologies: Iterable[str] = ()) -> Role | None:
    """Return a narrower specialist that fits the task better, if there is one.

    Built-in roles overlap on purpose: one is better only if it has the higher score, too. What a
    repository defines, it wants used.
    """
    technologies = tuple(technologies)
    chosen = fit(role, task, technologies)
    narrower = [
        (_coverage(other, task), other)
        for other in roster.of_kind(role.kind)
        if other.name != role.name and other.scope
        if other.name not in BUILT_IN or fit(other, task, technologies).score > chosen.score
        if len(_scope_words(other)) < len(_scope_words(role)) or not chosen.is_fit
        if fit(other, task, technologies).is_fit
    ]
    best = max(narrower, key=lambda found: found[0], default=None)
    if best is None or best[0] <= _coverage(role, task) or best[0] < 1 / 2:
        return None
    return best[1]


def _compared(role: Role, task: Task, technologies: Iterable[str]) -> Fit:
    words = _scope_words(role)
    if not words:
        return Fit(score=1, reason=f"{role.name!r} has no scope and takes any task")
    by_file = words & _file_words(task)
    by_text = words & _text_words(task)
    by_technology = words & {word.lower() for word in technologies}
    score = (
        _FILE_POINTS * len(by_file)
        + _TEXT_POINTS * len(by_text - by_file)
        + _TECHNOLOGY_POINTS * len(by_technology - by_file - by_text)
    )
    if by_file or by_text:
        shared = ", ".join(sorted(by_file | by_text))
        return Fit(score=score, reason=f"{role.name!r} is for {shared}")
    if not _file_words(task):
        return Fit(score=1, reason=f"nothing in the task speaks against {role.name!r}")
    return Fit(
        score=0,
        reason=f"the scope of {role.name!r} ({', '.join(role.scope)}) has nothing in common with"
        f" the task's files ({', '.join(task.files)})",
    )


def _coverage(role: Role, task: Task) -> float:
    """Return the part of a role's scope that the task speaks of."""
    words = _scope_words(role)
    return len(words & (_file_words(task) | _text_words(task))) / len(words) if words else 0.0


def _scope_words(role: Role) -> frozenset[str]:
    return frozenset(_stem(word) for phrase in role.scope for word in _words(phrase))


def _text_words(task: Task) -> frozenset[str]:
    return frozenset(_stem(word) for word in _words(f"{task.title} {task.description}"))


def _file_words(task: Task) -> frozenset[str]:
    found: set[str] = set()
    for path in task.files:
        name = path.rsplit("/", 1)[-1].lower()
        for suffix in _WORD.findall(name.rsplit(".", 1)[-1]):
            found.update(_BY_SUFFIX.get(suffix, ()))
    return frozenset(_stem(word) for word in found)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _FILLING]


def _stem(word: str) -> str:
    """Let `hooks` and `hook` be one word; short names such as `css` and `js` stay."""
    is_plural = len(word) > len("dom") and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_plural else word
