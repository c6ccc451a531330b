"""Work that was merged before, as far as it helps with the next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierWork:
    """What an earlier run did, in few words; all of them are an agent's or a stranger's."""

    issue_number: int
    pull_request: int | None
    title: str
    summary: str
    files: tuple[str, ...]
    lessons: tuple[str, ...]
    """What its review found and had mended."""
