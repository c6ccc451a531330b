"""The journal keeps everything that happened, and nothing secret."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import OutsideError, UsageError
from orchestrator.domain.event import (
    Entry,
    MessageAppended,
    Noted,
    StageEnded,
    StageStarted,
)
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.record import RunRecord, fold
from orchestrator.telemetry.journal import Journal
from orchestrator.telemetry.redaction import Redactor
from orchestrator.telemetry.replay import read_journal
from tests.builders_events import run_started
from tests.doubles.clock import SteppingClock

if TYPE_CHECKING:
    from pathlib import Path

_SECRET = "canary-1234567890-canary"
_STARTED = run_started()


def _journal(path: Path, clock: SteppingClock | None = None) -> Journal:
    return Journal(path, clock=clock or SteppingClock(), redactor=Redactor([_SECRET]))


def _noted(text: str) -> Noted:
    return Noted(level=NoteLevel.NOTICE, text=text)


def test_write__one_line_per_event(tmp_path: Path) -> None:
    """Each event is one JSON line with its number and its times."""
    clock = SteppingClock()
    journal = _journal(tmp_path / "deep" / "journal.jsonl", clock)

    journal.write(_noted("one\ntwo"))
    clock.advance(1.5)
    entry = journal.write(_noted("three"))
    journal.close()

    lines = journal.path.read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]
    assert entry.elapsed_s == 1.5
    assert entry.at == "2026-01-01T00:00:01.500Z"
    assert json.loads(lines[1])["event"]["text"] == "three"


def test_write__only_for_this_user(tmp_path: Path) -> None:
    """Nobody else on the machine can read the journal, not even one made before."""
    path = tmp_path / "journal.jsonl"
    path.touch(0o644)

    _journal(path).close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_write__redacts_nested_json(tmp_path: Path) -> None:
    """A secret inside a message's JSON is hidden in file, entry and record, and stays JSON."""
    journal = _journal(tmp_path / "journal.jsonl")
    blocks = json.dumps([{"type": "text", "text": f'"{_SECRET}"'}])

    entry = journal.write(MessageAppended(conversation="c", role="user", blocks_json=blocks))
    journal.write(_noted(_SECRET))
    journal.close()

    assert isinstance(entry.event, MessageAppended)
    assert json.loads(entry.event.blocks_json) == [{"type": "text", "text": '"***"'}]
    assert _SECRET not in journal.path.read_text()
    assert journal.record.notes[0].text == "***"


def test_write__secret_that_is_a_fixed_word(tmp_path: Path) -> None:
    """A secret equal to a word of the format is refused with advice, not written broken."""
    journal = Journal(tmp_path / "j", clock=SteppingClock(), redactor=Redactor(["noted"]))

    with pytest.raises(UsageError, match="'noted'") as caught:
        journal.write(_noted("hello"))

    journal.close()
    assert "random secret" in caught.value.hint


def test_write__tells_listeners_in_order(tmp_path: Path) -> None:
    """Listeners hear each entry once, with the record that includes it."""
    journal = _journal(tmp_path / "journal.jsonl")
    heard: list[tuple[int, int]] = []

    def listen(entry: Entry, record: RunRecord) -> None:
        heard.append((entry.seq, len(record.stages)))

    journal.subscribe(listen)
    journal.write(StageStarted(stage="analysis"))
    journal.write(StageEnded(stage="analysis", succeeded=True, summary="ok"))
    journal.close()

    assert heard == [(1, 1), (2, 1)]


def test_write__holds_the_lock(tmp_path: Path) -> None:
    """The lock that scheduling passes in is held once around each write."""
    held: list[str] = []

    class Lock:
        def __enter__(self) -> None:
            held.append("taken")

        def __exit__(self, *_: object) -> None:
            held.append("given back")

    journal = Journal(tmp_path / "j", clock=SteppingClock(), redactor=Redactor(), lock=Lock())

    journal.write(_noted("x"))
    journal.close()

    assert held == ["taken", "given back"]


def test_read_journal__same_record(tmp_path: Path) -> None:
    """Reading a journal back adds up to the live record."""
    journal = _journal(tmp_path / "journal.jsonl", SteppingClock(step_s=0.25))
    for event in (_STARTED, StageStarted(stage="analysis"), _noted("n")):
        journal.write(event)
    journal.close()

    assert fold(read_journal(journal.path)) == journal.record


def test_journal__continues_a_file(tmp_path: Path) -> None:
    """A second journal on the same file goes on where the first one stopped."""
    path = tmp_path / "journal.jsonl"
    clock = SteppingClock()
    first = _journal(path, clock)
    first.write(_STARTED)
    clock.advance(10)
    first.write(_noted("before"))
    first.close()
    clock.advance(100)

    second = _journal(path, clock)
    clock.advance(5)
    entry = second.write(_noted("after"))
    second.close()

    assert (entry.seq, entry.elapsed_s) == (3, 15.0)
    assert [note.text for note in second.record.notes] == ["before", "after"]
    assert fold(read_journal(path)) == second.record


