"""The least that works: one agent on the vendor's library, nothing else. What we compare with.

    python -m benchmarks.minimal URL FOLDER

One tool, one short system text, the automatic cache marker, no limits, no record, no retries of
its own. Prints the seconds of processor time from its first reply to its end, and between replies.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import anthropic  # noqa: TID253 -- this is the program that pays for it

READ: Any = {
    "name": "Read",
    "description": "Read a file of the repository.",
    "input_schema": {
        "type": "object",
        "properties": {"file_path": {"type": "string"}},
        "required": ["file_path"],
    },
}
MOST = 24_000


def main(url: str, folder: Path, key: str) -> None:
    """Work until the model hands in."""
    client = anthropic.Anthropic(api_key=key, base_url=url)
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "Do the task."}]}]
    began: list[float] = []
    while True:
        with client.messages.stream(
            model="claude-opus-5-5",
            max_tokens=64_000,
            system=[{"type": "text", "text": "You are a careful programmer."}],
            tools=[READ],
            messages=messages,
            cache_control={"type": "ephemeral"},
        ) as stream:
            reply = stream.get_final_message()
        began.append(time.process_time())
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls or calls[0].name != "Read":
            break
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": _read(folder, call.input)}
            for call in calls
        ]
        blocks = [block.to_dict() for block in reply.content]
        messages += [{"role": "assistant", "content": blocks}, {"role": "user", "content": results}]
    gaps = [(later - earlier) * 1_000 for earlier, later in pairwise(began)]
    print(json.dumps({"cpu_s": time.process_time() - began[0], "cpu_gaps_ms": gaps}))


def _read(folder: Path, arguments: Any) -> str:  # noqa: ANN401 -- as the model sent it
    lines = (folder / arguments["file_path"]).read_text().splitlines()
    return "\n".join(f"{at}\t{line}" for at, line in enumerate(lines, 1))[:MOST]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
