"""The program with a defect: an error that no code foresees, where one function begins.

    python faulty.py PROGRAM FUNCTION WORD...

Nothing in it is replaced: a tracer, as a debugger sets one, raises where the function is entered,
and the error tells the words.
"""

from __future__ import annotations

import os
import runpy
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


def main(program: str, function: str) -> None:
    """Be the program, up to that function."""

    def entered(frame: FrameType, _what: str, _value: Any) -> None:  # noqa: ANN401 -- a tracer's shape
        if frame.f_code.co_name == function:
            raise ZeroDivisionError(f"a defect of ours, {sys.argv[1:]}")

    sys.path.insert(0, os.path.dirname(program))  # noqa: PTH120 -- as the interpreter does it
    sys.settrace(entered)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    _, FUNCTION = sys.argv[1:3]
    sys.argv = [sys.argv[1], *sys.argv[3:]]
    main(sys.argv[0], FUNCTION)
