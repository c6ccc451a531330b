"""Shared configuration from other repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeRejectedError, ForgeUnavailableError
from orchestrator.forge.github_files import fetch_file
from tests.doubles.github_faults import Fault
from tests.unit.forge.rooms import github

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = ("octo/presets", "team/base.yml", "v1")


def test_file__is_fetched_at_its_ref(tmp_path: Path) -> None:
    """Another repository's file arrives byte for byte."""
    with github(tmp_path) as room:
        room.double.state.files[ADDRESS] = b"version: 2.0\n\xff"

        assert fetch_file(room.connection, *ADDRESS) == b"version: 2.0\n\xff"


def test_file__of_a_renamed_repository_is_still_the_one_at_its_ref(tmp_path: Path) -> None:
    """A preset that is pinned stays pinned when its repository gets another name."""
    _, path, ref = ADDRESS
    with github(tmp_path) as room:
        state = room.double.state
        state.renamed["octo/old-presets"] = "octo/presets"
        state.files |= {ADDRESS: b"pinned", ("octo/presets", path, ""): b"newest"}

        assert fetch_file(room.connection, "octo/old-presets", path, ref) == b"pinned"


def test_file__missing_is_none(tmp_path: Path) -> None:
    """Whoever asked decides what a missing file means."""
    with github(tmp_path) as room:
        assert fetch_file(room.connection, *ADDRESS) is None


@pytest.mark.parametrize(
    ("path", "content"), [("team/", b""), ("big.yml", b"x" * 1_048_577)], ids=["folder", "large"]
)
def test_file__that_is_no_small_file_is_refused(tmp_path: Path, path: str, content: bytes) -> None:
    """A folder or a huge file is not taken for an empty configuration."""
    address = ("octo/presets", path, "v1")
    with github(tmp_path) as room:
        room.double.state.files[address] = content

        with pytest.raises(ForgeRejectedError, match="octo/presets"):
            fetch_file(room.connection, *address)


def test_file__that_is_damaged_is_refused(tmp_path: Path) -> None:
    """Half an answer is not half a configuration."""
    damaged = {"type": "file", "encoding": "base64", "content": "abc"}
    with github(tmp_path) as room:
        room.double.state.files[ADDRESS] = b""
        room.double.break_next(Fault(method="GET", path="/contents/", status=200, document=damaged))

        with pytest.raises(ForgeRejectedError, match="damaged"):
            fetch_file(room.connection, *ADDRESS)


def test_file__that_github_does_not_give_is_an_error(tmp_path: Path) -> None:
    """A breakdown is not a missing file: the run must not go on with weaker settings."""
    with github(tmp_path) as room:
        room.double.state.files[ADDRESS] = b""
        for path in ("/repos/octo/presets", "/contents/"):
            room.double.break_next(Fault(method="GET", path=path, times=4))

            with pytest.raises(ForgeUnavailableError, match="github:octo/presets"):
                fetch_file(room.connection, *ADDRESS)
