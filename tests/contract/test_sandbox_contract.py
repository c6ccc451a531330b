"""What every sandbox promises, asked of each backend that this machine can run.

Containers beside ours need the image, and so are asked by `make image-test`.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import CommandUnavailableError, SandboxError
from orchestrator.sandbox.programs import find_program
from orchestrator.sandbox.sandbox import Access, Command, LimitKind
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.sandbox.watchdog import read_processes
from orchestrator.sandbox.worktree import open_worktree
from tests.builders_git import make_run
from tests.contract.cells import cell_in, sh, toolchain

if TYPE_CHECKING:
    from orchestrator.sandbox.sandbox import Sandbox


def test_cell__runs_in_its_tree(sandbox: Sandbox, place: Path) -> None:
    """Commands start where the files are and their output comes back in order."""
    with cell_in(sandbox, place) as cell:
        result = sh(cell, "cat file.txt; echo err >&2; echo new > new.txt; pwd; exit 7")

    assert (result.exit_code, result.limit) == (7, None)
    assert result.output.splitlines() == ["needle", "err", str(place / "tree")]
    assert (place / "tree" / "new.txt").read_text() == "new\n"


def test_cell__starts_in_a_folder_of_the_tree(sandbox: Sandbox, place: Path) -> None:
    """A command may start deeper in the tree, and nowhere else."""
    with cell_in(sandbox, place) as cell:
        assert sh(cell, "pwd", cwd="sub").output.strip() == str(place / "tree" / "sub")
        for cwd in ("..", "/etc", "sub/../..", "absent", ".git"):
            with pytest.raises(SandboxError):
                sh(cell, "true", cwd=cwd)


def test_cell__knows_nothing_of_our_environment(
    sandbox: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key, no token and no planted variable reaches a command."""
    canaries = ("ANTHROPIC_API_KEY", "ACTIONS_RUNTIME_TOKEN", "LD_PRELOAD", "BASH_ENV", "GIT_DIR")
    for name in canaries:
        monkeypatch.setenv(name, "canary-value")

    with cell_in(sandbox, place) as cell:
        result = sh(cell, "env; cat /proc/self/environ")

    assert "canary-value" not in result.output
    assert "CI=1" in result.output.splitlines()
    assert "GIT_TERMINAL_PROMPT=0" in result.output.splitlines()


def test_cell__adds_what_the_command_asks_for(sandbox: Sandbox, place: Path) -> None:
    """A variable of the command reaches it, and only it."""
    command = Command(argv=("sh", "-c", "echo $ASKED"), environment={"ASKED": "for"})
    with cell_in(sandbox, place) as cell:
        first = cell.run(command)
        second = sh(cell, "echo $ASKED")

    assert (first.output, second.output) == ("for\n", "\n")


def test_left_by_setup__is_what_its_home_holds(sandbox: Sandbox, place: Path) -> None:
    """What setup leaves outside its tree can be looked through before anybody else reads it."""
    before = sandbox.left_by_setup
    with cell_in(sandbox, place, network=True) as cell:
        result = sh(cell, 'echo kept > "$HOME/cache"; echo gone > "$TMPDIR/file"')

    assert (before, result.exit_code) == ((), 0)
    left = [file for folder in sandbox.left_by_setup for file in folder.rglob("*")]
    assert [file.name for file in left] == ["cache"]


def test_cell__has_a_private_home(sandbox: Sandbox, place: Path) -> None:
    """Caches and temporary files work, and are gone with the cell."""
    with cell_in(sandbox, place) as cell:
        result = sh(cell, 'touch "$HOME/x" "$TMPDIR/y" && mktemp >/dev/null && echo "$HOME"')

    assert result.exit_code == 0
    assert not Path(result.output.strip()).exists()


def test_cell__closes_twice(sandbox: Sandbox, place: Path) -> None:
    """Closing is safe to repeat."""
    with cell_in(sandbox, place) as cell:
        cell.close()
        cell.close()


def test_cell__reads_no_input(sandbox: Sandbox, place: Path) -> None:
    """A command that asks a question gets the end of the file."""
    with cell_in(sandbox, place) as cell:
        assert sh(cell, "cat; echo ended").output == "ended\n"


@pytest.mark.parametrize("builder", ["bwrap", "prlimit", "setpriv", "unshare"])
def test_cell__believes_no_command_that_speaks_as_a_wall(
    sandbox: Sandbox, place: Path, builder: str
) -> None:
    """One line of a command cannot end a run by looking as if the walls had not been built."""
    with cell_in(sandbox, place) as cell:
        result = sh(cell, f"echo '{builder}: cannot open'; exit 1")
        missing = sh(cell, f"echo '{builder}: failed to execute sh: No such file'; exit 127")
        gone = sh(cell, f"rmdir ../sub; echo '{builder}: cannot open'; exit 1", cwd="sub")

    assert (result.exit_code, result.output) == (1, f"{builder}: cannot open\n")
    assert gone.exit_code == 1
    assert missing.exit_code == 127


def test_cell__names_a_missing_program(sandbox: Sandbox, place: Path) -> None:
    """A missing tool is told apart from a failing one, by name and by path."""
    with cell_in(sandbox, place) as cell:
        for name in ("no-such-tool", "./gradlew", "/opt/none/such"):
            with pytest.raises(CommandUnavailableError, match="not installed"):
                cell.run(Command(argv=(name,)))


