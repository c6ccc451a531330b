"""Who we are to the model's service: a key, a workflow's identity, or a cloud's account.

Everything is taken from what the process was told at its start; the library is never left
to look for credentials in the environment or on the disk by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.domain.errors import ModelRejectedError, Rejection

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

SUBSCRIPTION_HINT = (
    "A token of `claude setup-token` belongs to a person's Claude subscription, which its "
    "vendor allows for Claude Code and its other programs only. Give a key of the Claude Console "
    "in the input `anthropic-api-key`, or sign in without any secret with the inputs "
    "`anthropic-federation-rule-id` and `anthropic-organization-id`: docs/signing-in.md."
)
_ACCESS_PREFIX = "sk-ant-oat"
_KEY_HINT = (
    "Give a Claude API key in the input `anthropic-api-key`, from a repository secret: "
    "`anthropic-api-key: ${{ secrets.ANTHROPIC_API_KEY }}`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of the Claude Console."""

    key: SecretStr

    def __post_init__(self) -> None:
        """Refuse what cannot be a key.

        Raises:
            ModelRejectedError: It is empty, has characters that no key has, or is an access
                token, which may be a person's.
        """
        key = self.key.get_secret_value().strip()
        if key.startswith(_ACCESS_PREFIX):
            raise ModelRejectedError(
                "What was given as a Claude API key is an access token (`sk-ant-oat…`).",
                hint=SUBSCRIPTION_HINT,
                reason=Rejection.KEY,
            )
        if not key:
            what = "The Claude API key is empty."
        elif not key.isascii() or not key.isprintable() or " " in key:
            what = "The Claude API key holds characters that no key has (it is not shown here)."
        else:
            object.__setattr__(self, "key", type(self.key)(key))
            return
        raise ModelRejectedError(what, hint=_KEY_HINT, reason=Rejection.KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """No key at all: GitHub vouches for the workflow, the service trusts GitHub.

    Each exchange asks GitHub for a token of its own: the service takes each one once.
    """

    rule_id: str
    organization_id: str
    service_account_id: str | None = None
    workspace_id: str | None = None
    audience: str = "https://api.anthropic.com"
    request_url: str
    """Where the runner gives out identity tokens (ACTIONS_ID_TOKEN_REQUEST_URL)."""
    request_token: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Bedrock:
    """Amazon Bedrock: a bearer token, or an access key that signs each request."""

    region: str
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    session_token: SecretStr | None = None
    bearer_token: SecretStr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertex:
    """Google Vertex AI: an access token, or a file with credentials that fetch one."""

    project: str
    region: str
    access_token: SecretStr | None = None
    credentials_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundry:
    """Microsoft Foundry: a key of one resource."""

    key: SecretStr
    resource: str | None = None
    """Names the address, unless another one is given."""


SignIn: TypeAlias = ApiKey | Federation | Bedrock | Vertex | Foundry


def is_first_party(sign_in: SignIn) -> bool:
    """Whether the vendor itself serves, with everything that its documentation describes."""
    return isinstance(sign_in, ApiKey | Federation)


def secrets_of(sign_in: SignIn) -> tuple[str, ...]:
    """Return every secret in clear, to keep them out of messages."""
    found: tuple[SecretStr | None, ...]
    match sign_in:
        case ApiKey(key=key) | Foundry(key=key):
            found = (key,)
        case Federation(request_token=token):
            found = (token,)
        case Bedrock():
            found = (sign_in.secret_key, sign_in.session_token, sign_in.bearer_token)
        case Vertex():
            found = (sign_in.access_token,)
    return tuple(secret.get_secret_value() for secret in found if secret is not None)


def served_name(sign_in: SignIn, model: str) -> str:
    """Return what this provider calls a model that we know by the vendor's own id."""
    is_ours = model.startswith("claude-")
    return f"anthropic.{model}" if isinstance(sign_in, Bedrock) and is_ours else model
