"""The window onto the environment of this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_FOLDERS = (
    *("PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
)


def process_environment() -> MutableMapping[str, str]:
    """Return the environment of this process itself, not a copy."""
    return os.environ


def interpreter_environment() -> Mapping[str, str]:
    """Return what another interpreter like this one needs to start in any working directory."""
    found = {name: os.environ[name].split(os.pathsep) for name in _FOLDERS if os.environ.get(name)}
    return {name: os.pathsep.join(map(os.path.abspath, paths)) for name, paths in found.items()}
