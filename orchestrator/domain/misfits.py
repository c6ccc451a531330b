"""What of a stranger's data does not fit a shape, said for a person without quoting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


def first_misfit(error: ValidationError, *, whole: str) -> str:
    """Return where the first thing stands that does not fit, and why, without a full stop.

    Args:
        error: What the schema says.
        whole: What it is called when nothing of it fits.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg']}"
