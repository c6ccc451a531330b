"""Secrets leave the environment at once; the runner's variables arrive typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.environment import (
    RunnerEnvironment,
    read_input,
    read_network,
    read_runner,
    take_cloud,
    take_secrets,
)


def _clear(environ: dict[str, str]) -> tuple[str | None, str | None, str | None]:
    """Return the three named secrets in clear."""
    secrets = take_secrets(environ)
    named = (secrets.anthropic_api_key, secrets.claude_code_token, secrets.github_token)
    api_key, claude_code, github_token = (
        None if secret is None else secret.get_secret_value() for secret in named
    )
    return api_key, claude_code, github_token


def test_take_secrets__drops_every_secret() -> None:
    """After the first line of a run no child process can inherit one."""
    environ = {
        "INPUT_ANTHROPIC-API-KEY": "sk-ant-input",
        "INPUT_GITHUB_TOKEN": "ghs_input",
        "ANTHROPIC_API_KEY": "sk-ant-env",
        "ANTHROPIC_AUTH_TOKEN": "bearer",
        "ANTHROPIC_CUSTOM_HEADERS": "x-key: hidden",
        "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-mine",
        "INPUT_CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-mine",
        "GITHUB_TOKEN": "ghs_env",
        "ACTIONS_RUNTIME_TOKEN": "runtime-token",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "id-token",
        "NPM_TOKEN": "npm_secret",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "aws-secret",
        "AWS_SESSION_TOKEN": "aws-session",
        "AWS_BEARER_TOKEN_BEDROCK": "bedrock-token",
        "ANTHROPIC_FOUNDRY_API_KEY": "foundry-key",
        "GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.token",
        "INPUT_ISSUE-NUMBER": "47",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com",
        "INPUT_MAX-TOKENS": "5",
        "PATH": "/usr/bin",
    }

    take_secrets(environ)

    assert sorted(environ) == [
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "INPUT_ISSUE-NUMBER",
        "INPUT_MAX-TOKENS",
        "PATH",
    ]


@pytest.mark.parametrize(
    "name", ["STRIPE_SECRET_KEY", "SECRET_KEY", "DB_PASSWD", "KEY_PASSPHRASE", "npm_token"]
)
def test_take_secrets__knows_the_usual_names(name: str) -> None:
    """What a workflow set for another step is hidden too, in whatever letter case."""
    environ = {name: "hunter-two-and-more"}

    assert take_secrets(environ).texts() == ("hunter-two-and-more",)
    assert environ == {}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, (None, None, None)),
        ({"ANTHROPIC_API_KEY": "", "GITHUB_TOKEN": " "}, (None, None, None)),
        ({"ANTHROPIC_API_KEY": "a", "GH_TOKEN": "g"}, ("a", None, "g")),
        ({"ANTHROPIC_AUTH_TOKEN": "t", "GITHUB_TOKEN": "g"}, ("t", None, "g")),
        ({"ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_API_KEY": "a"}, ("a", None, None)),
        ({"CLAUDE_CODE_OAUTH_TOKEN": "c"}, (None, "c", None)),
        ({"INPUT_CLAUDE_CODE_OAUTH_TOKEN": "c"}, (None, "c", None)),
        ({"INPUT_ANTHROPIC-API-KEY": "a\n", "ANTHROPIC_API_KEY": "b"}, ("a", None, None)),
        ({"INPUT_ANTHROPIC_API_KEY": "a", "INPUT_GITHUB-TOKEN": "g"}, ("a", None, "g")),
        ({"INPUT_GITHUB-TOKEN": "", "GITHUB_TOKEN": "g"}, (None, None, "g")),
    ],
)
def test_take_secrets__prefers_inputs(
    environ: dict[str, str], expected: tuple[str | None, str | None, str | None]
) -> None:
    """An input in either spelling goes before the usual variable; empty is not set."""
    assert _clear(environ) == expected


def test_secrets__are_masked_in_print_and_given_for_redaction() -> None:
    """A secret shows up nowhere but where it is asked for."""
    secrets = take_secrets(
        {
            "ANTHROPIC_API_KEY": "sk-ant-1",
            "INPUT_ANTHROPIC-API-KEY": "sk-ant-1",
            "GITHUB_TOKEN": "ghs_1",
            "NPM_TOKEN": "npm_secret",
            "HAS_TOKEN": "true",
        }
    )

    assert "sk-ant-1" not in repr(secrets)
    assert "npm_secret" not in repr(secrets)
    assert secrets.texts() == ("sk-ant-1", "ghs_1", "npm_secret")


def test_read_runner__reads_what_actions_sets() -> None:
    """Addresses of an enterprise server count, without their last slash."""
    runner = read_runner(
        {
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_API_URL": "https://ghe.example.com/api/v3/",
            "GITHUB_SERVER_URL": "https://ghe.example.com",
            "GITHUB_REPOSITORY": "acme/site",
            "GITHUB_EVENT_NAME": "issues",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_ACTOR": "mona",
            "GITHUB_TRIGGERING_ACTOR": "hubot",
            "GITHUB_SHA": "a" * 40,
            "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": "99",
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_WORKSPACE": "/github/workspace",
            "RUNNER_TEMP": "/github/runner_temp",
            "GITHUB_OUTPUT": "/github/file_commands/output",
            "GITHUB_STATE": "/github/file_commands/state",
            "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
        }
    )

    assert runner == RunnerEnvironment(
        is_actions=True,
        api_url="https://ghe.example.com/api/v3",
        server_url="https://ghe.example.com",
        repository="acme/site",
        event_name="issues",
        event_path=Path("/github/workflow/event.json"),
        actor="mona",
        triggering_actor="hubot",
        sha="a" * 40,
        run_id="99",
        run_attempt="2",
        workspace=Path("/github/workspace"),
        temp=Path("/github/runner_temp"),
        output=Path("/github/file_commands/output"),
        state=Path("/github/file_commands/state"),
        step_summary=Path("/github/file_commands/summary"),
    )
    assert runner.run_url == "https://ghe.example.com/acme/site/actions/runs/99"


def test_read_runner__on_a_laptop_knows_nothing() -> None:
    """Without Actions there is no run page, and GitHub's own addresses are used."""
    runner = read_runner({"GITHUB_REPOSITORY": "", "HOME": "/home/mona"})

    assert runner == RunnerEnvironment()
    assert runner.run_url is None


