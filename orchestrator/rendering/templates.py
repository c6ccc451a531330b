"""The only door to Jinja: a sandboxed, strict environment over the packaged templates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import FileSystemLoader, StrictUndefined, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orchestrator.rendering import markdown
from orchestrator.rendering.invisible import in_order
from orchestrator.rendering.marks import mark, worded

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGED = Path(__file__).resolve().parents[2] / "templates"
"""The templates folder beside the package, in a checkout as in the image."""


class Templates:
    """Render the product's texts; nothing a template gets can run code or reach files."""

    def __init__(self, folder: Path = PACKAGED) -> None:
        """Open a folder of templates.

        Args:
            folder: Holds `prompts/` and `report/`; nothing is read until it is needed.
        """
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._html = self._environment.overlay(autoescape=True, finalize=in_order)
        for environment in (self._environment, self._html):
            environment.filters.update(
                fenced=markdown.fenced,
                inline=markdown.inline,
                advice=markdown.advice,
                plain=markdown.plain,
                line=markdown.line,
                code=markdown.code,
                cell=markdown.cell,
                quoted=markdown.quoted,
                code_block=markdown.code_block,
                usd=markdown.usd,
                duration=markdown.duration,
                cut=markdown.cut,
                mark=mark,
                worded=worded,
            )

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """Return the template filled in, ending in one newline.

        Names ending in `.html.j2` are rendered with HTML escaping.
        """
        environment = self._html if name.endswith(".html.j2") else self._environment
        return environment.get_template(name).render(context).strip("\n") + "\n"

    def variables(self, name: str) -> frozenset[str]:
        """Return every variable the template and its includes ask for."""
        found: set[str] = set()
        for part in self._parts(name):
            found |= meta.find_undeclared_variables(self._tree(part))
        return frozenset(found)

    def _parts(self, name: str) -> tuple[str, ...]:
        parts = [name]
        for part in parts:
            referenced = meta.find_referenced_templates(self._tree(part))
            parts += [other for other in referenced if other and other not in parts]
        return tuple(parts)

    def _tree(self, name: str) -> nodes.Template:
        return self._environment.parse(self._source(name))

    def _source(self, name: str) -> str:
        loader = self._environment.loader
        if loader is None:  # pragma: no cover -- the constructor always sets one
            raise RuntimeError("The template environment has no loader.")
        return loader.get_source(self._environment, name)[0]
