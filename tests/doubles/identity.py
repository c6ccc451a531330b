"""GitHub's identity tokens and their exchange, on loopback, in front of messages.

Each identity token can be exchanged once, as at the real service. Who shows an access token
is answered by the `MessagesApi` behind, or by a stub where the words do not matter.
"""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING, cast

from tests.doubles.http_server import Answer, LoopbackServer, Served, json_answer

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject
    from tests.doubles.http_server import Received
    from tests.doubles.messages_api import MessagesApi

_LONGEST_S = 20.0
RUNNER_TOKEN = "runner-request-token"
EVENTS: tuple[JsonObject, ...] = (
    {
        "type": "message_start",
        "message": {"id": "msg_1", "usage": {"input_tokens": 3, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
)


class IdentityDouble(Served):
    """Runner, token endpoint and Messages API at one address."""

    def __init__(self, behind: MessagesApi | None = None) -> None:
        """Bind a port; requests are answered inside the `with` block."""
        self._behind = behind
        self.received: list[Received] = []
        self.exchanges: list[JsonObject] = []
        self.revoked: set[str] = set()
        """Access tokens that are answered with 401."""
        self.refuses: Answer | None = None
        """What the token endpoint answers instead of a token."""
        self._together: Barrier | None = None
        self._minted = 0
        self.used: set[str] = set()
        """Identity tokens that were exchanged before."""
        self.runner_answers: list[Answer] = []
        """What the runner answers before it gives out identities again."""
        self._server = LoopbackServer(self._respond)

    @property
    def url(self) -> str:
        """The address of everything."""
        return self._server.url

    def hold_until_refused(self, requests: int, *, token: str) -> None:
        """Revoke a token, and answer nobody who shows it before so many have shown it."""
        self.revoked.add(token)
        self._together = Barrier(requests)

    def messages(self) -> list[Received]:
        """Return the requests for replies."""
        return [each for each in self.received if "essages" in each.path or ":" in each.path]

    def _respond(self, received: Received) -> Answer:
        self.received.append(received)
        bearer = received.headers.get("authorization", "").removeprefix("Bearer ")
        if received.path == "/identity":
            return self._identity(received, bearer)
        if received.path == "/v1/oauth/token":
            return self._exchange(received)
        if bearer in self.revoked:
            if self._together is not None:
                self._together.wait(_LONGEST_S)
            error: Json = {"error": {"type": "authentication_error", "message": "expired"}}
            return json_answer(error, status=401)
        return stream_answer(EVENTS) if self._behind is None else self._passed_on(received)

    def _passed_on(self, received: Received) -> Answer:
        assert self._behind is not None
        key = {"authorization": f"Bearer {self._behind.api_key}"}
        return self._behind.answer(replace(received, headers={**received.headers, **key}))

    def _identity(self, received: Received, bearer: str) -> Answer:
        if bearer != RUNNER_TOKEN or not received.query.get("audience"):
            return json_answer({"message": "no"}, status=403)
        if self.runner_answers:
            return self.runner_answers.pop(0)
        self._minted += 1
        return json_answer({"value": f"header.{self._minted}.signature"})

    def _exchange(self, received: Received) -> Answer:
        body = cast("JsonObject", received.json())
        self.exchanges.append(body)
        if self.refuses is not None:
            return self.refuses
        assertion = str(body["assertion"])
        if assertion in self.used:
            return json_answer(
                {"error": "invalid_grant", "error_description": "jti_reused"}, status=401
            )
        self.used.add(assertion)
        token = f"sk-ant-oat01-{len(self.used)}"
        return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": 600})


def stream_answer(events: tuple[JsonObject, ...]) -> Answer:
    """Return events as a stream."""
    text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Answer(headers={"content-type": "text/event-stream"}, body=text.encode())
