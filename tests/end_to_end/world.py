"""A GitHub, a model and a workspace, and `entrypoint.py` as a process between them.

Nothing is replaced inside the process: it gets the environment that the runner gives a
Docker action, and speaks HTTP and git to stand-ins on loopback.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from orchestrator.llm.scenario import Scenario
from tests.doubles.github import GithubDouble
from tests.doubles.github_state import Settings, StoredComment, StoredPull, Token
from tests.doubles.messages_api import MessagesApi
from tests.end_to_end import project
from tests.end_to_end.checkouts import full
from tests.end_to_end.play import analyst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.domain.json import JsonObject
    from tests.doubles.github_state import StoredIssue

ROOT = Path(__file__).parents[2]
RUN_ID = "9001"
ALICE: JsonObject = {"login": "alice", "id": 7, "type": "User"}
_TIMEOUT_S = 60
_EXPRESSION = re.compile(r"\$\{\{ *github\.token *\}\}")
_OUTPUT = re.compile(r"([a-z-]+)<<(\S+)\n(.*?)\n\2\n", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Everything about one run that somebody outside can see."""

    exit_code: int
    stdout: str
    stderr: str
    outputs: Mapping[str, str]
    output_file: str
    summary: str
    folder: Path
    """RUNNER_TEMP, or the run folder of the command line."""
    requests: tuple[JsonObject, ...]
    """Bodies sent to the model."""
    model_faults: tuple[str, ...]
    """What the model's stand-in refused, and what of the play was not asked for."""
    pull_requests: tuple[StoredPull, ...]
    comments: tuple[StoredComment, ...]
    branches: Mapping[str, str]
    """Name → commit, on the forge."""

    @property
    def journal(self) -> Path:
        """The journal; there may be none."""
        return next(iter(sorted(self.folder.rglob("journal.jsonl"))), self.folder / "none")

    @property
    def events(self) -> tuple[JsonObject, ...]:
        """The events of the journal, as they were written."""
        if not self.journal.exists():
            return ()
        lines = self.journal.read_text(encoding="utf-8").splitlines()
        return tuple(cast("JsonObject", json.loads(line)["event"]) for line in lines)

    def events_of(self, kind: str) -> tuple[JsonObject, ...]:
        """Return the events of one kind."""
        return tuple(event for event in self.events if event["kind"] == kind)

    @property
    def everything_said(self) -> str:
        """Every text that leaves the run, in one: for what must be in none of them."""
        files = (file for file in self.folder.rglob("*") if file.is_file())
        reports = (file for file in files if "repository.git" not in file.parts)
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in reports]
        bodies = [f"{pull.title}\n{pull.body}" for pull in self.pull_requests]
        remarks = [comment.body for comment in self.comments]
        written = (self.stdout, self.stderr, self.output_file, self.summary)
        return "\n".join((*written, *texts, *bodies, *remarks))


def _undisturbed(process: subprocess.Popen[str], api: MessagesApi) -> None:
    """Let the run go its way."""


