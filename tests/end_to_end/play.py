"""What the model says in a run, as short words: a whole play is one call of `play`.

Every conversation is known by the task that its first message names, so a play can replace
or leave out single voices and keep the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from orchestrator.llm.scenario import Conversation, Scenario, ScriptedReply, ScriptedTool, When
from tests.end_to_end.project import (
    GREET,
    NUMBER,
    SHOUT,
    SOURCE,
    TEST_SHOUT,
    TESTS,
)

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.llm.scenario import Fault

ANALYSIS = "# Your task: what the issue requires"
PLAN = f"# Your task: the plan for issue #{NUMBER}"
FIX = "# Your task: mend what was found"
REVIEW = "# Your task: review through one lens"
TASK_LOOK = "This is a short check: look at the change"
VERIFY = "# Your task: refute one finding"


def say(text: str, *, stop_reason: str | None = None) -> ScriptedReply:
    """Return a reply of words alone."""
    return ScriptedReply(text=text, stop_reason=stop_reason)


def call(tool: str, *, faults: tuple[Fault, ...] = (), **arguments: Json) -> ScriptedReply:
    """Return a reply that calls one tool."""
    return ScriptedReply(tools=(tool_call(tool, arguments),), faults=faults)


def tool_call(tool: str, arguments: JsonObject) -> ScriptedTool:
    """Return one call, for replies that make several."""
    return ScriptedTool.model_validate({"name": tool, "input": arguments})


def talk(
    name: str,
    *replies: ScriptedReply,
    when: str,
    unless: tuple[str, ...] = (),
    times: int = 1,
) -> Conversation:
    """Return a conversation whose first message holds some words and lacks others."""
    condition = When(contains=(when,), not_contains=unless)
    return Conversation(name=name, when=condition, times=times, replies=replies)


def task_words(number: int) -> str:
    """Return what the first message of a task's agent holds."""
    return f"the plan: task {number}, by the orchestrator"


# What each role hands in.


def requirements() -> ScriptedReply:
    """Return what the analysis hands in."""
    return call(
        "SubmitRequirements",
        summary="A loud greeting is missing.",
        observed_behaviour="There is only `greet`.",
        required_behaviour=['shout("Ada") returns "HELLO, ADA."'],
        interfaces=["greeter.greet.shout(name: str) -> str"],
        non_goals=["other languages"],
        evidence=[{"path": SOURCE, "lines": "1-2", "why": "the greeting is made here"}],
        existing_parts=[f"{SOURCE}: greet()"],
        conventions=[],
        unknowns=[],
        questions=[],
    )


def task(number: int, stage: str, agent: str, **changes: Json) -> JsonObject:
    """Return a task of the plan; each stage has its usual files and dependencies."""
    usual: dict[str, JsonObject] = {
        "implementation": {"dependencies": [], "files": [SOURCE]},
        "testing": {"dependencies": [1], "files": [TESTS]},
        "review": {"dependencies": [2], "files": []},
    }
    return {
        "id": number,
        "title": f"Do the {stage} of the loud greeting",
        "description": "greeter.greet.shout(name) returns the greeting in capitals.",
        "agent": agent,
        "stage": stage,
        "acceptance": ['shout("Ada") is "HELLO, ADA."'],
        **usual[stage],
        **changes,
    }


USUAL_TASKS = (
    task(1, "implementation", "python-pro"),
    task(2, "testing", "test-automator"),
    task(3, "review", "code-reviewer"),
)


def plan(*tasks: JsonObject) -> ScriptedReply:
    """Return what the orchestrator hands in; without tasks, one task for each stage."""
    is_short = len(tasks) <= len(USUAL_TASKS)
    return call(
        "SubmitPlan",
        issue_id=NUMBER,
        complexity="simple" if is_short else "medium",
        summary="One function, its tests, a review.",
        tasks=list(tasks or USUAL_TASKS),
        assumptions=[],
        decisions=[],
        out_of_scope=[],
    )


def work(path: str = SOURCE) -> ScriptedReply:
    """Return what an implementer hands in."""
    return call(
        "SubmitWork",
        summary="The greeting can be loud.",
        root_cause="",
        changes=[{"path": path, "purpose": "says it in capitals"}],
        evidence=[],
        untested=[],
        followups=[],
    )


