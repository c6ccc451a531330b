"""Questions to people: asked once, all together, and settled by answers or by defaults."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.domain.event import QuestionsAsked, QuestionsSettled
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.requirements import Answer
from orchestrator.domain.work import ExitStatus
from orchestrator.stages.endings import outcome_of_exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.issue import Comment, Issue, Trigger
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.requirements import Question, TechnicalRequirements
    from orchestrator.domain.work import HonestExit
    from orchestrator.stages.context import RunContext

DEFAULTS = "defaults"
"""The word after the trigger phrase by which somebody takes every default."""
_NUMBERED = re.compile(
    r"^(?:\s*/[\w-]+)?[ \t*-]*(?:q(?:uestion)?[ \t]*)?(?P<number>[1-9])[ \t]*"
    r"(?![.-]+\d)[.):=-]+[ \t]*(?P<text>\S.*?)[ \t\r]*$",
    re.IGNORECASE | re.MULTILINE,
)
"""An answer by its number; `1.5` and `2-3` are figures."""
_BLANK = " .…"
"""What stands behind a number that somebody copied from our comment and did not fill in."""


def text_digest(issue: Issue) -> str:
    """Return a fingerprint of title and body: questions are about these words only."""
    joined = f"{issue.title}\x00{issue.body}"
    return hashlib.sha256(joined.encode(errors="replace")).hexdigest()[:16]


def may_ask(context: RunContext) -> bool:
    """Tell whether people may be asked: once for one text of an issue, if at all."""
    return bool(context.preflight.questions) and not context.journal.record.answers


def ask(context: RunContext, questions: Sequence[Question], *, by: str, why: str = "") -> Outcome:
    """Put the questions on record, for the comment that people see, and end the run with them."""
    asked = QuestionsAsked(
        asked_by=by,
        why=why,
        questions=tuple(questions[: context.preflight.questions]),
        text_digest=text_digest(context.scene.issue),
        phrase=context.scene.phrase,
    )
    context.journal.write(asked)
    return still_asking(asked)


def still_asking(asked: QuestionsAsked) -> Outcome:
    """Return how a run ends that waits for answers."""
    count = len(asked.questions)
    words = "One question has" if count == 1 else f"{count} questions have"
    return Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=FailureClass.AMBIGUOUS_REQUIREMENTS,
        summary=f"{words} to be answered before work goes on. {asked.why}".strip(),
        hint="Answer on the issue, in a comment that begins with the trigger phrase and has a line "
        "for each number, such as `1: yes`. What is left out goes by its default. Nothing is spent "
        "until then.",
    )


def outcome_of_honest_exit(context: RunContext, exit_: HonestExit, *, who: str) -> Outcome:
    """Return how a run ends whose agent cannot go on; its questions are asked, if they may be."""
    if exit_.status is ExitStatus.NEEDS_INPUT and exit_.questions and may_ask(context):
        return ask(context, exit_.questions, by=who, why=exit_.reason)
    return outcome_of_exit(exit_, who=who)


def ask_for_tasks(context: RunContext) -> None:
    """Put on record what tasks asked that ended without a result, so that a later run waits."""
    record = context.journal.record
    exits = [task.ended.exit for task in record.tasks.values() if task.ended and task.ended.exit]
    open_ones = [exit_ for exit_ in exits if exit_.status is ExitStatus.NEEDS_INPUT]
    questions = [question for exit_ in open_ones for question in exit_.questions]
    if questions and record.asked is None and may_ask(context):
        ask(context, questions, by="a task", why=open_ones[0].reason)


def still_open(record: RunRecord, issue: Issue) -> QuestionsAsked | None:
    """Return what an earlier run asked; an edited issue is another one, and may be asked anew."""
    asked = record.asked
    return asked if asked is not None and asked.text_digest == text_digest(issue) else None


def settled(
    asked: QuestionsAsked, comments: Sequence[Comment], *, takes_defaults: bool
) -> QuestionsSettled | None:
    """Return what was decided since the questions were asked, or `None` while nobody spoke.

    Args:
        asked: The questions.
        comments: Those of people who may write here, oldest first; later answers count.
        takes_defaults: Somebody who may write said so.
    """
    since = [item for item in comments if _time(item.created_at) >= _time(asked.at)]
    if not since and not takes_defaults:
        return None
    said = {
        int(found["number"]): (found["text"], comment.author.login)
        for comment in since
        for found in _NUMBERED.finditer(comment.body)
        if found["text"].strip(_BLANK)
    }
    answers = []
    for number, question in enumerate(asked.questions, start=1):
        text, by = said.get(number, ("", ""))
        answers.append(Answer(question=question, text=text, by=by))
    return QuestionsSettled(answers=tuple(answers))


def takes_defaults(trigger: Trigger, *, phrase: str) -> bool:
    """Tell whether the comment that started the run says to go by the defaults."""
    if trigger.comment is None:
        return False
    return trigger.comment.body.lower().split()[:2] == [phrase.lower(), DEFAULTS]


def by_defaults(requirements: TechnicalRequirements) -> TechnicalRequirements:
    """Return requirements that ask nothing any more: each question goes by its default."""
    gaps = (*requirements.gaps, *requirements.questions)
    return requirements.model_copy(update={"gaps": gaps, "questions": ()})


def at_most(requirements: TechnicalRequirements, count: int) -> TechnicalRequirements:
    """Return requirements with so many questions; the others go by their defaults."""
    asked, rest = requirements.questions[:count], requirements.questions[count:]
    gaps = (*requirements.gaps, *rest)
    return requirements.model_copy(update={"gaps": gaps, "questions": asked})


def _time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
