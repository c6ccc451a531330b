"""Which backend a run uses: the first one that passes its own test, or none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import SandboxError, UsageError
from orchestrator.sandbox.bubblewrap import Bubblewrap
from orchestrator.sandbox.container_local import ContainerLocal
from orchestrator.sandbox.sandbox import SelfTest
from orchestrator.sandbox.unconfined import Unconfined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.sandbox.cell import Toolchain
    from orchestrator.sandbox.lending import SiblingPlace
    from orchestrator.sandbox.sandbox import Sandbox
    from orchestrator.sandbox.watchdog import CellLimits

_COMPILED: Final = Path("/opt/orchestrator/nonet.bpf")


def compiled_filter() -> Path | None:
    """Return the filter that was compiled when the image was built; elsewhere there is none."""
    return _COMPILED if _COMPILED.exists() else None


class Policy(StrEnum):
    """Which backends may be tried."""

    AUTO = "auto"
    SIBLING = "sibling"
    BUBBLEWRAP = "bubblewrap"
    LOCAL = "local"
    UNCONFINED = "unconfined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen and why."""

    sandbox: Sandbox | None
    """`None`: nothing passed. Commands must stay switched off, and the user must be told."""
    verdicts: tuple[SelfTest, ...]
    """In the order of trial; the last one is the chosen backend's, if any was chosen."""
    folder: Path
    """Where worktrees must lie for the chosen backend to serve them."""

    @property
    def verdict(self) -> SelfTest | None:
        """The chosen backend's verdict."""
        return self.verdicts[-1] if self.sandbox is not None else None


def choose(
    policy: Policy,
    *,
    scratch: Path,
    toolchain: Toolchain,
    limits: CellLimits | None = None,
    seccomp_filter: Path | None = None,
    moat: Sequence[Path] = (),
    sibling: SiblingPlace | None = None,
    require_landlock: bool = False,
    allow_unconfined: bool = False,
) -> Choice:
    """Return the first backend of the policy that passes its self-test.

    Args:
        policy: One backend, or `AUTO`: sibling, then local, where there is a place for siblings;
            bubblewrap, then local, elsewhere.
        scratch: Where homes of cells lie; other users must be able to pass to it.
        toolchain: What commands may use beside the system's programs.
        limits: What one command may use.
        seccomp_filter: A compiled filter without a network, for `LOCAL`.
        moat: Folders that only root may enter from now on, for `LOCAL`.
        sibling: Where containers beside ours can be; only known inside the action's container.
        require_landlock: Whether `LOCAL` refuses to work on a kernel without Landlock.
        allow_unconfined: Whether the command line (never a configuration) allows to run without
            walls. `AUTO` then ends there instead of at nothing.

    Raises:
        UsageError: Unconfined was asked for and is not allowed.
    """
    builders: Mapping[Policy, Callable[[], Sandbox]] = {
        Policy.BUBBLEWRAP: lambda: Bubblewrap(scratch, toolchain=toolchain, limits=limits),
        Policy.LOCAL: lambda: ContainerLocal(
            scratch,
            toolchain=toolchain,
            limits=limits,
            seccomp_filter=seccomp_filter,
            moat=moat,
            require_landlock=require_landlock,
        ),
        Policy.SIBLING: lambda: _sibling(sibling, limits),
        Policy.UNCONFINED: lambda: Unconfined(scratch, toolchain=toolchain, limits=limits),
    }
    verdicts: list[SelfTest] = []
    for name in _order(policy, sibling, allow_unconfined=allow_unconfined):
        try:
            sandbox = builders[name]()
            verdicts.append(sandbox.self_test())
        except SandboxError as exc:
            verdicts.append(_unusable(name, exc))
            continue
        if not verdicts[-1].failures:
            folder = scratch if sibling is None or name is not Policy.SIBLING else sibling.folder
            return Choice(sandbox=sandbox, verdicts=tuple(verdicts), folder=folder)
    return Choice(sandbox=None, verdicts=tuple(verdicts), folder=scratch)


def _sibling(place: SiblingPlace | None, limits: CellLimits | None) -> Sandbox:
    # A laptop has no place for these, and nothing to load for them.
    from orchestrator.sandbox.lending import open_sibling

    return open_sibling(place, limits=limits)


def _unusable(name: Policy, exc: SandboxError) -> SelfTest:
    text = f"{exc} {exc.hint}"
    return SelfTest(backend=name.value, is_confined=False, gaps=(), failures=(text,))


def _order(
    policy: Policy, sibling: SiblingPlace | None, *, allow_unconfined: bool
) -> tuple[Policy, ...]:
    if policy is Policy.UNCONFINED and not allow_unconfined:
        raise UsageError(
            "Commands without a sandbox were asked for, and the command line does not allow it.",
            hint="Install bubblewrap, or pass --sandbox unconfined to accept that commands can do "
            "everything that you can.",
        )
    if policy is not Policy.AUTO:
        return (policy,)
    first = Policy.BUBBLEWRAP if sibling is None else Policy.SIBLING
    confined = (first, Policy.LOCAL)
    return (*confined, Policy.UNCONFINED) if allow_unconfined else confined
