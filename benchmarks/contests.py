"""Ours against the minimal loop on the same trajectory, in alternating rounds."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.trajectories import contents
from benchmarks.trial import HERE, Trial, run
from orchestrator.domain.usage import Usage
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.tools.text import RESULT_CHARS
from tests.doubles.messages_api import API_KEY
from tests.end_to_end import project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PY = sys.executable
_SHORT, _LONG, _GROWN, _LARGE = 12, 60, 200, 24
_PRELUDE = 6_000
_LATENCY_S = 0.5
"""Longer than the double takes for any reply; of what lies between turns it is no part."""
_LOOP = 1.15
_OTHER = {_SHORT: 8.6, _LONG: 1.5}
"""What another program's single conversation bills of the minimal loop's, by steps."""
_SETTINGS = """\
project:
  mutants: 0
  commands:
    test: python3 -m unittest discover -v -s tests -t .
    lint: python3 -m tabnanny greeter
"""
HEAD = "| what | ours | minimal loop | ratio | limit | target | |\n|---|---:|---:|---:|---|---|---|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A trajectory: so many steps, so many of them large reads."""

    turns: int
    large: int = 0
    large_chars: int = RESULT_CHARS

    @property
    def contents(self) -> Mapping[str, str]:
        """The files that it reads."""
        return contents(self.turns, large=self.large, large_chars=self.large_chars)

    def __str__(self) -> str:
        """Return its name in a table."""
        large = f", {self.large} reads of {self.large_chars:,} characters" if self.large else ""
        return f"{self.turns} turns{large}"


def start(rounds: int) -> None:
    """Measure the whole program up to its first request.

    The repository is small and has no tests: their run on the base is no start.
    """
    work = Work(turns=4)
    files = project.files("extends: default\n")
    untested = {name: text for name, text in files.items() if not name.startswith("tests/")}
    ours, theirs = _contest(
        rounds,
        lambda: pipeline(work, untested, verb="plan"),
        lambda: minimal(work),
        warm_up=True,
    )
    mine, other = (_median(each, lambda trial: trial.start_s) for each in (ours, theirs))
    print(HEAD)
    line(
        "process start to first request, whole program",
        (mine, other),
        "s",
        limit="import of the library",
        target="≤ 1.15 ×",
        met=mine <= 1.15 * other,
    )


def turn(rounds: int) -> None:
    """Measure what lies between a reply and the next request."""
    print(HEAD)
    ours: Sequence[Trial] = ()
    for work in (Work(turns=_SHORT), Work(turns=_LONG, large=_LARGE), Work(turns=_GROWN)):
        ours, theirs = _contest(
            rounds,
            lambda: single(work, latency_s=_LATENCY_S),  # noqa: B023 -- called at once
            lambda: minimal(work, latency_s=_LATENCY_S),  # noqa: B023 -- called at once
            warm_up=True,
        )
        wall, other = (_median(each, lambda trial: trial.turn_ms) for each in (ours, theirs))
        limit = "the library's own request"
        line(
            f"wall a turn, {work}",
            (wall, other),
            "ms",
            limit=limit,
            target="≤ 8 ms",
            met=wall <= 8,  # noqa: PLR2004 -- the target
        )
        cpu, least = (_median(each, lambda trial: trial.cpu_ms) for each in (ours, theirs))
        line(f"processor a turn, {work}", (cpu, least), "ms", limit=limit)
    for name, gaps in (
        ("wall", [trial.gaps_ms for trial in ours]),
        ("processor", [trial.cpu_gaps_ms for trial in ours]),
    ):
        early, late = _ends(gaps)
        print(f"\nGrowth of {name}: turns 10–30 {early:.2f} ms, 180–200 {late:.2f} ms, ", end="")
        print(f"{late / early:.2f} × (flat is the target).")


