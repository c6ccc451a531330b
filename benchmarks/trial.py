"""One measured process against the double, and the memory of its whole tree meanwhile.

A process that crashes, is refused something or does other work than it should is no
measurement: it raises `SpoiledError`, and the benchmark ends with an error.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.domain.usage import Usage
from orchestrator.llm.pricing import LIST_PRICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent.parent
_MANY = 1_000
_TAIL = 1_500


class SpoiledError(Exception):
    """A trial did not do what was to be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one process did."""

    start_s: float
    """From the start of the process to its first request."""
    gaps_ms: tuple[float, ...]
    """Between the end of each reply and the next request, tools included."""
    cpu_ms: float
    """Processor time a turn, where the process tells it."""
    cpu_gaps_ms: tuple[float, ...]
    """Processor time of each turn, where the process tells it."""
    peak_mb: float
    billed: float
    """Input in full-price tokens of the model that was asked: writes 1.25 and 2, reads 0.05."""
    billed_usd: float
    """What that input costs."""
    first_tokens: int
    """How long the first request was."""
    turns: int

    @property
    def turn_ms(self) -> float:
        """The median gap.

        Raises:
            SpoiledError: There was none.
        """
        if not self.gaps_ms:
            raise SpoiledError("no conversation had a second turn")
        return statistics.median(self.gaps_ms)


@dataclass(slots=True)
class _Server:
    url: str
    result: dict[str, object]


@contextmanager
def served(trajectory: str, turns: int, latency_s: float = 0.0) -> Iterator[_Server]:
    """Run the double in a process of its own; its result is there after the block."""
    argv = [sys.executable, "-m", "benchmarks.server", trajectory, str(turns), str(latency_s)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE
    ) as process:
        assert process.stdout is not None
        server = _Server(process.stdout.readline().strip(), {})
        try:
            yield server
        finally:
            out, _ = process.communicate()
            server.result = json.loads(out or "{}")


def run(
    argv: Sequence[str],
    *,
    trajectory: str = "one-agent",
    turns: int,
    latency_s: float = 0.0,
    replies: int | None = None,
    is_whole: bool = True,
    tells: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Trial:
    """Start a process whose arguments may hold `{url}`, and measure it to its end.

    Args:
        argv: Its words.
        trajectory: What the model says.
        turns: How many steps.
        latency_s: How long after its request each reply comes; 0 means as soon as it is made.
        replies: How many replies the process must have asked for, if that is known.
        is_whole: Whether all of the trajectory is to be played.
        tells: Whether its last line is JSON about itself.
        environment: More for its environment; may hold `{url}` too.

    Raises:
        SpoiledError: It failed, was refused something, or did other work.
    """
    with served(trajectory, turns, latency_s) as server, tempfile.TemporaryFile("w+") as noise:
        words = [word.replace("{url}", server.url) for word in argv]
        given = {k: v.replace("{url}", server.url) for k, v in (environment or {}).items()}
        began = time.monotonic()
        with subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            cwd=HERE,
            env={**os.environ, **given},
        ) as process:
            peak, told = _watched(process)
        noise.seek(0)
        said = f"{told[-_TAIL:]}\n{noise.read()[-_TAIL:]}"
    if process.returncode:
        raise SpoiledError(f"{words[:4]} ended with {process.returncode}:\n{said}")
    if server.result["refusals"]:
        raise SpoiledError(f"{words[:4]} was refused: {server.result['refusals']}\n{said}")
    if is_whole and server.result["left"]:
        raise SpoiledError(f"{words[:4]} did not ask for {server.result['left']}:\n{said}")
    trial = _trial(server.result, began, peak, told, tells=tells)
    if replies is not None and trial.turns != replies:
        raise SpoiledError(f"{words[:4]} asked {trial.turns} times, not {replies}:\n{said}")
    return trial


def _watched(process: subprocess.Popen[str]) -> tuple[float, str]:
    """Return the largest memory of the tree, and what the process said."""
    peak = 0.0
    done: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: done.append(process.stdout.read()))  # type: ignore[union-attr]
    reader.start()
    while process.poll() is None:
        peak = max(peak, _memory_mb(process.pid))
        time.sleep(0.02)
    reader.join()
    return peak, done[0]


def _trial(
    result: dict[str, object], began: float, peak: float, said: str, *, tells: bool
) -> Trial:
    used = [(model, Usage.model_validate(each)) for model, each in result["usage"]]  # type: ignore[attr-defined]
    gaps: list[list[float]] = result["gaps"]  # type: ignore[assignment]
    told: dict[str, Any] = {}
    if tells:
        try:
            told = dict(json.loads(said.strip().splitlines()[-1]))
        except (ValueError, IndexError) as error:
            raise SpoiledError(f"it did not tell of itself in its last line:\n{said}") from error
    ends = [end for end in told.get("ends", ()) if end != "Submitted"]
    if ends or not used or not peak:
        raise SpoiledError(
            f"agents ended otherwise: {ends}; {len(used)} replies, {peak} MB seen\n{said}"
        )
    return Trial(
        start_s=float(result["first"]) - began,  # type: ignore[arg-type]
        gaps_ms=tuple(gap * 1_000 for each in gaps for gap in each),
        cpu_ms=float(told.get("cpu_s", 0.0)) * 1_000 / len(used),
        cpu_gaps_ms=tuple(told.get("cpu_gaps_ms", ())),
        peak_mb=peak,
        billed=sum(billed(model, usage) for model, usage in used),
        billed_usd=sum(_usd(model, usage) for model, usage in used),
        first_tokens=used[0][1].prompt_tokens,
        turns=len(used),
    )


def billed(model: str, usage: Usage) -> float:
    """Return input in full-price tokens of this model."""
    return _usd(model, usage) * _MANY / _usd(model, Usage(input_tokens=_MANY))


def _usd(model: str, usage: Usage) -> float:
    return float(LIST_PRICES.spend(usage.model_copy(update={"output_tokens": 0}), model=model).usd)


def _memory_mb(pid: int) -> float:
    """Return the memory of a process and all below it.

    A child between its birth and its program lives in its parent's memory, and has its command
    line too: it is not looked at yet, or all of the parent would count twice.
    """
    found, todo = 0, [(pid, b"")]
    while todo:
        each, parent = todo.pop()
        words = _words(each)
        if words != parent:
            found += _resident(each)
        todo += [(child, words) for child in _children(each)]
    return found / 1e6


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (thread / "children").read_text().split())
    return found


def _words(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _resident(pid: int) -> int:
    """Return the bytes of a process; a page that several share is divided among them."""
    with suppress(OSError, IndexError, ValueError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(text.partition("\nPss:")[2].split()[0]) * 1_024
    return 0
