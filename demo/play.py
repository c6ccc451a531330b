"""The demonstration: one issue on a sample site, up to its draft pull request.

Copies `demo/site` to a fresh folder, runs the orchestrator on `demo/issue-47.md` there, with a
forge in that folder, and shows what came of it. Without a key the model is played from
`demo/dark-mode.yml`; everything else is real: tools, commands, git, tests, gates, reports.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import OrchestratorError, UsageError
from orchestrator.domain.record import RunRecord, fold
from orchestrator.telemetry.replay import load_journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
ISSUE = HERE / "issue-47.md"
SCRIPT = HERE / "dark-mode.yml"
KEY = "ANTHROPIC_API_KEY"
GIT_PLACES = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"))
"""Set while a git hook runs: they would lead our git to somebody else's repository."""
GIT_RULES = ("commit.gpgsign=false", "core.autocrlf=false", f"core.hooksPath={os.devnull}")
INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the demonstration plays."""

    folder: Path
    environment: Mapping[str, str]
    is_scripted: bool
    sandbox: str | None
    """What `--sandbox` is given; `None` leaves the choice to the program."""

    @property
    def site(self) -> Path:
        """The sample repository, as a person would have it checked out."""
        return self.folder / "site"

    @property
    def forge(self) -> Path:
        """Issues, pull requests and branches, in place of GitHub."""
        return self.folder / "forge"

    @property
    def run(self) -> Path:
        """Journal and reports of the run."""
        return self.folder / "run-47"

    @property
    def result(self) -> Path:
        """A fresh clone of the resulting branch."""
        return self.folder / "result"


def main(argv: Sequence[str]) -> int:
    """Play the demonstration and return the process's exit code: 0 only when it succeeded."""
    try:
        return _play(_stage(_options(argv)))
    except OrchestratorError as error:
        print(f"demo: {error}\n      {error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\ndemo: cancelled", file=sys.stderr)
        return INTERRUPTED


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="Play the sample issue up to its draft pull request. With ANTHROPIC_API_KEY "
        "set, the real model does it, for real money; otherwise a script plays the model.",
    )
    parser.add_argument(
        *("--output", "--keep"),
        type=Path,
        metavar="DIR",
        help="new or empty folder for everything; otherwise one in the temporary folder",
    )
    parser.add_argument(
        "--sandbox",
        choices=("auto", "bubblewrap", "local", "unconfined"),
        help="walls around commands; without a script the program chooses",
    )
    return parser.parse_args(argv)


def _stage(options: argparse.Namespace) -> Stage:
    environment = {name: value for name, value in os.environ.items() if name not in GIT_PLACES}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    for program, source in (
        ("git", "Install git 2.28 or newer."),
        ("node", "Run `make install`: the locked packages bring it."),
    ):
        if shutil.which(program, path=environment["PATH"]) is None:
            raise UsageError(f"The program {program!r} is not installed.", hint=source)
    is_scripted = not environment.get(KEY)
    return Stage(
        folder=_folder(options.output),
        environment=environment,
        is_scripted=is_scripted,
        sandbox=options.sandbox or ("unconfined" if is_scripted else None),
    )


def _folder(wanted: Path | None) -> Path:
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="orchestrator-demo-")).resolve()
    if wanted.exists() and (not wanted.is_dir() or any(wanted.iterdir())):
        raise UsageError(
            f"{str(wanted)!r} exists and is not an empty folder.",
            hint="Give --output a new folder, or leave it out.",
        )
    wanted.mkdir(parents=True, exist_ok=True)
    return wanted.resolve()


def _play(stage: Stage) -> int:
    print("Orchestrator works on issue 47 of a small static site: add a dark mode toggle.\n")
    print(f"  model    {_model_words(stage)}")
    print(f"  sandbox  {_sandbox_words(stage)}")
    print(f"  folder   {stage.folder}")
    _make_site(stage)
    code = _run(stage)
    record = _record(stage)
    if record.pushed is None:
        print(f"\nNothing was pushed: the run ended with exit code {code}.")
        return code or 1
    passed = _show_branch(stage, record)
    _show_pages(stage, record)
    _show_cost(stage, record)
    return code if passed else code or 1


def _model_words(stage: Stage) -> str:
    if stage.is_scripted:
        return f"played from {_short(SCRIPT)}, because {KEY} is not set; all else is real"
    return f"the real one, because {KEY} is set; this costs money"


