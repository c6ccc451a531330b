"""Credentials of private registries: setup gets them, and nothing may be left of them after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from orchestrator.sandbox.leftovers import find_left
from orchestrator.telemetry.disguises import disguises_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Where a credential still is."""

    name: str
    """The variable whose value it is, or what it looks like."""
    path: str
    is_guess: bool = False
    """It is nothing that setup was given: its shape or its place says what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupSecrets:
    """What only the setup command of the base commit is given."""

    values: Mapping[str, SecretStr] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, in the order of the configuration."""
        return tuple(self.values)

    def environment(self) -> Mapping[str, str]:
        """Return the variables in clear."""
        return {name: value.get_secret_value() for name, value in self.values.items()}

    def texts(self) -> tuple[str, ...]:
        """Return everything that has to be hidden: the values, and passwords in addresses."""
        return tuple(text for value in self.environment().values() for text in secrets_in(value))

    def left_in(self, folder: Path) -> Leak | None:
        """Return the first value that is still below a folder, in a form that we know.

        Raises:
            SandboxError: The folder cannot be searched.
        """
        for name, value in self.environment().items():
            forms = {form for text in secrets_in(value) for form in disguises_of(text)}
            path = find_left(folder, forms)
            if path is not None:
                return Leak(name=name, path=path)
        return None


def secrets_in(value: str) -> Iterator[str]:
    """Yield a value and, if it is an address with a password in it, that password."""
    yield value
    try:
        password = urlsplit(value).password
    except ValueError:
        return
    if password:
        yield from dict.fromkeys((password, unquote(password)))
