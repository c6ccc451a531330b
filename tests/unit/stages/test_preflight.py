"""What would make a run pointless is found before a token is spent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckKind
from orchestrator.domain.issue import Permission
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.forge.forge import PullRequest
from orchestrator.stages.preflight.order import preflight
from orchestrator.stages.results import Results
from tests.builders_git import commit_files, git
from tests.end_to_end import project
from tests.unit.stages.readers import ToldReader

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.stages.context import RunContext
    from tests.unit.stages.house import Furnish, House

GREEN = "project:\n  commands:\n    test: python3 -m unittest\n    lint: 'true'\n"
TRAILER = "Orchestrator-Run: run-0"


def _push(house: House, message: str) -> None:
    """Let somebody push a commit to the run's branch."""
    checkout = house.folder / "checkout"
    git(checkout, "checkout", "--quiet", "-B", "theirs")
    commit_files(checkout, {"theirs.txt": message}, message=message)
    git(
        checkout, "push", "--quiet", "--force", str(house.bare), f"HEAD:refs/heads/{project.BRANCH}"
    )


def _request(number: int, *, title: str = "", body: str = "", head: str = "topic") -> PullRequest:
    return PullRequest(
        number=number,
        url="",
        title=title,
        body=body,
        head_branch=head,
        head_commit="",
        base_branch="main",
        is_draft=False,
        is_open=True,
        author="bob",
    )


def _with(house: House, forge: ToldReader) -> RunContext:
    scene = replace(house.context.scene, forge=forge)
    return replace(house.context, scene=scene)


def test_preflight__puts_the_baseline_on_record(furnish: Furnish) -> None:
    """Test and lint run on the base commit, and the brief can prove them."""
    house = furnish()

    results = preflight(house.context, Results())

    assert results.stop is None
    reports = house.journal.record.base_checks
    assert [(report.kind, report.is_green) for report in reports] == [
        (CheckKind.TEST, True),
        (CheckKind.LINT, True),
    ]
    assert {report.commit for report in reports} == {house.base.commit}
    assert house.notes() == ""


def test_preflight__stops_at_somebody_elses_commits(furnish: Furnish) -> None:
    """A branch that holds a person's work is never written over."""
    house = furnish()
    _push(house, "My own idea")

    stop = preflight(house.context, Results()).stop

    assert stop is not None
    assert (stop.conclusion, stop.exit_code) == (Conclusion.BLOCKED, 6)
    assert "My own idea (Ada)" in stop.summary
    assert "branch-prefix" in stop.hint
    assert house.journal.record.base_checks == ()


def test_preflight__goes_on_over_an_earlier_run(furnish: Furnish) -> None:
    """Commits that a run of ours put on record are ours to replace, whatever they say."""
    house = furnish()
    _push(house, "Earlier")
    house.keep_pushed()

    assert preflight(house.context, Results()).stop is None


def test_preflight__believes_no_message(furnish: Furnish) -> None:
    """A commit that calls itself a run's is a person's as long as no run knows it."""
    house = furnish()
    _push(house, f"Earlier\n\n{TRAILER}")

    stop = preflight(house.context, Results()).stop

    assert stop is not None
    assert "Earlier (Ada)" in stop.summary


@pytest.mark.parametrize(
    ("title", "body", "is_taken"),
    [
        ("", "This closes #42.", True),
        ("Fixes: #42", "", True),
        ("", "RESOLVED #42", True),
        ("", "Part of #42", False),
        ("", "closes #421", False),
        ("", "discloses #42", False),
    ],
)
def test_preflight__stops_when_somebody_closes_the_issue(
    furnish: Furnish, *, title: str, body: str, is_taken: bool
) -> None:
    """Work that is done twice is money lost; who did it first is named."""
    house = furnish(settings=GREEN)
    reader = ToldReader(
        requests=[_request(9, title=title, body=body)], permissions={"bob": Permission.WRITE}
    )

    stop = preflight(_with(house, reader), Results()).stop

    assert (stop is not None) is is_taken
    if stop is not None:
        assert stop.conclusion is Conclusion.SKIPPED
        assert "#9 by bob" in stop.summary


def test_preflight__lets_no_stranger_keep_a_run_from_starting(furnish: Furnish) -> None:
    """Anybody can write "closes #42" into a request; only a writer's counts."""
    house = furnish(settings=GREEN)
    reader = ToldReader(requests=[_request(9, title="Closes #42")])

    stop = preflight(_with(house, reader), Results()).stop

    assert stop is None


def test_preflight__knows_its_own_pull_request(furnish: Furnish) -> None:
    """A second run on an issue is not stopped by the first one's pull request."""
    house = furnish()
    own = _request(9, body="Closes #42", head=project.BRANCH)

    assert preflight(_with(house, ToldReader(requests=[own])), Results()).stop is None


def test_preflight__need_not_look_for_duplicates(furnish: Furnish) -> None:
    """`preflight.duplicates: false` is obeyed."""
    house = furnish(settings=f"{GREEN}preflight: {{duplicates: false}}\n")
    other = ToldReader(requests=[_request(9, body="Closes #42")])

    assert preflight(_with(house, other), Results()).stop is None


def test_preflight__stops_at_a_test_command_that_is_not_there(furnish: Furnish) -> None:
    """Without its own tests nothing can stand behind a change; the setting is named."""
    house = furnish(settings="project: {commands: {test: no-such-program --all}}\n")

    stop = preflight(house.context, Results()).stop

    assert stop is not None
    assert (stop.conclusion, stop.failure_class) == (
        Conclusion.BLOCKED,
        FailureClass.ENVIRONMENT_BROKEN,
    )
    assert "no-such-program" in stop.summary
    assert "project.commands" in stop.hint
    assert "project.image" in stop.hint


def test_preflight__runs_again_what_could_not_work_before(furnish: Furnish, tmp_path: Path) -> None:
    """Whoever mends the machine and runs again is not told what was wrong with it before."""
    program = tmp_path / "tests-of-this-machine"
    house = furnish(settings=f"project: {{commands: {{test: {program}}}}}\n")
    before = preflight(house.context, Results()).stop
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)

    after = preflight(house.context, Results()).stop

    assert before is not None
    assert after is None
    assert [report.is_green for report in house.journal.record.base_checks] == [True]


def test_preflight__says_that_no_test_command_is_known(furnish: Furnish) -> None:
    """A run without tests goes on, and says what it cannot prove."""
    house = furnish(settings="{}\n", files={"index.html": "<p>Hello</p>\n"})

    assert preflight(house.context, Results()).stop is None
    assert "No test command is known" in house.looks()


def test_preflight__says_what_is_red_already(furnish: Furnish) -> None:
    """A red baseline is told, so that nobody blames the change for it."""
    house = furnish(settings="project: {commands: {test: exit 1, lint: 'true'}}\n")

    assert preflight(house.context, Results()).stop is None
    assert "The test command is not green on the base commit: `exit 1`." in house.looks()


def test_preflight__can_leave_the_baseline_out(furnish: Furnish) -> None:
    """`preflight.baseline: false` runs nothing."""
    house = furnish(settings="preflight: {baseline: false}\nproject: {commands: {test: nope}}\n")

    assert preflight(house.context, Results()).stop is None
    assert house.journal.record.base_checks == ()


def test_preflight__says_that_there_is_no_sandbox(furnish: Furnish) -> None:
    """Without walls no command runs, and the reader learns what that costs."""
    house = furnish(sandbox=False)

    assert preflight(house.context, Results()).stop is None
    assert house.journal.record.base_checks == ()
    assert "No sandbox is available here" in house.looks()
