"""What is wrong with a configuration: place, key, value and what is allowed, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.config.document import Source

_LONGEST_VALUE = 60
_HINT = "Correct this and check it with: python -m orchestrator validate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to correct."""

    what: str
    """What is wrong, to what (the value itself), and what is allowed."""
    source: Source | None = None
    key: str = ""

    def __str__(self) -> str:
        """Write `file:line: key: what`."""
        parts = (str(self.source) if self.source else "", self.key, self.what)
        return ": ".join(part for part in parts if part)


def config_error(problems: Sequence[Problem], *, hint: str = _HINT) -> ConfigError:
    """Return one error that tells all problems, each once, in the order they were found."""
    lines = tuple(dict.fromkeys(str(problem) for problem in problems))
    if len(lines) == 1:
        return ConfigError(lines[0], hint=hint)
    listed = "".join(f"\n  {line}" for line in lines)
    return ConfigError(f"The configuration has {len(lines)} problems:{listed}", hint=hint)


def shown(value: object) -> str:
    """Return a value as it can be quoted in a sentence: one line, not too long."""
    if value is None:
        return "an empty value"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def choices(allowed: Iterable[str], *, given: str) -> str:
    """List what is allowed, with the nearest to what was given first, if one is near."""
    words = tuple(map(str, allowed))
    near = get_close_matches(given, words, n=1, cutoff=0.6)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return f"{guess}allowed: {', '.join(words)}"
