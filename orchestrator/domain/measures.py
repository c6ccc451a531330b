"""What was measured on the final change, beyond what the project's own commands say."""

from __future__ import annotations

from orchestrator.domain.frozen import Frozen


class FunctionChange(Frozen):
    """The cyclomatic complexity of one function that the change touches."""

    path: str
    """In the new tree; in the old one where the function is gone."""
    name: str
    """Qualified as far as the language's syntax shows it."""
    before: int | None
    """`None` for a new function."""
    after: int | None
    """`None` for a removed one."""


class Measures(Frozen):
    """Measurements of one commit; what could not be measured is `None`, never zero."""

    commit: str
    diff: str
    """Base to head as git shows it, up to a limit."""
    diff_characters: int
    """How long the diff is without the limit."""
    functions: tuple[FunctionChange, ...] | None = None
    """Named functions with a changed line; `None` when no changed file could be read as code."""
