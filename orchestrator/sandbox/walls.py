"""Which walls util-linux and this kernel can build, and the words that build them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PROBE_S = 10.0
_PROGRAM_FOLDERS = ("/usr", "/opt", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
_LOOKED_AT = ("/etc", "/proc", "/sys")
_DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty"))
_SHARED = ("/tmp", "/dev/shm")  # noqa: S108 -- names for the kernel's rule, no file is made

_RUN = "execute,read-file,read-dir"
_LOOK = "read-file,read-dir"
_DEVICE = "read-file,write-file"
_ALL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What was found on this machine."""

    setpriv: Path | None
    has_landlock: bool
    no_network: tuple[str, ...]
    """Words before setpriv that take the network away: an empty namespace."""
    seccomp_filter: Path | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Return why there can be no walls, one sentence each; empty when there can."""
        found: list[str] = []
        if self.setpriv is None:
            found.append("setpriv is not installed.")
        if not self.no_network and self.seccomp_filter is None:
            found.append(
                "The network cannot be closed: there is neither a system call filter "
                "nor a network namespace."
            )
        return tuple(found)

    def identity(self, *, uid: int, gid: int) -> tuple[str, ...]:
        """Return the words that turn root into a user without any power."""
        return (
            str(self.setpriv),
            f"--reuid={uid}",
            f"--regid={gid}",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
            "--inh-caps=-all",
        )

    def words(
        self,
        *,
        uid: int,
        gid: int,
        network: bool,
        writable: Sequence[Path],
        readable: Sequence[Path],
    ) -> tuple[str, ...]:
        """Return every word that stands before a command.

        Args:
            uid: Whom it runs as.
            gid: The only group it has.
            network: Whether it may use the network.
            writable: Folders it may change.
            readable: Folders it may read and run programs from, beside the system's.
        """
        landlock = _landlock(writable, readable) if self.has_landlock else ()
        filtered = () if network or self.seccomp_filter is None else _filter(self.seccomp_filter)
        return (
            *(() if network else self.no_network),
            *self.identity(uid=uid, gid=gid),
            *landlock,
            *filtered,
            "--",
        )


def find_walls(seccomp_filter: Path | None) -> Walls:
    """Try what this machine can do.

    Args:
        seccomp_filter: A compiled filter without a network; left out when it cannot be loaded.
    """
    setpriv = find_program("setpriv")
    unshare = find_program("unshare")
    namespace = (str(unshare), "--net", "--") if unshare else ()
    if setpriv is None:
        return Walls(setpriv=None, has_landlock=False, no_network=(), seccomp_filter=None)
    landlock = (str(setpriv), *_landlock((), (Path("/"),)), "--")
    usable = seccomp_filter is not None and _works(
        (str(setpriv), "--no-new-privs", *_filter(seccomp_filter), "--")
    )
    return Walls(
        setpriv=setpriv,
        has_landlock=_works(landlock),
        no_network=namespace if namespace and _works(namespace) else (),
        seccomp_filter=seccomp_filter if usable else None,
    )


def _works(words: tuple[str, ...]) -> bool:
    ending = launch(Launch(argv=(*words, "/bin/true"), timeout_s=_PROBE_S, output_bytes=10_000))
    return ending.exit_code == 0


def _filter(path: Path) -> tuple[str, ...]:
    return ("--seccomp-filter", str(path))


def _landlock(writable: Sequence[Path], readable: Sequence[Path]) -> tuple[str, ...]:
    rules = [
        *_rules(_RUN, (*_PROGRAM_FOLDERS, *map(str, readable))),
        *_rules(_LOOK, _LOOKED_AT),
        *_rules(_DEVICE, _DEVICES),
        *_rules(_ALL, (*_SHARED, *map(str, writable))),
    ]
    return ("--landlock-access", "fs", *(word for rule in rules for word in rule))


def _rules(rights: str, paths: Iterable[str]) -> list[tuple[str, str]]:
    # A rule for a path that is not there, or is a link, is an error to setpriv.
    return [
        ("--landlock-rule", f"path-beneath:{rights}:{path}")
        for path in dict.fromkeys(paths)
        if Path(path).exists() and not Path(path).is_symlink()
    ]
