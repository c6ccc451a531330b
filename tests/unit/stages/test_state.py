"""One run at a time works on an issue, and the next one finds what it has left."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeUnavailableError, TakenOverError, UsageError
from orchestrator.domain.event import Entry
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.remote import PushEnding, Remote
from orchestrator.sandbox.repository import RunRepository
from orchestrator.sandbox.trees import REGULAR, TreeEntry
from orchestrator.stages.lease import LEASE, RENEW_S, Owner
from orchestrator.stages.state import StateRef
from tests.builders_git import commit_files, git, make_bare, make_repository
from tests.doubles.clock import SteppingClock
from tests.unit.domain.test_resumed_record import STARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

REF = "refs/orchestrator/issue-42"
LINE = (
    b'{"seq":1,"at":"2026-01-01T00:00:00Z","elapsed_s":0.0,'
    b'"event":{"kind":"noted","level":"notice","text":"Hello."}}\n'
)
LOCK = b'{"owner": {"run": "x"}, "until": "%s"}'
AN_HOUR_S = 3600.0


class World:
    """A forge, and runs that look at its one issue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SteppingClock()
        self.bare = make_bare(folder / "forge.git", make_repository(folder / "a", {"a": "a\n"}))
        self.runs = 0

    def run(self, *, job: str = "", attempt: int = 1, pid: int = 7) -> StateRef:
        """Return the state ref as a new run sees it."""
        self.runs += 1
        return StateRef(
            RunRepository(self.folder / f"run-{self.runs}.git"),
            Remote(url=str(self.bare)),
            issue_number=42,
            owner=Owner(run=f"run-{self.runs}", job=job, attempt=attempt, host="here", pid=pid),
            identity=Identity(name="bot", email="bot@example.org"),
            clock=self.clock,
        )

    def there(self) -> str:
        """Return where the ref stands."""
        return git(self.bare, "for-each-ref", "--format=%(objectname)", REF)

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put other files on the ref, as somebody who may push."""
        repository, bot = RunRepository(self.folder / "theirs.git"), Identity(name="x", email="x")
        blobs = {path: repository.git.write_blob(content) for path, content in files.items()}
        entries = [TreeEntry(mode=REGULAR, object_id=blob, path=at) for at, blob in blobs.items()]
        commit = repository.git.commit_tree(
            repository.git.write_tree_from(entries),
            parents=(),
            message="Theirs\n",
            author=bot,
            committer=bot,
            at=datetime.fromisoformat(self.clock.now_iso()),
        )
        repository.push(Remote(url=str(self.bare)), ref=REF, commit=commit, expected=None)

    def files(self) -> list[str]:
        """Return what is in its tree."""
        return git(self.bare, "ls-tree", "--name-only", REF).split()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A forge on which no run has been."""
    return World(tmp_path)


def holder(state: StateRef, *, is_alive: bool = True) -> str | None:
    """Return who holds the issue, as this run sees it."""
    owner = state.holder(state.load(), is_alive=lambda _pid: is_alive)
    return None if owner is None else owner.run


def test_save__is_found_by_the_next_run(world: World) -> None:
    """The journal comes back as it was; while the run works, there is a lock."""
    first = world.run()
    assert first.load() is None
    first.save(LINE, head=None)
    assert world.files() == ["journal.jsonl", "lock.json"]

    first.release(LINE, head=None)
    saved = world.run().load()

    assert world.files() == ["journal.jsonl"]
    assert saved is not None
    assert saved.lock is None
    assert [note.text for note in saved.record.notes] == ["Hello."]


def test_save__of_the_same_again_pushes_nothing(world: World) -> None:
    """A checkpoint that says nothing new costs no push while the lease is young."""
    state = world.run()
    state.save(LINE, head=None)
    before = world.there()

    state.save(LINE, head=None)
    state.hold()

    assert world.there() == before


def test_release__without_a_claim_leaves_no_trace(world: World) -> None:
    """A run that never began writes nothing."""
    world.run().release(LINE, head=None)

    assert world.there() == ""


def test_save__keeps_the_head_reachable(world: World) -> None:
    """Nothing that is spoken of can be collected as garbage: a new head alone is news, too."""
    state = world.run()
    state.save(LINE, head=None)
    checkout = world.folder / "a"
    head = commit_files(checkout, {"a": "b\n"})
    git(checkout, "push", "--quiet", str(world.folder / "run-1.git"), f"{head}:refs/x/head")

    state.save(LINE, head=head)

    assert head in git(world.bare, "rev-list", REF).split()


