"""What can go wrong in one attempt, and what a person is told when it stays wrong.

The only place that knows how the service words its refusals.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from orchestrator.domain.errors import (
    MalformedReplyError,
    ModelRejectedError,
    ModelUnavailableError,
    Rejection,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.errors import ModelError
    from orchestrator.domain.json import Json


class FailureKind(StrEnum):
    """What kind of failure; the first two may pass when tried again."""

    BUSY = "busy"
    """No answer, or an answer that says: later."""
    BROKEN = "broken"
    """An answer began and was cut, stalled, garbled or never finished."""
    CREDIT = "credit"
    KEY = "key"
    IDENTITY = "identity"
    """The service does not take the workflow's identity for a sign-in."""
    PERMISSION = "permission"
    MODEL = "model"
    TOO_LONG = "too_long"
    """The conversation does not fit into the model any more; a fresh one would."""
    REQUEST = "request"

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed on another attempt."""
        return self in {FailureKind.BUSY, FailureKind.BROKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed attempt."""

    kind: FailureKind
    what: str
    """What happened, without a full stop, to stand after "the attempt failed: "."""
    retry_after_s: float | None = None
    is_limited: bool = False
    """The service asked for fewer requests: 429, or the same inside a stream."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of a refusal that has its own; those of a 429 tell what is left of the allowance."""
    is_final: bool = False
    """The service itself said that trying again is no use."""
    hint: str = ""
    """What to do next, where that is not the same for all failures of the kind."""
    cause: Exception | None = None


_BY_STATUS = {
    401: FailureKind.KEY,
    402: FailureKind.CREDIT,
    403: FailureKind.PERMISSION,
    404: FailureKind.MODEL,
    408: FailureKind.BUSY,
    409: FailureKind.BUSY,
    413: FailureKind.TOO_LONG,
    429: FailureKind.BUSY,
}
_BY_TYPE = {
    "overloaded_error": FailureKind.BUSY,
    "api_error": FailureKind.BUSY,
    "timeout_error": FailureKind.BUSY,
    "rate_limit_error": FailureKind.BUSY,
    "billing_error": FailureKind.CREDIT,
    "authentication_error": FailureKind.KEY,
    "permission_error": FailureKind.PERMISSION,
}
_TOO_MANY = 429
_FIRST_SERVER_ERROR = 500
_SPENT = "specified api usage limits"
_NO_CREDIT = "credit balance is too low"
_TOO_LONG = "prompt is too long"
_SHOWN = 500

_HINTS = {
    FailureKind.CREDIT: (
        "Raise the spending limit or add credit in the Claude Console, then run again: "
        "the run continues where it stopped."
    ),
    FailureKind.KEY: (
        "Check the secret behind the input `anthropic-api-key`: it must hold a valid, "
        "active Claude API key and nothing else."
    ),
    FailureKind.IDENTITY: (
        "Compare the ids in the inputs `anthropic-federation-rule-id`, "
        "`anthropic-organization-id` and the rule's conditions (repository, branch, audience) "
        "in the Claude Console with this workflow."
    ),
    FailureKind.PERMISSION: (
        "The key behind the input `anthropic-api-key` may not do this: allow the model for "
        "its workspace in the Claude Console, or set another model under `models:`."
    ),
    FailureKind.MODEL: (
        "Check the model id under `models:` in the configuration and the address in "
        "`ANTHROPIC_BASE_URL`, which `python -m orchestrator validate` shows, then run again."
    ),
    FailureKind.TOO_LONG: (
        "Split the issue into smaller ones, or set a model with a larger window under `models:`."
    ),
    FailureKind.REQUEST: (
        "The same request would be refused again. Split the issue if the conversation grew "
        "too large; otherwise please report this with the run's journal."
    ),
    FailureKind.BUSY: (
        "Check https://status.claude.com and the network, then run again: the run "
        "continues where it stopped."
    ),
    FailureKind.BROKEN: (
        "Run again; if it happens each time, look for a proxy between the runner and the "
        "service that cuts long responses."
    ),
}


def status_failure(status: int, body: object, headers: Mapping[str, str]) -> Failure:
    """Return what an HTTP error answer means."""
    error = _error(body)
    kind = _kind_of(status, error)
    verdict = headers.get("x-should-retry")
    if verdict == "true" and kind is FailureKind.REQUEST:
        kind = FailureKind.BUSY
    return Failure(
        kind=kind,
        what=f"status {status}{_said(error)}{_request_id(headers)}",
        retry_after_s=_retry_after_s(headers),
        is_limited=status == _TOO_MANY and kind is FailureKind.BUSY,
        headers=headers,
        is_final=verdict == "false",
    )