@dataclass(kw_only=True)
class World:
    """One repository on GitHub and one workspace, in which several runs can be played."""

    folder: Path
    github: GithubDouble
    token: str
    workspace: Path
    attempts: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = (str(ROOT / "entrypoint.py"),)
    """What the interpreter is given before the words of the command line."""
    meanwhile: Callable[[subprocess.Popen[str], MessagesApi], None] = _undisturbed
    """What happens to the process while it runs."""

    def dispatch(
        self,
        scenario: Scenario | None = None,
        /,
        *,
        number: str = str(project.NUMBER),
        **inputs: str,
    ) -> Played:
        """Dispatch the workflow with an issue number, by Alice."""
        payload: JsonObject = {
            "inputs": {"issue-number": number},
            "ref": "refs/heads/main",
            "sender": ALICE,
        }
        given = {"issue-number": number, **_hyphens(inputs)}
        return self.act("workflow_dispatch", payload, scenario, inputs=given)

    def act(
        self,
        event: str,
        payload: JsonObject | str,
        scenario: Scenario | None = None,
        *,
        inputs: Mapping[str, str] | None = None,
        actor: str = "alice",
    ) -> Played:
        """Start the action on an event, as the runner does."""
        self.attempts += 1
        folder = self.folder / f"runner-{self.attempts}"
        runner = _runner_files(folder, payload)
        with self._model(scenario) as api:
            environment = {
                **self._machine(),
                **runner,
                **_declared_inputs(self.token),
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTOR": actor,
                "GITHUB_TRIGGERING_ACTOR": actor,
                "GITHUB_API_URL": self.github.api_url,
                "GITHUB_SERVER_URL": self.github.server_url,
                "GITHUB_EVENT_NAME": event,
                "GITHUB_REPOSITORY": project.REPOSITORY,
                "GITHUB_RUN_ID": RUN_ID,
                "GITHUB_RUN_ATTEMPT": str(self.attempts),
                "GITHUB_WORKSPACE": str(self.workspace),
                "INPUT_ANTHROPIC-API-KEY": api.api_key,
                "INPUT_ANTHROPIC-BASE-URL": api.url,
                **{f"INPUT_{name.upper()}": value for name, value in (inputs or {}).items()},
                **self.environment,
            }
            done = self._start((), environment, api)
            return self._played(done, api, scenario, runner, folder)

    def command(self, *words: str, scenario: Scenario | None = None) -> Played:
        """Start the command line in the workspace, with key and token in the environment."""
        self.attempts += 1
        folder = self.folder / f"laptop-{self.attempts}"
        folder.mkdir()
        with self._model(scenario) as api:
            environment = {
                **self._machine(),
                "ANTHROPIC_API_KEY": api.api_key,
                "ANTHROPIC_BASE_URL": api.url,
                "GITHUB_TOKEN": self.token,
                "GITHUB_API_URL": self.github.api_url,
                "GITHUB_SERVER_URL": self.github.server_url,
                **self.environment,
            }
            done = self._start(words, environment, api)
            return self._played(done, api, scenario, {}, folder)

    def push_by_hand(self, message: str) -> str:
        """Let a person put a commit on the issue's branch, and return its id."""
        git, ref = self.github.state.git, f"refs/heads/{project.BRANCH}"
        tree = git("rev-parse", f"{ref}^{{tree}}") or ""
        who = ("-c", "user.name=Bob", "-c", "user.email=bob@example.com")
        commit = git(*who, "commit-tree", tree, "-p", ref, "-m", message) or ""
        git("update-ref", ref, commit)
        return commit

    def _start(
        self, words: Sequence[str], environment: Mapping[str, str], api: MessagesApi
    ) -> subprocess.CompletedProcess[str]:
        return _run(
            (*self.program, *words),
            environment,
            self.workspace,
            lambda process: self.meanwhile(process, api),
        )

    def _machine(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        measured = {key: value for key, value in os.environ.items() if key.startswith("COVERAGE_")}
        return {"PATH": os.environ["PATH"], "HOME": str(home), "TZ": "UTC", **measured}

    @contextlib.contextmanager
    def _model(self, scenario: Scenario | None) -> Iterator[MessagesApi]:
        with MessagesApi(scenario or Scenario(conversations=(analyst(),))) as api:
            yield api

    def _played(
        self,
        done: subprocess.CompletedProcess[str],
        api: MessagesApi,
        scenario: Scenario | None,
        runner: Mapping[str, str],
        folder: Path,
    ) -> Played:
        assert self.github.failures == ()
        output = _text(runner.get("GITHUB_OUTPUT"))
        return Played(
            exit_code=done.returncode,
            stdout=done.stdout,
            stderr=done.stderr,
            outputs=_outputs(output),
            output_file=output,
            summary=_text(runner.get("GITHUB_STEP_SUMMARY")),
            folder=folder,
            requests=api.requests,
            model_faults=(*api.refusals, *(api.unused() if scenario else ())),
            pull_requests=tuple(self.github.pull_requests),
            comments=tuple(self.github.comments),
            branches=_branches(self.github),
        )


@contextlib.contextmanager
def world(
    folder: Path,
    *,
    contents: Mapping[str, str] | None = None,
    is_empty: bool = False,
    issues: Sequence[StoredIssue] | None = None,
    users: Mapping[str, str] | None = None,
    token: Token | None = None,
    settings: Settings | None = None,
    check_out: Callable[[GithubDouble, Path], None] | None = None,
) -> Iterator[World]:
    """Furnish the repository, check it out, and let runs be played."""
    given = token or Token()
    bare = project.publish(folder, None if is_empty else contents or project.files())
    with GithubDouble(
        repo=project.REPOSITORY,
        git_root=bare,
        issues=(project.issue(),) if issues is None else issues,
        users=users or {"alice": "write", "mallory": "read"},
        tokens=(given,),
        settings=settings,
    ) as double:
        workspace = folder / "workspace"
        (check_out or full)(double, workspace)
        yield World(folder=folder, github=double, token=given.value, workspace=workspace)
        assert double.failures == ()


def _hyphens(inputs: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in inputs.items()}


def _declared_inputs(token: str) -> dict[str, str]:
    """Return every input of action.yml with its default, as the runner passes them."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return {
        f"INPUT_{name.upper()}": _EXPRESSION.sub(token, str(facts.get("default", "")))
        for name, facts in action["inputs"].items()
    }


def declared_outputs() -> tuple[str, ...]:
    """Return the names of action.yml's outputs."""
    return tuple(yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["outputs"])


def _runner_files(folder: Path, payload: JsonObject | str) -> dict[str, str]:
    commands = folder / "file_commands"
    commands.mkdir(parents=True)
    files = {
        "GITHUB_OUTPUT": commands / "output",
        "GITHUB_STEP_SUMMARY": commands / "summary",
        "GITHUB_STATE": commands / "state",
    }
    for file in files.values():
        file.touch()
    event = folder / "event.json"
    event.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    temp = folder / "temp"
    temp.mkdir()
    return {
        **{name: str(file) for name, file in files.items()},
        "GITHUB_EVENT_PATH": str(event),
        "RUNNER_TEMP": str(temp),
    }


def _run(
    words: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path,
    meanwhile: Callable[[subprocess.Popen[str]], None],
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as stdout,
        tempfile.TemporaryFile("w+", encoding="utf-8") as stderr,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            meanwhile(process)
            process.wait(timeout=_TIMEOUT_S)
        finally:
            process.kill()
        texts = []
        for stream in (stdout, stderr):
            stream.seek(0)
            texts.append(stream.read())
        return subprocess.CompletedProcess(command, process.returncode, *texts)


def _text(path: str | None) -> str:
    return "" if path is None else Path(path).read_text(encoding="utf-8")


def _outputs(text: str) -> dict[str, str]:
    """Read the file as the runner does; a line outside a heredoc fails the test."""
    assert _OUTPUT.sub("", text) == ""
    return {name: value for name, _, value in _OUTPUT.findall(text)}


def _branches(double: GithubDouble) -> dict[str, str]:
    listing = double.state.git(
        "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"
    )
    return dict(line.split(" ") for line in (listing or "").splitlines())
