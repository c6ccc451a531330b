"""What is particular to the forge in a folder."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeRejectedError, ForgeUnavailableError
from orchestrator.domain.issue import Actor, Issue
from orchestrator.forge.forge import PullRequestText, Repository
from orchestrator.forge.local_forge import LocalForge, LocalReader, LocalWriter
from tests.doubles.clock import SteppingClock

if TYPE_CHECKING:
    from pathlib import Path

ISSUE = Issue(
    number=3,
    title="T",
    body="B",
    author=Actor(login="alice"),
    is_open=True,
    is_pull_request=False,
)


class TwoBranches:
    """`main` and `topic`, one commit apart."""

    def commit(self, branch: str) -> str | None:
        return {"main": "a" * 40, "topic": "b" * 40}.get(branch)


def opened(root: Path, clock: SteppingClock | None = None) -> LocalForge:
    """Open the forge of a folder."""
    facts = Repository(full_name="o/r", default_branch="main", url="", clone_url="")
    clock = clock or SteppingClock()
    return LocalForge(root=root, branches=TwoBranches(), clock=clock, facts=facts)


class LockWatch(SteppingClock):
    """A clock that knows, whenever it is looked at, whether a forge was locked just then."""

    def __init__(self, lock: Path) -> None:
        super().__init__()
        self._lock = lock
        self.saw: list[bool] = []

    def now_iso(self) -> str:
        with self._lock.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.saw.append(False)
            except BlockingIOError:
                self.saw.append(True)
        return super().now_iso()


def test_forge__is_changed_by_one_process_at_a_time(tmp_path: Path) -> None:
    """What is read, changed and written back is not written over what another one wrote."""
    clock = LockWatch(tmp_path / ".lock")
    forge = opened(tmp_path, clock)
    writer = LocalWriter(forge)

    forge.add_issue(ISSUE)
    text = PullRequestText(title="P", body="")
    pull, _ = writer.ensure_pull_request(head="topic", base="main", text=text)
    writer.set_draft(pull.number, is_draft=False)
    writer.ensure_comment(3, marker="<!-- m -->", body="Hello")

    assert len(clock.saw) >= 4
    assert all(clock.saw)


def test_forge__is_still_there_for_the_next_process(tmp_path: Path) -> None:
    """Everything lies in files that a person can read."""
    forge = opened(tmp_path)
    forge.add_issue(ISSUE)
    LocalWriter(forge).ensure_comment(3, marker="<!-- m -->", body="Hello")
    pull, _ = LocalWriter(forge).ensure_pull_request(
        head="topic", base="main", text=PullRequestText(title="P", body="Closes #3")
    )

    again = LocalReader(opened(tmp_path))

    assert again.issue(3).title == "T"
    assert [comment.body for comment in again.comments(3)] == ["<!-- m -->\nHello"]
    assert again.pull_requests() == (pull,)
    assert (tmp_path / "pull-requests" / "4.md").read_text(encoding="utf-8") == "Closes #3"
    assert pull.url == (tmp_path / "pull-requests" / "4.md").as_uri()


def test_forge__leaves_no_drafts_of_files(tmp_path: Path) -> None:
    """After a write there are whole files only."""
    opened(tmp_path).add_issue(ISSUE)

    assert sorted(p.name for p in (tmp_path / "issues").iterdir()) == ["3.json", "3.md"]


def test_add_issue__again_replaces_it(tmp_path: Path) -> None:
    """A changed issue file is a changed issue."""
    forge = opened(tmp_path)
    forge.add_issue(ISSUE)

    changed = forge.add_issue(
        Issue(
            number=3,
            title="New",
            body="Newer",
            author=Actor(login="alice"),
            is_open=True,
            is_pull_request=False,
        )
    )

    assert LocalReader(forge).issue(3) == changed
    assert (changed.title, changed.body) == ("New", "Newer")


def test_add_issue__does_not_overwrite_a_pull_request(tmp_path: Path) -> None:
    """Issues and pull requests share their numbers, so one cannot become the other."""
    forge = opened(tmp_path)
    forge.add_issue(ISSUE)
    text = PullRequestText(title="P", body="")
    pull, _ = LocalWriter(forge).ensure_pull_request(head="topic", base="main", text=text)

    with pytest.raises(ForgeRejectedError, match="#4 is a pull request"):
        forge.add_issue(
            Issue(
                number=pull.number,
                title="T",
                body="",
                author=Actor(login="alice"),
                is_open=True,
                is_pull_request=False,
            )
        )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "the record: Invalid JSON"),
        ("[]", "the record: Input should be an object"),
        ('{"number": 3}', "author: Field required"),
    ],
)
def test_forge__with_a_broken_record_says_which(tmp_path: Path, content: str, why: str) -> None:
    """Somebody who edits the files by hand is told what to mend."""
    forge = opened(tmp_path)
    forge.add_issue(ISSUE)
    (tmp_path / "issues" / "3.json").write_text(content, encoding="utf-8")

    with pytest.raises(ForgeRejectedError, match=r"3\.json") as caught:
        LocalReader(forge).issue(3)

    assert why in str(caught.value)
    assert "Mend" in caught.value.hint


def test_forge__without_the_body_says_so(tmp_path: Path) -> None:
    """A record whose Markdown is gone is not read as empty."""
    forge = opened(tmp_path)
    forge.add_issue(ISSUE)
    (tmp_path / "issues" / "3.md").unlink()

    with pytest.raises(ForgeRejectedError, match=r"3\.json"):
        LocalReader(forge).issue(3)


def test_forge__that_cannot_be_written_says_where(tmp_path: Path) -> None:
    """A folder that is in the way of the records is named."""
    (tmp_path / "issues").write_text("a file where the folder should be", encoding="utf-8")

    with pytest.raises(ForgeUnavailableError, match="issues"):
        opened(tmp_path).add_issue(ISSUE)


def test_forge__without_its_folder_says_where(tmp_path: Path) -> None:
    """A forge that cannot be locked is an error with advice, not a stray one of the system's."""
    forge = opened(tmp_path / "nowhere")

    with pytest.raises(ForgeUnavailableError, match="nowhere"):
        LocalWriter(forge).ensure_pull_request(
            head="topic", base="main", text=PullRequestText(title="P", body="")
        )


def test_reviewers__are_kept_once(tmp_path: Path) -> None:
    """Names come together over several calls, without doubles."""
    forge = opened(tmp_path)
    forge.add_issue(ISSUE)
    writer = LocalWriter(forge)

    for reviewers in (("ann",), ("Ann", "ben")):
        text = PullRequestText(title="P", body="", reviewers=reviewers)
        writer.ensure_pull_request(head="topic", base="main", text=text)

    record = (tmp_path / "pull-requests" / "4.json").read_text(encoding="utf-8")
    assert '"ann",\n    "ben"' in record
