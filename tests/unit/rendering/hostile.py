"""A run in which everybody but us tries to reach out of the reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.domain import event as ev
from orchestrator.domain.outcome import Conclusion, Outcome
from orchestrator.rendering.talk import conversations
from tests.unit.rendering import records, samples

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord
    from orchestrator.rendering.talk import Conversation

WORDS = (
    "@mona fixes #1 closes octo/site#2 /orchestrate <img src=https://evil.example/x.png> "
    "![x](https://evil.example/y.png) [z](javascript:alert(1)) <script>alert(1)</script> "
    "</details> | a | b\n\n# Heading\n```\n- [x] done\n<!-- c --> www.evil.example"
)


def _record() -> RunRecord:
    plan = samples.PLAN.model_copy(
        update={
            "summary": WORDS,
            "assumptions": (WORDS,),
            "out_of_scope": (WORDS,),
            "tasks": tuple(
                task.model_copy(update={"title": WORDS, "agent": "x`|y"})
                for task in samples.PLAN.tasks
            ),
        }
    )
    finding = records.FINDING.model_copy(
        update=dict.fromkeys(("path", "quote", "claim", "evidence", "suggestion"), WORDS)
    )
    review = records.PASSES[0].model_copy(
        update={"findings": (finding,), "not_checked": (WORDS,), "checked": (WORDS,)}
    )
    gate = records.GREEN.results[0].model_copy(update={"reason": WORDS})
    noted = ev.Noted.model_validate({"level": "warning", "text": WORDS, "hint": WORDS})
    refused = ev.AttemptRefused(agent=WORDS, task_id=2, what=WORDS, why=WORDS)
    outcome = Outcome(conclusion=Conclusion.BLOCKED, summary=WORDS, hint=WORDS)
    question = records.QUESTION.model_copy(
        update=dict.fromkeys(("text", "default", "changes_if_other"), WORDS)
    )
    needs = samples.REQUIREMENTS.model_copy(update={"gaps": (question,), "unknowns": (WORDS,)})
    return records.record_of(
        (
            records.STARTED.model_copy(update={"issue_title": WORDS, "actor": WORDS}),
            ev.RequirementsWritten(requirements=needs),
            ev.QuestionsAsked(
                asked_by=WORDS, why=WORDS, questions=(question,), text_digest="", phrase=""
            ),
            ev.PreflightLooked.model_validate(
                {"look": "issue", "verdict": "warning", "text": WORDS, "hint": WORDS}
            ),
            ev.PlanAccepted(plan=plan),
            *records.MIDDLE,
            *records.END,
            ev.ReviewPassEnded(review=review),
            ev.GatesEvaluated(results=(gate,)),
            noted,
            refused,
            ev.RunEnded(outcome=outcome),
        )
    )


def _talks() -> tuple[Conversation, ...]:
    said = [{"type": "text", "text": WORDS}, {"type": "thinking", "thinking": WORDS}]
    call = [{"type": "tool_use", "id": "1", "name": WORDS, "input": {"path": WORDS}}]
    answer = [{"type": "tool_result", "tool_use_id": "1", "content": WORDS, "is_error": True}]
    events: tuple[ev.Event, ...] = (
        records.replied(WORDS, WORDS, "0.1").model_copy(update={"conversation": WORDS}),
        *(
            ev.MessageAppended(conversation=WORDS, role=role, blocks_json=json.dumps(blocks))
            for role, blocks in (("user", said), ("assistant", call), ("user", answer))
        ),
        ev.MessageAppended(conversation="broken", role="user", blocks_json=WORDS),
    )
    return conversations(
        ev.Entry(seq=number, at="", elapsed_s=0.0, event=event)
        for number, event in enumerate(events, start=1)
    )


RECORD = _record()
TALKS = _talks()
