"""The window onto this process itself: its environment, and how it was started."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

OUR_FOLDER = Path(__file__).resolve().parents[2]
"""Where our packages lie. It comes first for a program of ours that begins there, which is then of
the same version."""
_LIBRARIES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_PACKAGES = ("PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONUSERBASE")


def process_environment() -> MutableMapping[str, str]:
    """Return the environment of this process itself, not a copy."""
    return os.environ


def working_folder() -> str:
    """Return where this process is; nothing where that is no more."""
    with contextlib.suppress(OSError):
        return os.getcwd()  # noqa: PTH109 -- a text is wanted
    return ""


def interpreter_words() -> tuple[str, ...]:
    """Return how a command for another interpreter begins that heeds what this one does.

    One that was started so that no variable and no folder can put code in front of ours (`-I`)
    has no other that listens to them.
    """
    flags = {
        "-I": sys.flags.isolated,
        "-E": sys.flags.ignore_environment,
        "-P": sys.flags.safe_path,
        "-s": sys.flags.no_user_site,
        "-B": sys.flags.dont_write_bytecode,
    }
    utf8 = ("-X", "utf8") if sys.flags.utf8_mode else ()
    return (sys.executable or "", *(flag for flag, is_set in flags.items() if is_set), *utf8)


def interpreter_environment() -> Mapping[str, str]:
    """Return what another interpreter like this one needs to start in any working directory."""
    names = _LIBRARIES if sys.flags.ignore_environment else (*_LIBRARIES, *_PACKAGES)
    found = {name: os.environ[name].split(os.pathsep) for name in names if os.environ.get(name)}
    return {name: os.pathsep.join(map(os.path.abspath, paths)) for name, paths in found.items()}


def settle(folder: str, environment: Mapping[str, str]) -> None:
    """Go on where another process is, and by its environment: relative paths mean the same."""
    # Where that cannot be entered, only relative paths are lost.
    with contextlib.suppress(OSError):
        os.chdir(folder)
    os.environ.update(environment)
