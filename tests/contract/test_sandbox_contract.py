"""What every sandbox promises, asked of each backend that this machine can run.

Containers beside ours need the image, and so are asked by `make image-test`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import CommandUnavailableError, SandboxError
from orchestrator.sandbox.bubblewrap import Bubblewrap
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.command import find_program
from orchestrator.sandbox.container_local import ContainerLocal
from orchestrator.sandbox.lending import SiblingPlace, open_sibling
from orchestrator.sandbox.sandbox import Access, Command, LimitKind
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.sandbox.watchdog import CellLimits, read_processes
from orchestrator.sandbox.worktree import open_worktree
from tests.builders_git import make_run
from tests.image.docker import TAG, take_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.sandbox.sandbox import Cell, CommandResult, Sandbox

_BACKENDS: Mapping[str, Callable[..., Sandbox]] = {
    "unconfined": Unconfined,
    "bubblewrap": Bubblewrap,
    "local": ContainerLocal,
}
_SIBLING = pytest.param("sibling", marks=pytest.mark.image)
_CONFINED = ("bubblewrap", "local", _SIBLING)
_LIMITS = CellLimits(memory_bytes=200 << 20, processes=60, disk_bytes=50 << 20)


def _toolchain() -> Toolchain:
    binaries = Path(sys.executable).parent
    return Toolchain(path=(binaries,), readable=(binaries.parent,))


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a folder that other users can pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="sandbox-contract-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs that every container beside ours gets."""
    return take_out("/opt/orchestrator/beside", tmp_path_factory.mktemp("image"))


def _backend(request: pytest.FixtureRequest, place: Path) -> Sandbox:
    name = request.param
    if name == "sibling":
        programs = request.getfixturevalue("beside")
        there = SiblingPlace(folder=place, beside=programs, run=str(place), image=TAG)
        return open_sibling(there, limits=_LIMITS)
    sandbox = _BACKENDS[name](place / "scratch", toolchain=_toolchain(), limits=_LIMITS)
    failures = sandbox.self_test().failures
    if failures:
        pytest.skip(f"{name}: {' '.join(failures)}")
    return sandbox


@pytest.fixture(params=[*sorted(_BACKENDS), _SIBLING])
def sandbox(request: pytest.FixtureRequest, place: Path) -> Sandbox:
    """Return each backend in turn."""
    return _backend(request, place)


@pytest.fixture(params=_CONFINED)
def confined(request: pytest.FixtureRequest, place: Path) -> Sandbox:
    """Return each backend that has walls."""
    return _backend(request, place)


@contextlib.contextmanager
def _cell(
    sandbox: Sandbox, place: Path, *, access: Access = Access.WRITE, network: bool = False
) -> Iterator[Cell]:
    tree = place / "tree"
    if not tree.exists():
        tree.mkdir()
        (tree / "file.txt").write_text("needle\n")
        (tree / "sub").mkdir()
    with contextlib.closing(sandbox.open(tree, access=access, network=network)) as cell:
        yield cell


def _sh(cell: Cell, text: str, *, timeout_s: float = 20.0, cwd: str = ".") -> CommandResult:
    return cell.run(
        Command(argv=("sh", "-c", text), timeout_s=timeout_s, output_bytes=20_000, cwd=cwd)
    )


def test_cell__runs_in_its_tree(sandbox: Sandbox, place: Path) -> None:
    """Commands start where the files are and their output comes back in order."""
    with _cell(sandbox, place) as cell:
        result = _sh(cell, "cat file.txt; echo err >&2; echo new > new.txt; pwd; exit 7")

    assert (result.exit_code, result.limit) == (7, None)
    assert result.output.splitlines() == ["needle", "err", str(place / "tree")]
    assert (place / "tree" / "new.txt").read_text() == "new\n"


def test_cell__starts_in_a_folder_of_the_tree(sandbox: Sandbox, place: Path) -> None:
    """A command may start deeper in the tree, and nowhere else."""
    with _cell(sandbox, place) as cell:
        assert _sh(cell, "pwd", cwd="sub").output.strip() == str(place / "tree" / "sub")
        for cwd in ("..", "/etc", "sub/../..", "absent", ".git"):
            with pytest.raises(SandboxError):
                _sh(cell, "true", cwd=cwd)


