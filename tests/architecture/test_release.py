"""A release names the image that was built, and never something else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from orchestrator import __version__
from tests.architecture.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = f"registry.example/owner/orchestrator@sha256:{'0a' * 32}"
CHANGELOG = f"""# Changelog

<!-- towncrier release notes start -->
## {__version__} (2026-01-01)

### Added

- A door.

## 0.0.1 (2025-01-01)

- A wall.
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with what a release reads."""
    (tmp_path / "image").mkdir()
    shutil.copy(ROOT / "image" / "release.py", tmp_path / "image")
    for name in ("action.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return tmp_path


def _release(checkout: Path, *, version: str = __version__, image: str = IMAGE) -> tuple[int, str]:
    """Run the program; return its exit code and what it complained of."""
    ended = subprocess.run(
        [
            *(sys.executable, "image/release.py", "--version", version),
            *("--image", image, "--notes", "notes.md"),
        ],
        cwd=checkout,
        capture_output=True,
        check=False,
        text=True,
    )
    return ended.returncode, ended.stderr


def test_release__names_the_image_by_digest(checkout: Path) -> None:
    """Whoever uses a released version runs the very image that was built and attested."""
    code, _ = _release(checkout)

    released = yaml.safe_load((checkout / "action.yml").read_text(encoding="utf-8"))
    built_here = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert code == 0
    assert released["runs"]["image"] == f"docker://{IMAGE}"
    assert {**released, "runs": None} == {**built_here, "runs": None}
    assert (checkout / "notes.md").read_text(encoding="utf-8") == "### Added\n\n- A door.\n"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"image": "registry.example/owner/orchestrator:1"}, "not an image by digest"),
        ({"image": f"{IMAGE}\n  args: [x]"}, "not an image by digest"),
        ({"version": "9.9.9"}, "make release VERSION=9.9.9"),
    ],
)
def test_release__refuses_what_it_cannot_stand_for(
    checkout: Path, given: dict[str, str], complaint: str
) -> None:
    """A tag that moves, a forged line or another version leaves every file as it was."""
    code, said = _release(checkout, **given)

    assert code == 1
    assert complaint in said
    assert (checkout / "action.yml").read_bytes() == (ROOT / "action.yml").read_bytes()
    assert not (checkout / "notes.md").exists()


def test_release__needs_notes(checkout: Path) -> None:
    """Nothing is released that the changelog does not tell of."""
    (checkout / "CHANGELOG.md").write_text("# Changelog\n", encoding="utf-8")

    code, said = _release(checkout)

    assert code == 1
    assert "no section" in said


def test_version__is_said_once() -> None:
    """The package and the project are released under one number."""
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
