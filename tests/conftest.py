"""What every test stands on: a clean environment, the locked programs and no network."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from tests.attack_table import keywords

if TYPE_CHECKING:
    import pytest

HERE = Path(__file__).parent
FOREIGN = ("ACTIONS_", "ANTHROPIC_", "CI", "CLAUDE_", "GITHUB_", "GIT_", "INPUT_", "RUNNER_")
LOOPBACK = frozenset({"", "127.0.0.1", "::1", "localhost", "0.0.0.0", None})


def pytest_configure() -> None:
    """Take away what a machine or a workflow may have set, and every address but loopback."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TZ": "UTC",
    }
    sys.addaudithook(_refuse_the_outside)
    settings.register_profile(
        "house",
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("house")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k attack` choose the tests that docs/security.md names, and `-k attack_14` a row's."""
    place = item.path.relative_to(HERE).as_posix()
    words = keywords().get((place, getattr(item, "originalname", item.name)), ())
    item.extra_keyword_matches.update(words)


def _refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Fail a connection that would leave this machine, before it does."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in LOOPBACK:
        sentence = f"A test tried to reach {host!r}: stand a double on loopback instead."
        raise ConnectionRefusedError(sentence)
