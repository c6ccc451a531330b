"""The command line on a laptop: words become an order."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from orchestrator.app.home import HomeFiles
from orchestrator.app.order import Order
from orchestrator.app.places import known_forge
from orchestrator.app.run import carry_out
from orchestrator.app.several import Companion, refuse_too_many, run_several
from orchestrator.config.inputs import Inputs, read_inputs
from orchestrator.config.sandbox import SandboxBackend
from orchestrator.domain.errors import UsageError
from orchestrator.domain.issue import Actor, Trigger, TriggerKind
from orchestrator.forge.issue_file import load_issue_file
from orchestrator.forge.issue_numbers import parse_issue_numbers
from orchestrator.sandbox.repository import RunRepository

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.app.desk import Desk

_OWN_FOLDER = ".orchestrator"
_NOT_HANDED_ON = {"verb", "issues", "at_once"}


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Carry out what the command line asks for and say where everything lies.

    Raises:
        OrchestratorError: The run could not even begin.
    """
    numbers = dict.fromkeys(parse_issue_numbers(options.issues))
    if len(numbers) > 1:
        return _several(options, desk, tuple(numbers))
    order = _order(options, desk, *numbers)
    code = carry_out(order, desk)
    plan = order.output / "plan.json"
    if order.plan_only and plan.exists():
        desk.console.say(f"plan: {plan}")
    desk.console.say(f"report: {(order.output / 'report.html').resolve().as_uri()}")
    desk.console.say(f"journal: {order.output / 'journal.jsonl'}")
    _show_branch(order, desk)
    return code


def _show_branch(order: Order, desk: Desk) -> None:
    """Say how to look at the branch, if it was pushed to a folder."""
    if order.forge is None:
        return
    folder = order.forge / "repository.git"
    branch = f"refs/heads/{order.inputs.branch_prefix}issue-{order.trigger.issue_number}"
    if folder.exists() and RunRepository(folder).git.resolve(branch) is not None:
        desk.console.say(f"branch: git -C {folder} log {branch}")


def _several(options: argparse.Namespace, desk: Desk, numbers: Sequence[int]) -> int:
    refuse_too_many(numbers)
    if options.issue_file is not None:
        raise UsageError(
            "--issue-file holds one issue, and several numbers were given.",
            hint="Put them into a local forge first, one run each, then give --forge and numbers.",
        )
    if options.forge is not None:
        known_forge(options.forge)
    environment = {
        **desk.environment,
        **{name: secret.get_secret_value() for name, secret in desk.withheld.items()},
    }
    companions = [
        Companion(number=number, words=words_for(options, number), environment=environment)
        for number in numbers
    ]
    return run_several(companions, desk, at_once=options.at_once)


def words_for(options: argparse.Namespace, number: int) -> tuple[str, ...]:
    """Return the same command line for one issue alone."""
    words = [options.verb, str(number)]
    for name, value in vars(options).items():
        if name in _NOT_HANDED_ON or value is None or value is False:
            continue
        option = f"--{name.replace('_', '-')}"
        own = value / f"issue-{number}" if name == "output" else value
        # In one word: a value that begins with a dash is no option.
        words.append(option if value is True else f"{option}={own}")
    return tuple(words)


def _order(options: argparse.Namespace, desk: Desk, number: int | None = None) -> Order:
    number = number or _number(options)
    stamp = desk.clock.now_iso()[:19].replace(":", "").replace("-", "")
    run_id = f"{stamp}-{secrets.token_hex(2)}"
    run = f"issue-{number}-{run_id}"
    output = options.output or _own_folder(options.repo) / "runs" / run
    return Order(
        inputs=_inputs(options, desk, number),
        trigger=Trigger(kind=TriggerKind.LOCAL, issue_number=number, actor=Actor(login="local")),
        checkout=options.repo.resolve(),
        output=output,
        run_id=run_id,
        plan_only=options.verb == "plan",
        forge=_forge(options, output),
        issue_file=options.issue_file,
        repository=options.repository,
        script=options.script,
        unconfined=options.sandbox == "unconfined",
        home=HomeFiles(),
    )


def _forge(options: argparse.Namespace, output: Path) -> Path | None:
    """Return the folder of the local forge, or `None` for GitHub."""
    if options.issue_file is None and options.forge is None:
        return None
    if options.repository is not None:
        given = "--forge" if options.issue_file is None else "--issue-file"
        raise UsageError(
            f"{given} means a forge in a folder, and --repository means GitHub.",
            hint="Leave one of them out.",
        )
    if options.dry_run and options.issue_file is not None:
        # A dry run leaves its own folder behind and nothing else.
        return output / "forge"
    if options.issue_file is None:
        return known_forge(options.forge)
    folder: Path = options.forge or _own_folder(options.repo) / "forge"
    return folder


def _number(options: argparse.Namespace) -> int:
    if options.issue_file is not None:
        return load_issue_file(options.issue_file).number
    raise UsageError(
        "There is no issue to work on.",
        hint="Give an issue number, or --issue-file FILE with a local issue.",
    )


def _inputs(options: argparse.Namespace, desk: Desk, number: int) -> Inputs:
    backend = options.sandbox
    return Inputs(
        issue_number=number,
        anthropic_base_url=read_inputs(desk.environment).anthropic_base_url,
        config_path=options.config,
        model=options.model,
        max_cost_usd=options.max_cost_usd,
        base_branch=options.base,
        dry_run=options.dry_run,
        sandbox=None if backend in {None, "unconfined"} else SandboxBackend(backend),
    )


def _own_folder(checkout: Path) -> Path:
    """Return our folder in the checkout; git ignores it without being told to."""
    if not checkout.is_dir():
        raise UsageError(
            f"There is no folder {str(checkout)!r}.", hint="Give --repo the path of a checkout."
        )
    folder = checkout.resolve() / _OWN_FOLDER
    ignore = folder / ".gitignore"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The folder {str(folder)!r} cannot be made: {error.strerror or error}.",
            hint="Give --output a folder that can be written, and --forge another one for a local "
            "forge.",
        ) from error
    return folder