def _sandbox_words(stage: Stage) -> str:
    if stage.sandbox is None:
        return "the best that this machine has; without one, agents run no commands"
    if stage.sandbox == "unconfined" and stage.is_scripted:
        return "none is needed: the only commands are the script's and the sample site's own"
    return f"{stage.sandbox}, as asked for"


def _make_site(stage: Stage) -> None:
    shutil.copytree(HERE / "site", stage.site, ignore=shutil.ignore_patterns("_site"))
    _git(stage, stage.site, "init", "--quiet", "--initial-branch=main", "--template=")
    _git(stage, stage.site, "config", "user.name", "Field notes")
    _git(stage, stage.site, "config", "user.email", "notes@example.org")
    _git(stage, stage.site, "add", "--all")
    _git(stage, stage.site, "commit", "--quiet", "--message=Publish the field notes")


def _run(stage: Stage) -> int:
    words = ["run", f"--issue-file={_short(ISSUE)}", f"--repo={stage.site}"]
    words += [f"--forge={stage.forge}", f"--output={stage.run}"]
    words += [f"--script={_short(SCRIPT)}"] if stage.is_scripted else []
    words += [f"--sandbox={stage.sandbox}"] if stage.sandbox else []
    _headline("The run", f"python -m orchestrator {' '.join(words)}")
    return _call(stage, PROJECT, sys.executable, "-m", "orchestrator", *words)


def _record(stage: Stage) -> RunRecord:
    journal = stage.run / "journal.jsonl"
    return fold(load_journal(journal).entries) if journal.is_file() else RunRecord()


def _show_branch(stage: Stage, record: RunRecord) -> bool:
    """Show what the branch holds and run its tests once more; return whether they passed."""
    if record.started is None or record.pushed is None:
        raise AssertionError("only called for a run that pushed")
    base, branch = record.started.base_commit, record.pushed.branch
    remote = stage.forge / "repository.git"
    _git(
        *(stage, stage.folder, "clone", "--quiet", "--template="),
        *(f"--branch={branch}", str(remote), str(stage.result)),
    )
    _headline("The branch", f"git log --oneline --stat main..{branch}")
    log = ("log", "--reverse", "--oneline", "--stat", f"{base}..HEAD")
    _git(stage, stage.result, "--no-pager", *log)
    _headline("Its tests, once more, on a fresh clone", "node --test")
    ended = _call(stage, stage.result, "node", "--test", "--test-reporter=spec")
    built = _call(stage, stage.result, "node", "tools/build.mjs")
    return ended == 0 and built == 0


def _show_pages(stage: Stage, record: RunRecord) -> None:
    _headline("The pull request", "open these in a browser")
    request = record.pull_request
    if request is not None:
        state = "still a draft" if request.is_draft else "ready for review, all gates green"
        print(f"  #{request.number}, {state}")
    page = stage.run / "report.html"
    print(f"  its page  {page}\n            {page.as_uri()}")
    site = stage.result / "_site" / "index.html"
    if site.is_file():
        print(f"  the site  {site}\n            {site.as_uri()}")


def _show_cost(stage: Stage, record: RunRecord) -> None:
    spend = record.spend
    tokens = f"{spend.usage.prompt_tokens:,} tokens in, {spend.usage.output_tokens:,} out"
    cost = f"{spend.usd:.2f} USD"
    if stage.is_scripted:
        _headline("The cost", "nothing: the model was played")
        print(f"  Simulated: {tokens}, which would be {cost} at list prices.")
        print("  A real model thinks longer and searches more, so a real run costs more.")
    else:
        _headline("The cost", "of the real model")
        print(f"  {tokens}: {cost}")


def _headline(title: str, detail: str) -> None:
    print(f"\n== {title}: {detail}\n", flush=True)


def _git(stage: Stage, folder: Path, *words: str) -> None:
    rules = (word for rule in GIT_RULES for word in ("-c", rule))
    code = _call(stage, folder, "git", *rules, *words)
    if code != 0:
        raise UsageError(
            f"`git {' '.join(words)}` ended with exit code {code}.",
            hint="Read what git says above; git 2.28 or newer is needed.",
        )


def _call(stage: Stage, folder: Path, *argv: str) -> int:
    sys.stdout.flush()
    return subprocess.run(argv, cwd=folder, env=stage.environment, check=False).returncode


def _short(path: Path) -> Path:
    return path.relative_to(PROJECT)