def test_cell__runs_a_script_of_the_tree(sandbox: Sandbox, place: Path) -> None:
    """A project's own wrapper script can be started by its relative path."""
    with cell_in(sandbox, place) as cell:
        sh(cell, "printf '#!/bin/sh\\necho own\\n' > run.sh; chmod +x run.sh")

        assert cell.run(Command(argv=("./run.sh",))).output == "own\n"


def test_cell__shows_bytes_that_are_no_text(sandbox: Sandbox, place: Path) -> None:
    """Output is always text; stray bytes are visible as such."""
    with cell_in(sandbox, place) as cell:
        assert sh(cell, "printf 'a\\377b'").output == "a\ufffdb"


def test_cell__cuts_a_flood(sandbox: Sandbox, place: Path) -> None:
    """Endless output ends the command at its bound."""
    with cell_in(sandbox, place) as cell:
        result = sh(cell, "yes")

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
    with cell_in(sandbox, place) as cell:
        result = sh(cell, _DAEMON.format(n=mark, then=then), timeout_s=1.0)

    assert result.limit is (LimitKind.TIME if then == "sleep 600" else None)
    assert _daemons(mark) == []


@pytest.mark.parametrize("name", ["setpriv", "bwrap", "unshare"])
def test_cell__takes_a_command_s_words_for_its_own(
    sandbox: Sandbox, place: Path, name: str
) -> None:
    """A failing command that speaks like a wall's program, at length, did run all the same."""
    with cell_in(sandbox, place) as cell:
        result = sh(cell, f"echo '{name}: not today'; echo more; exit 1")

    assert (result.exit_code, result.output) == (1, f"{name}: not today\nmore\n")


def test_cell__bounds_memory_of_all_processes_together(sandbox: Sandbox, place: Path) -> None:
    """Memory is summed over the tree, so that many small processes do not slip through."""
    hog = "x = bytearray(90 << 20); import time; time.sleep(60)"
    commands = " & ".join([f'python3 -c "{hog}"'] * 4)
    with cell_in(sandbox, place) as cell:
        result = sh(cell, f"{commands} & wait", timeout_s=60)

    assert result.limit is LimitKind.MEMORY


def test_cell__bounds_the_number_of_processes(sandbox: Sandbox, place: Path) -> None:
    """A command that forks without end is ended, and the caller is told why."""
    with cell_in(sandbox, place) as cell:
        result = sh(cell, "while :; do sleep 60 & done", timeout_s=60)

    assert result.limit in {LimitKind.PROCESSES, LimitKind.OUTPUT} or result.exit_code


def test_cell__bounds_the_disk(cramped: Sandbox, place: Path) -> None:
    """A command that fills the disk is ended."""
    with cell_in(cramped, place) as cell:
        result = sh(cell, "for n in 1 2 3 4; do fallocate -l 400M $n; done; sleep 60", timeout_s=50)

    assert result.limit is LimitKind.DISK


def test_cell__searches_with_ripgrep(sandbox: Sandbox, place: Path) -> None:
    """Search tools run in cells that may only read."""
    if find_program("rg", path=toolchain().full_path) is None:
        pytest.skip("ripgrep is not installed")
    with cell_in(sandbox, place, access=Access.READ) as cell:
        result = cell.run(Command(argv=("rg", "--no-heading", "-n", "needle", ".")))

    assert (result.exit_code, result.output) == (0, "./file.txt:1:needle\n")


@pytest.mark.parametrize("access", Access)
def test_cell__lets_git_look_at_a_worktree(sandbox: Sandbox, place: Path, access: Access) -> None:
    """Agents can ask git about their own copy, readers as well as writers."""
    repository, base = make_run(place / "run")
    worktree = open_worktree(repository.git, commit=base.commit, root=place / "trees" / "t")

    with contextlib.closing(sandbox.open(worktree.root, access=access)) as cell:
        result = sh(cell, "git status --porcelain && git log --format=%s && git diff")

    assert (result.exit_code, result.output) == (0, "Begin\n")


def test_cell__work_can_be_taken_as_a_snapshot(sandbox: Sandbox, place: Path) -> None:
    """What a command wrote under its own user arrives in the run's repository."""
    repository, base = make_run(place / "run")
    worktree = open_worktree(repository.git, commit=base.commit, root=place / "trees" / "t")

    with contextlib.closing(sandbox.open(worktree.root, access=Access.WRITE)) as cell:
        sh(cell, "echo '*.log' > .gitignore; echo 1 > made.py; echo 2 > out.log; chmod +x made.py")
        report = worktree.snapshot(cell)

    found = {entry.path: entry.mode for entry in repository.git.list_paths(report.tree)}
    assert found == {".gitignore": "100644", "README.md": "100644", "made.py": "100755"}


def test_self_test__says_whether_there_are_walls(sandbox: Sandbox) -> None:
    """The verdict is honest: only a backend without walls says it has none."""
    verdict = sandbox.self_test()

    assert verdict.is_confined is not isinstance(sandbox, Unconfined)
    assert verdict.failures == ()
