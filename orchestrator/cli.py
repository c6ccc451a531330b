"""The command line: words in, an exit code out.

Without arguments inside GitHub Actions it is the action: verb and issue come from the
inputs and the event. Nothing heavy is imported before a verb needs it.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import signal
import traceback
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator import __version__
from orchestrator.config.process import process_environment
from orchestrator.domain.errors import OrchestratorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.app.desk import Desk
    from orchestrator.app.sidecar import Sidecar

INTERRUPTED = 130
_MOST_AT_ONCE = 8
_SEVERAL = 2
_LARGEST = 1_000_000
_ALIKE = 0.75
_OPERANDS = {"verb", "issues", "issue", "file", "journal", "command"}
_GARBAGE_FROM = 50_000
"""What imports make stays: to search it for rubbish again and again is an eighth of a start."""
_ENDINGS = """\
exit codes: 0 done or nothing to do · 1 not achieved · 2 something to correct (input, setting,
permission) · 3 a limit was met · 4 a neighbour failed (model, forge, program) · 5 a person
has to answer · 6 blocked · 130 cancelled"""


def main(argv: Sequence[str]) -> int:
    """Do what the words say and return the process's exit code."""
    options = _read(parser(), argv)
    gc.set_threshold(_GARBAGE_FROM)
    from orchestrator.app.sidecar import make_sidecar

    sidecar = make_sidecar()
    try:
        if _asks_the_model(options):
            # What is in its way is in ours as well, and is told by who needs it.
            with contextlib.suppress(OrchestratorError, OSError):
                sidecar.start()
        return _carry_out(options, sidecar)
    finally:
        sidecar.end()


def _asks_the_model(options: argparse.Namespace) -> bool:
    """Tell whether a run is likely, before what that needs is imported."""
    match options.verb:
        case "run" | "plan":
            return options.script is None and not options.dry_run and len(options.issues) < _SEVERAL
        case None:
            command = process_environment().get("INPUT_COMMAND", "run").lower()
            return _is_in_job() and command in {"", "run", "plan"}
        case _:
            return False


def _is_in_job() -> bool:
    return process_environment().get("GITHUB_ACTIONS", "").lower() == "true"


