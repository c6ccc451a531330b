"""The confusion matrix of the failing scenarios; `python -m tests.failures.matrix` writes it."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.outcome import FailureClass
from tests.failures.playing import class_found
from tests.failures.scenarios import load_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from tests.failures.scenarios import FailingScenario

    Found: TypeAlias = tuple[tuple[FailingScenario, FailureClass], ...]

PAGE = Path(__file__).parents[2] / "docs" / "failure-classes.md"
BEGIN, END = (
    "<!-- matrix: begin, written by python -m tests.failures.matrix -->",
    "<!-- matrix: end -->",
)


def play_all(folder: Path) -> Found:
    """Return what the program makes of every scenario; runs get a folder each."""
    return tuple((item, class_found(item, folder / item.name)) for item in load_all())


def with_matrix(page: str, found: Found) -> str:
    """Return the page with the part between the marks written anew."""
    before, rest = page.split(BEGIN)
    text = "\n".join(_lines(found))
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}"


def _lines(found: Found) -> Iterator[str]:
    misses = [(item, given) for item, given in found if given is not item.expected]
    hard = sum(item.is_hard for item, _ in found)
    hard_misses = sum(item.is_hard for item, _ in misses)
    yield (
        f"{len(found)} scenarios, {len(found) - len(misses)} classed as a person does; {hard} of "
        f"them look like another class, and {hard - hard_misses} of these were told apart."
    )
    yield from ("", *_table(found), "", "### Misses", "")
    for item, given in misses:
        yield f"- `{item.name}`: {item.tells}. Expected `{item.expected}`, found `{given}`."
    yield from ("", "### All scenarios", "", "| Scenario | What it tells | Class |")
    yield "| --- | --- | --- |"
    for item, given in found:
        mark = f"`{given}`"
        if given is not item.expected:
            mark += f" instead of `{item.expected}`"
        yield f"| {item.name} | {item.tells.replace('|', ' ')} | {mark} |"


def _table(found: Found) -> Iterator[str]:
    counts = Counter((item.expected, given) for item, given in found)
    numbers = {name: number for number, name in enumerate(FailureClass, start=1)}
    heads = " | ".join(str(number) for number in numbers.values())
    yield f"| Expected, down; found, across | {heads} |"
    yield "| --- |" + " ---: |" * len(numbers)
    for expected in FailureClass:
        row = [counts[expected, given] for given in FailureClass]
        cells = " | ".join(str(count or "·") for count in row)
        yield f"| {numbers[expected]} `{expected}` | {cells} |"


def main() -> None:
    """Play everything and write the page."""
    with tempfile.TemporaryDirectory(prefix="failures-") as folder:
        found = play_all(Path(folder))
    text = with_matrix(PAGE.read_text(encoding="utf-8"), found)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
