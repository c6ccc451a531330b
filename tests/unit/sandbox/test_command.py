"""Starting processes: what is promised about every one of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestrator.domain.errors import CommandUnavailableError, SandboxError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.programs import find_program, need_program
from orchestrator.sandbox.sandbox import LimitKind

_SHELL = str(need_program("sh"))


_WITHOUT_PIDFD = """
import ctypes, struct
from orchestrator.sandbox.command import Launch, launch

# Load the call's number; if it is 434, pidfd_open, fail with EPERM; else let it pass.
rows = ((0x20, 0, 0, 0), (0x15, 0, 1, 434), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000))
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in rows))
filter = struct.pack("HxxxxxxP", len(rows), ctypes.addressof(program))
prctl = ctypes.CDLL(None, use_errno=True).prctl
assert prctl(38, 1, 0, 0, 0) == 0
if prctl(22, 2, filter, 0, 0):
    raise SystemExit("no filter of system calls here")
ending = launch(Launch(argv=("/bin/sh", "-c", "echo told; exit 3"), timeout_s=20, output_bytes=9))
print(ending.stdout, ending.exit_code)
"""


def _shell(text: str, *, timeout_s: float = 20.0, output_bytes: int = 10_000) -> Launch:
    return Launch(argv=(_SHELL, "-c", text), timeout_s=timeout_s, output_bytes=output_bytes)


def test_launch__keeps_both_streams_apart() -> None:
    """Git's answer is never mixed with its complaints."""
    ending = launch(_shell("echo out; echo err >&2; exit 3"))

    assert (ending.stdout, ending.stderr, ending.exit_code) == (b"out\n", b"err\n", 3)


def test_launch__merges_streams_in_order_when_asked() -> None:
    """An agent reads its command's output as a person at a terminal would."""
    spec = Launch(
        argv=(_SHELL, "-c", "echo 1; echo 2 >&2; echo 3"),
        timeout_s=20,
        output_bytes=100,
        merges_stderr=True,
    )

    assert launch(spec).stdout == b"1\n2\n3\n"


def test_launch__inherits_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the orchestrator's environment reaches a child."""
    monkeypatch.setenv("SECRET_CANARY", "sk-canary")
    printer = Launch(
        argv=(sys.executable, "-c", "import os; print(sorted(os.environ))"),
        timeout_s=20,
        output_bytes=10_000,
        environment={"ONLY": "this"},
    )

    ending = launch(printer)

    assert b"SECRET_CANARY" not in ending.stdout
    assert b"'ONLY'" in ending.stdout


def test_launch__closes_standard_input() -> None:
    """A program that asks a question ends instead of waiting for ever."""
    assert launch(_shell("cat; echo ended")).stdout == b"ended\n"


def test_launch__feeds_any_amount_of_input() -> None:
    """Large input to a program that reads late does not block."""
    content = b"x" * 3_000_000
    spec = Launch(
        argv=(str(need_program("cat")),), timeout_s=20, output_bytes=4_000_000, stdin=content
    )

    assert launch(spec).stdout == content


def test_launch__cuts_a_flood() -> None:
    """Output is bounded in memory, and the command that floods is ended."""
    ending = launch(_shell("while :; do echo yyyyyyyyyyyyyyyy; done", output_bytes=5_000))

    assert ending.limit is LimitKind.OUTPUT
    assert ending.exit_code is None
    assert len(ending.stdout) == 5_000


def test_launch__keeps_output_that_just_fits() -> None:
    """A command whose output is exactly as long as allowed is not punished."""
    ending = launch(_shell("printf 12345", output_bytes=5))

    assert (ending.stdout, ending.limit) == (b"12345", None)


def test_launch__reports_output_cut_at_the_very_end() -> None:
    """A command that ends while its last words do not fit is known to be cut."""
    ending = launch(_shell("printf 123456", output_bytes=5))

    assert (ending.stdout, ending.limit) == (b"12345", LimitKind.OUTPUT)


def test_launch__ends_what_ignores_signals(tmp_path: Path) -> None:
    """A command past its time is gone, with the group it started, whatever it ignores."""
    ending = launch(_shell("trap '' TERM INT HUP; sleep 600 & wait", timeout_s=0.2))

    assert ending.limit is LimitKind.TIME
    assert ending.duration_s < 10


