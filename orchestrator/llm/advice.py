"""What a person can do about a refusal, where that depends on who serves the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.llm.failure import FailureKind
from orchestrator.llm.signin import (
    ApiKey,
    Bedrock,
    Federation,
    Foundry,
    SignIn,
    Vertex,
    secrets_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.llm.failure import Failure

_ACCESS: Mapping[type[SignIn], str] = {
    Federation: (
        "The service took the workflow's identity, but not what it gave for it: in the Claude "
        "Console, look at the federation rule, its service account, and the models that their "
        "workspace may use."
    ),
    Bedrock: (
        "Let `aws-actions/configure-aws-credentials` sign in in a step before this one, for "
        "longer than the run (`role-duration-seconds`), with a role that may invoke the model "
        "in AWS_REGION; or set another model under `models:`."
    ),
    Vertex: (
        "Let `google-github-actions/auth` sign in in a step before this one, with an account "
        "that has the role Vertex AI User in the project of ANTHROPIC_VERTEX_PROJECT_ID; or set "
        "another model under `models:`."
    ),
    Foundry: (
        "Check the secret behind ANTHROPIC_FOUNDRY_API_KEY: it must be a key of the resource "
        "in ANTHROPIC_FOUNDRY_RESOURCE."
    ),
}
_MODEL: Mapping[type[SignIn], str] = {
    Bedrock: "Check the model id under `models:` against what Bedrock serves in AWS_REGION.",
    Vertex: "Check the model id under `models:` against what Vertex AI serves in CLOUD_ML_REGION.",
    Foundry: "Check the model id under `models:` against the deployments of the resource.",
}
_CREDIT = "Raise the quota or the spending limit with your cloud, then run again: "
_BUSY = "Check the status page of your cloud and the network, then run again: "
_CONTINUES = "the run continues where it stopped."


def advice(sign_in: SignIn, kind: FailureKind) -> str:
    """Return what to do next, or nothing where the usual advice for this kind of failure holds."""
    match kind:
        case FailureKind.KEY | FailureKind.PERMISSION:
            return _ACCESS.get(type(sign_in), "")
        case FailureKind.MODEL:
            return _MODEL.get(type(sign_in), "")
        case FailureKind.CREDIT | FailureKind.BUSY if not isinstance(sign_in, ApiKey | Federation):
            return (_CREDIT if kind is FailureKind.CREDIT else _BUSY) + _CONTINUES
        case _:
            return ""


def advised(failure: Failure, sign_in: SignIn, cause: Exception) -> Failure:
    """Return the failure with its advice, and with its cause unless that would spread a secret."""
    failure = replace(failure, hint=failure.hint or advice(sign_in, failure.kind))
    said = f"{failure.what} {cause} {cause.__cause__}"
    spread = [secret for secret in secrets_of(sign_in) if secret in said]
    if not spread:
        return replace(failure, cause=cause)
    what = failure.what
    for secret in spread:
        what = what.replace(secret, "***")
    return replace(failure, what=what)
