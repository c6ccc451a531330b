"""Files without a name: gone with the last process that has them open."""

from __future__ import annotations

import contextlib
import os
import tempfile


def nameless_file() -> int:
    """Return the descriptor of a new file, in memory where that can be had.

    Raises:
        OSError: There is no room for it.
    """
    # Not Linux, or a filter that does not know of files in memory.
    with contextlib.suppress(AttributeError, OSError):
        return os.memfd_create("nameless")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
