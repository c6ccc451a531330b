"""New tests are run on the base before they come onto the branch: each has to prove something.

What is vacuous, or fails for the wrong reason, goes back once with what was seen. After that
its files are left out, and the rest stands if it still proves something.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.event import Noted, TestsJudged
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.patch import parse_patch
from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.domain.strength import TestWorth
from orchestrator.domain.work import TestsReport
from orchestrator.gates.worth import with_head, worth_of
from orchestrator.sandbox.trees import read_entries
from orchestrator.stages.branch import Misfit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orchestrator.domain.strength import TestVerdict
    from orchestrator.sandbox.git import Git
    from orchestrator.stages.branch import Piece
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.tasks import Attempted

_LAST = 2
_WORD = re.compile(r"\w+")
_NAME_THEM = (
    "Files were written, and `tests` names no test in them. Name each test, with what it shows on "
    "the base commit, or leave the files as they were."
)


def proven(context: RunContext, attempted: Attempted, *, number: int) -> Attempted:
    """Return the attempt with what its tests prove held against it.

    Args:
        context: The run.
        attempted: What the test author handed in; its tests are on the base tree.
        number: Of the attempt; the last one is not sent back but cut to what is sound.
    """
    report, piece = attempted.result, attempted.piece
    if piece is None or not isinstance(report, TestsReport):
        return attempted
    if not report.tests:
        return _unnamed(context, attempted, piece, number=number)
    commit = context.branch.lay(context.branch.base, [piece])
    if isinstance(commit, Misfit):
        return attempted
    runs = context.commands.check(commit, only=(CheckKind.TEST,))
    if not runs:
        return attempted
    added, files = _added(context)
    verdicts = tuple(worth_of(test, runs, added=added, files=files) for test in report.tests)
    bad = [verdict for verdict in verdicts if verdict.worth.is_bad]
    dropped = _only_bad(verdicts)
    if bad and (number < _LAST or not _still_proves(verdicts, dropped)):
        return replace(attempted, why_again=_sent_back(bad))
    _write(context, piece.task_id, commit, _marked(verdicts, dropped))
    if not bad:
        return attempted
    text = f"Task {piece.task_id}: these tests prove nothing. {_listed(bad)}"
    hint = f"Left out: {', '.join(sorted(dropped)) or 'no file, others in them are sound'}."
    context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=hint))
    return replace(attempted, piece=_without(context.branch.git, piece, dropped))


def _unnamed(context: RunContext, attempted: Attempted, piece: Piece, *, number: int) -> Attempted:
    """Send back files that name no test: what they prove cannot be told."""
    if number < _LAST:
        return replace(attempted, why_again=_NAME_THEM)
    text = (
        f"Task {piece.task_id} names no test in the files that it wrote: what they prove is open."
    )
    context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
    return attempted


def _added(context: RunContext) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of all lines that the change adds to code, and its new files of code."""
    files = parse_patch(context.branch.change().diff)
    code = [file for file in files if classify(file.path) is PathClass.SOURCE]
    words = frozenset(word for file in code for word in _WORD.findall(file.added_text))
    return words, frozenset(file.path for file in code if file.is_new)


def tell_on_head(context: RunContext) -> None:
    """Put on record what the new tests show on the head, if it is not there yet."""
    record = context.journal.record
    for task_id, verdicts in record.verdicts.items():
        if record.judged_at.get(task_id) == context.branch.head:
            continue
        told = tuple(with_head(verdict, record.head_checks) for verdict in verdicts)
        _write(context, task_id, context.branch.head, told)


def _write(
    context: RunContext, task_id: int, commit: str, verdicts: tuple[TestVerdict, ...]
) -> None:
    if verdicts:
        context.journal.write(TestsJudged(task_id=task_id, commit=commit, verdicts=verdicts))


def _only_bad(verdicts: Sequence[TestVerdict]) -> frozenset[str]:
    """Return the files that hold no sound test."""
    sound = {verdict.path for verdict in verdicts if not verdict.worth.is_bad}
    return frozenset(verdict.path for verdict in verdicts if verdict.worth.is_bad) - sound


def _still_proves(verdicts: Sequence[TestVerdict], dropped: Collection[str]) -> bool:
    return any(
        verdict.worth is TestWorth.PROVES and verdict.path not in dropped for verdict in verdicts
    )


def _marked(verdicts: Sequence[TestVerdict], dropped: Collection[str]) -> tuple[TestVerdict, ...]:
    return tuple(
        verdict.model_copy(update={"is_dropped": verdict.path in dropped}) for verdict in verdicts
    )


def _sent_back(bad: Sequence[TestVerdict]) -> str:
    vacuous = [verdict.id for verdict in bad if verdict.worth is TestWorth.VACUOUS]
    others = [verdict for verdict in bad if verdict.worth is not TestWorth.VACUOUS]
    parts = []
    if vacuous:
        parts.append(
            f"On the base commit, without the change, these tests pass: {', '.join(vacuous)}. You "
            "expected them to fail there: they do not test what the issue asks for."
        )
    if others:
        parts.append(f"Run on the base commit, these tests prove nothing. {_listed(others)}")
    return " ".join(parts)


def _listed(bad: Sequence[TestVerdict]) -> str:
    return " ".join(f"`{verdict.id}`: {verdict.why}" for verdict in bad)


def _without(git: Git, piece: Piece, paths: Collection[str]) -> Piece:
    """Return the piece with these paths as they were where it started."""
    if not paths:
        return piece
    before = {entry.path: entry for entry in read_entries(git.plumbing, git.bare, piece.start)}
    after = {entry.path: entry for entry in read_entries(git.plumbing, git.bare, piece.tree)}
    kept = {path: entry for path, entry in after.items() if path not in paths}
    kept |= {path: before[path] for path in paths if path in before}
    return replace(piece, tree=git.write_tree_from(kept.values()))
