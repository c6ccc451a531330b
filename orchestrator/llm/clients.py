"""Build the vendor's client for each way to sign in; everything explicit, nothing looked up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from orchestrator.domain.errors import ModelRejectedError, ModelUnavailableError, Rejection
from orchestrator.llm.signin import ApiKey, Bedrock, Federation, Foundry, SignIn, Vertex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx2
    from anthropic import Anthropic
    from pydantic import SecretStr

PERMISSION_HINT = (
    "Let the workflow ask for an identity token, in the job that uses the action:\n"
    "permissions:\n"
    "  id-token: write\n"
    "  contents: write\n"
    "  issues: write\n"
    "  pull-requests: write"
)
_REFUSALS = frozenset({400, 401, 403, 404})
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def open_client(sign_in: SignIn, *, base_url: str | None, http_client: httpx2.Client) -> Anthropic:
    """Return a client that never retries by itself; the pool of connections is ours.

    Args:
        sign_in: Who we are.
        base_url: Where the service is; `None` for the provider's own address.
        http_client: What sends.

    Raises:
        ModelRejectedError: The credentials cannot be used.
    """
    common: dict[str, Any] = {  # the constructors share these, each with its own overloads
        "max_retries": 0,
        "open_telemetry": False,
        "http_client": http_client,
    }
    if base_url is not None:
        common["base_url"] = base_url
    match sign_in:
        case ApiKey() | Federation():
            return _first_party(sign_in, common, http_client)
        case Bedrock():
            return _bedrock(sign_in, common)
        case Vertex():
            return _vertex(sign_in, common)
        case Foundry():
            return _foundry(sign_in, common)


def identity_token(federation: Federation, http_client: httpx2.Client) -> Callable[[], str]:
    """Return what asks the runner for one fresh identity token.

    Raises (when called):
        ModelRejectedError: The workflow may not have one.
        ModelUnavailableError: The runner gives none at the moment.
    """
    from httpx2 import URL

    def fetch() -> str:
        answer = http_client.get(
            URL(federation.request_url).copy_set_param("audience", federation.audience),
            headers={"Authorization": f"Bearer {federation.request_token.get_secret_value()}"},
        )
        value = _value(answer) if answer.is_success else None
        if value:
            return value
        what = f"The runner gave no identity token (status {answer.status_code})."
        if answer.status_code in _REFUSALS:
            raise ModelRejectedError(what, hint=PERMISSION_HINT, reason=Rejection.KEY)
        raise ModelUnavailableError(what, hint="It is asked again.")

    return fetch


def _value(answer: httpx2.Response) -> str | None:
    try:
        document = answer.json()
    except ValueError:
        return None
    value = document.get("value") if isinstance(document, dict) else None
    return value if isinstance(value, str) else None


def _first_party(
    sign_in: ApiKey | Federation, common: dict[str, Any], http_client: httpx2.Client
) -> Anthropic:
    import anthropic

    if isinstance(sign_in, ApiKey):
        return anthropic.Anthropic(api_key=sign_in.key.get_secret_value(), **common)
    return anthropic.Anthropic(
        credentials=anthropic.WorkloadIdentityCredentials(
            identity_token_provider=identity_token(sign_in, http_client),
            federation_rule_id=sign_in.rule_id,
            organization_id=sign_in.organization_id,
            service_account_id=sign_in.service_account_id,
            workspace_id=sign_in.workspace_id,
            http_client=http_client,
        ),
        **common,
    )


def _bedrock(sign_in: Bedrock, common: dict[str, Any]) -> Anthropic:
    import anthropic

    client = anthropic.AnthropicBedrockMantle(
        aws_region=sign_in.region,
        aws_access_key=_clear(sign_in.access_key),
        aws_secret_key=_clear(sign_in.secret_key),
        aws_session_token=_clear(sign_in.session_token),
        api_key=_clear(sign_in.bearer_token),
        **common,
    )
    return cast("Anthropic", client)  # the same `messages`, without a common base


def _vertex(sign_in: Vertex, common: dict[str, Any]) -> Anthropic:
    import anthropic

    client = anthropic.AnthropicVertex(
        project_id=sign_in.project,
        region=sign_in.region,
        access_token=_clear(sign_in.access_token),
        credentials=_google(sign_in),
        **common,
    )
    return cast("Anthropic", client)


def _google(sign_in: Vertex) -> Any:  # noqa: ANN401 -- google-auth is published without types
    file = sign_in.credentials_file
    if file is None:
        return None
    from google.auth.exceptions import GoogleAuthError

    try:
        return _google_credentials(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, GoogleAuthError) as error:
        raise ModelRejectedError(
            f"The credentials in {str(file)!r} cannot be used: {error}",
            hint="Let `google-github-actions/auth` write the file in a step before this one.",
            reason=Rejection.KEY,
        ) from error


def _google_credentials(content: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- as above
    """Return the credentials of a kind that runs no program and asks no other machine's service."""
    from google.auth import identity_pool
    from google.oauth2 import credentials, service_account

    # The library's own way to take whatever kind a file is of warns of doing so.
    match content["type"]:
        case "external_account":
            return identity_pool.Credentials.from_info(content, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
        case "service_account":
            known = service_account.Credentials
            return known.from_service_account_info(content, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
        case "authorized_user":
            return credentials.Credentials.from_authorized_user_info(content, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
        case other:
            raise ValueError(f"they are of the kind {other!r}")


def _foundry(sign_in: Foundry, common: dict[str, Any]) -> Anthropic:
    import anthropic

    if "base_url" not in common:
        common["base_url"] = f"https://{sign_in.resource}.services.ai.azure.com/anthropic/"
    client: Anthropic = anthropic.AnthropicFoundry(api_key=sign_in.key.get_secret_value(), **common)
    return client


def _clear(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