def _carry_out(options: argparse.Namespace, sidecar: Sidecar) -> int:
    """Do what was understood, and say how it failed if it did."""
    from orchestrator.app.desk import open_desk

    desk = open_desk(quiet=getattr(options, "quiet", False), sidecar=sidecar)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        # `nohup` ignores it, so that a run outlives its terminal.
        signal.signal(signal.SIGHUP, _interrupted)
    try:
        return _do(options, desk)
    except OrchestratorError as error:
        desk.console.fail(str(error), error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        desk.console.fail("Cancelled.", "Run the same command again.")
        return INTERRUPTED
    except Exception:  # noqa: BLE001 -- the one place where a defect of ours ends
        desk.console.fail(
            f"This is a defect of Orchestrator {__version__}:\n{traceback.format_exc()}",
            "Report it with these lines; the journal in the run folder holds the rest.",
        )
        return 1


def _read(words: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """Understand the words, or end with what is wrong and what may have been meant."""
    options, unknown = words.parse_known_args(argv)
    if unknown:
        known = [f"--{name.replace('_', '-')}" for name in vars(options).keys() - _OPERANDS]
        near = [
            word for each in unknown for word in get_close_matches(each, known, n=1, cutoff=_ALIKE)
        ]
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        words.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")
    return options


def _interrupted(*_: object) -> None:
    """End in an orderly way, and go on doing so.

    A runner that cancels sends SIGINT and, seconds later, SIGTERM, a terminal that is closed SIGHUP
    more than once: no second one breaks off what the first began. A person's second Ctrl-C does,
    and so does the end of the grace time.
    """
    from orchestrator.app import grace

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if _is_in_job():
        # Elsewhere nobody kills what takes its time to push and to tell.
        grace.begin()
    raise KeyboardInterrupt


def _do(options: argparse.Namespace, desk: Desk) -> int:
    """Import what the verb needs, which is most of the start, and no more than that."""
    match options.verb:
        case "run" | "plan":
            from orchestrator.app.laptop import run

            return run(options, desk)
        case "validate":
            from orchestrator.app.verbs import validate

            return validate(options, desk)
        case "replay":
            from orchestrator.app.verbs import replay

            return replay(options, desk)
        case "matrix":
            from orchestrator.app.matrix import matrix

            return matrix(options, desk)
        case "sandbox":
            from orchestrator.app.cells import sandbox

            return sandbox(options, desk)
        case "withdraw":
            from orchestrator.app.withdrawing import withdraw

            return withdraw(options, desk)
        case "tidy":
            from orchestrator.app.tidying import tidy

            return tidy(desk)
        case _:
            from orchestrator.app.event import act

            return act(desk)


def parser() -> argparse.ArgumentParser:
    """Return what understands the words of the command line."""
    words = argparse.ArgumentParser(
        prog="orchestrator",
        description="Turn an issue into a tested, reviewed draft pull request.",
        epilog=_ENDINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--version", action="version", version=__version__)
    verbs = words.add_subparsers(dest="verb", metavar="VERB")
    _add_run(verbs.add_parser("run", help="work on an issue", epilog=_ENDINGS))
    _add_run(verbs.add_parser("plan", help="stop after the plan", epilog=_ENDINGS))
    _add_validate(verbs.add_parser("validate", help="check the configuration and show it"))
    _add_replay(verbs.add_parser("replay", help="rebuild the reports from a journal"))
    _add_matrix(verbs.add_parser("matrix", help="turn issue numbers into a job matrix"))
    _add_withdraw(
        verbs.add_parser("withdraw", help="make a pull request that was moved a draft again")
    )
    _add_sandbox(verbs.add_parser("sandbox", help="run one command as an agent's would be run"))
    verbs.add_parser("tidy", help="remove what a cancelled job has left (post-entrypoint)")
    return words


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issues", nargs="*", metavar="ISSUE", help="issue numbers on the forge")
    parser.add_argument(
        "--at-once",
        type=_few,
        default=3,
        metavar="N",
        help="issues at the same time (3)",
    )
    parser.add_argument("--issue-file", type=_path, help="Markdown issue; uses the local forge")
    parser.add_argument("--forge", type=_path, metavar="DIR", help="folder of the local forge")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="repository on GitHub")
    _add_place(parser)
    parser.add_argument("--model", help="model id or alias for every agent")
    parser.add_argument("--max-cost-usd", type=_amount, metavar="USD", help="limit for this run")
    parser.add_argument("--script", type=_path, help="scenario that plays the model (no key)")
    parser.add_argument(
        "--sandbox",
        choices=("auto", "bubblewrap", "local", "unconfined"),
        help="walls around commands; unconfined lets agents run commands as you",
    )
    parser.add_argument("--output", type=_path, metavar="DIR", help="run folder")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check everything that costs nothing: no model request, no push, no comment",
    )
    parser.add_argument("--quiet", action="store_true", help="print the result only")


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", type=_path, default=Path(), metavar="DIR", help="local checkout")
    parser.add_argument("--base", metavar="BRANCH", help="branch to work from")
    parser.add_argument("--config", metavar="PATH", help="configuration in the repository")


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=_path, help="a configuration file to check alone")
    _add_place(parser)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journal", type=_path, help="journal.jsonl of a run")
    parser.add_argument("--output", type=_path, metavar="DIR", help="where the reports go")


def _add_matrix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issues", nargs="*", help="issue numbers, separated by blanks or commas")
    parser.add_argument("--label", help="all open issues with this label instead")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="repository on GitHub")


def _add_withdraw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issue", metavar="ISSUE", help="number of the issue it was made for")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--forge", type=_path, metavar="DIR", help="folder of the local forge")
    place.add_argument("--repository", metavar="OWNER/NAME", help="repository on GitHub")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        choices=("auto", "sibling", "local", "bubblewrap", "unconfined"),
        help="try this one only; unconfined runs the command as you",
    )
    parser.add_argument(
        "--worktree",
        type=_path,
        default=Path(),
        metavar="DIR",
        help="checkout or folder; the command gets a copy of it",
    )
    parser.add_argument("--read-only", action="store_true", help="as a reviewer's command runs")
    parser.add_argument("--no-setup", action="store_true", help="leave the setup command out")
    parser.add_argument("--timeout", type=_amount, default=120, metavar="SECONDS")
    parser.add_argument(
        "command",
        nargs="*",
        metavar="-- CMD",
        help="words of a command, or one text for bash; left out, only the walls are tried",
    )


def _path(text: str) -> Path:
    """Refuse what this machine cannot even look for, such as a name that is too long."""
    path = Path(text)
    try:
        path.exists()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be used: {error.strerror}") from error
    return path


def _few(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST_AT_ONCE}")
    return int(text)


def _amount(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount such as 5 or 2.50") from error
    if not value.is_finite() or not 0 < value <= _LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r} must be more than 0, at most {_LARGEST:,}")
    return value