def test_load__alone_leaves_the_history_where_it_is(world: World) -> None:
    """Who only wants to know how the last run ended does not fetch years of commits for it."""
    state = world.run()
    checkout = world.folder / "a"
    head = commit_files(checkout, {"a": "b\n"})
    git(checkout, "push", "--quiet", str(world.folder / "run-1.git"), f"{head}:refs/x/head")
    state.save(LINE, head=head)

    saved = world.run().load(is_alone=True)

    assert saved is not None
    assert [note.text for note in saved.record.notes] == ["Hello."]
    objects = git(world.folder / "run-2.git", "cat-file", "--batch-check", "--batch-all-objects")
    assert head not in objects
    assert objects.count(" commit ") == 1


def test_add__puts_one_event_behind_the_last(world: World) -> None:
    """Without a claim, and with the history of the ref kept, though only its end was read."""
    first = world.run()
    first.save(LINE, head=None)
    first.release(LINE, head=None)
    before = git(world.bare, "rev-list", REF).split()
    state = world.run()
    saved = state.load(is_alone=True)
    assert saved is not None

    state.add(saved, saved.entries[0].event.model_copy(update={"text": "Later."}))

    assert git(world.bare, "rev-list", f"{REF}~1").split() == before
    assert world.files() == ["journal.jsonl"]
    after = world.run().load()
    assert after is not None
    assert [note.text for note in after.record.notes] == ["Hello.", "Later."]
    assert [entry.seq for entry in after.entries] == [1, 2]


def test_add__never_goes_over_a_run_that_has_begun(world: World) -> None:
    """Its claim came first: nothing is written, and whoever asked is told."""
    first = world.run()
    first.save(LINE, head=None)
    first.release(LINE, head=None)
    state = world.run()
    saved = state.load(is_alone=True)
    assert saved is not None
    other = world.run()
    other.load()
    other.save(LINE, head=None)
    before = world.there()

    with pytest.raises(TakenOverError):
        state.add(saved, saved.entries[0].event)

    assert world.there() == before


def test_claim__is_won_by_one(world: World) -> None:
    """Of two runs that saw a free issue, the second one's first word is refused."""
    first, second = world.run(), world.run()
    first.load()
    second.load()

    first.save(LINE, head=None)

    with pytest.raises(TakenOverError):
        second.save(LINE, head=None)
    assert holder(world.run()) == "run-1"


@pytest.mark.parametrize("call", ["save", "hold", "release"])
def test_run__that_was_overtaken_writes_no_more(world: World, call: str) -> None:
    """A run that slept past its lease finds the issue taken and changes nothing."""
    sleeper = world.run()
    sleeper.save(LINE, head=None)
    world.clock.advance(AN_HOUR_S)
    other = world.run()
    assert holder(other) is None
    other.save(LINE, head=None)
    before = world.there()

    calls: dict[str, Callable[[], None]] = {
        "save": lambda: sleeper.save(LINE + LINE, head=None),
        "hold": sleeper.hold,
        "release": lambda: sleeper.release(LINE, head=None),
    }
    for _ in range(2):
        with pytest.raises(TakenOverError):
            calls[call]()

    assert world.there() == before


def test_run__that_knows_it_was_overtaken_publishes_nothing(world: World) -> None:
    """However young its own lease is, and with nobody there to ask."""
    first = world.run(job="9")
    first.save(LINE, head=None)
    second = world.run(job="9", attempt=2)
    assert holder(second) is None
    second.save(LINE, head=None)
    with pytest.raises(TakenOverError):
        first.save(LINE + LINE, head=None)
    world.bare.rename(world.folder / "gone.git")

    for call in (first.hold, lambda: first.save(LINE, head=None)):
        with pytest.raises(TakenOverError):
            call()


def test_hold__keeps_a_long_run_s_lock_alive(world: World) -> None:
    """One long step is no reason to lose the issue; what was saved stays as it is."""
    state = world.run()
    state.save(LINE, head=None)
    for _ in range(int(AN_HOUR_S / RENEW_S)):
        world.clock.advance(RENEW_S)
        state.hold()

    assert holder(world.run()) == "run-1"
    assert git(world.bare, "show", f"{REF}:journal.jsonl").encode() == LINE.strip()


def test_hold__after_the_end_locks_nothing(world: World) -> None:
    """A heartbeat that comes late, while the last checkpoint is written, is no new claim."""
    state = world.run()
    state.save(LINE, head=None)
    state.release(LINE, head=None)

    state.hold()

    assert world.files() == ["journal.jsonl"]


def test_lock__of_a_dead_run_expires(world: World) -> None:
    """Nobody has to free an issue by hand."""
    world.run(job="9").save(LINE, head=None)

    assert holder(world.run()) == "run-1"
    world.clock.advance(LEASE.total_seconds())
    assert holder(world.run()) is None


