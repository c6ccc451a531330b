"""A whole run over a real repository in a folder, with a model that plays a scenario.

Everything is wired as the program wires it; only the model, the clock and the terminal are
stand-ins.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from orchestrator.app.least import least
from orchestrator.app.order import Order
from orchestrator.app.wiring import Parts, wire
from orchestrator.config.inputs import Inputs
from orchestrator.config.loading import load_settings
from orchestrator.domain.event import RunStarted
from orchestrator.domain.issue import Actor, Issue, Trigger, TriggerKind
from orchestrator.domain.plan import Plan
from orchestrator.forge.forge import Repository
from orchestrator.forge.local_forge import LocalForge, LocalReader, LocalWriter
from orchestrator.forge.local_survey import LocalSurvey
from orchestrator.llm.llm import nobody, whatever_it_costs
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.scripted import ScriptedModel
from orchestrator.llm.translate import wire_body
from orchestrator.rendering.templates import Templates
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.remote import Remote
from orchestrator.sandbox.repository import Base, RunRepository
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.scheduling.workers import CancelToken, lock
from orchestrator.stages.intake import Admitted
from orchestrator.stages.lease import Owner
from orchestrator.stages.preflight.scene import Scene
from orchestrator.stages.publish import Publisher, Target
from orchestrator.stages.reading import CommitFiles
from orchestrator.stages.results import Results
from orchestrator.stages.setup_secrets import SetupSecrets
from orchestrator.stages.state import StateRef
from orchestrator.stages.upstream import BranchPush, Upstream
from orchestrator.telemetry.journal import Journal
from orchestrator.telemetry.redaction import Redactor
from tests.builders_git import git, make_repository
from tests.doubles.clock import SteppingClock
from tests.end_to_end import project
from tests.end_to_end.play import USUAL_TASKS, play
from tests.unit.app.office import make_desk

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping
    from threading import Barrier

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import ModelRequest, Reply
    from orchestrator.forge.forge import ForgeWriter
    from orchestrator.llm.llm import Arrivals, MayRepeat
    from orchestrator.llm.scenario import Conversation, Scenario
    from orchestrator.sandbox.sandbox import Sandbox
    from orchestrator.stages.context import RunContext

_LONGEST_S = 20.0
ALICE = Actor(login="alice", id=7)


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of the forge's repository."""

    folder: Path

    def commit(self, branch: str) -> str | None:
        return git(self.folder, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")


class Heard(ScriptedModel):
    """A scripted model that keeps what it was asked, and takes its time as a test says."""

    def __init__(self, scenario: Scenario, clock: SteppingClock) -> None:
        """Begin the play from the start, with nothing heard; answers come at once."""
        super().__init__(scenario)
        self.bodies: list[JsonObject] = []
        self.takes_s = 0.0
        self._clock = clock
        self._meeting: tuple[str, Barrier] | None = None

    def meet(self, words: str, barrier: Barrier) -> None:
        """Let first requests with these words wait for each other; alone, one fails."""
        self._meeting = words, barrier

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,
    ) -> Reply:
        """Keep the request as it would have gone out, then answer."""
        self.bodies.append(wire_body(request))
        self._clock.advance(self.takes_s)
        if self._meeting is not None and len(request.messages) == 1:
            words, barrier = self._meeting
            if words in request.messages[0].blocks_json:
                barrier.wait(_LONGEST_S)
        return super().reply(request, arrivals, may_repeat)


def lives(part: Json) -> set[str]:
    """Return for how long the cache markers in a part of a request ask."""
    return set(re.findall(r'"ttl": "(\w+)"', json.dumps(part)))


