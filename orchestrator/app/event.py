"""The action: verb and issue come from the inputs and the event, not from words."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app.fanning import act_for_each
from orchestrator.app.folder import JOURNAL
from orchestrator.app.matrix import show_matrix
from orchestrator.app.order import Order
from orchestrator.app.run import carry_out
from orchestrator.app.tidying import RUNS, give_back, remember_end, remember_start
from orchestrator.app.verbs import show_settings
from orchestrator.app.withdrawing import answer_push
from orchestrator.config.inputs import InputCommand, read_inputs
from orchestrator.domain.errors import OrchestratorError, UsageError
from orchestrator.domain.outcome import Conclusion
from orchestrator.forge.asked import Ignored, Pushed, Refused, TriggerRules
from orchestrator.forge.events import parse_event
from orchestrator.stages.endings import cancelled, defect, outcome_of_error

if TYPE_CHECKING:
    from orchestrator.app.desk import Desk
    from orchestrator.config.inputs import Inputs
    from orchestrator.domain.issue import Trigger
    from orchestrator.domain.outcome import Outcome


def act(desk: Desk) -> int:
    """Do what the workflow step asks for and return the exit code.

    Raises:
        OrchestratorError: Nothing could be done; outputs and job summary say so already.
    """
    untold: Outcome | None = defect()
    try:
        code = _act(desk)
        untold = None
    except OrchestratorError as error:
        untold, outcome = None, outcome_of_error(error)
        _tell(desk, outcome)
        desk.actions.append_summary(
            f"### Orchestrator: {outcome.conclusion}\n\n{error}\n\n{error.hint}"
        )
        raise
    except KeyboardInterrupt:
        untold = cancelled()
        raise
    finally:
        if untold is not None and not desk.actions.has_outputs:
            # Before there was a run that could say so itself.
            _tell(desk, untold)
        give_back(desk)
    return code


def _tell(desk: Desk, outcome: Outcome) -> None:
    """Set the outputs of a run that never was."""
    desk.actions.set_outputs(
        {
            "conclusion": outcome.conclusion,
            "failure-class": outcome.failure_class or "",
            "next-step": outcome.hint,
            "skip-reason": "",
        }
    )


def _act(desk: Desk) -> int:
    if not desk.runner.is_actions:
        raise UsageError(
            "There is nothing to do without a verb.",
            hint="Run `python -m orchestrator --help`; in a workflow the event says what to do.",
        )
    inputs = read_inputs(desk.environment)
    workspace = desk.runner.workspace or Path()
    match inputs.command:
        case InputCommand.VALIDATE:
            return show_settings(desk, inputs, workspace)
        case InputCommand.MATRIX:
            words = [str(number) for number in inputs.issue_numbers]
            return show_matrix(desk, words, label=inputs.label)
        case InputCommand.RUN | InputCommand.PLAN if len(inputs.issue_numbers) > 1:
            return act_for_each(desk, inputs.issue_numbers)
        case InputCommand.RUN | InputCommand.PLAN:
            return _work(desk, inputs, workspace)


def _work(desk: Desk, inputs: Inputs, workspace: Path) -> int:
    asked = _asked(desk, inputs)
    if isinstance(asked, Pushed):
        return answer_push(desk, asked, phrase=inputs.trigger_phrase, dry_run=inputs.dry_run)
    if isinstance(asked, Ignored):
        desk.console.say(f"Nothing to do: {asked.reason}")
        desk.actions.set_outputs({"conclusion": Conclusion.SKIPPED, "skip-reason": asked.reason})
        return Conclusion.SKIPPED.exit_code
    order = Order(
        inputs=inputs,
        trigger=asked,
        checkout=workspace,
        output=_output(desk, asked.issue_number),
        run_id=_run_id(desk),
        plan_only=inputs.command is InputCommand.PLAN,
    )
    remember_start(desk, order.output / JOURNAL, issue_number=asked.issue_number)
    exit_code = carry_out(order, desk)
    remember_end(desk, issue_number=asked.issue_number)
    return exit_code


def _asked(desk: Desk, inputs: Inputs) -> Trigger | Pushed | Ignored:
    runner = desk.runner
    if runner.event_name is None or runner.event_path is None:
        raise UsageError(
            "The runner did not say which event started the workflow.",
            hint="Set GITHUB_EVENT_NAME and GITHUB_EVENT_PATH, as GitHub Actions does.",
        )
    try:
        payload = runner.event_path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"The event file {str(runner.event_path)!r} cannot be read: {error.strerror}.",
            hint="Run the action in a workflow; a container needs the runner's mounts.",
        ) from error
    rules = TriggerRules(
        label=inputs.trigger_label,
        phrase=inputs.trigger_phrase,
        allowed_bots=inputs.allowed_bots,
        issue_number="" if inputs.issue_number is None else str(inputs.issue_number),
        branch_prefix=inputs.branch_prefix,
    )
    actor = runner.triggering_actor or runner.actor or ""
    asked = parse_event(runner.event_name, payload, rules=rules, actor=actor)
    if isinstance(asked, Refused):
        raise UsageError(asked.reason, hint=asked.hint)
    return asked


def _output(desk: Desk, issue_number: int) -> Path:
    """Return the run folder: under the runner's temp folder, where later steps can see it.

    A second step of the same job gets one of its own.
    """
    runner = desk.runner
    folder = (runner.temp or Path()) / RUNS / f"issue-{issue_number}-{_run_id(desk)}"
    again = (folder.with_name(f"{folder.name}-{number}") for number in count(2))
    return folder if not folder.exists() else next(each for each in again if not each.exists())


def _run_id(desk: Desk) -> str:
    return f"{desk.runner.run_id or 'run'}-{desk.runner.run_attempt or '1'}"