def test_lock__of_a_process_that_is_gone_binds_nobody(world: World) -> None:
    """On one machine nobody waits for a lease: the process is there or it is not."""
    world.run().save(LINE, head=None)

    assert holder(world.run(), is_alive=True) == "run-1"
    assert holder(world.run(), is_alive=False) is None


@pytest.mark.parametrize(
    ("job", "attempt", "free"),
    [("9", 2, True), ("9", 1, False), ("8", 2, False)],
    ids=["next attempt", "another job of the attempt", "another workflow run"],
)
def test_lock__of_an_earlier_attempt_binds_nobody(
    world: World, job: str, attempt: int, *, free: bool
) -> None:
    """Attempts of one workflow run follow each other; its jobs may run together."""
    world.run(job="9", attempt=1).save(LINE, head=None)

    assert (holder(world.run(job=job, attempt=attempt), is_alive=False) is None) is free


def _begun(run_id: str) -> bytes:
    event = STARTED.model_copy(update={"run_id": run_id})
    entry = Entry(seq=1, at="2026-01-01T00:00:00Z", elapsed_s=0.0, event=event)
    return entry.model_dump_json().encode() + b"\n"


def test_free__takes_the_lock_of_a_killed_run_away(world: World) -> None:
    """Who tidies up after a run frees the issue at once, and saves what it had not saved yet."""
    world.run(job="9").save(_begun("mine"), head=None)
    assert holder(world.run(job="8")) == "run-1"
    whole = _begun("mine") + LINE.replace(b'"seq":1', b'"seq":2')

    assert world.run().free("mine", whole, head=None)

    assert holder(world.run(job="8")) is None
    assert world.files() == ["journal.jsonl"]
    assert git(world.bare, "show", f"{REF}:journal.jsonl").encode() == whole.strip()
    assert not world.run().free("mine", whole, head=None)


def test_renew__keeps_what_was_done_in_between_and_claims_nothing(world: World) -> None:
    """Between two checkpoints a killed run loses minutes, and a released issue stays free."""
    state = world.run()
    state.renew(LINE, head=None)
    assert world.there() == ""

    state.save(b"", head=None)
    state.renew(LINE, head=None)
    kept = world.run().load()
    state.release(LINE, head=None)
    state.renew(LINE + LINE, head=None)

    assert kept is not None
    assert [note.text for note in kept.record.notes] == ["Hello."]
    assert world.files() == ["journal.jsonl"]


def test_free__leaves_another_run_s_lock_alone(world: World) -> None:
    """The run that came after, in the same workflow run even, keeps what it holds."""
    world.run(job="9").save(_begun("another"), head=None)
    before = world.there()

    assert not world.run(job="9").free("mine", LINE, head=None)

    assert world.there() == before


def test_load__of_something_else_names_the_ref(world: World) -> None:
    """A state that cannot be read is told with the command that removes it."""
    state = world.run()
    state.save(b"{}\n", head=None)

    with pytest.raises(UsageError, match=REF) as refusal:
        world.run().load()

    assert f"push <remote> :{REF}" in refusal.value.hint


@pytest.mark.parametrize("until", ["soon", "2026-01-01T00:00:00"])
def test_load__of_a_lock_without_a_moment_names_the_ref(world: World, until: str) -> None:
    """Anybody who may push can write a lock: one that names no moment ends no run in a defect."""
    world.write({"journal.jsonl": LINE, "lock.json": LOCK % until.encode()})

    with pytest.raises(UsageError, match=REF):
        world.run().load()


class Forgetful(RunRepository):
    """Pushes, and loses the first answer."""

    loses = 1

    def push(self, remote: Remote, *, ref: str, commit: str, expected: str | None) -> PushEnding:
        ending = super().push(remote, ref=ref, commit=commit, expected=expected)
        if self.loses:
            self.loses -= 1
            raise ForgeUnavailableError("The line is cut.", hint="Wait.")
        return ending


def test_save__after_a_lost_answer_knows_its_own_push(world: World) -> None:
    """A push that arrived and was not confirmed is no other run."""
    state = StateRef(
        Forgetful(world.folder / "run.git"),
        Remote(url=str(world.bare)),
        issue_number=42,
        owner=Owner(run="run"),
        identity=Identity(name="bot", email="bot@example.org"),
        clock=world.clock,
    )
    with pytest.raises(ForgeUnavailableError):
        state.save(LINE, head=None)
    world.clock.advance(1)

    state.save(LINE, head=None)
    state.release(LINE, head=None)

    assert world.files() == ["journal.jsonl"]
