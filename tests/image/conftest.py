"""The image, built once for all tests that run in it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.image.docker import build
from tests.image.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def image() -> str:
    """Build the image once and return its name."""
    return build()


@pytest.fixture
def job(image: str) -> Iterator[Job]:
    """Return a job's folders, somewhere that other users can pass through."""
    folder = Path(tempfile.mkdtemp(prefix=f"{image.partition(':')[0]}-image-"))
    folder.chmod(0o755)
    made = Job(folder)
    made.prepare()
    yield made
    shutil.rmtree(folder)