@dataclass(kw_only=True)
class House:
    """One run, and the world around it."""

    folder: Path
    forge: LocalForge
    journal: Journal
    repository: RunRepository
    base: Base
    remote: Remote
    upstream: Upstream
    state: StateRef
    templates: Templates
    model: Heard
    context: RunContext = field(init=False)
    shown: list[str] = field(default_factory=list)
    """The head at each call of `show`."""

    @property
    def bare(self) -> Path:
        """The repository on the forge."""
        return self.folder / "forge" / "repository.git"

    def publisher(
        self,
        writer: ForgeWriter | None = None,
        *,
        push: Callable[[str, str], None] | None = None,
        keep: Callable[[str], None] | None = None,
        there: Callable[[], str | None] | None = None,
        is_open: Callable[[int], bool] | None = None,
        hold: Callable[[], None] = lambda: None,
    ) -> Publisher:
        """Return the one that writes to the forge."""
        return Publisher(
            writer=writer or LocalWriter(self.forge),
            push=push or BranchPush(self.repository, self.remote, self.upstream),
            journal=self.journal,
            target=Target(
                issue_number=project.NUMBER,
                branch=project.BRANCH,
                base_branch=self.base.branch,
                waiting_label="needs-info",
            ),
            templates=self.templates,
            hold=hold,
            keep=keep or self.keep,
            there=there or self.upstream.branch_commit,
            is_open=is_open or (lambda number: LocalReader(self.forge).issue(number).is_open),
        )

    def keep(self, commit: str) -> None:
        """Put a commit on the issue's state ref, as this run's."""
        self.state.save(b"", head=commit)

    def keep_pushed(self) -> None:
        """Put on the state ref what stands on the branch, as an earlier run has done."""
        branch = f"refs/heads/{project.BRANCH}"
        self.repository.fetch(self.remote, {branch: "refs/orchestrator/pushed"})
        self.keep(git(self.bare, "rev-parse", branch))

    def read(self, path: str, commit: str | None = None) -> str | None:
        """Return a file of the branch's head, or of a commit."""
        content = self.context.branch.git.blob(commit or self.context.branch.head, path)
        return None if content is None else content.decode()

    def notes(self) -> str:
        """Return every note of the journal, as one text."""
        return "\n".join(note.text for note in self.journal.record.notes)

    def told(self, words: str, *, of: str = "text") -> str:
        """Return the first message to an agent that holds these words; fail without one.

        Args:
            words: Words of the message.
            of: Kind of the blocks that are looked at, `text` or `tool_result`.
        """
        for line in self.journal.path.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)["event"]
            if event["kind"] == "message_appended" and event["role"] == "user":
                blocks = json.loads(event["blocks_json"])
                field = "content" if of == "tool_result" else of
                text = "\n".join(str(each.get(field, "")) for each in blocks if each["type"] == of)
                if words in text:
                    return text
        raise AssertionError(f"nobody was told {words!r}")

    def looks(self) -> str:
        """Return what pre-flight saw, a line for each look."""
        looks = self.journal.record.looks
        return "\n".join(f"{item.look} {item.verdict}: {item.text} {item.hint}" for item in looks)

    def subjects(self) -> list[str]:
        """Return the subjects of the branch's commits, oldest first."""
        log = self.context.branch.git.log(self.context.branch.head, since=self.base.commit)
        return [commit.subject for commit in reversed(log)]


