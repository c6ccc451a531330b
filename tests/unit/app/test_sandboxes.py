"""Where commands of a run are run."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.desk import open_desk
from orchestrator.app.sandboxes import sheltered
from orchestrator.config.sandbox import SandboxBackend
from orchestrator.config.settings import Settings
from orchestrator.sandbox.sandbox import Access, Command

if TYPE_CHECKING:
    from pathlib import Path

_PLANT = """
folder=$PWD
until [ "$folder" = / ]; do
  folder=$(dirname "$folder")
  (: > "$folder/planted") 2>/dev/null && echo "$folder" && rm "$folder/planted"
done
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has these walls")
def test_shelter__lets_no_command_put_anything_above_a_tree() -> None:
    """Runtimes and test runners look for settings and modules above: a later check would obey."""
    asked = SandboxBackend.LOCAL
    with sheltered(open_desk(quiet=True), Settings(), asked=asked, unconfined=False) as shelter:
        if shelter.sandbox is None:
            pytest.skip(str(shelter.verdicts))
        tree: Path = shelter.folder / "0001"
        tree.mkdir()
        with contextlib.closing(shelter.sandbox.open(tree, access=Access.WRITE)) as cell:
            said = cell.run(Command(argv=("sh", "-c", _PLANT))).output

    assert said == ""
    assert not shelter.folder.exists()
