"""Write the README's generated parts anew: tables of the action, and the workflow to copy.

`make schema` runs it; an architecture test says when it has to be run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / "docs" / "examples" / "orchestrate.yml"


def written(page: str) -> str:
    """Return the page with the text between each pair of marks made from its source."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    for name, text in (
        ("workflow", f"```yaml\n{WORKFLOW.read_text(encoding='utf-8')}```"),
        ("inputs", "\n".join(_inputs(action["inputs"]))),
        ("outputs", "\n".join(_outputs(action["outputs"]))),
    ):
        begin, end = f"<!-- {name}: begin, written by make schema -->", f"<!-- {name}: end -->"
        before, rest = page.split(begin)
        page = f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}"
    return page


def _inputs(inputs: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "| Input | Default | What it is for |"
    yield "| --- | --- | --- |"
    for name, given in inputs.items():
        default = f"`{given['default']}`" if "default" in given else "–"
        yield f"| `{name}` | {default} | {given['description'].strip()} |"


def _outputs(outputs: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "| Output | What it says |"
    yield "| --- | --- |"
    for name, given in outputs.items():
        yield f"| `{name}` | {given['description'].strip()} |"


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
