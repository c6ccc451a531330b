"""Each look of pre-flight: what it lets pass, what it warns of, what it stops."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import (
    ForgeUnavailableError,
    ModelRejectedError,
    ModelUnavailableError,
    NotAuthorisedError,
    Rejection,
)
from orchestrator.domain.event import LookVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.forge.forge import PullRequest, Rights
from orchestrator.scheduling.workers import Ahead
from orchestrator.stages.missing_programs import where_from
from orchestrator.stages.preflight.duplicates import duplicates
from orchestrator.stages.preflight.limits import limits
from orchestrator.stages.preflight.neighbours import look_beside
from orchestrator.stages.preflight.order import look_around, preflight
from orchestrator.stages.preflight.permissions import permissions
from orchestrator.stages.preflight.scene import Least
from orchestrator.stages.preflight.service import service
from orchestrator.stages.results import Results
from tests.builders_git import commit_files, git
from tests.end_to_end import project
from tests.unit.stages.house import a_plan, an_issue
from tests.unit.stages.readers import ToldReader
from tests.unit.stages.sights import ToldSurvey, a_request, a_scene

if TYPE_CHECKING:
    from orchestrator.domain.errors import ModelError
    from tests.unit.stages.house import Furnish, House

DOWN = ForgeUnavailableError("GitHub did not answer.", hint="Wait.")
LATER = "2026-06-01T00:00:00Z"


@pytest.mark.parametrize(
    ("request_", "reopened", "is_fixed"),
    [
        (a_request(9, "Closes #42", merged_at=LATER), "", True),
        (a_request(9, "Closes #42", merged_at=LATER), "2026-07-01T00:00:00Z", False),
        (a_request(9, "Closes #42", merged_at="2025-12-31T00:00:00Z"), "", False),
        (a_request(9, "Closes #42", merged_at=LATER, base_branch="next"), "", False),
        (a_request(9, "Part of #42", merged_at=LATER), "", False),
    ],
)
def test_duplicates__know_what_was_merged_already(
    furnish: Furnish, *, request_: PullRequest, reopened: str, is_fixed: bool
) -> None:
    """Work that was merged for this issue is not done again, unless somebody reopened it since."""
    scene = a_scene(furnish(), survey=ToldSurvey(merged=[request_], reopened=reopened))

    sight = duplicates(scene)

    assert (sight.stop is not None) is is_fixed
    if sight.stop is not None:
        assert sight.stop.conclusion is Conclusion.SKIPPED
        assert "merged pull request #9 by bob" in sight.text


def test_duplicates__warn_of_what_a_stranger_wrote_into_a_merged_request(furnish: Furnish) -> None:
    """Whose work was merged can still edit its text: that keeps no run from starting."""
    survey = ToldSurvey(merged=[a_request(9, "Closes #42", merged_at=LATER, author="mallory")])

    sight = duplicates(a_scene(furnish(), survey=survey))

    assert sight.verdict is LookVerdict.WARNING
    assert "merged pull request #9 by mallory says that it closes it" in sight.text


def test_duplicates__know_a_commit_on_the_base(furnish: Furnish) -> None:
    """A commit that says it fixes the issue counts, until another one takes it back."""
    house = furnish()
    issue = an_issue(created_at="2020-01-01T00:00:00Z")

    fix = _on_base(house, "Greet loudly\n\nFixes #42")
    stop = duplicates(a_scene(house, issue=issue, base=replace(house.base, commit=fix))).stop
    taken_back = _on_base(house, f'Revert "Greet loudly"\n\nThis reverts commit {fix}.')
    base = replace(house.base, commit=taken_back)

    assert stop is not None
    assert fix[:12] in stop.summary
    assert duplicates(a_scene(house, issue=issue, base=base)).stop is None


def _on_base(house: House, message: str) -> str:
    """Commit to the base, bring it into the run's repository and return its id."""
    checkout = house.folder / "checkout"
    commit_files(checkout, {"change.txt": message}, message=message)
    house.repository.fetch(
        replace(house.remote, url=str(checkout)), {"refs/heads/main": "refs/orchestrator/main"}
    )
    return git(checkout, "rev-parse", "HEAD")


