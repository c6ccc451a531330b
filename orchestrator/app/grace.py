"""The time a cancelled run has left, whatever it still waits for.

The runner sends SIGINT, SIGTERM 7.5 s later and kills after 2.5 s more. An alarm interrupts the
main thread as a person's second Ctrl-C does: first the publishing, which pushes and then tells,
then the release of the issue. What did not fit is left to `tidy`.
"""

from __future__ import annotations

import signal

_TELL_S = 4.5
"""For the last words: branch, pull request, comment."""
_NEXT_S = 1.25
"""For each step after a step that was cut off; reports need what is left."""


def begin() -> None:
    """Start the clock, at the moment of cancellation."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, _TELL_S, _NEXT_S)


def end() -> None:
    """Stop the clock: nothing that is done from here on waits for anybody."""
    signal.setitimer(signal.ITIMER_REAL, 0)
