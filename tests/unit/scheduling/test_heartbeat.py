"""What happens every so often."""

from __future__ import annotations

import threading

from orchestrator.scheduling.heartbeat import heartbeat


def test_heartbeat__goes_on_after_an_error() -> None:
    """A beat that failed does not stop the next one."""
    enough = threading.Event()
    beats: list[int] = []

    def beat() -> None:
        beats.append(len(beats))
        if len(beats) >= 3:
            enough.set()
        raise OSError("out of reach")

    with heartbeat(beat, every_s=0.001):
        assert enough.wait(10)


def test_heartbeat__ends_with_the_block() -> None:
    """Nothing beats for what is over."""
    began = threading.Event()
    beats: list[int] = []

    def beat() -> None:
        beats.append(threading.get_ident())
        began.set()

    with heartbeat(beat, every_s=0.001):
        assert began.wait(10)
    for thread in threading.enumerate():
        if thread.ident in beats:
            thread.join(10)
            assert not thread.is_alive()