def test_duplicates__warn_of_what_is_near(furnish: Furnish) -> None:
    """A stranger's claim, a mention, a branch name and an assignee are told, and stop nothing."""
    forge = ToldReader(
        requests=[
            a_request(7, "closes #42", author="mallory"),
            a_request(8, "See #42 for more."),
            a_request(9, head_branch="fix/42-loud"),
            a_request(10, "closes #421"),
        ]
    )
    issue = an_issue(assignees=("carol",))

    sight = duplicates(a_scene(furnish(), forge=forge, issue=issue))

    assert sight.verdict is LookVerdict.WARNING
    assert "#7 by mallory says that it closes it" in sight.text
    assert "#8 by bob is about it too" in sight.text
    assert "#9 by bob is about it too" in sight.text
    assert "#10" not in sight.text
    assert "assigned to carol" in sight.text


@pytest.mark.parametrize(
    ("known", "verdict", "words"),
    [
        (Rights(), LookVerdict.PASSED, "may be pushed"),
        (DOWN, LookVerdict.PASSED, "may be pushed"),
        (Rights(can_push=False), LookVerdict.STOPPED, "may not push"),
        (Rights(is_archived=True), LookVerdict.STOPPED, "archived"),
        (Rights(rules=("creation: no",)), LookVerdict.WARNING, "creation: no"),
    ],
)
def test_permissions__are_looked_at_before_money_is_spent(
    furnish: Furnish, known: Rights | Exception, verdict: LookVerdict, words: str
) -> None:
    """What the forge tells decides; where it tells nothing, git's own question does."""
    sight = permissions(a_scene(furnish(), survey=ToldSurvey(known=known)))

    assert sight.verdict is verdict
    assert words in sight.text
    if sight.stop is not None:
        assert sight.stop.failure_class is FailureClass.PERMISSION_MISSING


def test_permissions__need_none_where_nothing_is_pushed(furnish: Furnish) -> None:
    """A plan alone runs with a token that only reads."""
    scene = a_scene(furnish(), survey=ToldSurvey(known=Rights(can_push=False)), is_published=False)

    assert permissions(scene).verdict is LookVerdict.SKIPPED


@pytest.mark.parametrize(
    ("least", "words"),
    [
        (Least(usd=Decimal("99.991"), agents=1), "smallest run costs"),
        (Least(usd=Decimal(0), agents=61), "61 at least"),
    ],
)
def test_limits__that_cannot_be_kept_are_told_at_once(
    furnish: Furnish, least: Least, words: str
) -> None:
    """Nobody pays for a run that could never end well; what to raise is named."""
    sight = limits(a_scene(furnish(), least=least))

    assert sight.stop is not None
    assert sight.stop.failure_class is FailureClass.BUDGET_EXHAUSTED
    assert words in sight.text
    assert "limits." in sight.hint


def test_looks__go_on_when_the_forge_does_not_say(furnish: Furnish) -> None:
    """What is only worth knowing is no reason to stop; every look is on record, in order."""
    house = furnish()
    forge = ToldReader(requests=[a_request(9, "Closes #42")], permissions={"bob": DOWN})

    assert look_around(a_scene(house, forge=forge)) is None

    looks = house.journal.record.looks
    assert [look.look for look in looks] == [
        "authority",
        "limits",
        "issue",
        "answers",
        "branch",
        "request",
        "duplicates",
        "permissions",
    ]
    assert "could not be looked at: GitHub did not answer." in looks[6].text


def test_looks__stop_before_any_command_runs(furnish: Furnish) -> None:
    """The first look that stops is the last one, and nothing has been run or spent by then."""
    house = furnish()
    scene = a_scene(house, issue=an_issue(title="Bug", body=""))

    stop = preflight(replace(house.context, scene=scene), Results()).stop

    assert stop is not None
    assert stop.failure_class is FailureClass.AMBIGUOUS_REQUIREMENTS
    record = house.journal.record
    assert [look.look for look in record.looks] == ["authority", "limits", "issue"]
    assert (record.base_checks, record.spend_lines) == ((), ())


