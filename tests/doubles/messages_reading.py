"""What the Messages API refuses before it looks at fields: bytes, and trials without a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from orchestrator.domain.message import compact_json

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from tests.doubles.http_server import Received

_DIAGNOSIS = "cache-diagnosis-2026-04-07"
_MOST_BYTES = 32_000_000


class UnreadableError(Exception):
    """The body is refused before any of it is looked at."""

    def __init__(self, status: int, what: str) -> None:
        """Keep what to answer."""
        super().__init__(what)
        self.status = status


def readable(received: Received) -> JsonObject:
    """Return the body of a request, which has to be JSON of whole characters."""
    if len(received.body) > _MOST_BYTES:
        raise UnreadableError(413, "Request exceeds the maximum size")
    try:
        body = cast("JsonObject", received.json())
        compact_json(body).encode()
    except UnicodeEncodeError as error:
        what = "The request body is not valid JSON: no low surrogate in string"
        raise UnreadableError(400, what) from error
    except ValueError as error:
        raise UnreadableError(400, "The request body is not valid JSON") from error
    return body


def beta_complaint(received: Received, body: JsonObject) -> str | None:
    """Check that what is still a trial is asked for by its header."""
    if "diagnostics" not in body:
        return None
    if _DIAGNOSIS not in received.headers.get("anthropic-beta", ""):
        return "diagnostics: Extra inputs are not permitted"
    before = cast("JsonObject", body["diagnostics"]).get("previous_message_id")
    if before is not None and not str(before).startswith("msg_"):
        return "diagnostics.previous_message_id: String should be the id of a message"
    return None
