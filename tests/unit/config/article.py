"""The configurations that the founding article prints, byte for byte.

They are kept as files because some of their lines end in spaces.
"""

from __future__ import annotations

from pathlib import Path

_PRINTED = Path(__file__).parent / "printed"


def _read(name: str) -> str:
    return (_PRINTED / name).read_bytes().decode()


FULL = _read("full.yml")
"""The whole of `~/.claude/CLAUDE.md`."""

BASIC = _read("basic.yml")
"""The short global configuration that the article's set-up writes."""

PROJECT = _read("project.yml")
"""The project's own CLAUDE.md, which extends the global one."""

ARCHITECTURE = _read("architecture.yml")
"""The drawing of who does what."""