def test_neighbours__are_told_after_the_plan(furnish: Furnish) -> None:
    """Open requests and new commits on the base that touch the plan's files are named."""
    house = furnish()
    forge = ToldReader(requests=[a_request(8), a_request(9, base_branch="next")])
    survey = ToldSurvey(paths={8: (project.SOURCE, "README.md"), 9: (project.SOURCE,)})
    checkout = house.folder / "checkout"
    commit_files(checkout, {project.SOURCE: "moved = True\n"})
    git(checkout, "push", "--quiet", str(house.bare), "main")

    look_beside(replace(house.context, scene=a_scene(house, forge=forge, survey=survey)), a_plan())

    requests, base = house.journal.record.looks
    assert requests.verdict is LookVerdict.WARNING
    assert f"#8 by bob (`{project.SOURCE}`)" in requests.text
    assert "#9" not in requests.text
    assert base.verdict is LookVerdict.WARNING
    assert project.SOURCE in base.text


def test_neighbours__of_a_denied_token_stop_nothing(furnish: Furnish) -> None:
    """A token that may not list files costs a warning, not the run."""
    house = furnish()
    denied = NotAuthorisedError("No.", hint="Add it.")
    scene = a_scene(
        house, forge=ToldReader(requests=[a_request(8)]), survey=ToldSurvey(paths=denied)
    )

    look_beside(replace(house.context, scene=scene), a_plan())

    assert "could not be looked at: No." in house.looks()
    assert "base passed" in house.looks()


def test_baseline__runs_red_tests_again(furnish: Furnish) -> None:
    """A test that is red and then green on the base is flaky: told with its rate, never counted."""
    counter = "n=$(cat ../n 2>/dev/null || echo 0); echo $((n+1)) > ../n; test $n -gt 0"
    command = (
        f"{counter} && echo 'tests/a.py::test_x PASSED' && echo '1 passed in 1s' || "
        "{ echo 'tests/a.py::test_x FAILED'; echo '1 failed in 1s'; exit 1; }"
    )
    settings = f"project:\n  commands:\n    lint: 'true'\n    test: |\n      {command}\n"
    house = furnish(settings=settings)

    assert preflight(house.context, Results()).stop is None

    assert "tests/a.py::test_x failed 1 of 2 times" in house.looks()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("bash: line 1: yarn: command not found", "actions/setup-node"),
        ("sh: 1: mvn: not found", "actions/setup-java"),
        ("sh: 1: jest: not found", "project.commands.setup"),
        ("spawn cargo ENOENT", "dtolnay/rust-toolchain"),
        ("bash: /opt/x/protoc: No such file or directory", "`protoc`"),
        ("something else", "project.commands"),
    ],
)
def test_missing_program__comes_from_somewhere(line: str, words: str) -> None:
    """Who misses a program reads which step of the workflow brings it."""
    assert words in where_from(line)


def _refuses(reason: Rejection) -> ModelRejectedError:
    return ModelRejectedError("The service said no.", hint="Look.", reason=reason)


@pytest.mark.parametrize(
    ("error", "conclusion"),
    [
        (_refuses(Rejection.KEY), Conclusion.BLOCKED),
        (_refuses(Rejection.CREDIT), Conclusion.BUDGET_EXHAUSTED),
        (_refuses(Rejection.MODEL), Conclusion.FAILURE),
        (_refuses(Rejection.PERMISSION), None),
        (ModelUnavailableError("It did not answer.", hint="Wait."), None),
    ],
    ids=["key", "credit", "model", "the question alone", "out of reach"],
)
def test_service__stops_at_what_no_request_could_pass(
    error: ModelError, conclusion: Conclusion | None, furnish: Furnish
) -> None:
    """A refusal for good ends the run before setup; what may be otherwise later is a warning."""

    def ask() -> str:
        raise error

    context = replace(furnish().context, service=Ahead(ask))

    sight = service(context)

    assert (sight.stop.conclusion if sight.stop else None) == conclusion
    assert sight.verdict is (LookVerdict.STOPPED if conclusion else LookVerdict.WARNING)
    assert str(error) in sight.text
    assert ("Nothing was spent." in sight.text) is bool(conclusion)


def test_service__says_what_was_answered_or_that_nobody_was_asked(furnish: Furnish) -> None:
    """An answer passes; a run that a script plays asks nobody, and says so."""
    context = furnish().context

    assert service(context).verdict is LookVerdict.SKIPPED
    answered = service(replace(context, service=Ahead(lambda: "It knows opus.")))
    assert (answered.verdict, answered.text) == (LookVerdict.PASSED, "It knows opus.")