def test_cell__knows_nothing_of_our_environment(
    sandbox: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key, no token and no planted variable reaches a command."""
    canaries = ("ANTHROPIC_API_KEY", "ACTIONS_RUNTIME_TOKEN", "LD_PRELOAD", "BASH_ENV", "GIT_DIR")
    for name in canaries:
        monkeypatch.setenv(name, "canary-value")

    with _cell(sandbox, place) as cell:
        result = _sh(cell, "env; cat /proc/self/environ")

    assert "canary-value" not in result.output
    assert "CI=1" in result.output.splitlines()
    assert "GIT_TERMINAL_PROMPT=0" in result.output.splitlines()


def test_cell__adds_what_the_command_asks_for(sandbox: Sandbox, place: Path) -> None:
    """A variable of the command reaches it, and only it."""
    command = Command(argv=("sh", "-c", "echo $ASKED"), environment={"ASKED": "for"})
    with _cell(sandbox, place) as cell:
        first = cell.run(command)
        second = _sh(cell, "echo $ASKED")

    assert (first.output, second.output) == ("for\n", "\n")


def test_cell__has_a_private_home(sandbox: Sandbox, place: Path) -> None:
    """Caches and temporary files work, and are gone with the cell."""
    with _cell(sandbox, place) as cell:
        result = _sh(cell, 'touch "$HOME/x" "$TMPDIR/y" && mktemp >/dev/null && echo "$HOME"')

    assert result.exit_code == 0
    assert not Path(result.output.strip()).exists()


def test_cell__closes_twice(sandbox: Sandbox, place: Path) -> None:
    """Closing is safe to repeat."""
    with _cell(sandbox, place) as cell:
        cell.close()
        cell.close()


def test_cell__reads_no_input(sandbox: Sandbox, place: Path) -> None:
    """A command that asks a question gets the end of the file."""
    with _cell(sandbox, place) as cell:
        assert _sh(cell, "cat; echo ended").output == "ended\n"


def test_cell__names_a_missing_program(sandbox: Sandbox, place: Path) -> None:
    """A missing tool is told apart from a failing one, by name and by path."""
    with _cell(sandbox, place) as cell:
        for name in ("no-such-tool", "./gradlew", "/opt/none/such"):
            with pytest.raises(CommandUnavailableError, match="not installed"):
                cell.run(Command(argv=(name,)))


def test_cell__runs_a_script_of_the_tree(sandbox: Sandbox, place: Path) -> None:
    """A project's own wrapper script can be started by its relative path."""
    with _cell(sandbox, place) as cell:
        _sh(cell, "printf '#!/bin/sh\\necho own\\n' > run.sh; chmod +x run.sh")

        assert cell.run(Command(argv=("./run.sh",))).output == "own\n"


def test_cell__shows_bytes_that_are_no_text(sandbox: Sandbox, place: Path) -> None:
    """Output is always text; stray bytes are visible as such."""
    with _cell(sandbox, place) as cell:
        assert _sh(cell, "printf 'a\\377b'").output == "a\ufffdb"


def test_cell__cuts_a_flood(sandbox: Sandbox, place: Path) -> None:
    """Endless output ends the command at its bound."""
    with _cell(sandbox, place) as cell:
        result = _sh(cell, "yes")

    assert (result.exit_code, result.limit) == (None, LimitKind.OUTPUT)
    assert len(result.output) == 20_000


_DAEMON = """
(setsid sh -c 'trap "" TERM HUP; (setsid sleep 4242.{n} >/dev/null 2>&1 &) ; sleep 4242.{n}' \
  >/dev/null 2>&1 &)
{then}
"""


def _daemons(mark: str) -> list[str]:
    found = []
    for process in read_processes():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
            if words[:2] == [b"sleep", f"4242.{mark}".encode()] and not process.is_zombie:
                found.append(str(process.pid))
    return found


@pytest.mark.parametrize("then", ["sleep 600", "sleep 0.2"], ids=["at its timeout", "at its end"])
def test_cell__leaves_no_daemon_behind(sandbox: Sandbox, place: Path, then: str) -> None:
    """Whatever left its session twice and ignores signals is gone when the command is."""
    mark = str(os.getpid()) + str(len(then))
    with _cell(sandbox, place) as cell:
        result = _sh(cell, _DAEMON.format(n=mark, then=then), timeout_s=1.0)

    assert result.limit is (LimitKind.TIME if then == "sleep 600" else None)
    assert _daemons(mark) == []


def test_cell__bounds_memory_of_all_processes_together(sandbox: Sandbox, place: Path) -> None:
    """Memory is summed over the tree, so that many small processes do not slip through."""
    hog = "x = bytearray(90 << 20); import time; time.sleep(60)"
    commands = " & ".join([f'python3 -c "{hog}"'] * 4)
    with _cell(sandbox, place) as cell:
        result = _sh(cell, f"{commands} & wait", timeout_s=60)

    assert result.limit is LimitKind.MEMORY


def test_cell__bounds_the_number_of_processes(sandbox: Sandbox, place: Path) -> None:
    """A command that forks without end is ended, and the caller is told why."""
    with _cell(sandbox, place) as cell:
        result = _sh(cell, "while :; do sleep 60 & done", timeout_s=60)

    assert result.limit in {LimitKind.PROCESSES, LimitKind.OUTPUT} or result.exit_code


def test_cell__bounds_the_disk(sandbox: Sandbox, place: Path) -> None:
    """A command that fills the disk is ended."""
    with _cell(sandbox, place) as cell:
        result = _sh(cell, "while :; do head -c 9000000 /dev/zero >> fill; done", timeout_s=60)

    assert result.limit is LimitKind.DISK


def test_cell__searches_with_ripgrep(sandbox: Sandbox, place: Path) -> None:
    """Search tools run in cells that may only read."""
    if find_program("rg", path=_toolchain().full_path) is None:
        pytest.skip("ripgrep is not installed")
    with _cell(sandbox, place, access=Access.READ) as cell:
        result = cell.run(Command(argv=("rg", "--no-heading", "-n", "needle", ".")))

    assert (result.exit_code, result.output) == (0, "./file.txt:1:needle\n")


@pytest.mark.parametrize("access", Access)
def test_cell__lets_git_look_at_a_worktree(sandbox: Sandbox, place: Path, access: Access) -> None:
    """Agents can ask git about their own copy, readers as well as writers."""
    repository, base = make_run(place / "run")
    worktree = open_worktree(repository.git, commit=base.commit, root=place / "trees" / "t")

    with contextlib.closing(sandbox.open(worktree.root, access=access)) as cell:
        result = _sh(cell, "git status --porcelain && git log --format=%s && git diff")

    assert (result.exit_code, result.output) == (0, "Begin\n")


def test_cell__work_can_be_taken_as_a_snapshot(sandbox: Sandbox, place: Path) -> None:
    """What a command wrote under its own user arrives in the run's repository."""
    repository, base = make_run(place / "run")
    worktree = open_worktree(repository.git, commit=base.commit, root=place / "trees" / "t")

    with contextlib.closing(sandbox.open(worktree.root, access=Access.WRITE)) as cell:
        _sh(cell, "echo '*.log' > .gitignore; echo 1 > made.py; echo 2 > out.log; chmod +x made.py")
        report = worktree.snapshot(cell)

    found = {entry.path: entry.mode for entry in repository.git.list_paths(report.tree)}
    assert found == {".gitignore": "100644", "README.md": "100644", "made.py": "100755"}


def test_self_test__says_whether_there_are_walls(sandbox: Sandbox) -> None:
    """The verdict is honest: only a backend without walls says it has none."""
    verdict = sandbox.self_test()

    assert verdict.is_confined is not isinstance(sandbox, Unconfined)
    assert verdict.failures == ()


def test_confined__reader_cannot_write(confined: Sandbox, place: Path) -> None:
    """A tree that may only be read stays as it is, its git included."""
    attempts = (
        "echo x > file.txt; echo x > new; rm file.txt; chmod 777 .; mv file.txt sub; rmdir sub"
    )
    with _cell(confined, place, access=Access.READ) as cell:
        _sh(cell, attempts)

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

    with _cell(confined, place) as cell:
        result = _sh(cell, attempts)

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

    with _cell(confined, place) as cell:
        before = {path.name for path in place.iterdir()}
        _sh(cell, attempts)
        after = {path.name for path in place.iterdir()}

    assert outside.read_text() == "before"
    assert (after, "tree" in after) == (before, True)
    assert not Path("/etc/x-canary").exists()


def test_confined__cannot_start_behind_a_link(confined: Sandbox, place: Path) -> None:
    """A link in the tree is not a way to begin where a command may not go."""
    hidden = place / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "open.txt").write_text("canary-value")
    with _cell(confined, place) as cell:
        _sh(cell, f"ln -s {hidden} way")
        output = ""
        with contextlib.suppress(SandboxError):
            output = _sh(cell, "cat open.txt; cat ./open.txt", cwd="way").output

    assert "canary-value" not in output


