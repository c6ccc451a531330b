"""Every way in which the forge can fail, played at its socket, and what becomes of the work.

REST goes through the real forge window, pushes through real git over HTTP, by way of the two
things that push: the branch of a run and its state. Time is a clock that steps.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ForgeError,
    ForgeUnavailableError,
    NotAuthorisedError,
    OrchestratorError,
    TakenOverError,
    UsageError,
)
from orchestrator.domain.outcome import Conclusion
from orchestrator.forge.exchange import Patience
from orchestrator.forge.refusals import NO_DRAFTS
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.plumbing import find_git
from orchestrator.sandbox.remote import Remote
from orchestrator.stages.endings import outcome_of_error
from orchestrator.stages.lease import Owner
from orchestrator.stages.state import StateRef
from orchestrator.stages.upstream import BranchPush, Upstream
from tests.builders_git import commit_files, git, make_bare, make_run
from tests.doubles.clock import SteppingClock
from tests.doubles.github import GithubDouble
from tests.doubles.github_faults import Fault, Stall
from tests.doubles.github_state import Settings, Token
from tests.unit.forge.rooms import MARKER, TEXT, github

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.domain.json import Json

MOST_WAITING_S = 600.0


def invalid(message: str) -> Json:
    """Return what GitHub says of a creation that it does not take."""
    return {"message": "Validation Failed", "errors": [{"message": message}]}


BRANCH = "orchestrator/issue-42"
REF = f"refs/heads/{BRANCH}"
STATE = "refs/orchestrator/issue-42"

FORGE = {
    "secondary rate limit": Fault(
        method="POST", path="/pulls", status=403, message="You have exceeded a secondary rate limit"
    ),
    "429 with retry-after": Fault(
        method="POST", path="/pulls", status=429, headers={"retry-after": "7"}
    ),
    "500": Fault(method="POST", path="/pulls", status=500),
    "502 after it was done": Fault(method="POST", path="/pulls", status=502, is_performed=True),
    "reset": Fault(method="POST", path="/pulls"),
    "reset after it was done": Fault(method="POST", path="/pulls", is_performed=True),
    "slow answer": Fault(method="POST", path="/pulls", slow_s=0.3),
    "503 on reading": Fault(method="GET", path="/pulls", times=2, status=503),
    "too quickly": Fault(
        method="POST", path="/pulls", status=422, document=invalid("was submitted too quickly")
    ),
    "abuse detection": Fault(
        method="POST",
        path="/pulls",
        status=403,
        message="You have triggered an abuse detection mechanism. Please retry in a few minutes.",
    ),
    "branch not seen yet": Fault(
        method="POST",
        path="/pulls",
        times=2,
        status=422,
        document={
            "message": "Validation Failed",
            "errors": [{"resource": "PullRequest", "field": "head", "code": "invalid"}],
        },
    ),
    "commits not seen yet": Fault(
        method="POST",
        path="/pulls",
        status=422,
        document=invalid("No commits between main and topic"),
    ),
}


@pytest.mark.parametrize("name", FORGE)
def test_forge__fault_leaves_one_pull_request(name: str, tmp_path: Path) -> None:
    """A forge that stumbles is asked again, and never does a thing twice."""
    with github(tmp_path) as room:
        room.double.break_next(FORGE[name])
        room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert len(room.double.pull_requests) == 1
        assert sum(room.clock.sleeps) <= MOST_WAITING_S


def test_forge__without_drafts_may_not_see_the_branch_yet_either(tmp_path: Path) -> None:
    """The second way to open a request waits for the branch as the first one does."""
    with github(tmp_path, settings=Settings(has_drafts=False)) as room:
        for name in ("no drafts", "branch not seen yet"):
            document = FORGE[name].document if name in FORGE else invalid(NO_DRAFTS)
            room.double.break_next(
                Fault(method="POST", path="/pulls", status=422, document=document)
            )
        room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert len(room.double.pull_requests) == 1


def test_forge__that_stays_away_is_named(tmp_path: Path) -> None:
    """Patience ends with an error of the forge, after a bounded wait."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="GET", path="/", times=99, status=503))
        with contextlib.ExitStack() as stack:
            caught = stack.enter_context(pytest.raises(ForgeError))
            room.reader.issue(42)

        assert caught.value.hint
        assert sum(room.clock.sleeps) <= MOST_WAITING_S


