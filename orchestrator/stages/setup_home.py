"""The home that setup leaves goes to every later command: it may hold nobody's credential.

What an installer writes there for itself (`npm login`, `docker login`, a `.netrc`) is not
needed any more, because nothing after setup has a network. Caches are left alone: packages
bring keys of their own tests along.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orchestrator.gates.secret_shapes import secrets_in
from orchestrator.gates.secrets_rule import is_placeholder
from orchestrator.sandbox.leftovers import small_files
from orchestrator.telemetry.credentials import credentials_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CACHES: Final = frozenset(
    {".cache", ".npm", ".rustup", "caches", "gems", "lib", "node_modules", "pkg", "registry", "src"}
)
_SIGNING_IN: Final = re.compile(
    r"(?:^|/)(?:\.npmrc|\.yarnrc\.yml|[._]netrc|\.git-credentials|\.pypirc|pip\.conf|auth\.json|"
    r"\.?credentials(?:\.\w+)?|\.docker/config\.json|hosts\.yml|settings\.xml|gradle\.properties|"
    r"nuget\.config|\.bundle/config)$",
    re.IGNORECASE,
)
"""Files whose purpose is to sign in: there a name says enough, whatever the value looks like."""
_NAMED: Final = re.compile(
    r"(?:auth_?token|_auth\b|auth_?ident|password|passwd|secret|\"auth\"|identitytoken|\btoken)\"?"
    r"(?:\s*[=:>]\s*|\s+)[\"']?([^\s\"'<>]{8,})",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(r"[${}%]")


def credential_left(home: Path) -> tuple[str, str] | None:
    """Return (what it looks like, path) of the first credential in a home, or `None`.

    Raises:
        SandboxError: The home cannot be searched.
    """
    for path, text in small_files(home, besides=_CACHES):
        for kind, value in _candidates(path, text):
            if not is_placeholder(value) and _REFERENCE.search(value) is None:
                return kind, path
    return None


def _candidates(path: str, text: str) -> Iterator[tuple[str, str]]:
    for found in credentials_in(text):
        yield found.name, text[found.start : found.end]
    if _SIGNING_IN.search(path):
        for value in _NAMED.findall(text):
            yield "credential", value
    for line in text.splitlines():
        yield from secrets_in(line)
