"""A recorded architecture decision of the target repository."""

from __future__ import annotations

from dataclasses import dataclass

_NOT_IN_FORCE = ("superseded", "deprecated", "rejected", "replaced", "obsolete", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One record, as it stands on the base commit."""

    path: str
    title: str
    status: str = ""
    """In the record's own words, on one line; empty when it names none."""
    names: tuple[str, ...] = ()
    """Files, folders and globs that it speaks of, each once."""

    @property
    def is_in_force(self) -> bool:
        """Whether it binds: neither replaced nor dropped."""
        return not self.status.casefold().startswith(_NOT_IN_FORCE)
