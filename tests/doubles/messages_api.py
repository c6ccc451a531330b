"""The Messages API on loopback: plays a scenario, refuses what the real one refuses.

    with MessagesApi(scenario) as api:
        ...  # point a client at api.url, with api.api_key
    api.assert_done()

Or as a program of its own, until its standard input ends:

    python -m tests.doubles.messages_api scenario.yml --port 0
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import yaml

from orchestrator.domain.errors import ModelRejectedError
from orchestrator.domain.message import StopReason
from orchestrator.llm.capabilities import known_models, line_of
from orchestrator.llm.playback import Playback
from orchestrator.llm.scenario import Scenario
from orchestrator.llm.translate import unmarked
from tests.doubles.http_server import Answer, ConnectionCut, LoopbackServer, Served, json_answer
from tests.doubles.messages_reading import UnreadableError, beta_complaint, readable
from tests.doubles.messages_rules import complaint_about
from tests.doubles.messages_stream import reply_events, spoiled, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.llm.playback import Cue
    from orchestrator.llm.scenario import Fault
    from tests.doubles.http_server import Received
    from tests.doubles.messages_cache import PrefixCache

API_KEY = "sk-ant-api03-invented-key-for-tests"
_VERSIONS = frozenset({"2023-06-01", "2026-10-21"})
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class MessagesApi(Served):
    """One performance of a scenario over HTTP."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        api_key: str = API_KEY,
        port: int = 0,
        cache: PrefixCache | None = None,
    ) -> None:
        """Bind a port; requests are answered inside the `with` block.

        Args:
            scenario: What is played.
            api_key: The one that is taken.
            port: Where to listen; any free one by default.
            cache: Counts tokens as the service's cache would; without one, as a cache that
                never forgets.
        """
        self._cache = cache
        self.api_key = api_key
        self.received: list[Received] = []
        """Every request, refused ones included, in order of arrival."""
        self.refusals: list[str] = []
        """What the double complained about, apart from scripted faults."""
        self._playback = Playback(scenario)
        self._faults_played: dict[tuple[str, int], int] = {}
        self._issued: dict[tuple[str, int], set[str]] = {}
        self._paused: set[str] = set()
        """Digests of replies that ended with `pause_turn`."""
        self._guard = Lock()
        self._server = LoopbackServer(self.answer, port=port)

    @property
    def url(self) -> str:
        """The base address to give to a client."""
        return self._server.url

    @property
    def requests(self) -> tuple[JsonObject, ...]:
        """The bodies sent to `/v1/messages`, parsed, in order of arrival."""
        return tuple(
            cast("JsonObject", received.json())
            for received in self.received
            if received.path == "/v1/messages"
        )

    def unused(self) -> tuple[str, ...]:
        """Return what of the scenario was not played, one sentence each."""
        return self._playback.unused()

    def assert_done(self) -> None:
        """Fail when something was left over, unexpected or refused."""
        faults = (*self._server.failures, *self.refusals, *self._playback.unused())
        assert not faults, "\n".join(map(str, faults))

    def answer(self, received: Received) -> Answer:
        """Answer one request; for a double that stands in front."""
        with self._guard:
            self.received.append(received)
        if received.headers.get("authorization") != f"Bearer {self.api_key}":
            return self._refuse(401, "invalid bearer token")
        if received.headers.get("anthropic-version") not in _VERSIONS:
            return self._refuse(400, "anthropic-version: a known version is required")
        if received.method == "GET" and received.path.startswith("/v1/models/"):
            return self._model(received.path.removeprefix("/v1/models/"))
        if received.method == "POST" and received.path == "/v1/messages":
            return self._message(received)
        return self._refuse(404, "Not Found")

    def _model(self, name: str) -> Answer:
        if line_of(name) not in known_models():
            return self._refuse(404, f"model: {name}")
        document: JsonObject = {
            "id": name,
            "type": "model",
            "display_name": name,
            "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": "active",
        }
        return json_answer(document, headers={"request-id": "req_model"})

    def _message(self, received: Received) -> Answer:
        try:
            body = readable(received)
        except UnreadableError as unreadable:
            return self._refuse(unreadable.status, str(unreadable))
        complaint = beta_complaint(received, body)
        complaint = complaint or complaint_about(body, is_paused=self._is_paused(body))
        if complaint is not None:
            return self._refuse(400, complaint)
        model = str(body["model"])
        if line_of(model) not in known_models():
            return self._refuse(404, f"model: {model}")
        try:
            cue = self._playback.cue(body)
        except ModelRejectedError as error:
            return self._refuse(400, str(error))
        fault = self._next_fault(cue)
        if fault is not None:
            return self._play_fault(fault, cue, model)
        complaint = self._binding_complaint(body, cue)
        if complaint is not None:
            return self._refuse(400, complaint)
        return _stream_answer(self._billed(cue, body), model)

    def _billed(self, cue: Cue, body: JsonObject) -> Cue:
        """Count what the reply uses, and remember it if it only pauses."""
        if cue.reply.ending == StopReason.PAUSE_TURN:
            with self._guard:
                self._paused.add(_digest(list(cue.blocks)))
        if self._cache is None or cue.reply.usage is not None:
            return cue
        return replace(cue, usage=self._cache.use(body, output_tokens=cue.usage.output_tokens))

    def _is_paused(self, body: JsonObject) -> bool:
        """Whether the last turn is a reply that ended with `pause_turn`, sent back as it was."""
        messages = cast("Sequence[JsonObject]", body.get("messages") or ())
        if not messages:
            return False
        last = cast("JsonObject", unmarked(messages[-1]))
        with self._guard:
            return _digest(last.get("content")) in self._paused

    def _next_fault(self, cue: Cue) -> Fault | None:
        key = (cue.first_message, cue.index)
        with self._guard:
            played = self._faults_played.get(key, 0)
            self._faults_played[key] = played + 1
        return cue.reply.faults[played] if played < len(cue.reply.faults) else None

    def _play_fault(self, fault: Fault, cue: Cue, model: str) -> Answer:
        if fault.status != Answer().status:
            return _error_answer(fault.status, "the scenario says so", fault)
        if fault.cut_after_events == 0:
            raise ConnectionCut
        events = reply_events(cue, model=model)
        return Answer(
            headers=_stream_headers(cue),
            body=spoiled(events, fault, self._server.closing),
        )

    def _binding_complaint(self, body: JsonObject, cue: Cue) -> str | None:
        """Check what the service calls preserved thinking: nothing before a reply may change."""
        plain = cast("JsonObject", unmarked(body))
        messages = cast("Sequence[JsonObject]", plain["messages"])
        frame = [plain.get("model"), plain.get("tools"), plain.get("system")]
        with self._guard:
            index = 0
            for at, message in enumerate(messages):
                if message["role"] != "assistant":
                    continue
                known = self._issued.get((cue.first_message, index))
                if known is not None and _digest([frame, messages[:at]]) not in known:
                    return f"messages.{at}.content.0: block is bound to a different conversation"
                index += 1
            bound = self._issued.setdefault((cue.first_message, cue.index), set())
            bound.add(_digest([frame, messages]))
        return None

    def _refuse(self, status: int, message: str) -> Answer:
        with self._guard:
            self.refusals.append(f"refused with {status}: {message}")
        return _error_answer(status, message, None)


