"""The program, killed by its own hand at one event of its journal.

    python doomed.py PROGRAM KIND NUMBER before|after WORD...

Nothing in it is replaced. A tracer, as a debugger sets one, sees `Journal.write` begin and end,
and sends SIGKILL to its own process: before the how manyth event of a kind (or of `any`) is
written, or when the line is on the disk and everybody who listens has heard of it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

ANY = "any"
BEFORE, AFTER = "before", "after"
_FILE, _METHOD = "telemetry/journal.py", "write"


def main(program: str, kind: str, number: int, moment: str, words: Sequence[str]) -> None:
    """Be the program, up to that event."""
    begun, ended = count(1), count(1)

    def entered(frame: FrameType, _what: str, _value: Any) -> Any:  # noqa: ANN401 -- a tracer's shape
        code = frame.f_code
        if code.co_name != _METHOD or not code.co_filename.endswith(_FILE):
            return None
        if kind not in {ANY, frame.f_locals["event"].kind}:
            return None
        if next(begun) == number and moment == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        return inside

    def inside(_frame: FrameType, what: str, _value: Any) -> Any:  # noqa: ANN401 -- as above
        if what == "return" and next(ended) == number and moment == AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        return inside

    sys.argv = [program, *words]
    sys.path.insert(0, os.path.dirname(program))  # noqa: PTH120 -- as the interpreter does it
    threading.settrace(entered)
    sys.settrace(entered)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:])
