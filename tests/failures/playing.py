"""Gives each scenario's evidence to the code that meets it in a run, and returns its class."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Failed
from orchestrator.domain.check import CheckKind, CheckReport
from orchestrator.domain.outcome import FailureClass
from orchestrator.domain.review import Finding, ReviewPass, Severity, Verdict
from orchestrator.forge.exchange import Attempt, Failure
from orchestrator.forge.refusals import Place, translate
from orchestrator.gates.case_parsers import parse_cases
from orchestrator.gates.lint_parsers import parse_warnings
from orchestrator.gates.registry import all_gates, evaluate
from orchestrator.llm.failure import as_error, status_failure
from orchestrator.llm.scenario import ScriptedReply
from orchestrator.sandbox.refusals import translated
from orchestrator.stages.classifying import class_of_gates
from orchestrator.stages.endings import outcome_of_error, outcome_of_exit, outcome_of_failure
from orchestrator.stages.pipeline import run_pipeline
from orchestrator.stages.preflight.baseline import why_unusable
from orchestrator.stages.setup import ending_of
from tests.builders_git import commit_files, git
from tests.end_to_end import project
from tests.end_to_end.play import (
    ANALYSIS,
    analyst,
    automator,
    implementer,
    planner,
    requirements,
    reviewer,
    talk,
    tool_call,
)
from tests.unit.gates import evidence as made
from tests.unit.stages.house import an_issue, make_house

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.outcome import Outcome
    from orchestrator.llm.scenario import Conversation
    from orchestrator.stages.context import RunContext
    from tests.failures.scenarios import CommandLine, FailingScenario, Printed, Run
    from tests.unit.stages.house import House

_NOBODY = FailureClass.OTHER
_REQUIRED = ("all_tests_passing", "no_linter_warnings", "approved_review", "no_merge_conflicts")


def class_found(scenario: FailingScenario, folder: Path) -> FailureClass:
    """Return the class that the program gives to what happened; `folder` is for a run's files."""
    outcome = _outcome(scenario, folder)
    if outcome is None:
        return _of_checks(scenario)
    return outcome.failure_class or _NOBODY


def _outcome(scenario: FailingScenario, folder: Path) -> Outcome | None:
    """Return how the run ends by this evidence, `None` when gates are to be asked."""
    if scenario.command is not None:
        return _of_command(scenario.command, scenario.output)
    if scenario.forge is not None:
        failure = Failure(status=scenario.forge.status, message=scenario.forge.message)
        place = Place(full_name="octo/site", server_url="https://forge.example")
        return outcome_of_error(translate(failure, attempt=Attempt(doing="do it"), place=place))
    if scenario.push is not None:
        url = "https://forge.example/octo/site.git"
        return outcome_of_error(translated(scenario.push, url=url, ref="refs/heads/topic"))
    if scenario.model is not None:
        found = status_failure(scenario.model.status, scenario.model.body, {})
        return outcome_of_error(as_error(found, model="opus", attempts=4))
    if scenario.exit is not None:
        return outcome_of_exit(scenario.exit, who="the agent")
    if scenario.agent is not None:
        failed = Failed(kind=scenario.agent, text="It ended.", hint="Look.")
        return outcome_of_failure(failed, who="the agent")
    return None if scenario.run is None else _of_run(scenario.run, folder)


def _of_command(command: CommandLine, output: str) -> Outcome:
    report = CheckReport(
        kind=command.kind,
        command=command.line,
        commit=made.BASE,
        ending=command.ending,
        exit_code=command.exit_code,
        duration_s=1.0,
        output_tail=output,
    )
    if command.kind is CheckKind.SETUP:
        return ending_of(report)
    stop = why_unusable(_read(report))
    assert stop is not None, "the run would have gone on"
    return stop


def _read(report: CheckReport) -> CheckReport:
    if report.kind is CheckKind.LINT:
        warnings = parse_warnings(report.output_tail, relative=str)
        return report.model_copy(update={"warnings": tuple(warnings)})
    parsed = parse_cases(report.output_tail)
    if parsed is None:
        return report
    return report.model_copy(update={"cases": parsed.cases or None, "tests_run": parsed.tests_run})


def _of_checks(scenario: FailingScenario) -> FailureClass:
    base = tuple(_printed(item, made.BASE) for item in scenario.base or ())
    head = tuple(_printed(item, made.HEAD) for item in scenario.head)
    reviews = tuple(
        _blocking(item) if item.lens in scenario.blocking else item
        for item in made.green_evidence().reviews
    )
    seen = made.evidence(base=base, head=head, reviews=reviews, conflicts=scenario.conflicts)
    gates = evaluate(all_gates(redactor=made.REDACTOR, paths=made.PATHS), _REQUIRED, seen)
    return class_of_gates(gates, base=base, head=head, reviews=reviews)


def _printed(printed: Printed, commit: str) -> CheckReport:
    return _read(
        made.report(
            printed.kind,
            commit=commit,
            command=str(printed.kind),
            exit_code=printed.exit_code,
            output=printed.output,
        )
    )


def _blocking(review: ReviewPass) -> ReviewPass:
    finding = Finding(
        severity=Severity.BLOCKING,
        path="src/a.js",
        line=1,
        quote="one",
        claim="It may not be so.",
        evidence="It is written so.",
        suggestion="",
    )
    return review.model_copy(update={"verdict": Verdict.CHANGES, "findings": (finding,)})


def _of_run(run: Run, folder: Path) -> Outcome:
    issue = an_issue(
        title=project.TITLE if run.title is None else run.title,
        body=project.BODY if run.body is None else run.body,
    )
    with contextlib.ExitStack() as stack:
        house = make_house(
            folder,
            *_voices(run),
            stack=stack,
            settings=run.settings or project.SETTINGS,
            issue=issue,
        )
        _disturb(house, run)
        context = house.context
        if run.is_cancelled:
            context = replace(context, show=_interrupted_at_work(context))
        return run_pipeline(context, house.publisher(), plan_only=False)


def _voices(run: Run) -> tuple[Conversation, ...]:
    questions: Json = [{"text": "All?", "default": "yes", "changes_if_other": "One."}]
    asking = _reply("SubmitRequirements", {**requirements().tools[0].input, "questions": questions})
    first = talk("analysis", asking, when=ANALYSIS) if run.asks else analyst()
    stops = run.planner_stops
    second = planner() if stops is None else planner(_reply("Stop", stops))
    return (first, second, implementer(), automator(), reviewer())


def _reply(tool: str, arguments: JsonObject) -> ScriptedReply:
    return ScriptedReply(tools=(tool_call(tool, arguments),))


def _disturb(house: House, run: Run) -> None:
    if run.pushed_meanwhile is not None:
        checkout = house.folder / "checkout"
        commit_files(checkout, run.pushed_meanwhile)
        git(checkout, "push", "--quiet", str(house.bare), "main")
    if run.server_refuses is not None:
        hook = house.bare / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho '{run.server_refuses}' >&2\nexit 1\n")
        hook.chmod(0o755)


def _interrupted_at_work(context: RunContext) -> Callable[[], None]:
    def show() -> None:
        if context.journal.record.plan is not None:
            raise KeyboardInterrupt

    return show