@pytest.mark.parametrize("stall", [Stall.SILENT, Stall.HALF])
def test_forge__that_falls_silent_is_asked_again(stall: Stall, tmp_path: Path) -> None:
    """An answer that stops before its end is given up after the timeout, not waited for."""
    with github(tmp_path, timeout_s=1) as room:
        room.double.break_next(Fault(method="GET", path="/issues/42", stall=stall))

        assert room.reader.issue(42).title == "Dark mode"


@pytest.mark.parametrize(
    ("stall", "is_performed"), [(Stall.HEAD, True), (Stall.HALF, True), (Stall.SILENT, False)]
)
def test_forge__that_falls_silent_over_a_creation_does_it_once(
    stall: Stall, tmp_path: Path, *, is_performed: bool
) -> None:
    """Nobody knows what became of it, so we look before we ask again."""
    with github(tmp_path, timeout_s=1) as room:
        room.double.break_next(
            Fault(method="POST", path="/pulls", stall=stall, is_performed=is_performed)
        )
        room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
        room.double.break_next(
            Fault(method="POST", path="/comments", stall=stall, is_performed=is_performed)
        )
        room.writer.ensure_comment(42, marker=MARKER, body="Started.")

        assert len(room.double.pull_requests) == len(room.double.comments) == 1
        if is_performed:
            assert len(room.double.sent("POST", "/pulls")) == 1
            assert len(room.double.sent("POST", "/comments")) == 1


def test_forge__that_stays_silent_is_given_up(tmp_path: Path) -> None:
    """A change that cannot be told from one that happened is not sent for ever."""
    with github(tmp_path, timeout_s=1, patience=Patience(tries=2)) as room:
        room.double.break_next(Fault(method="POST", path="/pulls", times=99, stall=Stall.HEAD))
        with pytest.raises(ForgeUnavailableError, match="open a pull request"):
            room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert len(room.double.sent("POST", "/pulls")) == 2
        assert room.double.pull_requests == ()


class Yard:
    """A forge behind HTTP with real git, a run that pushes there, and somebody else."""

    def __init__(self, folder: Path, double: GithubDouble, clock: SteppingClock) -> None:
        self.double = double
        self.clock = clock
        self.checkout = folder / "checkout"
        self.bare = folder / "forge.git"
        self.repository, self.base = make_run(folder)
        self.remote = Remote(
            url=double.clone_url, credential=SecretStr(Token().value), clock=clock, silent_s=2
        )
        upstream = Upstream(
            self.repository, self.remote, base=self.base, branch=BRANCH, issue_number=42
        )
        self.push = BranchPush(self.repository, self.remote, upstream)
        self.mine = self.commit("mine", run="1")
        self.theirs = self.commit("theirs")

    def commit(self, text: str, *, run: str = "") -> str:
        """Return a commit on the base that both sides have, of a run or of a person."""
        git(self.checkout, "checkout", "--quiet", "--detach", self.base.commit)
        trailer = f"\n\nOrchestrator-Run: {run}\n" if run else ""
        commit = commit_files(self.checkout, {"new.txt": text}, message=f"Add {text}{trailer}")
        for there in (self.bare, self.repository.git.bare):
            git(self.checkout, "push", "--quiet", str(there), f"{commit}:refs/x/{commit}")
        return commit

    def state(self, run: str) -> StateRef:
        """Return the state of the issue as a run holds it."""
        return StateRef(
            self.repository,
            self.remote,
            issue_number=42,
            owner=Owner(run=run),
            identity=Identity(name="bot", email="bot@example.org"),
            clock=self.clock,
        )

    def there(self, ref: str = REF) -> str:
        """Return where a ref stands on the forge; nothing where there is none."""
        return git(self.bare, "for-each-ref", "--format=%(objectname)", ref)

    def move(self, ref: str) -> Callable[[], object]:
        """Return how somebody else sets a ref, past all doors."""
        return lambda: git(self.bare, "update-ref", ref, self.theirs)


