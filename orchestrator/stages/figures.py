"""The measures of a run in words, for the page; `metrics.json` has all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.rendering.markdown import duration
from orchestrator.rendering.page_view import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.metrics.run_metrics import RunMetrics

NOT_MEASURED = "not measured"


def figures_of(metrics: RunMetrics) -> tuple[Figure, ...]:
    """Return the figures that a person reads first; what was not measured says so."""
    rows = (*_time(metrics), *_change(metrics), *_tests(metrics), *_work(metrics))
    return tuple(
        Figure(label=label, value=value or NOT_MEASURED, meaning=meaning)
        for label, value, meaning in rows
    )


def _time(metrics: RunMetrics) -> Iterator[tuple[str, str, str]]:
    published, time = metrics.time_to_pr_s, metrics.time
    yield (
        "Time to the pull request",
        "" if published is None else duration(published),
        "From the run's beginning to the first publication.",
    )
    yield (
        "Where the time went",
        (
            f"models {duration(time.model_s)}, tools {duration(time.tools_s)}, "
            f"tests {duration(time.tests_s)}, setup {duration(time.setup_s)}"
        ),
        "Parallel work is added up, so the parts can pass the whole.",
    )


def _change(metrics: RunMetrics) -> Iterator[tuple[str, str, str]]:
    size, growth, patterns = metrics.size, metrics.complexity, metrics.patterns
    yield (
        "Size of the change",
        f"{size.reading_lines:,} lines to read, in {size.files} files" if size else "",
        "Added and removed lines against the base, without lock files and generated ones.",
    )
    yield (
        "Complexity",
        f"{growth.delta:+} over {growth.functions} functions, {growth.new_functions} new"
        if growth
        else "",
        "Cyclomatic, of the functions that the change touches on both sides.",
    )
    yield (
        "Pattern compliance",
        _percent(patterns.compliance if patterns else None),
        "Of the added lines, those that no rule of the repository speaks against.",
    )
    warnings = metrics.new_warnings
    yield "New warnings", "" if warnings is None else str(warnings), "That the base does not have."


def _tests(metrics: RunMetrics) -> Iterator[tuple[str, str, str]]:
    first = metrics.first_run
    patch, whole, strength = metrics.patch_coverage, metrics.coverage, metrics.strength
    yield (
        "Test failures at the first run",
        "" if first is None or first.failures is None else f"{first.failures} of {first.tests}",
        "Tests that passed on the base and failed on the first tested state of the branch.",
    )
    yield (
        "Coverage of the changed lines",
        _percent(patch.percent if patch else None),
        "Of those that can be run, tests left out.",
    )
    delta = whole.delta if whole else None
    yield (
        "Coverage against the base",
        "" if delta is None else f"{delta:+g} points",
        f"Of {whole.counted}." if whole else "What the project's coverage command measures.",
    )
    yield (
        "Small errors noticed",
        f"{strength.killed} of {strength.viable}" if strength else "",
        "Put into the changed lines one at a time.",
    )


def _work(metrics: RunMetrics) -> Iterator[tuple[str, str, str]]:
    again, review, truth = metrics.rework, metrics.review, metrics.truth
    yield (
        "Attempts",
        f"{again.attempts} at {metrics.tasks_total} planned tasks",
        "Fixes and further attempts count too.",
    )
    yield (
        "Rework",
        "" if again.index is None else f"{again.index:g}",
        "Lines written and not kept, for each line of the change.",
    )
    yield (
        "Findings that held",
        _percent(review.precision if review else None),
        "Of those that somebody else tried to refute.",
    )
    yield (
        "Claims that the run backs",
        _percent(truth.truthfulness),
        "Of the models' words on files, tests, commits and verdicts; the others are removed.",
    )
    yield "Refused to agents", str(metrics.refusals), "What they asked for and code did not allow."
    yield "Input read from the cache", _percent(metrics.cache_hit), "Repeated parts of prompts."
    is_over = metrics.conclusion is not None
    yield (
        "Left to people",
        ", ".join(metrics.interventions) or ("the decision to merge" if is_over else ""),
        "What has to be done before this can be merged.",
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:g} %"
