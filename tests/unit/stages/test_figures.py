"""The page's measures say what was measured, and that the rest was not."""

from __future__ import annotations

from orchestrator.metrics.run_metrics import run_metrics
from orchestrator.stages.figures import NOT_MEASURED, figures_of
from tests.unit.rendering import records


def test_figures__of_a_whole_run() -> None:
    """Every figure is the record's own."""
    values = {
        one.label: one.value for one in figures_of(run_metrics(records.record_of(records.SUCCESS)))
    }

    assert values["Time to the pull request"] == "2 min 20 s"
    assert values["Attempts"] == "4 at 5 planned tasks"
    assert values["Claims that the run backs"] == "100 %"
    assert values["Input read from the cache"] == "75 %"
    assert values["Size of the change"] == "24 lines to read, in 2 files"
    assert values["Left to people"] == "the decision to merge"


def test_figures__of_a_run_that_only_began() -> None:
    """Nothing that was not measured is shown as zero."""
    values = {
        one.label: one.value
        for one in figures_of(run_metrics(records.record_of((records.STARTED,))))
    }

    unmeasured = {label for label, value in values.items() if value == NOT_MEASURED}
    assert len(unmeasured) == len(values) - 3
    assert {"Time to the pull request", "Left to people", "Size of the change"} <= unmeasured