def tests_written(*more: JsonObject) -> ScriptedReply:
    """Return what the tester hands in: the usual test, and more."""
    new = {
        "id": "test_is_in_capitals (tests.test_shout.Shout.test_is_in_capitals)",
        "path": TESTS,
        "intent": "the greeting is in capitals",
        "quotes_issue": "should return the greeting in capitals",
        "expects_on_base": "fail",
        "expected_failure": "no attribute 'shout'",
    }
    return call(
        "SubmitTests",
        summary="One test of the loud greeting.",
        tests=[cast("Json", new), *more],
        cannot_test=[],
        commands=[],
    )


def verdict(*findings: JsonObject, verdict: str = "approve") -> ScriptedReply:
    """Return what a reviewer hands in."""
    return call(
        "SubmitReview",
        verdict=verdict,
        findings=list(findings),
        checked=["every added line"],
        not_checked=[],
    )


def finding(**changes: Json) -> JsonObject:
    """Return a blocking finding about the loud greeting."""
    return {
        "severity": "blocking",
        "path": SOURCE,
        "line": 6,
        "quote": "    return greet(name).upper()",
        "claim": "Blanks are kept.",
        "scenario": "Whoever types a blank first.",
        "evidence_kind": "input",
        "evidence": 'shout(" Ada") is " HELLO".',
        "suggestion": "Strip them.",
        "confidence": 90,
        **changes,
    }


def verification(*, holds: bool = True, severity: str = "blocking") -> ScriptedReply:
    """Return what a verifier hands in."""
    return call(
        "SubmitVerification",
        holds=holds,
        reproduced=holds,
        evidence="It printed ' HELLO'." if holds else "greet() strips it already.",
        severity=severity,
    )


def edit(path: str = SOURCE, *, old: str = GREET, new: str = GREET + SHOUT) -> ScriptedReply:
    """Return a reply that reads a file and edits it in the same turn."""
    change: JsonObject = {"file_path": path, "old_string": old, "new_string": new}
    return ScriptedReply(tools=(tool_call("Read", {"file_path": path}), tool_call("Edit", change)))


# Whole voices.


def analyst() -> Conversation:
    """Return the search specialist's part."""
    return talk("analysis", requirements(), when=ANALYSIS)


def planner(*replies: ScriptedReply) -> Conversation:
    """Return the orchestrator's part; without replies, the usual plan at once."""
    return talk("planning", *(replies or (plan(),)), when=PLAN)


def implementer(*replies: ScriptedReply, number: int = 1) -> Conversation:
    """Return an implementer's part; without replies, the right change."""
    return talk(
        f"implementation {number}",
        *(replies or (edit(), work())),
        when=task_words(number),
        unless=(FIX, REVIEW, "An earlier attempt failed"),
    )


def automator(*replies: ScriptedReply, number: int = 2) -> Conversation:
    """Return the tester's part; without replies, one good test."""
    good = (call("Write", file_path=TESTS, content=TEST_SHOUT), tests_written())
    return talk("testing", *(replies or good), when=task_words(number))


def no_other_way() -> Conversation:
    """Return the orchestrator's part after a task failed for good: it plans nothing anew."""
    stop = call("Stop", status="blocked", reason="No other way.", evidence=[], questions=[])
    return talk("anew", stop, when="# Your task: a new plan for the rest")


def reviewer(*replies: ScriptedReply, times: int = 1) -> Conversation:
    """Return a reviewer's part; without replies, an approval."""
    return talk("review", *(replies or (verdict(),)), when=REVIEW, times=times)


def task_reviewer(*replies: ScriptedReply, times: int = 1) -> Conversation:
    """Return the part of who looks at single tasks; without replies, each is accepted."""
    return talk("task review", *(replies or (verdict(),)), when=TASK_LOOK, times=times)


def verifier(*replies: ScriptedReply, times: int = 1) -> Conversation:
    """Return a verifier's part; without replies, it could not refute the finding."""
    return talk("verification", *(replies or (verification(),)), when=VERIFY, times=times)


def play(*parts: Conversation) -> Scenario:
    """Return a scenario of these conversations; without any, one in which all goes well."""
    usual = (analyst(), planner(), implementer(), automator(), reviewer())
    return Scenario(conversations=parts or usual)


def play_with(*parts: Conversation) -> Scenario:
    """Return the usual play, in which these voices stand before the usual one of their name."""
    replaced = {part.name for part in parts}
    usual = [part for part in play().conversations if part.name not in replaced]
    return Scenario(conversations=(*parts, *usual))
