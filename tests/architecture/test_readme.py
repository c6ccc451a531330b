"""The README and the pages behind it hold what they promise."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from tests.architecture.source import ROOT, project_files, read

if TYPE_CHECKING:
    from types import ModuleType

README = Path("README.md")
MOST_LINES = 280
FIRST_SCREEN = 105
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def _generator() -> ModuleType:
    """Load the program that writes the generated parts."""
    spec = importlib.util.spec_from_file_location("readme", ROOT / "docs" / "readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readme__shows_what_the_sources_say() -> None:
    """The tables and the workflow are those of action.yml and of the example: `make schema`."""
    page = read(README)

    assert _generator().written(page) == page


def test_metrics_page__shows_what_the_action_says() -> None:
    """The outputs that are measured are defined where the numbers are: `make schema`."""
    page = read(Path("docs/metrics.md"))

    assert _generator().measured(page) == page


def test_readme__is_short_enough_to_be_read() -> None:
    """What does not fit stands in docs/."""
    assert len(read(README).splitlines()) <= MOST_LINES


def test_readme__begins_with_the_workflow_and_two_commands() -> None:
    """Whoever wants to start has everything before the first explanation."""
    first = "\n".join(read(README).splitlines()[:FIRST_SCREEN])

    assert "anthropic-api-key: ${{ secrets.ANTHROPIC_API_KEY }}" in first
    assert "make demo" in first
    assert "python -m orchestrator run" in first


@pytest.mark.parametrize(
    "page", [path for path in project_files() if path.suffix == ".md"], ids=str
)
def test_page__links_to_files_that_exist(page: Path) -> None:
    """No reader is sent to a page that is not there."""
    text = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    places = [target for target, _ in LINK.findall(text) if "://" not in target]

    assert [one for one in places if not (ROOT / page.parent / one).exists()] == []


def test_troubleshooting__knows_every_ending() -> None:
    """Whoever sees a conclusion or a failure class finds out what to do about it."""
    text = read(Path("docs/troubleshooting.md"))

    words = [*Conclusion, *FailureClass]

    assert [word for word in words if f"`{word}`" not in text] == []