def _stream_answer(cue: Cue, model: str) -> Answer:
    return Answer(headers=_stream_headers(cue), body=whole(reply_events(cue, model=model)))


def _stream_headers(cue: Cue) -> dict[str, str]:
    request_id = f"req_{cue.first_message[:12]}_{cue.index}"
    return {"content-type": "text/event-stream; charset=utf-8", "request-id": request_id}


def _error_answer(status: int, message: str, fault: Fault | None) -> Answer:
    document: Json = {
        "type": "error",
        "error": {"type": _ERROR_TYPES.get(status, "api_error"), "message": message},
    }
    headers = {"content-type": "application/json", "request-id": "req_refused"}
    if fault is not None:
        headers |= fault.headers
        document = document if fault.body is None else cast("Json", fault.body)
    text = document if isinstance(document, str) else json.dumps(document)
    return Answer(status=status, headers=headers, body=text.encode())


def _digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Serve one scenario file until standard input ends; 1 when something went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.messages_api")
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--record", type=Path, help="write the request bodies here, one per line")
    options = parser.parse_args(arguments)
    document = yaml.safe_load(options.scenario.read_text())
    scenario = Scenario.parse(document, source=str(options.scenario))
    with MessagesApi(scenario, api_key=options.api_key, port=options.port) as api:
        sys.stdout.write(f"{api.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
    if options.record is not None:
        lines = (json.dumps(request) + "\n" for request in api.requests)
        options.record.write_text("".join(lines))
    problems = (*api.refusals, *api.unused())
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
