"""Rules on `acceptance`: what nobody can decide is no check.

Words are refused only where they judge and name nothing to look at: a wrong refusal costs a
whole reply of the planner.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.plan import Task

_VAGUE: Final = re.compile(
    r"""
    \b(?:
        clean(?:ly)? | good | nice(?:ly)? | well | robust(?:ly|ness)? | maintainable | readable
        | elegant | high[- ]quality | user[- ]friendly | intuitive | sensible | proper(?:ly)?
        | correct(?:ly|ness)? | appropriate(?:ly)? | reasonabl[ey] | efficient(?:ly)? | performant
        | as\ (?:expected|intended|desired|required|described|requested) | best\ practices?
        | (?:is|are|all)\ (?:done|complete|completed|finished|implemented|fixed|resolved|ok|okay)
        | works? (?:\ (?:fine|now|again))? | no\ (?:bugs|issues|problems|regressions?)
        | everything | easy | scalable | secure(?:ly)? | consistent(?:ly)?
    )\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ANCHOR: Final = re.compile(
    r"""
    [`"'“«]\S | \d | [\w.-]+/[\w.*-]+ | \w+\.[a-z]{1,5}\b | \w+\(\) | (?<!\w)--?\w
    | [#.\[]\w+[\w\]-] | \w_\w | [a-z][A-Z] | [=<>]
    | \b(?:pass(?:es)? | fails? | exits? | returns? | raises? | throws? | prints? | logs? | builds?
        | compiles? | contains? | holds? | shows? | renders? | matches | equals? | exists?
        | accepts? | rejects? | refuses? | ignores? | keeps? | sends? | responds? | emits?
        | warnings? | errors? | tests? | lint(?:s|er)? | named? | names | lists? )\b
    """,
    re.VERBOSE,
)


def problems(task: Task) -> Iterator[str]:
    """Yield what is wrong with the task's `acceptance`, one sentence each."""
    checks = [check for check in task.acceptance if check.strip()]
    if not checks:
        yield (
            f"Task {task.id}: `acceptance` is empty; give at least one check that a command, "
            "a test or a look at a named file can decide."
        )
    for check in checks:
        if not is_decidable(check):
            yield (
                f"Task {task.id}: nobody can decide {check!r} in `acceptance`: name the command, "
                "the test, or the place and what is to be seen there."
            )


def is_decidable(check: str) -> bool:
    """Tell whether a check names something to run or to look at, or at least judges nothing."""
    return bool(_ANCHOR.search(check)) or not _VAGUE.search(check)