def event_failure(data: str, headers: Mapping[str, str]) -> Failure:
    """Return what the data of an `error` event inside a stream that began well means."""
    error = _error(parsed(data))
    name = _text(error, "type")
    kind = _BY_TYPE.get(name, FailureKind.REQUEST) if name else FailureKind.BROKEN
    return Failure(
        kind=FailureKind.CREDIT if _is_spent(error) else kind,
        what=f"an error in the stream{_said(error)}{_request_id(headers)}",
        is_limited=name == "rate_limit_error" and not _is_spent(error),
    )


def parsed(text: str) -> Json:
    """Return what the service sent, or nothing if it is no JSON."""
    try:
        return cast("Json", json.loads(text, parse_constant=_refused))
    except (ValueError, RecursionError):
        return None


def _refused(word: str) -> None:
    """Refuse `NaN` and its like: the service would not take them back."""
    raise ValueError(word)


def exchange_failure(words: str, status: int | None) -> Failure:
    """Return what it means that no access token was given for the workflow's identity."""
    is_busy = status is None or status == _TOO_MANY or status >= _FIRST_SERVER_ERROR
    return Failure(
        kind=FailureKind.BUSY if is_busy else FailureKind.IDENTITY,
        what=f"signing in with the workflow's identity failed ({words})",
    )


def as_error(failure: Failure, *, model: str, attempts: int) -> ModelError:
    """Return the error that ends the call, in words for people."""
    times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    hint = failure.hint or _HINTS[failure.kind]
    match failure.kind:
        case FailureKind.BUSY:
            what = f"The model {model!r} stayed out of reach through {times}: {failure.what}."
            return ModelUnavailableError(what, hint=hint)
        case FailureKind.BROKEN:
            what = f"The model {model!r} gave no complete reply in {times}: {failure.what}."
            return MalformedReplyError(what, hint=hint)
        case _:
            what = f"The model's service refused a request to {model!r}: {failure.what}."
            is_sign_in = failure.kind is FailureKind.IDENTITY
            reason = Rejection.KEY if is_sign_in else Rejection(failure.kind.value)
            return ModelRejectedError(what, hint=hint, reason=reason)


def _kind_of(status: int, error: object) -> FailureKind:
    if _is_spent(error):
        return FailureKind.CREDIT
    if status >= _FIRST_SERVER_ERROR:
        return FailureKind.BUSY
    if _TOO_LONG in _text(error, "message").lower():
        return FailureKind.TOO_LONG
    return _BY_STATUS.get(status, FailureKind.REQUEST)


def _is_spent(error: object) -> bool:
    """Tell whether a limit of money was reached, whatever status says so."""
    code = _text(_part(error, "details"), "error_code")
    message = _text(error, "message").lower()
    return code.endswith("spend_limit_reached") or _SPENT in message or _NO_CREDIT in message


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        if value.replace(".", "", 1).isdecimal():
            return float(value) * unit
    return _seconds_until(headers.get("retry-after"), headers.get("date"))


def _seconds_until(moment: str | None, sent: str | None) -> float | None:
    """Return the time to a date, by the clock of who named it."""
    try:
        until, now = parsedate_to_datetime(moment or ""), parsedate_to_datetime(sent or "")
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _error(body: object) -> object:
    """Return what a body says is wrong; some clouds and gateways leave out the frame around it."""
    error = _part(body, "error")
    if isinstance(error, dict):
        return error
    bare = (error, *(_part(body, key) for key in ("message", "Message", "detail")), body)
    said = next((" ".join(words.split()) for words in bare if isinstance(words, str)), "")
    return {} if said.startswith("<") else {"message": said}


def _said(error: object) -> str:
    words = [_text(error, "type"), _text(error, "message")[:_SHOWN].rstrip(". ")]
    said = ": ".join(word for word in words if word)
    return f", {said}" if said else ""


def _request_id(headers: Mapping[str, str]) -> str:
    request_id = headers.get("request-id")
    return f" (request {request_id})" if request_id else ""


def _part(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _text(value: object, key: str) -> str:
    part = _part(value, key)
    return part if isinstance(part, str) else ""
