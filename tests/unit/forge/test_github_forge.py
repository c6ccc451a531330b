"""The connection to GitHub: what it sends, how long it tries, what it makes of answers."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ForgeRejectedError,
    ForgeUnavailableError,
    NotAuthorisedError,
    UsageError,
)
from orchestrator.forge.github_forge import connect
from orchestrator.forge.github_reader import GithubReader
from orchestrator.forge.refusals import Place
from tests.doubles.clock import SteppingClock
from tests.doubles.github_faults import Fault
from tests.doubles.github_state import Token
from tests.doubles.http_server import Answer, LoopbackServer, json_answer
from tests.unit.forge.rooms import github

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json
    from tests.doubles.http_server import Received

SECRET = "ghs_of_the_workflow"


def test_import__does_not_load_pygithub() -> None:
    """Help and validation start without the library that only a connection needs."""
    program = (
        "import sys, orchestrator.forge.github_reader, orchestrator.forge.github_writer, "
        "orchestrator.forge.github_forge, orchestrator.forge.local_forge, "
        "orchestrator.forge.events; sys.exit('github' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], check=False)

    assert done.returncode == 0


def test_request__carries_what_github_asks_for(tmp_path: Path) -> None:
    """Token, user agent and API version go along, and the token nowhere else."""
    with github(tmp_path) as room:
        room.reader.issue(42)

        (sent,) = room.double.requests
        assert sent.headers["authorization"] == f"token {SECRET}"
        assert sent.headers["user-agent"] == "orchestrator-action"
        assert sent.headers["x-github-api-version"] == "2022-11-28"
        assert SECRET not in sent.target
        assert SECRET not in repr(room.connection)


@pytest.mark.parametrize("is_enterprise", [True, False])
def test_address__may_have_a_prefix(tmp_path: Path, *, is_enterprise: bool) -> None:
    """GITHUB_API_URL is honoured with and without Enterprise's prefix, GraphQL included."""
    with github(tmp_path, is_enterprise=is_enterprise) as room:
        assert room.reader.issue(42).number == 42
        assert room.connection.own_login == "github-actions[bot]"

        paths = [request.path for request in room.double.requests]
        assert paths == (
            ["/api/v3/repos/octo/site/issues/42", "/api/graphql"]
            if is_enterprise
            else ["/repos/octo/site/issues/42", "/graphql"]
        )


@pytest.mark.parametrize(
    ("api_url", "server_url"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.example/api/v3/", "https://ghe.example"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_place__is_where_a_person_looks(api_url: str, server_url: str) -> None:
    """Advice links to the pages of the same server."""
    connection = connect(
        token=SecretStr("t"), repository="o/r", api_url=api_url, clock=SteppingClock()
    )

    assert connection.place == Place(full_name="o/r", server_url=server_url)


@pytest.mark.parametrize(
    ("token", "repository", "api_url", "reason"),
    [
        ("", "o/r", "https://x", "no GitHub token"),
        ("t", "o", "https://x", "'o' is not the name"),
        ("t", "o/r/s", "https://x", "is not the name"),
        ("t", "o/..", "https://x", "is not the name"),
        ("t", "../r", "https://x", "is not the name"),
        ("t", "o/r?x", "https://x", "is not the name"),
        ("t", "o/r", "", "not the address"),
        ("t", "o/r", "api.github.com", "not the address"),
        ("t", "o/r", "file:///etc/passwd", "not the address"),
    ],
)
def test_connect__refuses_what_cannot_work(
    token: str, repository: str, api_url: str, reason: str
) -> None:
    """A missing token or a mistyped name is a person's to mend, and nothing is sent."""
    with pytest.raises(UsageError, match=reason) as caught:
        connect(
            token=SecretStr(token), repository=repository, api_url=api_url, clock=SteppingClock()
        )

    assert caught.value.hint


@pytest.mark.parametrize("status", [500, 502, 503, None])
def test_read__is_repeated_after_a_breakdown(tmp_path: Path, status: int | None) -> None:
    """Three bad moments in a row do not stop a run."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="GET", path="/issues/42", times=3, status=status))

        assert room.reader.issue(42).title == "Dark mode"
        assert room.clock.sleeps == [1.0, 2.0, 4.0]


def test_read__ends_when_the_forge_stays_away(tmp_path: Path) -> None:
    """Patience is finite, and the error says what was asked."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="GET", path="/issues/42", times=9))

        with pytest.raises(ForgeUnavailableError, match="read issue #42") as caught:
            room.reader.issue(42)

    assert caught.value.status is None
    assert SECRET not in str(caught.value)


def test_read__waits_for_the_limit(tmp_path: Path) -> None:
    """A secondary limit is waited for as long as GitHub asks."""
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(
                method="GET",
                path="/issues/42",
                status=403,
                message="You have exceeded a secondary rate limit.",
                headers={"retry-after": "17"},
            )
        )

        assert room.reader.issue(42).number == 42
        assert room.clock.sleeps == [17.0]


def test_read__does_not_wait_an_hour(tmp_path: Path) -> None:
    """A used-up allowance that comes back much later ends the run with advice."""
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(
                method="GET",
                path="/issues/42",
                status=403,
                message="API rate limit exceeded for installation.",
                headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"},
            )
        )

        with pytest.raises(ForgeUnavailableError, match="rate limit") as caught:
            room.reader.issue(42)

        assert room.clock.sleeps == []
    assert "Run again later" in caught.value.hint


