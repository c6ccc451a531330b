"""Issues handed over as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.domain.errors import UsageError
from orchestrator.forge.issue_file import load_issue_file


def test_markdown__first_heading_is_the_title(tmp_path: Path) -> None:
    """The rest is the body, and the file's name gives the number."""
    path = tmp_path / "issue-42-dark-mode.md"
    path.write_text("\ufeff\n#  Add dark mode \n\n## Why\n\nEyes hurt.\n", encoding="utf-8")

    issue = load_issue_file(path)

    assert (issue.number, issue.title, issue.body) == (
        42,
        "Add dark mode",
        "## Why\n\nEyes hurt.",
    )
    assert issue.is_open
    assert issue.author.login == "local"


@pytest.mark.parametrize(("name", "number"), [("issue.md", 1), ("0.md", 1), ("7.md", 7)])
def test_markdown__has_some_number(tmp_path: Path, name: str, number: int) -> None:
    """A file without a number in its name is issue 1."""
    path = tmp_path / name
    path.write_text("# Title", encoding="utf-8")

    assert load_issue_file(path).number == number


def test_number__given_wins(tmp_path: Path) -> None:
    """What is typed on the command line stands above name and content."""
    path = tmp_path / "42.json"
    path.write_text(json.dumps({"title": "T", "number": 7}), encoding="utf-8")

    assert load_issue_file(path, number=5).number == 5
    assert load_issue_file(path).number == 7


@pytest.mark.parametrize(
    "document",
    [
        {"user": {"login": "bob"}, "state": "open", "html_url": "https://x", "extra": [1]},
        {"author": {"login": "bob", "is_bot": False}, "state": "OPEN"},
    ],
)
def test_json__in_both_of_githubs_shapes(tmp_path: Path, document: dict[str, object]) -> None:
    """The API's answer and the command line tool's are both read."""
    path = tmp_path / "issue.json"
    shape = {"number": 42, "title": "T", "body": None, "labels": [{"name": "bug"}], **document}
    path.write_text(json.dumps(shape), encoding="utf-8")

    issue = load_issue_file(path)

    assert (issue.number, issue.title, issue.body) == (42, "T", "")
    assert (issue.author.login, issue.labels, issue.is_open) == ("bob", ("bug",), True)


def test_json__with_little_in_it(tmp_path: Path) -> None:
    """A title is enough."""
    path = tmp_path / "9.json"
    path.write_text('{"title": "T", "state": "closed"}', encoding="utf-8")

    issue = load_issue_file(path, author="me")

    assert (issue.number, issue.author.login, issue.is_open) == (9, "me", False)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"", "no title"),
        ("a.md", b"Just text\n", "no title"),
        ("a.md", b"#\n\ntext", "no title"),
        ("a.md", b"#hashtag\n", "no title"),
        ("a.md", b"\xff\xfe# T", "not UTF-8"),
        ("a.md", b"# " + b"x" * 1_000_001, "larger than"),
        ("a.json", b"{", "does not hold an issue"),
        ("a.json", b"[1]", "does not hold an issue"),
        (
            "a.json",
            b'{"title": 5}',
            "an issue: title: Input should be a valid string",
        ),
        ("a.json", b'{"title": " "}', "no title"),
        ("a.json", b"[" * 100_000, "does not hold an issue"),
        ("a.json", b'{"title": "T", "number": -5}', "an issue: number: "),
        ("a.json", b'{"title": "T", "number": 99999999999}', "an issue: number: "),
    ],
)
def test_file__unfit_is_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    """The error names the file, what is wrong with it, and what to write instead."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UsageError, match=reason) as caught:
        load_issue_file(path)

    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_file__that_has_no_end_is_refused() -> None:
    """What a device or a pipe holds is not told by its size: it is read to ours."""
    with pytest.raises(UsageError, match="larger than"):
        load_issue_file(Path("/dev/zero"))


def test_file__missing_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere, or to a folder, is a person's mistake."""
    with pytest.raises(UsageError, match="cannot be read"):
        load_issue_file(tmp_path / "none.md")
    with pytest.raises(UsageError, match="cannot be read"):
        load_issue_file(tmp_path)