def test_launch__does_not_wait_for_background_children() -> None:
    """A server left in the background neither blocks the caller nor outlives the command."""
    ending = launch(_shell("sleep 600 & echo $!"))
    orphan = Path("/proc") / ending.stdout.decode().strip()

    assert ending.exit_code == 0
    assert ending.duration_s < 10
    assert not orphan.exists() or (orphan / "stat").read_text().split()[2] == "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="system call filters are Linux's")
def test_launch__needs_no_file_for_a_process() -> None:
    """An older container engine refuses the newer system call; commands run there all the same."""
    root = Path(__file__).parents[3]
    ending = launch(
        Launch(
            argv=(sys.executable, "-c", _WITHOUT_PIDFD),
            timeout_s=60,
            output_bytes=10_000,
            environment={"PYTHONPATH": str(root)},
        )
    )

    if b"no filter" in ending.stderr:
        pytest.skip("this kernel takes no filter")
    assert (ending.stdout, ending.exit_code) == (b"b'told\\n' 3\n", 0), ending.stderr


def test_launch__says_which_signal_ended_a_program() -> None:
    """Exit codes read as a shell shows them."""
    assert launch(_shell("kill -SEGV $$")).exit_code == 128 + 11


def test_launch__obeys_its_watch() -> None:
    """Whoever watches a command can end it and say why."""
    ending = launch(_shell("sleep 600"), watch=lambda _: LimitKind.MEMORY)

    assert ending.limit is LimitKind.MEMORY


def test_launch__looks_ten_times_a_second_whatever_is_said() -> None:
    """A command that says much is not slowed down by being looked at after each word."""
    looks: list[int] = []
    program = "for _ in range(20_000): print(_, flush=True)"

    ending = launch(
        Launch(argv=(sys.executable, "-c", program), timeout_s=20, output_bytes=1_000_000),
        watch=looks.append,
    )

    assert ending.exit_code == 0
    assert len(looks) <= ending.duration_s / 0.1


def test_launch__looks_at_what_never_stops_talking() -> None:
    """A bound is met by a command that leaves no moment of silence, too."""
    ending = launch(
        _shell("while :; do echo y; done", output_bytes=1 << 30),
        watch=lambda _: LimitKind.MEMORY,
    )

    assert ending.limit is LimitKind.MEMORY


def test_launch__sweeps_once_after_the_group_is_dead() -> None:
    """A backend gets one chance to end what left the group."""
    swept: list[int] = []

    launch(_shell("true"), sweep=swept.append)

    assert len(swept) == 1


def test_launch__names_a_missing_program() -> None:
    """A missing program is told apart from one that failed."""
    spec = Launch(argv=("/nonexistent/tool",), timeout_s=5, output_bytes=10)

    with pytest.raises(CommandUnavailableError, match="'/nonexistent/tool'"):
        launch(spec)


def test_launch__names_a_missing_folder(tmp_path: Path) -> None:
    """A missing folder is not reported as a missing program."""
    gone = tmp_path / "gone"

    with pytest.raises(SandboxError, match="cannot be entered") as caught:
        launch(Launch(argv=(_SHELL,), timeout_s=5, output_bytes=10, cwd=gone))

    assert str(gone) in str(caught.value)


@pytest.mark.parametrize("argument", ["a\0b", "x" * 3_000_000], ids=["nul", "too long"])
def test_launch__refuses_what_the_kernel_cannot_pass_on(argument: str) -> None:
    """Arguments that cannot be passed end in a sentence, not in a traceback."""
    with pytest.raises(SandboxError) as caught:
        launch(Launch(argv=(_SHELL, argument), timeout_s=5, output_bytes=10))

    assert caught.value.hint


def test_find_program__ignores_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git planted on the path by a repository is never the one that runs."""
    planted = tmp_path / "git"
    planted.write_text("#!/bin/sh\n")
    planted.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_program("git") not in {None, planted}


def test_need_program__says_where_it_looked() -> None:
    """A missing program ends in advice that names the folders."""
    with pytest.raises(CommandUnavailableError, match="'no-such-tool'") as caught:
        need_program("no-such-tool")

    assert "/usr/bin" in caught.value.hint
