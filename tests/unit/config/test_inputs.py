"""The action's inputs are strings from a workflow and read as strictly as a stranger's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestrator.config.environment import take_secrets
from orchestrator.config.inputs import InputCommand, Inputs, read_inputs
from orchestrator.config.sandbox import SandboxBackend
from tests.unit.config.builders import load, refused


def _with(name: str, value: str) -> Inputs:
    return read_inputs({f"INPUT_{name.upper()}": value})


def test_inputs__not_given_are_unset_or_have_their_default() -> None:
    """The runner passes empty strings for what a workflow leaves out."""
    inputs = read_inputs({"INPUT_ISSUE-NUMBER": "", "INPUT_DRY-RUN": " "})

    assert inputs == Inputs()
    assert (inputs.command, inputs.trigger_label, inputs.trigger_phrase) == (
        InputCommand.RUN,
        "orchestrate",
        "/orchestrate",
    )


def test_inputs__are_read_with_hyphens_as_the_runner_keeps_them() -> None:
    """Every input arrives typed."""
    inputs = read_inputs(
        {
            "INPUT_ISSUE-NUMBER": " 47 ",
            "INPUT_COMMAND": "plan",
            "INPUT_CONFIG-PATH": "ci/orchestrator.yml",
            "INPUT_ANTHROPIC-BASE-URL": "https://gateway.example.com/v1/",
            "INPUT_MODEL": "claude-opus-5-5",
            "INPUT_MAX-COST-USD": "7.50",
            "INPUT_TIMEOUT-MINUTES": "45",
            "INPUT_MAX-PARALLEL": "2",
            "INPUT_BASE-BRANCH": "release/2.x",
            "INPUT_BRANCH-PREFIX": "bot/",
            "INPUT_TRIGGER-LABEL": "build this",
            "INPUT_TRIGGER-PHRASE": "@orchestrator",
            "INPUT_ALLOWED-BOTS": "dependabot[bot], renovate[bot]\ndependabot[bot]",
            "INPUT_DRY-RUN": "True",
            "INPUT_SANDBOX": "sibling",
        }
    )

    assert inputs == Inputs(
        issue_number=47,
        issue_numbers=(47,),
        command=InputCommand.PLAN,
        config_path="ci/orchestrator.yml",
        anthropic_base_url="https://gateway.example.com/v1",
        model="claude-opus-5-5",
        max_cost_usd=Decimal("7.50"),
        timeout_minutes=45,
        max_parallel=2,
        base_branch="release/2.x",
        branch_prefix="bot/",
        trigger_label="build this",
        trigger_phrase="@orchestrator",
        allowed_bots=("dependabot[bot]", "renovate[bot]"),
        dry_run=True,
        sandbox=SandboxBackend.SIBLING,
    )


@pytest.mark.parametrize("name", ["feature/#12-totals", "deps/c++", "team@next", "_staging"])
def test_inputs__take_branches_as_people_name_them(name: str) -> None:
    """A repository that works on such a branch can use the action."""
    assert read_inputs({"INPUT_BASE-BRANCH": name}).base_branch == name


def test_inputs__are_read_with_underscores_too() -> None:
    """A shell that drops hyphenated variables is no obstacle."""
    assert read_inputs({"INPUT_ISSUE_NUMBER": "#47"}).issue_number == 47


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-3",
        "1.5",
        "forty-two",
        "1; rm -rf /",
        "1000000000000",
        "\uff12",
        "1e3",
        "0x10",
        "##4",
    ],
)
def test_issue_number__is_a_number_and_nothing_else(number: str) -> None:
    """What is not the number of an issue never reaches a command or an address."""
    error = refused(lambda: _with("issue-number", number))

    assert str(error) == (
        f"input issue-number: {number!r} is not allowed; allowed: the number of an issue, "
        "such as 42, or several with blanks or commas between"
    )
    assert error.hint == "Correct the `with:` block of the workflow step."


@pytest.mark.parametrize("text", ["42 43", "42,43", " #42,\n#43 42 "])
def test_issue_number__may_be_several(text: str) -> None:
    """Blanks and commas part numbers; each counts once, and none of them is the only one."""
    inputs = _with("issue-number", text)

    assert (inputs.issue_numbers, inputs.issue_number) == ((42, 43), None)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("command", "pln", "did you mean 'plan'? allowed: run, plan, validate, matrix"),
        ("config-path", "/etc/passwd", "a path inside the repository"),
        ("config-path", "a/../../b.yml", "a path inside the repository"),
        ("config-path", "~/a.yml", "a path inside the repository"),
        ("anthropic-base-url", "ftp://example.com", "an https address"),
        ("anthropic-base-url", "http://example.com", "an https address"),
        ("anthropic-base-url", "http://8.8.8.8/", "an https address"),
        ("anthropic-base-url", "https://[::1", "an https address"),
        ("anthropic-base-url", "https://example.com:99999999/", "an https address"),
        ("anthropic-base-url", "https://example\u2028.com/", "an https address"),
        ("anthropic-base-url", "example.com", "an https address"),
        ("model", "rm -rf", "a model id or alias"),
        ("max-cost-usd", "free", "US dollars above 0"),
        ("max-cost-usd", "0", "US dollars above 0"),
        ("max-cost-usd", "NaN", "US dollars above 0"),
        ("max-cost-usd", "Infinity", "US dollars above 0"),
        ("max-cost-usd", "-1", "US dollars above 0"),
        ("max-cost-usd", "10000.01", "US dollars above 0"),
        ("timeout-minutes", "0", "whole minutes"),
        ("timeout-minutes", "4321", "whole minutes"),
        ("max-parallel", "5", "a whole number from 1 to 4"),
        ("base-branch", "--upload-pack=x", "the name of a branch"),
        ("base-branch", "a..b/../c", "the name of a branch"),
        ("base-branch", "a//b", "the name of a branch"),
        ("base-branch", "a..b", "the name of a branch"),
        ("base-branch", "a.lock", "the name of a branch"),
        ("base-branch", "HEAD^", "the name of a branch"),
        ("base-branch", "main@{1}", "the name of a branch"),
        ("base-branch", "#1", "the name of a branch"),
        ("branch-prefix", "-x/", "the name of a branch"),
        ("branch-prefix", "a b/", "the name of a branch"),
        ("trigger-label", "a,b", "one label"),
        ("trigger-phrase", "please", "a word after /, @ or !"),
        ("allowed-bots", "*", "'*' is not the login of one bot"),
        ("dry-run", "yes", "true, false"),
        ("sandbox", "none", "auto, sibling, local, bubblewrap"),
    ],
)
def test_inputs__refuse_other_values(name: str, value: str, allowed: str) -> None:
    """A typo in a workflow is told, not guessed at."""
    error = refused(lambda: _with(name, value))

    assert str(error).startswith(f"input {name}: {value!r} is not allowed; ")
    assert allowed in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://gateway:8080",
        "http://host.docker.internal:1",
        "http://10.0.0.5/api",
    ],
)
def test_base_url__may_be_plain_inside_a_private_network(url: str) -> None:
    """A gateway beside the runner needs no certificate."""
    assert read_inputs({"ANTHROPIC_BASE_URL": url}).anthropic_base_url == url


def test_base_url__input_goes_before_the_variable() -> None:
    """What the workflow step says is stronger than the environment."""
    inputs = read_inputs(
        {
            "INPUT_ANTHROPIC-BASE-URL": "https://one.example.com",
            "ANTHROPIC_BASE_URL": "https://two.example.com",
        }
    )

    assert inputs.anthropic_base_url == "https://one.example.com"


def test_inputs__tell_all_mistakes_at_once() -> None:
    """One run is enough to learn what is wrong with a step."""
    error = refused(
        lambda: read_inputs(
            {"INPUT_DRY-RUN": "maybe", "INPUT_SANDBOX": "x", "ANTHROPIC_BASE_URL": "x"}
        )
    )

    assert str(error).splitlines()[0] == "The configuration has 3 problems:"
    assert "variable ANTHROPIC_BASE_URL: 'x' is not allowed" in str(error)


def test_inputs__override_settings_and_say_so() -> None:
    """An input is stronger than every file, and `validate` names the input."""
    inputs = Inputs(
        max_cost_usd=Decimal("1.10"),
        timeout_minutes=5,
        max_parallel=1,
        model="sonnet",
        sandbox=SandboxBackend.LOCAL,
    )

    loaded = load("limits: {usd: 9, minutes: 9}\nmodels: {plan: {effort: low}}\n", inputs=inputs)

    assert loaded.settings.limits.usd == Decimal("1.10")
    assert loaded.settings.models.plan.effort == "low"
    assert {
        key: str(loaded.provenance[key])
        for key in ("limits.usd", "limits.minutes", "limits.parallel", "models.plan.model")
    } == {
        "limits.usd": "input max-cost-usd",
        "limits.minutes": "input timeout-minutes",
        "limits.parallel": "input max-parallel",
        "models.plan.model": "input model",
    }
    assert loaded.settings.models.search.model == "sonnet"
    assert loaded.settings.sandbox.backend is SandboxBackend.LOCAL


VENDORS_NAMES = (
    "anthropic_federation_rule_id",
    "anthropic_organization_id",
    "anthropic_service_account_id",
    "anthropic_workspace_id",
    "anthropic_oidc_audience",
)
"""Inputs of claude-code-action that sign in without a key."""


@pytest.mark.parametrize("name", VENDORS_NAMES)
def test_inputs__of_the_federation_have_both_spellings(name: str) -> None:
    """A workflow written for the vendor's own action works with its underscores as well."""
    hyphens = name.replace("_", "-")

    assert getattr(_with(name, "given_01"), name) == "given_01"
    assert getattr(_with(hyphens, "given_01"), name) == "given_01"


def test_inputs__of_a_person_come_before_defaults() -> None:
    """What the runner fills in from action.yml does not hide what somebody wrote."""
    environ = {
        "INPUT_ANTHROPIC-OIDC-AUDIENCE": "https://api.anthropic.com",
        "INPUT_ANTHROPIC_OIDC_AUDIENCE": "https://own.example",
        "INPUT_GITHUB-TOKEN": "ghs_of_the_workflow",
        "INPUT_GITHUB_TOKEN": "ghp_of_a_person",
    }
    token = take_secrets(dict(environ)).github_token

    assert read_inputs(environ).anthropic_oidc_audience == "https://own.example"
    assert token is not None
    assert token.get_secret_value() == "ghp_of_a_person"


@pytest.mark.parametrize(
    "address", ["https://me:s3cret@example.com/v1", "https://example.com/?key=s3cret"]
)
def test_base_url__that_holds_a_secret_is_not_repeated(address: str) -> None:
    """The message goes to the log and onto the page; nobody has told us of this secret."""
    error = refused(lambda: _with("anthropic-base-url", address))

    assert "s3cret" not in str(error)
    assert "example.com/" in str(error)
    assert "without user, query or fragment" in str(error)
