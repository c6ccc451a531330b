"""The one redaction that everything passes before it leaves: logs, files, comments, pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.telemetry.credentials import credentials_in
from orchestrator.telemetry.disguises import disguises_of
from orchestrator.telemetry.tightening import (
    SEPARATOR,
    SPACE,
    without_separators,
    without_space,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from orchestrator.domain.json import Json

MARK = "***"
SHORTEST_SECRET = 4
"""Shorter values are not redacted: they would blot out ordinary words."""
_LONG = 16
_SHORT = 64
"""Up to here a text is redacted once and remembered: names and kinds come again and again."""
_REMEMBERED = 4_096

Span = tuple[int, int]


class Redactor:
    """Knows this run's secrets and hides them, and whatever looks like a credential."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Register the secrets.

        Args:
            secrets: Values under four characters drop out; surrounding whitespace is ignored.
        """
        self._secrets: tuple[str, ...] = ()
        self._remembered: dict[str, str] = {}
        self.register(secrets)

    def register(self, secrets: Iterable[str]) -> None:
        """Hide these too from now on; what was redacted before is not looked at again."""
        known = {*self._secrets, *(secret.strip() for secret in secrets)}
        self._secrets = tuple(
            sorted(
                {secret for secret in known if len(secret) >= SHORTEST_SECRET},
                key=lambda secret: (-len(secret), secret),
            )
        )
        forms = {form for secret in self._secrets for form in disguises_of(secret)}
        self._tight = _longest_first(without_space(form) for form in forms)
        self._bare = _longest_first(
            bare for form in forms if len(bare := without_separators(form)) >= _LONG
        )
        # Last, and another one: who is at work in another thread fills the old one.
        self._remembered = {}

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} secrets)"

    def redact(self, text: str) -> str:
        """Return the text with every secret and credential replaced by `***`.

        A registered secret is found in any of the forms of `disguises_of`, also when
        whitespace splits it, and long ones when anything but letters and digits does.
        Lone surrogates become `?`, so that every result can be encoded. The work grows
        linearly with the text.
        """
        if len(text) > _SHORT:
            return self._redacted(text)
        known = self._remembered
        safe = known.get(text)
        if safe is None:
            safe = self._redacted(text)
            if len(known) < _REMEMBERED:
                known[text] = safe
        return safe

    def _redacted(self, text: str) -> str:
        text = text.encode("utf-8", "replace").decode("utf-8")
        spans = [(found.start, found.end) for found in credentials_in(text)]
        spans += self._registered(text)
        return self._without_rest(_masked(text, spans))

    def redact_json(self, value: Json) -> Json:
        """Redact every string inside, keys and JSON kept in strings included."""
        if isinstance(value, str):
            return self._redact_string(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._redact_container(value)

    def knows_secret_in(self, text: str) -> bool:
        """Tell whether a *registered* secret is in the text, in whatever form."""
        return next(self._registered(text), None) is not None

    def _registered(self, text: str) -> Iterator[Span]:
        yield from _found(text, without_space, self._tight, SPACE)
        yield from _found(text, without_separators, self._bare, SEPARATOR)

    def _without_rest(self, text: str) -> str:
        """Hide what the masking itself joined together; ends, for each round shortens."""
        while found := [secret for secret in self._secrets if secret in text]:
            text = text.replace(found[0], MARK)
        return text

    def _redact_container(self, value: Mapping[str, Json] | Sequence[Json]) -> Json:
        if hasattr(value, "items"):
            return {self.redact(key): self.redact_json(item) for key, item in value.items()}
        return [self.redact_json(item) for item in value]

    def _redact_string(self, text: str) -> str:
        if not text.startswith(("{", "[")):
            return self.redact(text)
        try:
            inner: Json = json.loads(text)
            safe = self.redact_json(inner)
        except (ValueError, RecursionError):
            return self.redact(text)
        return self.redact(text if safe == inner else json.dumps(safe, ensure_ascii=False))


def _longest_first(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({form for form in forms if form}, key=lambda form: (-len(form), form)))


def _found(
    text: str,
    tightened: Callable[[str], str],
    forms: tuple[str, ...],
    separator: re.Pattern[str],
) -> Iterator[Span]:
    """Yield where forms stand in the text once its separators are left out."""
    tight = tightened(text)
    present = [form for form in forms if form in tight]
    if not present:
        return
    places = _places(text, separator)
    for form in present:
        at = tight.find(form)
        while at >= 0:
            yield places[at], places[at + len(form) - 1] + 1
            at = tight.find(form, at + len(form))


def _places(text: str, separator: re.Pattern[str]) -> list[int]:
    """Return, for each character that is left, where it stood."""
    places: list[int] = []
    begin = 0
    for match in separator.finditer(text):
        places.extend(range(begin, match.start()))
        begin = match.end()
    places.extend(range(begin, len(text)))
    return places


def _masked(text: str, spans: list[Span]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in _merged(spans):
        parts += [text[done:start], MARK]
        done = end
    return "".join([*parts, text[done:]])


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