def bill() -> None:
    """Count what is billed by an honest cache; one round, for it is always the same."""
    print(HEAD)
    for work, most in (
        (Work(turns=_SHORT), _OTHER[_SHORT]),
        (Work(turns=_LONG, large=_LARGE), _LOOP),
        # So small that no conversation grows too long for one: nothing is left behind.
        (Work(turns=_LONG, large=_LARGE, large_chars=RESULT_CHARS // 2), _LOOP),
    ):
        mine, other = single(work), minimal(work)
        _bill_line(f"one agent, {work}", (mine.billed, other.billed), most)
        whole = pipeline(work)
        worth = (_worth(whole), _worth(other))
        _bill_line(f"whole pipeline, {work}, {whole.turns} replies", worth, _OTHER[work.turns])
        alike = (whole.billed, other.billed)
        _bill_line("… were a token of each model one of this", alike, _OTHER[work.turns])
    first = single(Work(turns=1)).first_tokens
    print(f"| first request of an implementer | {first:,} tokens | | | ", end="")
    print(f"| ≤ {_PRELUDE:,} | {'met' if first <= _PRELUDE else '**missed**'} |")


def _worth(trial: Trial) -> float:
    """Return the bill in full-price input tokens of the model that makes the change."""
    million = Usage(input_tokens=1_000_000)
    return trial.billed_usd * 1e6 / float(LIST_PRICES.spend(million, model="opus").usd)


def _bill_line(name: str, billed: tuple[float, float], most: float) -> None:
    line(
        name,
        billed,
        "tokens",
        limit="1 ×: no words before the work",
        target=f"≤ {most} ×",
        met=billed[0] <= most * billed[1],
    )


def memory(rounds: int) -> None:
    """Measure the memory of a process and all below it; what several share counts once."""
    work = Work(turns=_LONG, large=_LARGE)
    print(HEAD)
    for agents in (1, 4):
        ours, theirs = _contest(rounds, lambda: single(work, agents), lambda: minimal(work))  # noqa: B023 -- called at once
        _memory_line(f"{agents} agents" if agents > 1 else "1 agent", ours, theirs)
    ours, theirs = _contest(rounds, lambda: pipeline(work), lambda: minimal(work))
    _memory_line("whole pipeline with its commands", ours, theirs)


def _memory_line(name: str, ours: Sequence[Trial], theirs: Sequence[Trial]) -> None:
    peak, other = (_median(each, lambda trial: trial.peak_mb) for each in (ours, theirs))
    line(
        f"peak memory, {name}",
        (peak, other),
        "MB",
        limit="75 MB: the library",
        target="≤ 200 MB",
        met=peak <= 200,  # noqa: PLR2004 -- the target
    )


def line(
    what: str,
    figures: tuple[float, float],
    unit: str,
    *,
    limit: str,
    target: str = "none",
    met: bool | None = None,
) -> None:
    """Print one row: ours, theirs, the ratio, and whether a target was met, if there is one."""
    ours, theirs = figures
    verdict = "" if met is None else "met" if met else "**missed**"
    digits = 0 if unit == "tokens" else 2
    print(
        f"| {what} | {ours:,.{digits}f} {unit} | {theirs:,.{digits}f} {unit} "
        f"| {ours / theirs:.2f} | {limit} | {target} | {verdict} |",
        flush=True,
    )


def minimal(work: Work, latency_s: float = 0.0) -> Trial:
    """Let the minimal loop do it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _write(Path(folder), work.contents)
        words = [_PY, "-m", "benchmarks.minimal", "{url}", folder, API_KEY]
        exact = work.turns + 1
        return run(words, turns=work.turns, latency_s=latency_s, replies=exact, tells=True)


def single(work: Work, agents: int = 1, latency_s: float = 0.0) -> Trial:
    """Let agents of ours do it, each all of it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _write(Path(folder), work.contents)
        words = [_PY, "-m", "benchmarks.single", "{url}", folder, API_KEY, str(agents)]
        # Where a conversation grew too long, one reply of each is not heeded.
        exact = None if work.large else agents * (work.turns + 1)
        return run(words, turns=work.turns, latency_s=latency_s, replies=exact, tells=True)


def pipeline(work: Work, files: Mapping[str, str] | None = None, *, verb: str = "run") -> Trial:
    """Let the whole program do it: requirements, plan, change, tests, all reviews."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        site = folder / "site"
        site.mkdir()
        _write(site, project.files(_SETTINGS) if files is None else files)
        _write(site, work.contents)
        git = ("git", "-c", "user.name=b", "-c", "user.email=b@example.invalid")
        for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "begin")):
            subprocess.run([*git, *words], cwd=site, check=True)
        issue = folder / f"{project.NUMBER}-shout.md"
        issue.write_text(f"# {project.TITLE}\n\n{project.BODY}")
        argv = [_PY, str(HERE / "entrypoint.py"), verb, f"--issue-file={issue}", f"--repo={site}"]
        argv += [f"--forge={folder / 'forge'}", f"--output={folder / 'run'}"]
        return run(
            [*argv, "--sandbox=unconfined"],
            trajectory="whole-pipeline",
            turns=work.turns,
            is_whole=verb == "run",
            environment={"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": "{url}"},
        )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _contest(
    rounds: int,
    ours: Callable[[], Trial],
    theirs: Callable[[], Trial],
    *,
    warm_up: bool = False,
) -> tuple[Sequence[Trial], Sequence[Trial]]:
    """Let both take turns; who begins changes, and a first round that fills caches is dropped."""
    found: tuple[list[Trial], list[Trial]] = ([], [])
    for at in range(-1 if warm_up else 0, rounds):
        for who in (0, 1) if at % 2 else (1, 0):
            trial = (ours, theirs)[who]()
            if at >= 0:
                found[who].append(trial)
    return found


def _median(trials: Sequence[Trial], what: Callable[[Trial], float]) -> float:
    return statistics.median(map(what, trials))


def _ends(gaps: Sequence[Sequence[float]]) -> tuple[float, float]:
    early = [gap for each in gaps for gap in each[9:29]]
    return statistics.median(early), statistics.median(gap for each in gaps for gap in each[-20:])
