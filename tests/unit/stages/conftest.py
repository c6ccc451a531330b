"""A house that is closed when its test is over."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.unit.stages.house import Furnish, make_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def furnish(tmp_path: Path) -> Iterator[Furnish]:
    """Give what makes a house in the test's folder: `make_house` without the folder."""
    with contextlib.ExitStack() as stack:
        yield partial(make_house, tmp_path, stack=stack)
