"""What the runner and the workflow tell us through the environment, typed and checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pydantic import SecretStr

from orchestrator.config.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_SECRET = re.compile(
    r"(?:.*[_-])?(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE"
    r"|API[_-]KEY|(?:ACCESS|PRIVATE|SECRET|SIGNING)_KEY)"
    r"|ANTHROPIC_(?:CUSTOM_HEADERS|ENVIRONMENT_KEY)"
    r"|AWS_(?:ACCESS_KEY_ID|BEARER_TOKEN_BEDROCK)",
    re.IGNORECASE,
)
"""Variables that hold a secret by their name, ours and those that a workflow set for others."""

_PROXIES = tuple(
    name
    for way in ("http", "https", "all", "no")
    for name in (f"{way}_proxy", f"{way.upper()}_PROXY")
)
_AUTHORITIES = ("GIT_SSL_CAINFO", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Files with the certificates to be believed, as in a company of its own authority."""

_SHORTEST_OTHER = 8
"""Shorter values, such as `true`, are hardly secrets; redacting them would ruin every text."""


_RESERVED = re.compile(r"(?:INPUT|GITHUB|ACTIONS|RUNNER|ANTHROPIC|CLAUDE|ORCHESTRATOR)_.*")
"""What the runner and we ourselves are told through the environment."""
_OF_THE_WALLS = re.compile(
    r"PATH|HOME|TMPDIR|USER|LOGNAME|SHELL|LANG|IFS|ENV|BASH_ENV|CI|(?:LD|DYLD)_.*"
)
"""What a sandbox sets itself, and what could load code before its walls stand."""


class Secrets(Schema):
    """What only `llm/` and the forge may be handed; masked when printed."""

    anthropic_api_key: SecretStr | None = None
    claude_code_token: SecretStr | None = None
    """Of a person's subscription, which is for the vendor's own programs: never used."""
    github_token: SecretStr | None = None
    id_token_request_token: SecretStr | None = None
    """Lets the workflow ask GitHub for a proof of its identity."""
    aws_access_key: SecretStr | None = None
    aws_secret_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    aws_bearer_token: SecretStr | None = None
    google_access_token: SecretStr | None = None
    foundry_api_key: SecretStr | None = None
    others: tuple[SecretStr, ...] = ()
    """Secrets that were in reach and are of no use to us: to be redacted all the same."""

    def own(self) -> frozenset[str]:
        """Return those in clear that are ours to use, which no one else may be given."""
        named = (getattr(self, field) for field in _NAMES)
        return frozenset(secret.get_secret_value() for secret in named if secret)

    def texts(self) -> tuple[str, ...]:
        """Return every secret in clear, each once, for registration with the redaction."""
        named = (getattr(self, field) for field in _NAMES)
        known = (secret.get_secret_value() for secret in (*named, *self.others) if secret)
        return tuple(dict.fromkeys(known))


class CloudEnvironment(Schema):
    """Where a cloud serves the model, in the variables that its own tools use; no secrets."""

    id_token_request_url: str | None = None
    aws_region: str | None = None
    google_project: str | None = None
    google_region: str | None = None
    google_credentials_file: Path | None = None
    foundry_resource: str | None = None


class RunnerEnvironment(Schema):
    """The runner's own variables; `None` where it said nothing, as on a laptop."""

    is_actions: bool = False
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    repository: str | None = None
    event_name: str | None = None
    event_path: Path | None = None
    actor: str | None = None
    triggering_actor: str | None = None
    sha: str | None = None
    run_id: str | None = None
    run_attempt: str | None = None
    workspace: Path | None = None
    temp: Path | None = None
    output: Path | None = None
    state: Path | None = None
    step_summary: Path | None = None

    @property
    def run_url(self) -> str | None:
        """The page of this workflow run."""
        if self.repository is None or self.run_id is None:
            return None
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"


def is_reserved(name: str) -> bool:
    """Tell whether a variable leads to what only we may hold, or is set by the sandbox."""
    name = name.upper()
    ours = {*_CLOUD_VARIABLES, *(each for names in _NAMES.values() for each in names)}
    return name in ours or bool(_RESERVED.fullmatch(name) or _OF_THE_WALLS.fullmatch(name))


def take_secrets(environ: MutableMapping[str, str]) -> Secrets:
    """Read all secrets and drop them from `environ`, so that no child can inherit one.

    Action inputs go before the usual variables; empty ones count as not set. The password of a
    proxy is a secret as well, but stays where the libraries look for it.
    """
    found = {name: environ.pop(name).strip() for name in tuple(environ) if _SECRET.fullmatch(name)}
    taken = {
        field: next((found[name] for name in candidates if found.get(name)), None)
        for field, candidates in _NAMES.items()
    }
    values = (*found.values(), *(_password(environ.get(name, "")) for name in _PROXIES))
    others = dict.fromkeys(value for value in values if len(value) >= _SHORTEST_OTHER)
    return Secrets(
        **{field: SecretStr(value) for field, value in taken.items() if value},
        others=tuple(SecretStr(value) for value in others if value not in taken.values()),
    )


