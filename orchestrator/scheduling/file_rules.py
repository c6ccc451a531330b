"""Rules on the files a task may change."""

from __future__ import annotations

import re
from itertools import combinations, takewhile
from typing import TYPE_CHECKING

from orchestrator.domain.errors import UsageError
from orchestrator.domain.globs import alternatives, has_wildcard, matches, segments_of
from orchestrator.domain.plan import StageName
from orchestrator.domain.role import Restriction
from orchestrator.scheduling.graph import ancestors
from orchestrator.scheduling.scopes import overlap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.plan import Task
    from orchestrator.domain.role import Role

_WRITING_STAGES = (StageName.IMPLEMENTATION, StageName.TESTING)
_LONGEST = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_ABSOLUTE = re.compile(r"[/~]|[A-Za-z]:|\w+://")
_EVERYTHING = re.compile(r"[*?.]*")


def problems(
    task: Task, role: Role | None, base_files: Sequence[str], protected_paths: Sequence[str]
) -> Iterator[str]:
    """Yield what is wrong with the task's `files`, one sentence each."""
    if task.stage not in _WRITING_STAGES:
        if task.files:
            yield (
                f"Task {task.id}: a task of the stage {task.stage.value!r} changes nothing, so "
                "its `files` must be empty."
            )
        return
    if not task.files:
        yield (
            f"Task {task.id}: `files` is empty; name the files that it may change or create, "
            "relative to the repository's root."
        )
    for pattern in task.files:
        problem = _malformed(pattern)
        if not problem:
            existing = _covered(pattern, base_files)
            problem = _refused(pattern, role, existing, protected_paths) or (
                "" if existing else _unmarked(pattern, task)
            )
        if problem:
            yield f"Task {task.id}: the path {pattern!r} in `files` {problem}"


def clashes(tasks: Sequence[Task]) -> Iterator[str]:
    """Yield each pair of tasks that could change one file at the same time."""
    before = ancestors(tasks)
    writers = [task for task in tasks if task.stage in _WRITING_STAGES and not _is_odd(task)]
    for one, other in combinations(writers, 2):
        is_parallel = (
            one.stage is other.stage
            and one.id not in before[other.id]
            and other.id not in before[one.id]
        )
        if is_parallel and (shared := _shared(one, other)):
            yield (
                f"Tasks {one.id} and {other.id} could run at the same time and both claim "
                f"{shared}: let one depend on the other, join them, or separate their `files`."
            )


def _shared(one: Task, other: Task) -> str:
    for left in one.files:
        for right in other.files:
            if overlap((left,), (right,)):
                return repr(left) if left == right else f"{left!r} and {right!r} overlap"
    return ""


def _is_odd(task: Task) -> bool:
    return any(_malformed(pattern) for pattern in task.files)


def _malformed(pattern: str) -> str:
    if not pattern.strip() or len(pattern) > _LONGEST:
        return f"must have between 1 and {_LONGEST} characters."
    if _CONTROL.search(pattern) or pattern != pattern.strip():
        return "has invisible or control characters, or blanks around it; write it plainly."
    if "\\" in pattern:
        return "has a backslash; separate folders with '/'."
    if _ABSOLUTE.match(pattern):
        return "is not relative to the repository's root; write it without the leading part."
    return _misplaced(pattern)


def _misplaced(pattern: str) -> str:
    """Return what is wrong with the places that a pattern stands for, braces expanded."""
    try:
        meant = alternatives(pattern)
    except UsageError:
        return "stands for too many alternatives in braces; use '*' or fewer words."
    names = {name.casefold() for segments in meant for name in segments}
    if ".." in names:
        return "leaves the repository by '..'; write it relative to the repository's root."
    if ".git" in names:
        return "lies in git's own folder, which no task may change."
    if any(all(map(_EVERYTHING.fullmatch, segments)) for segments in meant):
        return "covers the whole repository; name the folders or files that the task changes."
    return ""


def _covered(pattern: str, base_files: Sequence[str]) -> list[str]:
    """Return the files that a pattern covers; most of a large repository is told by its folder."""
    folders = tuple("/".join(takewhile(_is_plain, names)) for names in alternatives(pattern))
    near = (path for path in base_files if path.startswith(folders))
    return [path for path in near if matches(path, (pattern,))]


def _is_plain(name: str) -> bool:
    return not has_wildcard(name)


def _refused(
    pattern: str, role: Role | None, existing: Sequence[str], protected_paths: Sequence[str]
) -> str:
    if matches(pattern, protected_paths, fold_case=True):
        return "is protected by the repository's configuration; leave it out."
    if existing and all(matches(path, protected_paths, fold_case=True) for path in existing):
        return f"covers only protected files such as {existing[0]!r}; leave it out."
    if not existing:
        return _new(pattern, role)
    return ""


def _unmarked(pattern: str, task: Task) -> str:
    """Tell a new file from an invented one: the task's own words must name it.

    Tests are new by nature.
    """
    if task.stage is StageName.TESTING:
        return ""
    plain = [name for name in segments_of(pattern) if not has_wildcard(name)]
    said = f"{task.title}\n{task.description}"
    if not plain or plain[-1] in said:
        return ""
    return (
        f"covers no file of the base commit, and the task's `description` does not speak of "
        f"{plain[-1]!r}: correct the path, or say there that it is new."
    )


def _new(pattern: str, role: Role | None) -> str:
    if has_wildcard(pattern) and has_wildcard(segments_of(pattern)[0]):
        return "covers no file of the base commit; name the new files or their folder."
    if role is not None and Restriction.NO_FILE_CREATION in role.restrictions:
        return (
            f"does not exist yet, and {role.name!r} may not create files; name existing files "
            "or choose another agent."
        )
    return ""
