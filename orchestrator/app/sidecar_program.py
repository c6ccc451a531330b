"""The program that `sidecar` starts: answers what comes in on its standard input, a socket.

The library comes first: what we import ourselves, it has mostly brought by then.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys

from orchestrator.llm.warm import preload


def main() -> None:
    """Answer until who asks has gone."""
    # What is in the way of the import, the first question meets again and tells.
    with contextlib.suppress(Exception):
        preload()
    from orchestrator.llm.remote import Answers
    from orchestrator.scheduling.calls import serve

    with contextlib.closing(Answers()) as answers:
        serve(socket.socket(fileno=sys.stdin.fileno()), answers)
    # What is still under way has nobody to be told to.
    os._exit(0)


if __name__ == "__main__":
    main()