def _password(address: str) -> str:
    """Return the password in an address, with or without a scheme; empty if there is none."""
    user = address.rpartition("@")[0].rpartition("//")[2]
    return unquote(user.partition(":")[2])


def take_cloud(environ: MutableMapping[str, str]) -> CloudEnvironment:
    """Read where a cloud serves the model and drop it from `environ`, as it leads to credentials.

    Of several names for one thing the first that is set counts.
    """
    found = {name: environ.pop(name, "").strip() for name in _CLOUD_VARIABLES}
    given: dict[str, str] = {}
    for name, field in _CLOUD_VARIABLES.items():
        if found[name]:
            given.setdefault(field, found[name])
    return CloudEnvironment.model_validate(given)


def read_network(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return how this machine reaches others, in the variables that git goes by.

    The forge's and the model's libraries read the same variables themselves.
    """
    found = {name: environ[name] for name in _PROXIES if environ.get(name)}
    authority = next((environ[name] for name in _AUTHORITIES if environ.get(name)), None)
    return found if authority is None else {**found, "GIT_SSL_CAINFO": authority}


def read_runner(environ: Mapping[str, str]) -> RunnerEnvironment:
    """Read the runner's variables."""
    given: dict[str, str | bool] = {
        field: environ[name].strip()
        for name, field in _RUNNER_VARIABLES.items()
        if environ.get(name, "").strip()
    }
    for url in ("api_url", "server_url"):
        if url in given:
            given[url] = str(given[url]).rstrip("/")
    given["is_actions"] = environ.get("GITHUB_ACTIONS", "").lower() == "true"
    return RunnerEnvironment.model_validate(given)


def read_input(environ: Mapping[str, str], name: str) -> str:
    """Return an action input by its name in action.yml, stripped; empty when not given.

    The runner keeps hyphens (`INPUT_ISSUE-NUMBER`), which not every shell can pass on and other
    actions do not use: `INPUT_ISSUE_NUMBER` means the same. It comes first, because only a
    person can have set it; what stands in the other may be the default of action.yml.
    """
    given = (environ.get(spelling, "").strip() for spelling in _spellings(name))
    return next((value for value in given if value), "")


def _spellings(name: str) -> tuple[str, str]:
    variable = f"INPUT_{name.upper()}"
    return variable.replace("-", "_"), variable


_RUNNER_VARIABLES = {
    "GITHUB_API_URL": "api_url",
    "GITHUB_SERVER_URL": "server_url",
    "GITHUB_REPOSITORY": "repository",
    "GITHUB_EVENT_NAME": "event_name",
    "GITHUB_EVENT_PATH": "event_path",
    "GITHUB_ACTOR": "actor",
    "GITHUB_TRIGGERING_ACTOR": "triggering_actor",
    "GITHUB_SHA": "sha",
    "GITHUB_RUN_ID": "run_id",
    "GITHUB_RUN_ATTEMPT": "run_attempt",
    "GITHUB_WORKSPACE": "workspace",
    "RUNNER_TEMP": "temp",
    "GITHUB_OUTPUT": "output",
    "GITHUB_STATE": "state",
    "GITHUB_STEP_SUMMARY": "step_summary",
}

_NAMES = {
    "anthropic_api_key": (
        *_spellings("anthropic-api-key"),
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
    ),
    "claude_code_token": (*_spellings("claude-code-oauth-token"), "CLAUDE_CODE_OAUTH_TOKEN"),
    "github_token": (*_spellings("github-token"), "GITHUB_TOKEN", "GH_TOKEN"),
    "id_token_request_token": ("ACTIONS_ID_TOKEN_REQUEST_TOKEN",),
    "aws_access_key": ("AWS_ACCESS_KEY_ID",),
    "aws_secret_key": ("AWS_SECRET_ACCESS_KEY",),
    "aws_session_token": ("AWS_SESSION_TOKEN",),
    "aws_bearer_token": ("AWS_BEARER_TOKEN_BEDROCK",),
    "google_access_token": ("GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"),
    "foundry_api_key": ("ANTHROPIC_FOUNDRY_API_KEY",),
}
"""Field of `Secrets` → the variables it is taken from, the first that is set."""

_CLOUD_VARIABLES = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "id_token_request_url",
    "AWS_REGION": "aws_region",
    "AWS_DEFAULT_REGION": "aws_region",
    "ANTHROPIC_VERTEX_PROJECT_ID": "google_project",
    "GOOGLE_CLOUD_PROJECT": "google_project",
    "CLOUD_ML_REGION": "google_region",
    "GOOGLE_APPLICATION_CREDENTIALS": "google_credentials_file",
    "GOOGLE_GHA_CREDS_PATH": "google_credentials_file",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE": "google_credentials_file",
    "ANTHROPIC_FOUNDRY_RESOURCE": "foundry_resource",
}
