"""What GitHub says when it says no, by REST or by GraphQL, as one kind of `Failure`."""

from __future__ import annotations

import re
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING

from orchestrator.forge.exchange import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

_GRAPHQL_STATUSES = {
    "FORBIDDEN": 403,
    "INSUFFICIENT_SCOPES": 403,
    "NOT_FOUND": 404,
    "RATE_LIMIT": 429,
    "RATE_LIMITED": 429,
    "SERVICE_UNAVAILABLE": 503,
}
_PASSING = re.compile(
    r"something went wrong|respond to your request in time|timeout", re.IGNORECASE
)
"""What GraphQL says, in an answer that has the status of a good one, where it broke down itself."""
_BROKE_DOWN = 502
_UNPROCESSABLE = 422
_SHOWN_CHARACTERS = 300
_SHOWN_DETAILS = 10


def read_failure(status: int, document: object, headers: Mapping[str, str]) -> Failure:
    """Return the failure that an answer means.

    GraphQL answers 200 and lists errors with a type; REST answers with a status, a message and
    sometimes a list of details; whatever stands in between answers with a page.
    """
    found = document if isinstance(document, dict) else {}
    lowered = {name.lower(): value for name, value in headers.items()}
    details = [item for item in _listed(found) if isinstance(item, (dict, str))]
    if "message" not in found and details and isinstance(details[0], dict):
        status = _graphql_status(details[0])
    page = found.get("data")
    message = found.get("message") or (page if isinstance(page, str) else "")
    is_exhausted = lowered.get("x-ratelimit-remaining") == "0"
    return Failure(
        status=status,
        message=_short(message),
        details=tuple(filter(None, map(_detail, details[:_SHOWN_DETAILS]))),
        retry_after_s=_retry_after_s(lowered, is_exhausted=is_exhausted),
        is_exhausted=is_exhausted,
    )


def _graphql_status(error: Mapping[str, object]) -> int:
    named = _GRAPHQL_STATUSES.get(str(error.get("type")))
    if named is None and _PASSING.search(str(error.get("message"))):
        return _BROKE_DOWN
    return named or _UNPROCESSABLE


def _retry_after_s(headers: Mapping[str, str], *, is_exhausted: bool) -> float | None:
    """Return the wait GitHub asks for; the hourly allowance says when, not how long."""
    asked = headers.get("retry-after", "")
    if asked.isdecimal():
        return float(asked)
    reset = headers.get("x-ratelimit-reset", "")
    sent_s = _seconds(headers.get("date", ""))
    if is_exhausted and reset.isdecimal() and sent_s is not None:
        return max(float(reset) - sent_s, 0.0) + 1.0
    return None


def _seconds(date: str) -> float | None:
    """Return a header's date in seconds; `None` where it is none, or none that can be."""
    parts = parsedate_tz(date)
    try:
        return None if parts is None else mktime_tz(parts)
    except (ValueError, OverflowError):
        return None


def _listed(document: Mapping[str, object]) -> list[object]:
    errors = document.get("errors")
    return list(errors) if isinstance(errors, list) else [errors]


def _detail(item: Mapping[str, object] | str) -> str:
    if isinstance(item, str):
        return _short(item)
    if item.get("message"):
        return _short(item["message"])
    words = (f"{key} {item[key]}" for key in ("resource", "field", "code") if key in item)
    return _short(" ".join(words))


def _short(text: object) -> str:
    return str(text).strip()[:_SHOWN_CHARACTERS]
