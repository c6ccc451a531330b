"""Every sandbox, and every way to the model, for the suites that ask what each promises."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.sidecar import make_sidecar, through
from orchestrator.llm.connection import Connection
from orchestrator.sandbox.bubblewrap import Bubblewrap
from orchestrator.sandbox.container_local import ContainerLocal
from orchestrator.sandbox.lending import SiblingPlace, open_sibling
from orchestrator.sandbox.selection import compiled_filter
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.sandbox.watchdog import CellLimits
from tests.contract.cells import toolchain
from tests.image.docker import TAG, take_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.app.sidecar import Sidecar
    from orchestrator.sandbox.sandbox import Sandbox
    from tests.unit.llm.builders import Connect

_BACKENDS: Mapping[str, Callable[..., Sandbox]] = {
    "unconfined": Unconfined,
    "bubblewrap": Bubblewrap,
    "local": partial(ContainerLocal, seccomp_filter=compiled_filter()),
}
_SIBLING = pytest.param("sibling", marks=pytest.mark.image)
_CONFINED = ("bubblewrap", "local", _SIBLING)
_LIMITS = CellLimits(memory_bytes=200 << 20, processes=60)
# Space on a disk is everybody's: in other tests, what one test fills must not look like theirs.
_SMALL_DISK = replace(_LIMITS, disk_bytes=1 << 30)


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


def _backend(
    request: pytest.FixtureRequest, place: Path, *, limits: CellLimits = _LIMITS
) -> Sandbox:
    name = request.param
    if name == "sibling":
        if os.geteuid() != 0:
            pytest.skip("sibling: only root can hand a tree to another user")
        programs = request.getfixturevalue("beside")
        there = SiblingPlace(folder=place, beside=programs, run=str(place), image=TAG)
        return open_sibling(there, limits=limits)
    sandbox = _BACKENDS[name](place / "scratch", toolchain=toolchain(), limits=limits)
    failures = sandbox.self_test().failures
    if failures:
        pytest.skip(f"{name}: {' '.join(failures)}")
    return sandbox


@pytest.fixture(params=[*sorted(_BACKENDS), _SIBLING])
def sandbox(request: pytest.FixtureRequest, place: Path) -> Sandbox:
    """Return each backend in turn."""
    return _backend(request, place)


@pytest.fixture(params=[*sorted(_BACKENDS), _SIBLING])
def cramped(request: pytest.FixtureRequest, place: Path) -> Sandbox:
    """Return each backend in turn, with little room on the disk."""
    return _backend(request, place, limits=_SMALL_DISK)


@pytest.fixture(params=_CONFINED)
def confined(request: pytest.FixtureRequest, place: Path) -> Sandbox:
    """Return each backend that has walls."""
    return _backend(request, place)


@pytest.fixture(scope="session")
def sidecar() -> Iterator[Sidecar]:
    """Return the process that has the model's library."""
    made = make_sidecar()
    yield made
    made.end()


@pytest.fixture(params=["here", "beside"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Return what carries requests: a connection of this process, or of the sidecar."""
    if request.param == "here":
        return Connection
    return through(request.getfixturevalue("sidecar"), os.environ)
