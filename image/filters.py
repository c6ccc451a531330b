"""Writes the system call filters that agents' commands run under; needs Debian's python3-seccomp.

Both go on top of the engine's own filter, which every container has, and only take away.
`nonet.bpf` is for commands in the action's own container: it leaves Unix sockets and no other.
`sibling.bpf` is for containers without a network: it closes what an engine may leave open.

    python3 filters.py FOLDER
"""

import errno
import socket
import stat
import sys
from pathlib import Path

from seccomp import ALLOW, EQ, ERRNO, GT, MASKED_EQ, NE, Arg, SyscallFilter

_REFUSED = ERRNO(errno.EPERM)
_ABSENT = ERRNO(errno.ENOSYS)
_IO_URING = ("io_uring_setup", "io_uring_enter", "io_uring_register")
_KERNEL = (
    *("add_key", "keyctl", "request_key", "bpf", "perf_event_open", "userfaultfd"),
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot"),
    *("open_by_handle_at", "name_to_handle_at"),
    *("kexec_load", "init_module", "finit_module", "delete_module"),
)
_TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: both can type into the terminal of whoever started us."""
_SIBLING_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
_LAST_FAMILY = 63
_INT = 0xFFFFFFFF


def main(folder: Path) -> None:
    """Write both filters into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    nonet = _common()
    for call in ("socket", "socketpair"):
        nonet.add_rule(_REFUSED, call, Arg(0, NE, socket.AF_UNIX))
    _write(nonet, folder / "nonet.bpf")

    sibling = _common()
    for call in ("socket", "socketpair"):
        for family in set(range(_LAST_FAMILY + 1)) - set(map(int, _SIBLING_FAMILIES)):
            sibling.add_rule(_REFUSED, call, Arg(0, EQ, family))
        # Whole registers are compared: nothing hides in the half that the kernel ignores.
        sibling.add_rule(_REFUSED, call, Arg(0, GT, _LAST_FAMILY))
    _write(sibling, folder / "sibling.bpf")


def _common() -> SyscallFilter:
    rules = SyscallFilter(ALLOW)
    for call in _IO_URING:
        rules.add_rule(_ABSENT, call)
    for call in _KERNEL:
        rules.add_rule(_REFUSED, call)
    for call, argument in (("mknod", 1), ("mknodat", 2)):
        for kind in (stat.S_IFCHR, stat.S_IFBLK):
            rules.add_rule(_REFUSED, call, Arg(argument, MASKED_EQ, stat.S_IFMT(_INT), kind))
    for request in _TERMINAL_INPUT:
        rules.add_rule(_REFUSED, "ioctl", Arg(1, MASKED_EQ, _INT, request))
    return rules


def _write(rules: SyscallFilter, place: Path) -> None:
    with place.open("wb") as file:
        rules.export_bpf(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
