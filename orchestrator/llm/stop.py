"""Why a reply ended, in the house's words."""

from __future__ import annotations

from orchestrator.domain.message import StopReason


def parse_stop(raw: str, details: object) -> tuple[StopReason, str | None]:
    """Return the stop reason and what it leaves to say.

    Only a reply with `StopReason.TOOL_USE` may have its tool calls run. The detail is the
    category of a refusal (`unspecified` when the service names none) or the raw word of a
    stop reason that did not exist when this was written.

    Args:
        raw: `stop_reason` of the wire.
        details: `stop_details` of the wire, an object or nothing.
    """
    if raw == StopReason.UNKNOWN or raw not in set(StopReason):
        return StopReason.UNKNOWN, raw
    reason = StopReason(raw)
    if reason is not StopReason.REFUSAL:
        return reason, None
    category = details.get("category") if isinstance(details, dict) else None
    return reason, str(category or "unspecified")


def recommended_model(details: object) -> str | None:
    """Return the model that the service names after a refusal, if it names one."""
    model = details.get("recommended_model") if isinstance(details, dict) else None
    return model if isinstance(model, str) else None
