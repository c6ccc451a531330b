"""Write the README's generated parts anew: tables of the action, and the workflow to copy.

`make schema` runs it; an architecture test says when it has to be run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from orchestrator.metrics.outputs import measured_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
METRICS = ROOT / "docs" / "metrics.md"
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
        page = _between(page, name, text)
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
    elsewhere = measured_names()
    for name, given in outputs.items():
        if name not in elsewhere:
            yield f"| `{name}` | {given['description'].strip()} |"
    names = " ".join(f"`{name}`" for name in outputs if name in elsewhere)
    yield f"| {names} | Measured on the run, each defined in [docs/metrics.md](docs/metrics.md). |"


def measured(page: str) -> str:
    """Return the page on metrics with its table of outputs made from the action."""
    outputs = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["outputs"]
    rows = [f"| `{name}` | {outputs[name]['description'].strip()} |" for name in measured_names()]
    return _between(
        page, "outputs", "\n".join(["| Output | What it says |", "| --- | --- |", *rows])
    )


def _between(page: str, name: str, text: str) -> str:
    begin, end = f"<!-- {name}: begin, written by make schema -->", f"<!-- {name}: end -->"
    before, rest = page.split(begin)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    for file, write in ((README, written), (METRICS, measured)):
        file.write_text(write(file.read_text(encoding="utf-8")), encoding="utf-8")
