"""The template window: strict, sandboxed, and found wherever the package stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jinja2.exceptions import SecurityError, UndefinedError

from orchestrator.rendering.templates import PACKAGED, Templates

if TYPE_CHECKING:
    from pathlib import Path


def _templates(folder: Path, **files: str) -> Templates:
    for name, text in files.items():
        (folder / f"{name}.j2").write_text(text)
    return Templates(folder)


def test_render__unknown_names_are_errors(tmp_path: Path) -> None:
    """A misspelt variable stops the rendering instead of leaving a hole in a prompt."""
    templates = _templates(tmp_path, a="Hello {{ name }}")

    with pytest.raises(UndefinedError):
        templates.render("a.j2", {})


def test_render__values_are_not_templates(tmp_path: Path) -> None:
    """Template marks in a value stay text."""
    templates = _templates(tmp_path, a="{{ text }}")

    text = templates.render("a.j2", {"text": "{{ 7 * 7 }} ${{ secrets.KEY }} {% include 'b' %}"})

    assert text == "{{ 7 * 7 }} ${{ secrets.KEY }} {% include 'b' %}\n"


def test_render__templates_reach_no_internals(tmp_path: Path) -> None:
    """Even a bad template cannot walk from a value to Python's insides."""
    templates = _templates(tmp_path, a="{{ text.__class__.__mro__ }}")

    with pytest.raises(SecurityError):
        templates.render("a.j2", {"text": "x"})


def test_render__only_pages_are_escaped(tmp_path: Path) -> None:
    """Markdown goes out as it is; a page escapes what it is given."""
    (tmp_path / "a.html.j2").write_text("{{ text }}")
    templates = _templates(tmp_path, a="{{ text }}")

    assert templates.render("a.j2", {"text": "<b>"}) == "<b>\n"
    assert templates.render("a.html.j2", {"text": "<b>"}) == "&lt;b&gt;\n"


def test_variables__includes_are_followed(tmp_path: Path) -> None:
    """What an included part asks for counts as asked for."""
    templates = _templates(tmp_path, a="{{ x }}{% include 'b.j2' %}", b="{{ y }}")

    assert templates.variables("a.j2") == {"x", "y"}


def test_packaged__stands_beside_the_package() -> None:
    """A checkout and the image both hold the templates beside the package."""
    assert (PACKAGED / "prompts" / "brief.md.j2").is_file()
    assert (PACKAGED.parent / "orchestrator").is_dir()
