"""Results reach the runner exactly, and nothing else does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import OutsideError
from orchestrator.telemetry.actions_files import SUMMARY_BYTES, ActionsFiles, random_token
from orchestrator.telemetry.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SECRET = "canary-1234567890-canary"


def _files(folder: Path, token: Callable[[], str] = random_token) -> ActionsFiles:
    return ActionsFiles(
        output=folder / "output",
        summary=folder / "summary",
        state=folder / "state",
        redactor=Redactor([_SECRET]),
        token=token,
    )


def _as_runner(text: str) -> dict[str, str]:
    """Read a file of assignments as the runner does."""
    values: dict[str, str] = {}
    lines = iter(text.split("\n")[:-1])
    for line in lines:
        name, delimiter = line.split("<<", 1)
        value: list[str] = []
        for part in lines:
            if part == delimiter:
                break
            value.append(part)
        else:
            pytest.fail("unclosed heredoc")
        values[name] = "\n".join(value)
    return values


def test_set_outputs__round_trip(tmp_path: Path) -> None:
    """Values with line ends, equals signs and commands arrive as they are."""
    values = {"conclusion": "success", "report-file": "a\nb=c\n::set-env::\n", "empty": ""}

    _files(tmp_path).set_outputs(values)

    assert _as_runner((tmp_path / "output").read_text()) == values


def test_set_outputs__delimiter_in_value(tmp_path: Path) -> None:
    """A delimiter that happens to be in the value is not used."""
    tokens = iter(["AAA", "BBB"])

    _files(tmp_path, lambda: next(tokens)).set_outputs({"a": "x\nAAA\nevil<<y\n"})

    assert (tmp_path / "output").read_text() == "a<<BBB\nx\nAAA\nevil<<y\n\nBBB\n"


@given(value=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_set_outputs__any_value(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any text makes the trip unchanged."""
    folder = tmp_path_factory.mktemp("files")

    _files(folder).set_outputs({"a": value, "b": "end"})

    assert _as_runner((folder / "output").read_bytes().decode()) == {"a": value, "b": "end"}


def test_set_outputs__random_delimiters(tmp_path: Path) -> None:
    """Each value has a delimiter that nobody can guess."""
    _files(tmp_path).set_outputs({"a": "1", "b": "2"})

    delimiters = re.findall(r"<<([0-9a-f]{32})$", (tmp_path / "output").read_text(), re.MULTILINE)
    assert len(set(delimiters)) == 2


def test_save_state__redacted(tmp_path: Path) -> None:
    """Secrets do not reach the state file either."""
    _files(tmp_path).save_state({"note": f"key {_SECRET}"})

    assert _as_runner((tmp_path / "state").read_text()) == {"note": "key ***"}


def test_set_outputs__bad_name(tmp_path: Path) -> None:
    """A name that could forge another assignment is refused."""
    with pytest.raises(OutsideError, match="cannot be the name"):
        _files(tmp_path).set_outputs({"a<<b": "x"})


def test_append_summary__appends(tmp_path: Path) -> None:
    """Summaries add up and are redacted."""
    files = _files(tmp_path)

    files.append_summary("# One")
    files.append_summary(_SECRET)

    assert (tmp_path / "summary").read_text() == "# One\n***\n"


def test_append_summary__cut_at_limit(tmp_path: Path) -> None:
    """A summary never grows beyond what the runner takes, and is cut between characters."""
    files = _files(tmp_path)

    files.append_summary("é" * 600_000)
    files.append_summary("more")

    raw = (tmp_path / "summary").read_bytes()
    assert len(raw) <= SUMMARY_BYTES
    assert "`summary.md` among the run's files" in raw.decode("utf-8")


def test_actions_files__not_in_actions(tmp_path: Path) -> None:
    """Outside the runner nothing is written and nothing fails."""
    files = ActionsFiles(output=None, summary=None, state=None, redactor=Redactor())

    files.set_outputs({"a": "b"})
    files.save_state({"a": "b"})
    files.append_summary("x")
    _files(tmp_path).set_outputs({})

    assert not list(tmp_path.iterdir())


def test_set_outputs__unwritable(tmp_path: Path) -> None:
    """A file that cannot be written is an error that names it."""
    (tmp_path / "output").mkdir()

    with pytest.raises(OutsideError, match="'output' cannot be written"):
        _files(tmp_path).set_outputs({"a": "b"})
