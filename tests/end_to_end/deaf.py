"""The program, deaf to its own alarm: what a cancelled run would be without it.

    python deaf.py PROGRAM WORD...

A blocked signal stays pending and interrupts nothing; all else is as it is.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    sys.argv = sys.argv[1:]
    sys.path.insert(0, os.path.dirname(sys.argv[0]))  # noqa: PTH120 -- as the interpreter does it
    runpy.run_path(sys.argv[0], run_name="__main__")
