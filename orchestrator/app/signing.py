"""How this run signs in to the model's service, from inputs, secrets and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.models import Provider
from orchestrator.domain.errors import NotAuthorisedError, UsageError
from orchestrator.llm.clients import PERMISSION_HINT
from orchestrator.llm.signin import (
    SUBSCRIPTION_HINT,
    ApiKey,
    Bedrock,
    Federation,
    Foundry,
    Vertex,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from orchestrator.app.desk import Desk
    from orchestrator.config.inputs import Inputs
    from orchestrator.llm.signin import SignIn
_NO_KEY = (
    "Set the input `anthropic-api-key` (a secret of the repository), or the environment "
    "variable ANTHROPIC_API_KEY on the command line; or sign in without a key: set the inputs "
    "`anthropic-federation-rule-id` and `anthropic-organization-id`."
)


def sign_in(provider: Provider, inputs: Inputs, desk: Desk) -> SignIn:
    """Return how to sign in; nothing is sent.

    Raises:
        UsageError: Two ways are given at once.
        NotAuthorisedError: Something is missing.
    """
    match provider:
        case Provider.ANTHROPIC:
            return _anthropic(inputs, desk)
        case Provider.BEDROCK:
            return _bedrock(desk)
        case Provider.VERTEX:
            return _vertex(desk)
        case Provider.FOUNDRY:
            return _foundry(inputs, desk)


def refuse_contradictions(inputs: Inputs, desk: Desk) -> None:
    """Refuse what no configuration could make work, before anything else is done.

    Raises:
        UsageError: A key and a federation are both given, or a federation is half given.
        NotAuthorisedError: The workflow may not ask for an identity token.
    """
    if inputs.anthropic_federation_rule_id or inputs.anthropic_organization_id:
        _federation(inputs, desk)


def _anthropic(inputs: Inputs, desk: Desk) -> SignIn:
    if inputs.anthropic_federation_rule_id or inputs.anthropic_organization_id:
        return _federation(inputs, desk)
    key = desk.secrets.anthropic_api_key
    if key is None and desk.secrets.claude_code_token is not None:
        raise NotAuthorisedError(
            "The only way to sign in that was given is a token of a Claude subscription "
            "(`claude_code_oauth_token`).",
            hint=SUBSCRIPTION_HINT,
        )
    if key is None:
        raise NotAuthorisedError("There is no key for the language model.", hint=_NO_KEY)
    return ApiKey(key=key)


def _federation(inputs: Inputs, desk: Desk) -> Federation:
    if desk.secrets.anthropic_api_key is not None:
        raise UsageError(
            "A key and a federation rule are both given: it is not clear who pays.",
            hint="Leave out the input `anthropic-api-key` (and the variable ANTHROPIC_API_KEY), "
            "or the inputs `anthropic-federation-rule-id` and `anthropic-organization-id`.",
        )
    rule_id, organization_id = inputs.anthropic_federation_rule_id, inputs.anthropic_organization_id
    if rule_id is None or organization_id is None:
        missing = "organization-id" if organization_id is None else "federation-rule-id"
        raise UsageError(
            f"Signing in without a key needs the input `anthropic-{missing}` as well.",
            hint="The Claude Console shows it beside the federation rule.",
        )
    token, url = desk.secrets.id_token_request_token, desk.cloud.id_token_request_url
    if token is None or url is None:
        raise NotAuthorisedError(
            "The workflow may not ask GitHub for an identity token.", hint=PERMISSION_HINT
        )
    return Federation(
        rule_id=rule_id,
        organization_id=organization_id,
        service_account_id=inputs.anthropic_service_account_id,
        workspace_id=inputs.anthropic_workspace_id,
        audience=inputs.anthropic_oidc_audience,
        request_url=url,
        request_token=token,
    )


def _bedrock(desk: Desk) -> SignIn:
    secrets = desk.secrets
    has_keys = secrets.aws_access_key is not None and secrets.aws_secret_key is not None
    if secrets.aws_bearer_token is None and not has_keys:
        raise _missing(
            Provider.BEDROCK,
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_BEARER_TOKEN_BEDROCK)",
            "aws-actions/configure-aws-credentials",
        )
    bearer = secrets.aws_bearer_token
    return Bedrock(
        region=_given(desk.cloud.aws_region, Provider.BEDROCK, "AWS_REGION"),
        access_key=None if bearer else secrets.aws_access_key,
        secret_key=None if bearer else secrets.aws_secret_key,
        session_token=None if bearer else secrets.aws_session_token,
        bearer_token=bearer,
    )


def _vertex(desk: Desk) -> SignIn:
    token: SecretStr | None = desk.secrets.google_access_token
    file = desk.cloud.google_credentials_file
    if token is None and file is None:
        raise _missing(
            Provider.VERTEX,
            "GOOGLE_APPLICATION_CREDENTIALS (or GOOGLE_OAUTH_ACCESS_TOKEN)",
            "google-github-actions/auth",
        )
    return Vertex(
        project=_given(desk.cloud.google_project, Provider.VERTEX, "ANTHROPIC_VERTEX_PROJECT_ID"),
        region=_given(desk.cloud.google_region, Provider.VERTEX, "CLOUD_ML_REGION"),
        # A token ends within the hour; the file gets a new one each time.
        access_token=token if file is None else None,
        # The process that reads it has another working directory.
        credentials_file=None if file is None else file.absolute(),
    )


def _foundry(inputs: Inputs, desk: Desk) -> SignIn:
    key = desk.secrets.foundry_api_key
    if key is None:
        raise _missing(Provider.FOUNDRY, "ANTHROPIC_FOUNDRY_API_KEY", "a secret in `env:`")
    resource = desk.cloud.foundry_resource
    if inputs.anthropic_base_url is None:
        resource = _given(resource, Provider.FOUNDRY, "ANTHROPIC_FOUNDRY_RESOURCE")
    return Foundry(key=key, resource=resource)


def _given(value: str | None, provider: Provider, name: str) -> str:
    if value is None:
        raise _missing(provider, name, "the step's `env:`")
    return value


def _missing(provider: Provider, names: str, source: str) -> NotAuthorisedError:
    return NotAuthorisedError(
        f"`models.provider: {provider}` needs the environment variable {names}.",
        hint=f"Let {source} set it for the step that uses the action.",
    )
