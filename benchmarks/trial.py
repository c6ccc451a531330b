"""One measured process against the double, and the memory of its whole tree meanwhile."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent.parent
_PAGE = os.sysconf("SC_PAGE_SIZE")
_READ_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one process did."""

    start_s: float
    """From the start of the process to its first request."""
    gaps_ms: tuple[float, ...]
    """Between the end of each reply and the next request, tools included."""
    cpu_ms: float
    """Processor time a turn, where the process tells it."""
    peak_mb: float
    billed: float
    """Input in full-price tokens: writes 1.25 and 2, reads 0.05."""
    turns: int

    @property
    def turn_ms(self) -> float:
        """The median gap."""
        return statistics.median(self.gaps_ms) if self.gaps_ms else 0.0


@dataclass(slots=True)
class _Server:
    url: str
    result: dict[str, object]


@contextmanager
def served(turns: int) -> Iterator[_Server]:
    """Run the double in a process of its own; its result is there after the block."""
    argv = [sys.executable, "-m", "benchmarks.server", str(turns)]
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
    turns: int,
    argv: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path = HERE,
) -> Trial:
    """Start a process whose arguments may hold `{url}`, and measure it to its end."""
    with served(turns) as server:
        words = [word.replace("{url}", server.url) for word in argv]
        given = {k: v.replace("{url}", server.url) for k, v in (environment or {}).items()}
        began = time.monotonic()
        with subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=cwd,
            env={**os.environ, **given},
        ) as process:
            peak = 0.0
            while process.poll() is None:
                peak = max(peak, _memory_mb(process.pid))
                time.sleep(0.02)
            assert process.stdout is not None
            said = process.stdout.read().strip().splitlines()
    return _trial(server.result, began, peak, said)


def _trial(result: dict[str, object], began: float, peak: float, said: list[str]) -> Trial:
    usages = [Usage.model_validate(each) for each in result["usage"]]  # type: ignore[attr-defined]
    gaps: list[list[float]] = result["gaps"]  # type: ignore[assignment]
    told: dict[str, Any] = {}
    with suppress(ValueError, IndexError, TypeError):
        told = dict(json.loads(said[-1]))
    turns = max(1, len(usages))
    return Trial(
        start_s=float(result["first"]) - began,  # type: ignore[arg-type]
        gaps_ms=tuple(gap * 1_000 for each in gaps for gap in each),
        cpu_ms=float(told.get("cpu_s", 0.0)) * 1_000 / turns,
        peak_mb=peak,
        billed=sum(map(billed, usages)),
        turns=len(usages),
    )


def billed(usage: Usage) -> float:
    """Return input in full-price tokens."""
    return (
        usage.input_tokens
        + 1.25 * usage.cache_write_5m_tokens
        + 2 * usage.cache_write_1h_tokens
        + _READ_SHARE * usage.cache_read_tokens
    )


def _memory_mb(pid: int) -> float:
    return sum(_resident(each) for each in _family(pid)) / 1e6


def _family(pid: int) -> list[int]:
    found, todo = [], [pid]
    while todo:
        each = todo.pop()
        found.append(each)
        with suppress(OSError):
            for thread in Path(f"/proc/{each}/task").iterdir():
                with suppress(OSError):
                    todo += map(int, (thread / "children").read_text().split())
    return found


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0
