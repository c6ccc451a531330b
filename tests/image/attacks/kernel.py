"""What a hostile command asks of the kernel; prints lines as attacks.py does, and runs like it."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LIBC = ctypes.CDLL(None, use_errno=True)
OTHERS = [
    int(path.name)
    for path in Path("/proc").iterdir()
    if path.name.isdigit() and path.stat().st_uid != os.getuid()
]
AT_FDCWD = -100
NAMESPACES = {
    "mount": 0x20000,
    "control group": 0x2000000,
    "host name": 0x4000000,
    "IPC": 0x8000000,
    "process": 0x20000000,
    "network": 0x40000000,
}
REFUSED = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ESRCH}
X32 = 0x40000000
# push rbx; mov eax, 359 (socket); mov ebx, 40 (AF_VSOCK); mov ecx, 1; xor edx, edx; int 0x80
OLD_DOOR = bytes.fromhex("53b867010000bb28000000b90100000031d2cd805bc3")


def call(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """Make a system call of x86-64 and return what it says."""
    return int(LIBC.syscall(number, *arguments))


def gets(number: int, *arguments: int | bytes) -> bool:
    """Tell whether a system call does not fail."""
    return call(number, *arguments) >= 0


def is_let_in(number: int, *arguments: int | bytes) -> bool:
    """Tell whether a system call fails for another reason than that it may not be made."""
    return call(number, *arguments) >= 0 or ctypes.get_errno() not in REFUSED


def opens(family: int, kind: int = socket.SOCK_RAW) -> bool:
    """Tell whether a socket can be made."""
    socket.socket(family, kind).close()
    return True


def in_a_child(function: Callable[[], bool]) -> bool:
    """Try what may kill or change the process."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if function() else 1)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def reads(path: str) -> bool:
    """Tell whether anything can be read of a device."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return bool(os.read(descriptor, 1))
    finally:
        os.close(descriptor)


def any_of(function: Callable[[str], bool], paths: list[str]) -> bool:
    """Tell whether one of several works."""
    for path in paths:
        try:
            if function(path):
                return True
        except OSError:
            continue
    return False


def reads_memory(pid: int) -> bool:
    """Tell whether another process's memory may be looked at, wherever it lies."""
    place = (ctypes.c_uint64 * 2)(0x400000, 8)
    address = ctypes.addressof(place)
    if LIBC.process_vm_readv(pid, address, 1, address, 1, 0) >= 0:
        return True
    return ctypes.get_errno() == errno.EFAULT


def takes_descriptor(pid: int) -> bool:
    """Tell whether a descriptor can be taken out of another process."""
    other = call(434, pid, 0)
    return other >= 0 and any(call(438, other, number, 0) >= 0 for number in range(3))


def opens_by_handle() -> bool:
    """Walk around every path."""
    handle = ctypes.create_string_buffer(b"\x80\0\0\0", 200)
    mount = ctypes.create_string_buffer(8)
    if call(303, AT_FDCWD, b"/etc/passwd", handle, mount, 0) < 0:
        return False
    root = os.open("/", os.O_RDONLY)
    return call(304, root, handle, os.O_RDONLY) >= 0


def by_the_old_door() -> bool:
    """Ask with the numbers of 32-bit programs, which a filter may have forgotten."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(OLD_DOOR)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(address)()) >= 0


def types_for_us() -> bool:
    """Type into the terminal of whoever started us."""
    letter = ctypes.create_string_buffer(b"x")
    return any(LIBC.ioctl(number, 0x5412, letter) == 0 for number in range(3))


def writes_through_a_link() -> bool:
    """Reach a file outside by a link of our own."""
    Path("./out").symlink_to("/github/home/.bashrc")
    with Path("./out").open("ab") as file:
        file.write(b"x")
    return True


def sets_the_clock() -> bool:
    """Set the machine's clock, to what it is."""
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    return True


def receives(host: str) -> bool:
    """Reach a service beside us by the other Internet protocol."""
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect((host, 7777))
        return bool(client.recv(100))


def leaves(flag: int) -> Callable[[], bool]:
    """Return an attempt to get a namespace of one's own."""
    return lambda: in_a_child(lambda: LIBC.unshare(flag) == 0)


ATTACKS: dict[str, Callable[[], bool]] = {
    **{f"{name} namespace": leaves(flag) for name, flag in NAMESPACES.items()},
    "join a namespace": lambda: any_of(
        lambda path: call(308, os.open(path, os.O_RDONLY), 0) == 0,
        [f"/proc/{pid}/ns/{kind}" for pid in OTHERS for kind in ("net", "mnt", "pid")],
    ),
    "new mount API": lambda: gets(430, b"tmpfs", 0),
    "copy of a mount": lambda: gets(428, AT_FDCWD, b"/", 1),
    "unmount": lambda: gets(166, b"/proc", 2),
    "swap the root": lambda: gets(155, b".", b"."),
    "open by handle": opens_by_handle,
    "page faults of ours": lambda: gets(323, 0),
    "kernel modules": lambda: is_let_in(175, 0, 0, b"") or is_let_in(176, b"x", 0),
    "another kernel": lambda: is_let_in(246, 0, 0, 0, 0),
    "host name": lambda: gets(170, b"x", 1),
    "clock": sets_the_clock,
    "ports of the machine": lambda: gets(173, 0x80, 1, 1),
    "kernel log": lambda: gets(103, 3, bytes(100), 100),
    "accounting": lambda: is_let_in(163, b"./acct"),
    "swap file": lambda: is_let_in(167, b"./swap", 0),
    "read another process": lambda: any(reads_memory(pid) for pid in OTHERS),
    "take a descriptor": lambda: any(takes_descriptor(pid) for pid in OTHERS),
    "type into a terminal": types_for_us,
    "write through a link": writes_through_a_link,
    "TCP to ::ffff:127.0.0.1": lambda: receives("::ffff:127.0.0.1"),
    "TCP to ::1": lambda: receives("::1"),
    "AF_KEY": lambda: opens(15),
    "AF_TIPC": lambda: opens(30),
    "AF_CAN": lambda: opens(29),
    "AF_BLUETOOTH": lambda: opens(31),
    "AF_XDP": lambda: opens(44),
    "family in half a register": lambda: gets(41, (1 << 32) | 40, 1, 0),
    "x32 numbers": lambda: in_a_child(lambda: gets(X32 | 41, 40, 1, 0)),
    "32-bit numbers": lambda: in_a_child(by_the_old_door),
    "disks": lambda: any_of(reads, ["/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/xvda"]),
    "kernel messages": lambda: reads("/dev/kmsg"),
    "virtual machines": lambda: any_of(
        lambda path: os.open(path, os.O_RDWR) >= 0, ["/dev/kvm", "/dev/fuse", "/dev/net/tun"]
    ),
    "own limits": lambda: any_of(
        lambda path: os.open(path, os.O_WRONLY) >= 0,
        ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"],
    ),
}


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