@contextlib.contextmanager
def yard(folder: Path, settings: Settings | None = None) -> Iterator[Yard]:
    """Open a yard."""
    clock = SteppingClock()
    make_run(folder)
    bare = make_bare(folder / "forge.git", folder / "checkout")
    with GithubDouble(git_root=bare, settings=settings) as double:
        yield Yard(folder, double, clock)
        assert double.failures == ()
        assert sum(clock.sleeps) <= MOST_WAITING_S


RECEIVE = "git-receive-pack"
ASKED = "info/refs"
PUSHES = {
    "500 when asked": Fault(method="GET", path=ASKED, status=500),
    "503 three times": Fault(method="GET", path=ASKED, times=3, status=503),
    "429 when asked": Fault(method="GET", path=ASKED, status=429),
    "502 on pushing": Fault(method="POST", path=RECEIVE, status=502),
    "502 after it was done": Fault(method="POST", path=RECEIVE, status=502, is_performed=True),
    "reset when asked": Fault(method="GET", path=ASKED),
    "reset on pushing": Fault(method="POST", path=RECEIVE),
    "reset after it was done": Fault(method="POST", path=RECEIVE, is_performed=True),
    "slow answer": Fault(method="POST", path=RECEIVE, slow_s=0.3),
}


@pytest.mark.parametrize("name", PUSHES)
def test_push__fault_leaves_the_branch_where_it_belongs(name: str, tmp_path: Path) -> None:
    """A git server that stumbles is asked again, and the commit arrives."""
    with yard(tmp_path) as place:
        place.double.break_next(PUSHES[name])
        place.push(BRANCH, place.mine)

        assert place.there() == place.mine


@pytest.mark.parametrize("name", PUSHES)
def test_state__fault_is_no_other_run(name: str, tmp_path: Path) -> None:
    """A checkpoint that had to be pushed twice is still this run's own."""
    with yard(tmp_path) as place:
        place.double.break_next(PUSHES[name])
        state = place.state("one")
        state.save(b"1\n", head=place.mine)
        state.save(b"2\n", head=place.mine)

        assert git(place.bare, "show", f"{STATE}:journal.jsonl") == "2"


def test_push__to_who_says_nothing_ends(tmp_path: Path) -> None:
    """A connection that is open and silent is given up, and the next one works."""
    with yard(tmp_path) as place:
        place.double.break_next(Fault(method="POST", path=RECEIVE, slow_s=6.0))
        place.push(BRANCH, place.mine)

        assert place.there() == place.mine
        assert place.clock.sleeps == [1.0]


def test_refs__of_who_takes_for_ever_are_worth_a_later_run(tmp_path: Path) -> None:
    """A server that answers byte by byte meets our bound; the repository is not to blame."""
    hasty = replace(find_git(), timeout_s=0.3)
    with yard(tmp_path) as place:
        place.double.break_next(Fault(method="GET", path=ASKED, times=99, slow_s=1.0))
        with pytest.raises(ForgeUnavailableError, match="took longer than"):
            place.remote.refs(hasty, place.bare)


def test_push__to_who_stays_away_is_worth_a_later_run(tmp_path: Path) -> None:
    """Patience ends after a bounded wait; what was made is not lost, and the advice says so."""
    with yard(tmp_path) as place:
        place.double.break_next(Fault(method="GET", path=ASKED, times=99, status=503))
        with pytest.raises(ForgeUnavailableError) as caught:
            place.push(BRANCH, place.mine)

        assert place.clock.sleeps == [1.0, 4.0, 15.0]
        assert "Run again" in caught.value.hint
        assert place.repository.git.resolve(place.mine) == place.mine


