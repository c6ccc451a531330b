"""A record whose models' words claim only what the rest of it backs.

Everything that is published goes through here first: the words that models wrote are held
against the record, and what was taken out is told to the reader.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.rendering.claim_facts import facts_of
from orchestrator.rendering.claims import check, is_known
from orchestrator.rendering.invisible import without_invisible
from orchestrator.rendering.markdown import cut
from orchestrator.rendering.mentions import mentions_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orchestrator.domain.event import TaskEnded
    from orchestrator.domain.plan import Plan
    from orchestrator.domain.record import RunRecord, TaskRecord
    from orchestrator.domain.review import Finding, ReviewPass
    from orchestrator.domain.work import HonestExit
    from orchestrator.rendering.claims import Checked
    from orchestrator.rendering.mentions import Mention

    Say = Callable[[str, str], str]
    """Whose words, and the words → the words as they may be published."""

MOST_CHARACTERS = 4_000
"""Of one text; templates show less."""
_NOTHING = "(What it said was removed: nothing on record backs it.)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What is wrong with sentences that were taken out; foreign text, like whoever said it."""

    why: str
    whose: tuple[str, ...]
    """Each once, in the order of their words."""
    sentences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetted:
    """A record that may be published."""

    record: RunRecord
    removed: tuple[Removed, ...]
    claims: int
    """How many claims were looked at, removed ones included."""


def vetted(record: RunRecord) -> Vetted:
    """Return the record without the sentences that nothing backs, and what is gone."""
    facts = facts_of(record)
    removed: dict[str, list[str]] = {}
    counts: list[int] = []

    known: dict[str, Checked] = {}

    def say(whose: str, text: str) -> str:
        if text not in known:
            # A character that nobody sees would hide a claim from the eye that looks for it.
            seen = without_invisible(text, Counter())
            known[text] = check(cut(seen, MOST_CHARACTERS), facts)
        checked = known[text]
        for why in checked.removed:
            removed.setdefault(why, []).append(whose)
        counts.append(checked.claims)
        return checked.text

    spoken = _spoken(record, say)
    told = tuple(
        Removed(why=why, whose=tuple(dict.fromkeys(whose)), sentences=len(whose))
        for why, whose in removed.items()
    )
    return Vetted(record=spoken, removed=told, claims=sum(counts))


def open_mentions(record: RunRecord) -> tuple[Mention, ...]:
    """Return what models' words name and the record alone does not know, each once."""
    facts = replace(facts_of(record), resolved=frozenset())
    found: dict[tuple[str, str], Mention] = {}

    def say(_: str, text: str) -> str:
        for mention in mentions_in(cut(without_invisible(text, Counter()), MOST_CHARACTERS)):
            if not is_known(mention, facts):
                found.setdefault((mention.kind, mention.text), mention)
        return text

    _spoken(record, say)
    return tuple(found.values())


def _spoken(record: RunRecord, say: Say) -> RunRecord:
    """Return the record with every word of a model that is published passed through `say`."""
    exits = tuple(
        stopped.model_copy(
            update={"exit": _exit(stopped.exit, say, f"{stopped.agent}, on why it stopped")}
        )
        for stopped in record.exits
    )
    spoken = replace(
        record,
        requirements=record.requirements
        and record.requirements.model_copy(
            update={"summary": say("the analysis", record.requirements.summary)}
        ),
        plan=record.plan and _plan(record.plan, say),
        revisions=tuple(
            one.model_copy(update={"why": say("why the plan changed", one.why)})
            for one in record.revisions
        ),
        tasks={number: _task(task, say) for number, task in record.tasks.items()},
        exits=exits,
        reviews=tuple(_review(review, say) for review in record.reviews),
        fix_rounds=tuple(
            fix.model_copy(update={"why": say(f"the fix for {fix.lens}", fix.why)})
            for fix in record.fix_rounds
        ),
    )
    if record.outcome is None:
        return spoken
    summary = _quoting(record.outcome.summary, dict(_reasons(record, spoken, say)))
    return replace(spoken, outcome=record.outcome.model_copy(update={"summary": summary}))


def _reasons(record: RunRecord, spoken: RunRecord, say: Say) -> Iterator[tuple[str, str]]:
    """Yield why agents stopped or asked, as they said it and as it may be published."""
    if record.asked is not None:
        yield record.asked.why, say(f"{record.asked.asked_by}, on its questions", record.asked.why)
    for raw, stopped in zip(record.exits, spoken.exits, strict=True):
        yield raw.exit.reason, stopped.exit.reason
    for number, task in record.tasks.items():
        ended, left = task.ended, spoken.tasks[number].ended
        if ended and ended.exit and left and left.exit:
            yield ended.exit.reason, left.exit.reason


def _quoting(text: str, said: Mapping[str, str]) -> str:
    """Return the program's own words, with what they quote as it may be published.

    They name what is not there because it is not there, so they are no claims to be checked.
    """
    for words in sorted(filter(None, said), key=len, reverse=True):
        text = text.replace(words, said[words] or _NOTHING)
    return text


def _plan(plan: Plan, say: Say) -> Plan:
    decisions = (
        one.model_copy(update={"how_kept": say("the plan", one.how_kept) or _NOTHING})
        for one in plan.decisions
    )
    return plan.model_copy(
        update={
            "summary": say("the plan's summary", plan.summary),
            "assumptions": _all(plan.assumptions, say, "the plan's assumptions"),
            "decisions": tuple(decisions),
        }
    )


def _task(task: TaskRecord, say: Say) -> TaskRecord:
    if task.ended is None:
        return task
    return replace(task, ended=_ended(task.ended, say, f"{task.agent}, task {task.task_id}"))


def _ended(ended: TaskEnded, say: Say, whose: str) -> TaskEnded:
    work, tests = ended.work, ended.tests
    if work is not None:
        work = work.model_copy(
            update={
                "root_cause": say(whose, work.root_cause),
                "untested": _all(work.untested, say, whose),
                "followups": _all(work.followups, say, whose),
            }
        )
    if tests is not None:
        intents = (
            test.model_copy(update={"intent": say(whose, test.intent)}) for test in tests.tests
        )
        tests = tests.model_copy(
            update={
                "tests": tuple(intents),
                "cannot_test": _all(tests.cannot_test, say, whose),
            }
        )
    return ended.model_copy(
        update={
            "summary": say(whose, ended.summary),
            "work": work,
            "tests": tests,
            "exit": ended.exit and _exit(ended.exit, say, whose),
        }
    )


def _exit(left: HonestExit, say: Say, whose: str) -> HonestExit:
    return left.model_copy(update={"reason": say(whose, left.reason) or _NOTHING})


def _review(review: ReviewPass, say: Say) -> ReviewPass:
    whose = f"the {review.lens} review"
    return review.model_copy(
        update={
            "findings": tuple(_finding(one, say, whose) for one in review.findings),
            "refuted": tuple(_finding(one, say, whose) for one in review.refuted),
            "checked": _all(review.checked, say, whose),
            "not_checked": _all(review.not_checked, say, whose),
        }
    )


def _finding(finding: Finding, say: Say, whose: str) -> Finding:
    update = {
        "claim": say(whose, finding.claim) or _NOTHING,
        "scenario": say(whose, finding.scenario),
        "evidence": say(whose, finding.evidence) or _NOTHING,
        "proof": say(f"{whose}'s verifier", finding.proof),
    }
    return finding.model_copy(update=update)


def _all(texts: Iterable[str], say: Say, whose: str) -> tuple[str, ...]:
    return tuple(said for text in texts if (said := say(whose, text)))
