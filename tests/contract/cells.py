"""A small tree, a cell around it, and shell text to run there."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.sandbox import Access, Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.sandbox.sandbox import Cell, CommandResult, Sandbox


def toolchain() -> Toolchain:
    """Return the programs that these tests run with."""
    binaries = Path(sys.executable).parent
    return Toolchain(path=(binaries,), readable=(binaries.parent,))


@contextlib.contextmanager
def cell_in(
    sandbox: Sandbox, place: Path, *, access: Access = Access.WRITE, network: bool = False
) -> Iterator[Cell]:
    """Provide a cell around the tree, which is made if it is not there."""
    tree = place / "tree"
    if not tree.exists():
        tree.mkdir()
        (tree / "file.txt").write_text("needle\n")
        (tree / "sub").mkdir()
    with contextlib.closing(sandbox.open(tree, access=access, network=network)) as cell:
        yield cell


def sh(cell: Cell, text: str, *, timeout_s: float = 20.0, cwd: str = ".") -> CommandResult:
    """Run shell text to its end."""
    return cell.run(
        Command(argv=("sh", "-c", text), timeout_s=timeout_s, output_bytes=20_000, cwd=cwd)
    )
