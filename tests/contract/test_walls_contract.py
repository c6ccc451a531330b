"""What every sandbox with walls promises besides; see `test_sandbox_contract`."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.sandbox import Access, Command
from tests.contract.cells import cell_in, sh

if TYPE_CHECKING:
    from orchestrator.sandbox.sandbox import Sandbox


def test_confined__reader_cannot_write(confined: Sandbox, place: Path) -> None:
    """A tree that may only be read stays as it is, its git included."""
    attempts = (
        "echo x > file.txt; echo x > new; rm file.txt; chmod 777 .; mv file.txt sub; rmdir sub"
    )
    with cell_in(confined, place, access=Access.READ) as cell:
        sh(cell, attempts)

    tree = place / "tree"
    assert sorted(path.name for path in tree.iterdir()) == ["file.txt", "sub"]
    assert (tree / "file.txt").read_text() == "needle\n"


def test_confined__sees_no_secret_of_ours(confined: Sandbox, place: Path) -> None:
    """Files that only we may read, our environment and our memory stay ours."""
    secret = place / "secret"
    secret.write_text("canary-value")
    secret.chmod(0o600)
    pid = os.getpid()
    attempts = (
        f"cat {secret}; cat /proc/{pid}/environ; cat /proc/{pid}/mem; ls -l /proc/{pid}/fd; "
        f"cat /proc/{pid}/root{secret}; ln -s {secret} link; cat link; ln {secret} hard; cat hard"
    )

    with cell_in(confined, place) as cell:
        result = sh(cell, attempts)

    assert "canary-value" not in result.output
    assert "->" not in result.output


def test_confined__changes_nothing_outside(confined: Sandbox, place: Path) -> None:
    """Files beside the tree, the system's and the tree's own name cannot be changed."""
    outside = place / "outside"
    outside.write_text("before")
    attempts = (
        f"echo x > {outside}; echo x > ../new; ln -s {outside} l; echo x > l; "
        f"mv {place}/tree {place}/moved; touch /etc/x-canary /usr/x-canary; kill -9 {os.getpid()}"
    )

    with cell_in(confined, place) as cell:
        before = {path.name for path in place.iterdir()}
        sh(cell, attempts)
        after = {path.name for path in place.iterdir()}

    assert outside.read_text() == "before"
    assert (after, "tree" in after) == (before, True)
    assert not Path("/etc/x-canary").exists()


def test_confined__cannot_start_behind_a_link(confined: Sandbox, place: Path) -> None:
    """A link in the tree is not a way to begin where a command may not go."""
    hidden = place / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "open.txt").write_text("canary-value")
    with cell_in(confined, place) as cell:
        sh(cell, f"ln -s {hidden} way")
        output = ""
        with contextlib.suppress(SandboxError):
            output = sh(cell, "cat open.txt; cat ./open.txt", cwd="way").output

    assert "canary-value" not in output


def test_confined__reaches_no_service(confined: Sandbox, place: Path) -> None:
    """Nothing that listens on this machine can be reached."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        cell_in(confined, place) as cell,
    ):
        port = listener.getsockname()[1]
        result = cell.run(
            Command(argv=("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached"))
        )

    assert "reached" not in result.output


_REACH = """
gateway=$(while read -r _ to by _; do [ "$to" = 00000000 ] && echo "$by"; done < /proc/net/route)
[ -n "$gateway" ] && printf -v there '%d.%d.%d.%d' \
  "0x${gateway:6:2}" "0x${gateway:4:2}" "0x${gateway:2:2}" "0x${gateway:0:2}"
for host in 127.0.0.1 $there; do
  (exec 3<> "/dev/tcp/$host/$PORT") && echo reached
done
"""


@pytest.mark.parametrize("network", [True, False])
def test_confined__network_opens_only_when_asked(
    confined: Sandbox, place: Path, *, network: bool
) -> None:
    """A set-up command may use the network, directly or from its container; no other may."""
    with (
        socket.create_server(("0.0.0.0", 0)) as listener,
        cell_in(confined, place, network=network) as cell,
    ):
        port = str(listener.getsockname()[1])
        result = cell.run(Command(argv=("bash", "-c", _REACH), environment={"PORT": port}))

    assert ("reached" in result.output) is network, result.output


def test_confined__has_no_power(confined: Sandbox, place: Path) -> None:
    """No capability is left, and none can be gained."""
    with cell_in(confined, place) as cell:
        result = sh(cell, "grep -E '^(CapEff|NoNewPrivs)' /proc/self/status")

    assert result.output.split() == ["CapEff:", "0" * 16, "NoNewPrivs:", "1"]


def test_confined__cells_do_not_see_each_other(confined: Sandbox, place: Path) -> None:
    """One agent's tree and home are closed to another agent's commands."""
    other = place / "other"
    other.mkdir()
    (other / "work.txt").write_text("canary-value")
    with (
        contextlib.closing(confined.open(other, access=Access.WRITE)) as first,
        cell_in(confined, place) as second,
    ):
        home = sh(first, 'echo canary-value > "$HOME/x"; echo "$HOME"').output.strip()
        result = sh(second, f"cat {other}/work.txt; cat {home}/x; echo bad > {other}/work.txt")

    assert "canary-value" not in result.output
    assert (other / "work.txt").read_text() == "canary-value"