def test_confined__reaches_no_service(confined: Sandbox, place: Path) -> None:
    """Nothing that listens on this machine can be reached."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        _cell(confined, place) as cell,
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
        _cell(confined, place, network=network) as cell,
    ):
        port = str(listener.getsockname()[1])
        result = cell.run(Command(argv=("bash", "-c", _REACH), environment={"PORT": port}))

    assert ("reached" in result.output) is network, result.output


def test_confined__has_no_power(confined: Sandbox, place: Path) -> None:
    """No capability is left, and none can be gained."""
    with _cell(confined, place) as cell:
        result = _sh(cell, "grep -E '^(CapEff|NoNewPrivs)' /proc/self/status")

    assert result.output.split() == ["CapEff:", "0" * 16, "NoNewPrivs:", "1"]


def test_confined__cells_do_not_see_each_other(confined: Sandbox, place: Path) -> None:
    """One agent's tree and home are closed to another agent's commands."""
    other = place / "other"
    other.mkdir()
    (other / "work.txt").write_text("canary-value")
    with (
        contextlib.closing(confined.open(other, access=Access.WRITE)) as first,
        _cell(confined, place) as second,
    ):
        home = _sh(first, 'echo canary-value > "$HOME/x"; echo "$HOME"').output.strip()
        result = _sh(second, f"cat {other}/work.txt; cat {home}/x; echo bad > {other}/work.txt")

    assert "canary-value" not in result.output
    assert (other / "work.txt").read_text() == "canary-value"
