"""The image, built once for all tests that run in it."""

from __future__ import annotations

import pytest

from tests.image.docker import ROOT, TAG, docker


@pytest.fixture(scope="session")
def image() -> str:
    """Build the image once, with the classic builder."""
    built = docker("build", "--quiet", "--tag", TAG, ROOT)
    assert built.returncode == 0, built.stderr[-2000:]
    return TAG
