"""What a hostile command tries in a cell; prints one line an attack: `worked` or `stopped`.

Runs inside the walls, started by test_attacks.py, with the standard library only. Everything
worth having outside holds the word that SECRET is set to; services answer with it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SECRET = b"canary-" + b"value"
"""In two halves, so that this file is not what is found."""
LIBC = ctypes.CDLL(None, use_errno=True)
OTHERS = [
    int(path.name)
    for path in Path("/proc").iterdir()
    if path.name.isdigit() and path.stat().st_uid != os.getuid()
]
PORT = 7777
SYSCALL = {"io_uring_setup": 425, "bpf": 321, "keyctl": 250, "perf_event_open": 298}
PTRACE_SEIZE = 0x4206
NEW_USER = 0x10000000

Attack = Callable[[], bool]
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    """Register an attack under a name."""

    def register(function: Attack) -> Attack:
        ATTACKS[name] = function
        return function

    return register


def read(path: str | Path) -> bytes:
    """Return what can be read of a file."""
    with Path(path).open("rb") as file:
        return file.read(1_000_000)


def reads(name: str, *paths: str) -> None:
    """Register attempts to read the secret in one of several files."""
    ATTACKS[f"read {name}"] = lambda: any(SECRET in attempt(read, path) for path in paths)


def writes(name: str, *paths: str) -> None:
    """Register attempts to add to one of several files."""
    ATTACKS[f"write {name}"] = lambda: any(adds(path) for path in paths)


def attempt(function: Callable[[str], bytes], path: str) -> bytes:
    """Return what a function answers, or nothing."""
    try:
        return function(path)
    except OSError:
        return b""


def adds(path: str) -> bool:
    """Tell whether a file could be changed."""
    try:
        with Path(path).open("ab") as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def of_others(name: str) -> bool:
    """Tell whether a file in /proc of anybody else can be read."""
    return any(attempt(read, f"/proc/{pid}/{name}") for pid in OTHERS)


def receives(family: int, kind: int, address: tuple[str, int] | str, protocol: int = 0) -> bool:
    """Tell whether a service outside answers with the secret."""
    with socket.socket(family, kind, protocol) as client:
        client.settimeout(2)
        client.connect(address)
        client.send(b"hello")
        return SECRET in client.recv(100)


def opens(family: int, kind: int, protocol: int = 0) -> bool:
    """Tell whether a socket can be made at all."""
    socket.socket(family, kind, protocol).close()
    return True


def calls(name: str, *arguments: int) -> bool:
    """Tell whether a system call does not fail."""
    return int(LIBC.syscall(SYSCALL[name], *arguments)) >= 0


@attack("own environment holds keys")
def _() -> bool:
    return SECRET in read("/proc/self/environ") or any(
        name.startswith(("ACTIONS_", "INPUT_", "GITHUB_", "RUNNER_")) for name in os.environ
    )


@attack("home is the runner's")
def _() -> bool:
    return os.environ["HOME"] in {"/github/home", "/root"}


@attack("environment of any process")
def _() -> bool:
    return any(SECRET in attempt(read, f"/proc/{pid}/environ") for pid in (1, *OTHERS))


@attack("memory of any process")
def _() -> bool:
    for pid in OTHERS:
        try:
            Path(f"/proc/{pid}/mem").open("rb").close()
        except OSError:
            continue
        return True
    return False


ATTACKS["memory map of any process"] = lambda: of_others("maps")


@attack("trace any process")
def _() -> bool:
    return any(LIBC.ptrace(PTRACE_SEIZE, pid, 0, 0) == 0 for pid in OTHERS)


@attack("folders of any process")
def _() -> bool:
    for pid in OTHERS:
        for name in ("root", "cwd", "fd"):
            try:
                next(Path(f"/proc/{pid}/{name}").iterdir(), None)
            except OSError:
                continue
            return True
    return False


reads("token in the checkout", "/github/workspace/.git/config")
reads("token in runner_temp", "/github/runner_temp/git-credentials-1.config")
reads("home of the runner", "/github/home/.netrc", "/github/home/.docker/config.json")
reads("file commands", "/github/file_commands/set_env_1")
reads("event", "/github/workflow/event.json")
reads("transcript", "/github/runner_temp/transcript.json")
Path("./link").symlink_to("/github/home/.netrc")
reads("through a link", "./link")
writes("file commands", "/github/file_commands/set_env_1", "/github/file_commands/new")
writes("event", "/github/workflow/event.json")
writes("home of the runner", "/github/home/.bashrc")
writes("runner_temp", "/github/runner_temp/new")
writes(
    "hooks and config", "/github/workspace/.git/hooks/pre-commit", "/github/workspace/.git/config"
)
writes("refs", "/github/workspace/.git/refs/heads/new", "/github/workspace/.git/packed-refs")
writes("objects", "/github/workspace/.git/objects/new")
writes("packages", "/opt/orchestrator/venv/lib/python3.13/site-packages/new.pth")
writes("main tree", "/github/workspace/README.md", "/github/workspace/new")
writes("tool cache", "/opt/hostedtoolcache/new")
writes("next to the worktree", "../new")
writes(
    "system", "/etc/passwd", "/etc/ld.so.preload", "/usr/bin/new", "/usr/local/bin/git", "/bin/sh"
)
writes(
    "our own code",
    "/app/orchestrator/cli.py",
    "/opt/orchestrator/nonet.bpf",
    "/app/sitecustomize.py",
)
writes(
    "sentinels", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper"
)
writes("control groups", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/cgroup.procs")
writes("kernel memory", "/dev/mem", "/dev/kmem", "/dev/port")


@attack("score of another process")
def _() -> bool:
    return any(adds(f"/proc/{pid}/oom_score_adj") for pid in OTHERS)


@attack("hard link out")
def _() -> bool:
    os.link("/github/home/.netrc", "./hard")
    return SECRET in read("./hard")


@attack("rename the worktree")
def _() -> bool:
    here = Path.cwd()
    moved = here.with_name("stolen")
    here.rename(moved)
    moved.rename(here)
    return True


@attack("change modes outside")
def _() -> bool:
    Path("/github/home/.netrc").chmod(0o777)
    return True


@attack("change owners outside")
def _() -> bool:
    os.chown("/etc/passwd", os.getuid(), os.getgid())
    return True


@attack("truncate outside")
def _() -> bool:
    os.truncate("/github/workflow/event.json", 0)
    return True


ATTACKS["TCP to 127.0.0.1"] = lambda: receives(2, socket.SOCK_STREAM, ("127.0.0.1", PORT))
ATTACKS["TCP to 127.0.0.2"] = lambda: receives(2, socket.SOCK_STREAM, ("127.0.0.2", PORT))
ATTACKS["UDP"] = lambda: receives(2, socket.SOCK_DGRAM, ("127.0.0.1", PORT))
ATTACKS["MPTCP"] = lambda: receives(2, socket.SOCK_STREAM, ("127.0.0.1", PORT), 262)
ATTACKS["abstract Unix socket"] = lambda: receives(1, socket.SOCK_STREAM, "\0canary")
ATTACKS["world-writable Unix socket"] = lambda: receives(1, socket.SOCK_STREAM, "/tmp/canary.sock")
ATTACKS["raw socket"] = lambda: opens(socket.AF_INET, socket.SOCK_RAW, 1)
ATTACKS["packet socket"] = lambda: opens(17, socket.SOCK_RAW)
ATTACKS["AF_VSOCK"] = lambda: opens(40, socket.SOCK_STREAM)
ATTACKS["AF_ALG"] = lambda: opens(38, socket.SOCK_SEQPACKET)
ATTACKS["io_uring"] = lambda: calls(
    "io_uring_setup", 8, ctypes.addressof(ctypes.create_string_buffer(200))
)


def _routed(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((address, 53))
    return True


ATTACKS["a way to the world"] = lambda: _routed("8.8.8.8")
ATTACKS["cloud metadata"] = lambda: _routed("169.254.169.254")


def _asks_docker(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(path)
        client.send(b"GET /_ping HTTP/1.0\r\n\r\n")
        return b"OK" in client.recv(1000)


ATTACKS["Docker socket"] = lambda: any(
    _asks_docker(path) for path in ("/var/run/docker.sock",) if os.access(path, os.F_OK)
)


@attack("Docker socket through a link")
def _() -> bool:
    Path("./sock").symlink_to("/var/run/docker.sock")
    return _asks_docker("./sock")


@attack("no_new_privs is off")
def _() -> bool:
    return b"NoNewPrivs:\t1" not in read("/proc/self/status")


@attack("capabilities or root left")
def _() -> bool:
    lines = dict(line.split(b":", 1) for line in read("/proc/self/status").splitlines())
    held = [int(lines[name].strip(), 16) for name in (b"CapEff", b"CapPrm", b"CapInh", b"CapAmb")]
    return any(held) or 0 in (os.getuid(), os.geteuid(), *os.getgroups())


@attack("become root")
def _() -> bool:
    os.setuid(0)
    return True


ATTACKS["sudo or su"] = lambda: _shell("(sudo -n id || su -c id) 2>&1")
ATTACKS["signal another process"] = lambda: any(_signals(pid) for pid in OTHERS)
ATTACKS["limit another process"] = lambda: any(_limits(pid) for pid in OTHERS)
ATTACKS["slow another process down"] = lambda: any(_renices(pid) for pid in OTHERS)


def _shell(text: str) -> bool:
    said = subprocess.run(["sh", "-c", text], capture_output=True, check=False).stdout
    return b"uid=0(" in said


def _signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _limits(pid: int) -> bool:
    try:
        resource.prlimit(pid, resource.RLIMIT_CORE)
    except OSError:
        return False
    return True


def _renices(pid: int) -> bool:
    try:
        os.sched_setaffinity(pid, {0})
        os.setpriority(os.PRIO_PROCESS, pid, 19)
    except OSError:
        return False
    return True


@attack("new root")
def _() -> bool:
    os.chroot(".")
    return True


@attack("device file")
def _() -> bool:
    os.mknod("./device", 0o020666, os.makedev(1, 1))
    return True


ATTACKS["user namespace"] = lambda: LIBC.unshare(NEW_USER) == 0
ATTACKS["mount"] = lambda: LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0
ATTACKS["bpf"] = lambda: calls("bpf", 0, 0, 0)
ATTACKS["key ring"] = lambda: calls("keyctl", 0, -3, 1)
ATTACKS["perf events"] = lambda: calls(
    "perf_event_open", ctypes.addressof(ctypes.create_string_buffer(200)), 0, -1, -1, 0
)
ATTACKS["inherited descriptors"] = lambda: any(
    int(path.name) > 2 and "/proc/" not in attempt_link(path)
    for path in Path("/proc/self/fd").iterdir()
)


def attempt_link(path: Path) -> str:
    """Return what a descriptor of ours leads to."""
    try:
        return str(path.readlink())
    except OSError:
        return "/proc/"


@attack("setuid file")
def _() -> bool:
    own = Path("./id")
    own.write_bytes(read("/usr/bin/id"))
    own.chmod(0o6755)
    return _shell("./id")


def main() -> None:
    """Try everything."""
    for name, function in ATTACKS.items():
        try:
            worked = function()
        except (OSError, ValueError):
            worked = False
        sys.stdout.write(f"{'worked' if worked else 'stopped'} {name}\n")


if __name__ == "__main__":
    main()
