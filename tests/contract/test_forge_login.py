"""Whose token it is, asked of a GraphQL that stumbles: our own comment is found by that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeUnavailableError
from tests.doubles.github_faults import Fault
from tests.doubles.github_state import Token
from tests.unit.forge.rooms import MARKER, github

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Something went wrong while executing your query."},
        {"type": "RATE_LIMIT", "message": "API rate limit exceeded"},
        {"type": "RATE_LIMITED", "message": "You have exceeded a secondary rate limit"},
    ],
    ids=["broke down", "limit", "limited"],
)
def test_forge__says_whose_token_it_is_when_asked_again(error: Json, tmp_path: Path) -> None:
    """GraphQL that stumbles is asked again: a guessed name would not find our own comment."""
    app = Token(login="my-app[bot]", is_workflow_token=True)
    with github(tmp_path, token=app) as room:
        fault = Fault(method="POST", path="/graphql", status=200, document={"errors": [error]})
        room.double.break_next(fault)

        assert room.connection.own_login == "my-app[bot]"
        assert len(room.double.sent("POST", "/graphql")) == 2


def test_forge__whose_token_is_not_told_is_not_guessed_at(tmp_path: Path) -> None:
    """Where GraphQL stays away, "forbidden" by REST is no reason to take another's name."""
    app = Token(login="my-app[bot]", is_workflow_token=True)
    away: Json = {"errors": [{"message": "Something went wrong while executing your query."}]}
    with github(tmp_path, token=app) as room:
        fault = Fault(method="POST", path="/graphql", times=99, status=200, document=away)
        room.double.break_next(fault)

        with pytest.raises(ForgeUnavailableError, match="whose token"):
            room.writer.ensure_comment(42, marker=MARKER, body="Started.")

        assert room.double.comments == ()
