"""What credentials look like, whoever they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIXES = (
    "sk-ant-api03-",
    "sk-ant-oat01-",
    "sk-ant-",
    "sk-proj-",
    "sk-",
    "github_pat_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "glpat-",
    "xoxb-",
    "npm_",
    "pypi-",
    "AKIA",
    "ASIA",
    "Bearer ",
    "token ",
)
"""What an attacker leaves out so that a scanner does not recognise the rest."""

_WORD_BEFORE = r"(?<![A-Za-z0-9_-])"
_SHAPES = tuple(
    (name, parts, re.compile(_WORD_BEFORE + pattern))
    for name, parts, pattern in (
        ("Anthropic key", ("sk-ant-",), r"sk-ant-[A-Za-z0-9_-]{16,}+"),
        ("API key", ("sk-",), r"sk-(?!ant-)(?:proj-)?[A-Za-z0-9_-]{32,}+"),
        ("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{30,}+"),
        ("GitHub token", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{30,}+"),
        ("GitLab token", ("glpat-",), r"glpat-[A-Za-z0-9_-]{20,}+"),
        ("AWS key id", ("AKIA", "ASIA"), r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("Slack token", ("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}+"),
        ("Google key", ("AIza",), r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        ("npm token", ("npm_",), r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
        ("PyPI token", ("pypi-AgE",), r"pypi-AgE[A-Za-z0-9_-]{50,}+"),
        ("Stripe key", ("k_live_",), r"[sr]k_live_[A-Za-z0-9]{20,}+"),
        (
            "JSON web token",
            ("eyJ",),
            r"eyJ[A-Za-z0-9_-]{10,}+\.eyJ[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{10,}+",
        ),
    )
)
"""A name, of which texts one must be there, and the whole shape: a text is sought much faster."""
_KEY_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Something in a text that has the shape of a credential."""

    name: str
    start: int
    end: int


def credentials_in(text: str) -> Iterator[Credential]:
    """Yield every credential-shaped part, in no promised order; parts may overlap.

    A private key without its end line reaches to the end of the text.
    """
    for name, parts, shape in _SHAPES:
        if not any(part in text for part in parts):
            continue
        for match in shape.finditer(text):
            yield Credential(name=name, start=match.start(), end=match.end())
    yield from _private_keys(text)


def _private_keys(text: str) -> Iterator[Credential]:
    begin = _KEY_BEGIN.search(text)
    while begin is not None:
        end = _KEY_END.search(text, begin.end())
        until = len(text) if end is None else end.end()
        yield Credential(name="private key", start=begin.start(), end=until)
        begin = _KEY_BEGIN.search(text, until)