class Furnish(Protocol):
    """Makes the house in the test's folder; the fixture `furnish` is one."""

    def __call__(
        self,
        *parts: Conversation,
        files: Mapping[str, str | bytes] | None = None,
        settings: str = project.SETTINGS,
        sandbox: bool = True,
        issue: Issue | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> House: ...


def make_house(
    folder: Path,
    *parts: Conversation,
    stack: contextlib.ExitStack,
    files: Mapping[str, str | bytes] | None = None,
    settings: str = project.SETTINGS,
    sandbox: bool = True,
    issue: Issue | None = None,
    secrets: Mapping[str, str] | None = None,
) -> House:
    """Furnish a run on the greeter, or on other files; without parts, all goes well."""
    contents = {project.CONFIG: settings, **files} if files else project.files(settings)
    checkout = make_repository(folder / "checkout", contents)
    bare = RunRepository(folder / "forge" / "repository.git").git.bare
    git(checkout, "push", "--quiet", str(bare), "main")
    given = SetupSecrets(values={name: SecretStr(value) for name, value in (secrets or {}).items()})
    clock, redactor = SteppingClock(), Redactor(given.texts())
    facts = Repository(
        full_name="octo/greeter", default_branch="main", url=str(bare), clone_url=str(bare)
    )
    forge = LocalForge(root=folder / "forge", branches=Branches(bare), clock=clock, facts=facts)
    issue = forge.add_issue(issue or an_issue())
    repository = RunRepository(folder / "run" / "repository.git")
    remote = Remote(url=str(bare))
    base = repository.take_base(checkout=checkout, remote=None, branch=None)
    journal = Journal(folder / "run" / "journal.jsonl", clock=clock, redactor=redactor, lock=lock())
    stack.callback(journal.close)
    house = House(
        folder=folder,
        forge=forge,
        journal=journal,
        repository=repository,
        base=base,
        remote=remote,
        upstream=Upstream(
            repository, remote, base=base, branch=project.BRANCH, issue_number=project.NUMBER
        ),
        state=StateRef(
            repository,
            remote,
            issue_number=project.NUMBER,
            owner=Owner(run="run-1"),
            identity=Identity(name="bot", email="bot@example.org"),
            clock=clock,
        ),
        templates=Templates(),
        model=Heard(play(*parts), clock),
    )
    commit_files = CommitFiles(git=repository.git, commit=base.commit)
    loaded = load_settings(commit_files, tracked_paths=commit_files.paths())
    journal.write(_started(house, tuple(stage.name for stage in loaded.settings.workflow.stages)))
    parts_ = Parts(
        order=Order(
            inputs=Inputs(),
            trigger=Trigger(kind=TriggerKind.DISPATCH, issue_number=project.NUMBER, actor=ALICE),
            checkout=checkout,
            output=folder / "run",
            run_id="run-1",
        ),
        desk=make_desk(clock=clock, redactor=redactor),
        run_id="run-1",
        settings=loaded.settings,
        admitted=Admitted(issue=issue, comments=()),
        repository_name="octo/greeter",
        repository=repository,
        base=base,
        files=commit_files,
        journal=journal,
        templates=house.templates,
        model=house.model,
        service=None,
        prices=LIST_PRICES,
        cancel=CancelToken(),
        sandbox=_sandbox(folder) if sandbox else None,
        setup_secrets=given,
        scene=Scene(
            issue=issue,
            requester=ALICE,
            trigger=TriggerKind.DISPATCH,
            phrase="/orchestrate",
            branch=project.BRANCH,
            is_published=True,
            base=base,
            git=repository.git,
            settings=loaded.settings.preflight,
            limits=loaded.settings.limits,
            least=least(loaded.settings, LIST_PRICES),
            forge=LocalReader(forge),
            survey=LocalSurvey(forge, partial(changed_between, bare)),
            upstream=house.upstream,
            journal=journal,
        ),
        head=None,
        trees=folder / "trees",
    )
    house.context = wire(parts_, lambda context: house.shown.append(context.branch.head))
    return house


def changed_between(bare: Path, base: str, head: str) -> tuple[str, ...]:
    """Return the paths that the second branch has changed since it left the first."""
    span = f"refs/heads/{base}...refs/heads/{head}"
    return tuple(git(bare, "diff", "--name-only", span).splitlines())


def an_issue(**changes: object) -> Issue:
    """Return the issue of the greeter."""
    usual: dict[str, object] = {
        "number": project.NUMBER,
        "title": project.TITLE,
        "body": project.BODY,
        "author": ALICE,
        "is_open": True,
        "is_pull_request": False,
    }
    return Issue(**{**usual, **changes})  # type: ignore[arg-type]  # named by the test


def a_plan(*tasks: JsonObject) -> Plan:
    """Return a plan of these tasks, or of the usual three."""
    return Plan.model_validate(
        {
            "issue_id": project.NUMBER,
            "complexity": "simple",
            "summary": "One function, its tests, a review.",
            "tasks": list(tasks or USUAL_TASKS),
            "assumptions": [],
            "decisions": [],
            "out_of_scope": [],
        }
    )


def planned(*tasks: JsonObject) -> Results:
    """Return what is known once there is a plan."""
    return Results(plan=a_plan(*tasks))


def _sandbox(folder: Path) -> Sandbox:
    return Unconfined(folder / "cells", toolchain=Toolchain(path=(Path(sys.executable).parent,)))


def _started(house: House, stages: tuple[str, ...]) -> RunStarted:
    return RunStarted(
        run_id="run-1",
        version="0",
        issue_number=project.NUMBER,
        issue_title=project.TITLE,
        issue_url="",
        actor=ALICE.login,
        trigger=TriggerKind.DISPATCH,
        repository="octo/greeter",
        base_branch=house.base.branch,
        base_commit=house.base.commit,
        branch=project.BRANCH,
        stages=stages,
        config_digest="",
    )