def test_token__that_is_wrong_is_said_to_be(tmp_path: Path) -> None:
    """A revoked token is not retried."""
    with github(tmp_path) as room:
        room.double.state.tokens.clear()

        with pytest.raises(NotAuthorisedError, match="Bad credentials"):
            room.reader.issue(42)

        assert len(room.double.requests) == 1


@pytest.mark.parametrize(
    ("token", "login"),
    [
        (Token(), "github-actions[bot]"),
        (Token(login="my-app[bot]", is_workflow_token=False), "my-app[bot]"),
        (Token(login="alice", is_workflow_token=False), "alice"),
    ],
)
def test_own_login__is_asked_for_once(tmp_path: Path, token: Token, login: str) -> None:
    """Workflow, app and personal tokens all learn under whose name they write."""
    with github(tmp_path, token=token) as room:
        assert [room.connection.own_login for _ in range(3)] == [login] * 3
        assert len(room.double.requests) == 1


def test_own_login__without_graphql_comes_from_rest(tmp_path: Path) -> None:
    """A server whose GraphQL says no is asked by REST."""
    token = Token(login="alice", is_workflow_token=False)
    with github(tmp_path, token=token) as room:
        room.double.break_next(Fault(method="POST", path="graphql", status=404))

        assert room.connection.own_login == "alice"


def test_own_login__that_nobody_tells_is_the_workflows(tmp_path: Path) -> None:
    """Where both ways are closed, the token is taken for the workflow's own."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="POST", path="graphql", status=404))

        assert room.connection.own_login == "github-actions[bot]"


@pytest.mark.parametrize("status", [None, 503, 429])
def test_own_login__is_not_guessed_during_a_breakdown(tmp_path: Path, status: int | None) -> None:
    """A wrong guess would write a second comment: rather stop than take "later" for a no."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="POST", path="graphql", times=9, status=status))
        room.double.break_next(Fault(method="GET", path="/user", times=9, status=status))

        with pytest.raises(ForgeUnavailableError, match="whose token"):
            _ = room.connection.own_login


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(body=b"<html>Sign in to the hotel network</html>"), ForgeRejectedError),
        (Answer(body=b'{"number": 42'), ForgeUnavailableError),
        (Answer(body=b""), ForgeRejectedError),
        (json_answer([]), ForgeRejectedError),
        (json_answer({"number": "x", "title": 1}), ForgeRejectedError),
        (json_answer(["a list where an error belongs"], status=400), ForgeUnavailableError),
        (json_answer({"message": 7}, status=400), ForgeUnavailableError),
        (Answer(status=302, headers={"location": "http://elsewhere.example/"}), ForgeRejectedError),
        (
            Answer(status=301, headers={"location": "http://elsewhere.example/"}),
            ForgeUnavailableError,
        ),
    ],
)
def test_answer__that_is_not_githubs_is_an_error(answer: Answer, error: type[Exception]) -> None:
    """A proxy's page, a torn document, a redirect elsewhere: an error of ours, each of them."""

    def respond(received: Received) -> Answer:
        return answer

    with LoopbackServer(respond) as server:
        connection = connect(
            token=SecretStr("t"), repository="o/r", api_url=server.url, clock=SteppingClock()
        )

        with pytest.raises(error) as caught:
            GithubReader(connection).issue(42)

    assert "GITHUB_API_URL" in getattr(caught.value, "hint", "")


def test_list__that_is_none_is_an_error(tmp_path: Path) -> None:
    """One document where a list belongs is not taken for an empty list."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="GET", path="/comments", status=200, document={}))

        with pytest.raises(ForgeRejectedError, match="not a list"):
            room.reader.comments(42)


def test_failure__keeps_what_github_lists(tmp_path: Path) -> None:
    """Reasons come as objects or as plain words; the reader sees all of them."""
    errors: list[Json] = [
        "body is odd",
        {"resource": "Label", "field": "name", "code": "invalid"},
        {"message": "colour is odd"},
        7,
    ]
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(
                method="GET",
                path="/issues/42",
                status=422,
                document={"message": "Validation Failed", "errors": errors},
            )
        )

        with pytest.raises(ForgeRejectedError) as caught:
            room.reader.issue(42)

    for words in ("body is odd", "resource Label field name code invalid", "colour is odd"):
        assert words in str(caught.value)


def test_list__that_never_ends_is_an_error() -> None:
    """A server that always has a next page does not keep us for ever."""

    def respond(received: Received) -> Answer:
        comment: dict[str, Json] = {"id": len(asked), "body": "x", "user": None}
        asked.append(received.target)
        return json_answer([comment], headers={"link": '<http://x/?page=2>; rel="next"'})

    asked: list[str] = []
    with LoopbackServer(respond) as server:
        connection = connect(
            token=SecretStr("t"), repository="o/r", api_url=server.url, clock=SteppingClock()
        )

        with pytest.raises(ForgeRejectedError, match="pages"):
            GithubReader(connection).comments(42)

    assert len(asked) == 100
