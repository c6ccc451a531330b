"""The files a run leaves behind come from its journal alone, and stay in their folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.rendering.templates import Templates
from orchestrator.stages.pipeline import run_pipeline
from orchestrator.stages.reports import write_reports
from orchestrator.telemetry.replay import read_journal

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.event import Entry
    from tests.unit.stages.house import Furnish, House

USUAL = {
    "metrics.json",
    "plan.json",
    "progress.md",
    "pull_request.md",
    "report.html",
    "review_checklist.md",
    "summary.md",
    "technical_requirements.json",
    "test_report.json",
}


def _told(house: House, outputs: dict[str, str] | None = None) -> tuple[Entry, ...]:
    """Return the journal of a whole run, with its stages' outputs named so."""
    run_pipeline(house.context, house.publisher(), plan_only=False)
    entries = [*read_journal(house.journal.path, on_notice=print)]
    if outputs is not None:
        renamed = entries[0].event.model_copy(update={"outputs": outputs})
        entries[0] = entries[0].model_copy(update={"event": renamed})
    return tuple(entries)


def _files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_reports__hold_what_the_run_has_made(furnish: Furnish, tmp_path: Path) -> None:
    """A whole run leaves the whole set, readable by machines where it should be."""
    folder = tmp_path / "reports"

    files = write_reports(Templates(), _told(furnish()), folder)

    assert _files(folder) == USUAL
    report = json.loads((folder / "test_report.json").read_text())
    assert [test["path"] for test in report["new_tests"]] == ["tests/test_shout.py"]
    assert {check["kind"] for check in report["head"]} == {"test", "lint"}
    assert json.loads(files.plan.read_text())["issue_id"] == 42
    assert "<html" in files.page.read_text()


def test_reports__have_the_configured_names(furnish: Furnish, tmp_path: Path) -> None:
    """A stage's output is called what the configuration calls it."""
    names = {"analysis": "needs.json", "testing": "tests.json", "review": "review.md"}

    write_reports(Templates(), _told(furnish(), names), tmp_path / "reports")

    assert set(names.values()) < _files(tmp_path / "reports")


def test_reports__of_two_stages_never_share_a_file(furnish: Furnish, tmp_path: Path) -> None:
    """One name for two outputs would leave only the later one."""
    names = {"analysis": "one.json", "testing": "one.json"}

    write_reports(Templates(), _told(furnish(), names), tmp_path / "reports")

    assert _files(tmp_path / "reports") == USUAL


@pytest.mark.parametrize(
    "name", ["../outside.json", "/outside.json", "sub/x", "", "journal.jsonl", "plan.json"]
)
def test_reports__stay_in_their_folder(furnish: Furnish, tmp_path: Path, name: str) -> None:
    """No name in a journal, whoever wrote it, leads elsewhere or onto our own files."""
    folder = tmp_path / "reports"
    (folder / "sub").mkdir(parents=True)

    write_reports(Templates(), _told(furnish(), {"testing": name}), folder)

    assert _files(folder) == USUAL
    assert not (tmp_path / "outside.json").exists()


def test_reports__of_nothing_are_none(tmp_path: Path) -> None:
    """A journal without a beginning has nothing to report."""
    write_reports(Templates(), (), tmp_path / "reports")

    assert _files(tmp_path / "reports") == set()
