"""A run in which everybody but us tries to reach out of the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain import event as ev
from orchestrator.domain.outcome import Conclusion, Outcome
from tests.unit.rendering import records, samples

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord

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


RECORD = _record()