@pytest.mark.parametrize("is_first", [True, False])
def test_race__of_a_person_on_our_branch_is_theirs(tmp_path: Path, *, is_first: bool) -> None:
    """Who pushes between our look and our push is not overwritten, and told to decide."""
    with yard(tmp_path) as place:
        if not is_first:
            place.push(BRANCH, place.commit("earlier", run="1"))
        fault = Fault(method="POST", path=RECEIVE, meanwhile=place.move(REF))
        place.double.break_next(fault)
        with pytest.raises(UsageError, match="Somebody moved or deleted") as caught:
            place.push(BRANCH, place.mine)
        with pytest.raises(UsageError, match="Somebody moved or deleted"):
            place.push(BRANCH, place.mine)

        assert place.there() == place.theirs
        assert place.clock.sleeps == []
        outcome = outcome_of_error(caught.value)
        assert outcome.conclusion is Conclusion.BLOCKED
        assert "run again" in outcome.hint


@pytest.mark.parametrize("is_first", [True, False])
def test_race__of_another_run_on_the_state_is_lost(tmp_path: Path, *, is_first: bool) -> None:
    """Of two runs that claim or keep an issue at one moment, one wins and the other knows."""
    with yard(tmp_path) as place:
        state = place.state("one")
        if not is_first:
            state.save(b"1\n", head=None)
        place.double.break_next(Fault(method="POST", path=RECEIVE, meanwhile=place.move(STATE)))
        with pytest.raises(TakenOverError):
            state.save(b"2\n", head=None)
        pushes = len(place.double.sent("POST", RECEIVE))
        with pytest.raises(TakenOverError):
            state.hold()

        assert place.there(STATE) == place.theirs
        assert len(place.double.sent("POST", RECEIVE)) == pushes


@pytest.mark.parametrize("ref", [REF, STATE])
def test_race__for_the_lock_of_a_ref_is_waited_for(ref: str, tmp_path: Path) -> None:
    """Somebody who is about to change the same ref is let through; then it is our turn."""
    with yard(tmp_path) as place:
        lock = place.bare / f"{ref}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        for step in (lock.touch, lock.touch, lock.unlink):
            place.double.break_next(Fault(method="POST", path=RECEIVE, meanwhile=step))
        if ref == REF:
            place.push(BRANCH, place.mine)
        else:
            place.state("one").save(b"1\n", head=None)

        assert place.there(ref)
        assert place.clock.sleeps == [1.0, 4.0]


def test_race__for_a_lock_that_stays_is_bounded(tmp_path: Path) -> None:
    """A lock that nobody takes away ends the push, as something to try again."""
    with yard(tmp_path) as place:
        lock = place.bare / f"{REF}.lock"
        lock.parent.mkdir(parents=True)
        lock.touch()
        with pytest.raises(ForgeUnavailableError, match="at the same time"):
            place.push(BRANCH, place.mine)

        assert place.clock.sleeps == [1.0, 4.0, 15.0]


def test_rule__that_turns_the_branch_away_keeps_the_work(tmp_path: Path) -> None:
    """A branch rule that only the push meets is named; the state keeps the commits over there."""
    with yard(tmp_path, Settings(refuses_branches=True)) as place:
        state = place.state("one")
        with pytest.raises(NotAuthorisedError, match="GH013") as caught:
            place.push(BRANCH, place.mine)
        state.save(b"1\n", head=place.mine)

        assert place.there() == ""
        assert place.clock.sleeps == []
        assert "Exempt" in caught.value.hint
        assert outcome_of_error(caught.value).conclusion is Conclusion.BLOCKED
        assert git(place.bare, "merge-base", "--is-ancestor", place.mine, STATE) == ""


def test_name__that_another_branch_leaves_no_room_for_is_told(tmp_path: Path) -> None:
    """A branch called like our prefix is named, with the setting that avoids it."""
    with yard(tmp_path) as place:
        place.move("refs/heads/orchestrator")()
        with pytest.raises(OrchestratorError, match="leaves no room") as caught:
            place.push(BRANCH, place.mine)

        assert "branch-prefix" in caught.value.hint
