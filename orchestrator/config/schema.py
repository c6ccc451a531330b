"""What every part of the configuration is made of: a strict base and the small shared words."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.domain.errors import UsageError
from orchestrator.domain.globs import MAX_ALTERNATIVES, alternatives

_DRIVE = re.compile(r"^[A-Za-z]:")
_LONGEST_GLOB = 300
MAX_USD = 10_000


class Schema(BaseModel):
    """A part of the configuration: immutable, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _usable(glob: str) -> str:
    """Refuse a glob that could reach outside the repository, or that nobody can spell out."""
    parts = glob.split("/")
    if glob.startswith(("/", "~")) or "\\" in glob or ".." in parts or _DRIVE.match(glob):
        raise PydanticCustomError(
            "glob", "must be a path or glob inside the repository, such as 'src/**/*.ts'"
        )
    try:
        alternatives(glob)
    except UsageError as error:
        what = f"stands for more than {MAX_ALTERNATIVES} alternatives; use '*' or split it"
        raise PydanticCustomError("glob", what) from error
    return glob


Words: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
]
"""A short text for people."""

CommandText: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)
]
"""Shell text, run with `bash -c` in the sandbox."""

AgentName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)
]
"""Lower-case letters, digits and hyphens, as Claude Code's own agents are named."""

ModelName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$", max_length=100)
]
"""A model id, or an alias: opus, sonnet, haiku, fable."""

Glob: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_LONGEST_GLOB),
    AfterValidator(_usable),
]
"""A path or glob relative to the root of the repository, with forward slashes."""

Usd: TypeAlias = Annotated[
    Decimal,
    Field(gt=0, le=MAX_USD, allow_inf_nan=False),
    AfterValidator(lambda amount: Decimal(f"{amount:f}")),
]
"""An amount of money above zero."""
