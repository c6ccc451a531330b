"""The program that `complexity` starts: finds the functions in texts that strangers wrote.

In a process of its own, which can be ended: no text promises that lizard is ever done with it.
"""

from __future__ import annotations

import contextlib
import json
import sys

import lizard

_BREAKS = (
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What lizard raises on text that is not the language its name promises."""


def main() -> None:
    """Read pairs of a file's ending and its text, as JSON, and write what stands in each."""
    texts = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        found = [_functions(ending, text) for ending, text in texts]
    json.dump(found, sys.stdout)


def _functions(ending: str, text: str) -> list[tuple[str, int, int, int]] | None:
    """Return name, first and last line and complexity of each; nothing for what is no code."""
    if lizard.get_reader_for(ending) is None:
        return None
    try:
        # Only the ending of the name goes in: lizard may print the name.
        found = lizard.analyze_file.analyze_source_code(f"file{ending}", text).function_list
    except _BREAKS:
        return None
    return [(one.name, one.start_line, one.end_line, one.cyclomatic_complexity) for one in found]


if __name__ == "__main__":
    main()