def test_journal__continues_after_a_torn_line(tmp_path: Path) -> None:
    """A line torn by a crash is cut off before the next one is written."""
    path = tmp_path / "journal.jsonl"
    first = _journal(path)
    first.write(_noted("whole"))
    first.close()
    with path.open("ab") as file:
        file.write(b'{"seq":2,"at":"20')

    second = _journal(path)
    second.write(_noted("next"))
    second.close()

    assert [entry.seq for entry in read_journal(path)] == [1, 2]


def test_journal__continues_a_file_without_last_newline(tmp_path: Path) -> None:
    """A whole last line counts even if an editor took its newline."""
    path = tmp_path / "journal.jsonl"
    first = _journal(path)
    first.write(_noted("whole"))
    first.close()
    path.write_bytes(path.read_bytes().rstrip(b"\n"))

    second = _journal(path)
    second.write(_noted("next"))
    second.close()

    assert [entry.seq for entry in read_journal(path)] == [1, 2]


@pytest.mark.parametrize("tail", [b'{"seq":2', b"[" * 100_000], ids=["torn", "endless"])
def test_read_journal__torn_last_line(tmp_path: Path, tail: bytes) -> None:
    """What a crash tore, or no program wrote, is left out, and said."""
    path = tmp_path / "journal.jsonl"
    journal = _journal(path)
    journal.write(_noted("whole"))
    journal.close()
    with path.open("ab") as file:
        file.write(tail)
    notices: list[str] = []

    entries = read_journal(path, on_notice=notices.append)

    assert len(entries) == len(read_journal(path)) == 1
    assert notices == ["The last line of 'journal.jsonl' (line 2) is torn and was left out."]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{broken", "Line 2 of 'j' is not a journal entry: the line: Invalid JSON"),
        (b"{}", "Line 2 of 'j' is not a journal entry: seq: Field required"),
        (
            b'{"seq":2,"at":"","elapsed_s":0,"event":{"kind":"beamed"}}',
            "event of kind 'beamed'.*version 0.9.1",
        ),
        (
            b'{"seq":3,"at":"","elapsed_s":0,"event":{"kind":"stage_started","stage":"x"}}',
            "number 3 where 2 was due",
        ),
    ],
)
def test_read_journal__broken_line(tmp_path: Path, line: bytes, expected: str) -> None:
    """A line that is not an entry of this version is an error that names the line."""
    path = tmp_path / "j"
    journal = _journal(path)
    journal.write(_STARTED)
    journal.close()
    with path.open("ab") as file:
        file.write(line + b"\n")

    with pytest.raises(UsageError, match=expected):
        read_journal(path)


def test_read_journal__unknown_version(tmp_path: Path) -> None:
    """Without a first entry the version is said to be unknown."""
    path = tmp_path / "j"
    path.write_text('{"seq":1,"at":"","elapsed_s":0,"event":{"kind":"beamed"}}\n')

    with pytest.raises(UsageError, match="version unknown"):
        read_journal(path)


def test_read_journal__of_something_else(tmp_path: Path) -> None:
    """Whoever names a wrong file is told which to name, and nothing of versions."""
    path = tmp_path / "issue.md"
    path.write_text("# An issue\n\nIts text.\n")

    with pytest.raises(UsageError, match="not a journal entry") as refused:
        read_journal(path)

    assert refused.value.hint == "Give the path of a journal.jsonl that a run wrote."


def test_read_journal__no_file(tmp_path: Path) -> None:
    """A path without a journal gets a clear error."""
    with pytest.raises(UsageError, match=r"/none\.jsonl' cannot be read"):
        read_journal(tmp_path / "none.jsonl")


def test_journal__cannot_be_opened(tmp_path: Path) -> None:
    """A symbolic link planted at the journal's place is not followed."""
    target = tmp_path / "target"
    path = tmp_path / "journal.jsonl"
    path.symlink_to(target)

    with pytest.raises(OutsideError, match="cannot be written"):
        _journal(path)

    assert not target.exists()


def test_write__full_disk(tmp_path: Path) -> None:
    """A line that the disk does not take is an error with advice."""
    journal = _journal(tmp_path / "journal.jsonl")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))

    try:
        with pytest.raises(OutsideError, match="File too large") as caught:
            journal.write(_noted("x"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    journal.close()
    assert "disk space" in caught.value.hint
    assert journal.record.notes == ()
    assert journal.path.read_bytes() == b""


def test_close__twice(tmp_path: Path) -> None:
    """Closing twice does no harm."""
    journal = _journal(tmp_path / "journal.jsonl")

    journal.close()
    journal.close()

    assert journal.path.read_bytes() == b""