def test_read_input__prefers_the_spelling_that_has_no_default() -> None:
    """When both spellings are set, the one that action.yml cannot have filled in counts."""
    environ = {"INPUT_DRY_RUN": "true", "INPUT_DRY-RUN": "false"}

    assert read_input(environ, "dry-run") == "true"
    assert read_input(environ, "model") == ""


def test_take_cloud__drops_the_ways_to_credentials() -> None:
    """Only the model's window learns where a cloud hands out credentials."""
    environ = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://runner.example.com/token?x=1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "us-east-1",
        "GOOGLE_APPLICATION_CREDENTIALS": "/tmp/credentials.json",
        "CLOUD_ML_REGION": " global ",
        "ANTHROPIC_FOUNDRY_RESOURCE": "",
        "PATH": "/usr/bin",
    }

    cloud = take_cloud(environ)

    assert environ == {"PATH": "/usr/bin"}
    assert cloud.id_token_request_url == "https://runner.example.com/token?x=1"
    assert (cloud.aws_region, cloud.google_region) == ("us-east-1", "global")
    assert cloud.google_credentials_file == Path("/tmp/credentials.json")
    assert cloud.foundry_resource is None


def test_read_network__is_what_git_goes_by() -> None:
    """Behind a company's proxy and authority the forge is reached as by other programs there."""
    environ = {
        "https_proxy": "http://proxy.example:3128",
        "NO_PROXY": "localhost",
        "REQUESTS_CA_BUNDLE": "/etc/company.pem",
        "GIT_SSH_COMMAND": "touch /tmp/x",
        "ALL_PROXY": "",
    }

    assert read_network(environ) == {
        "https_proxy": "http://proxy.example:3128",
        "NO_PROXY": "localhost",
        "GIT_SSL_CAINFO": "/etc/company.pem",
    }
    assert read_network({}) == {}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "address",
    ["http://mona:s3cret%21word@proxy.example:3128", "mona:s3cret!word@[::1", "//:s3cret!word@x"],
)
def test_take_secrets__knows_the_password_of_a_proxy(name: str, address: str) -> None:
    """It is hidden wherever it would be shown, and stays where the libraries look for it."""
    environ = {name: address, "NO_PROXY": "localhost,[::1]"}

    assert take_secrets(environ).texts() == ("s3cret!word",)
    assert environ[name] == address
