"""Which way a run signs in, and what people hear when there is none or one too many."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.app.signing import refuse_contradictions, sign_in
from orchestrator.config.environment import CloudEnvironment, Secrets
from orchestrator.config.inputs import Inputs
from orchestrator.config.models import Provider
from orchestrator.domain.errors import NotAuthorisedError, UsageError
from orchestrator.llm.signin import ApiKey, Bedrock, Federation, Foundry, Vertex
from tests.unit.app.office import make_desk

RULE = Inputs(anthropic_federation_rule_id="fdrl_1", anthropic_organization_id="org-1")
SECRET = SecretStr("secret-value")


def test_sign_in__with_a_key() -> None:
    """A key is enough."""
    desk = make_desk(secrets=Secrets(anthropic_api_key=SECRET))

    assert isinstance(sign_in(Provider.ANTHROPIC, Inputs(), desk), ApiKey)


def test_sign_in__without_anything_names_both_ways() -> None:
    """Nobody has to guess what is missing."""
    with pytest.raises(NotAuthorisedError) as refusal:
        sign_in(Provider.ANTHROPIC, Inputs(), make_desk())

    assert "`anthropic-api-key`" in refusal.value.hint
    assert "`anthropic-federation-rule-id`" in refusal.value.hint


def test_sign_in__with_a_subscription_says_what_to_use_instead() -> None:
    """Who comes from claude-code-action with a personal token reads why it is not taken."""
    desk = make_desk(secrets=Secrets(claude_code_token=SECRET))

    with pytest.raises(NotAuthorisedError, match="`claude_code_oauth_token`") as refusal:
        sign_in(Provider.ANTHROPIC, Inputs(), desk)

    assert "`anthropic-api-key`" in refusal.value.hint
    assert "`anthropic-federation-rule-id`" in refusal.value.hint
    assert "docs/signing-in.md" in refusal.value.hint


def test_sign_in__with_a_key_does_not_mind_a_subscription() -> None:
    """A token for another program that lies about in the environment is nobody's error."""
    desk = make_desk(secrets=Secrets(anthropic_api_key=SECRET, claude_code_token=SECRET))

    assert isinstance(sign_in(Provider.ANTHROPIC, Inputs(), desk), ApiKey)


def test_sign_in__with_the_workflows_identity() -> None:
    """Rule, organisation and the runner's permission are enough: no secret at all."""
    desk = make_desk(
        secrets=Secrets(id_token_request_token=SECRET),
        cloud=CloudEnvironment(id_token_request_url="https://runner.example.com/"),
    )

    refuse_contradictions(RULE, desk)
    found = sign_in(Provider.ANTHROPIC, RULE, desk)

    assert isinstance(found, Federation)
    assert found.audience == "https://api.anthropic.com"
    assert (found.rule_id, found.organization_id) == ("fdrl_1", "org-1")


def test_sign_in__refuses_a_key_and_a_rule_together() -> None:
    """Two ways at once would leave it to chance who pays."""
    desk = make_desk(secrets=Secrets(anthropic_api_key=SECRET, id_token_request_token=SECRET))

    with pytest.raises(UsageError, match="both given"):
        refuse_contradictions(RULE, desk)


def test_sign_in__says_the_yaml_when_the_permission_is_missing() -> None:
    """Without `id-token: write` the runner gives no identity, and the lines to add are shown."""
    with pytest.raises(NotAuthorisedError) as refusal:
        refuse_contradictions(RULE, make_desk())

    assert "permissions:\n  id-token: write" in refusal.value.hint


def test_sign_in__needs_both_ids() -> None:
    """Half a federation is named as such."""
    half = Inputs(anthropic_federation_rule_id="fdrl_1")

    with pytest.raises(UsageError, match="`anthropic-organization-id`"):
        refuse_contradictions(half, make_desk())


def test_sign_in__to_clouds_from_their_usual_variables() -> None:
    """What the clouds' own actions set is all that is needed."""
    aws = make_desk(
        secrets=Secrets(aws_access_key=SECRET, aws_secret_key=SECRET),
        cloud=CloudEnvironment(aws_region="us-east-1"),
    )
    bearer = make_desk(
        secrets=Secrets(aws_bearer_token=SECRET, aws_access_key=SECRET, aws_secret_key=SECRET),
        cloud=CloudEnvironment(aws_region="us-east-1"),
    )
    google = make_desk(
        secrets=Secrets(google_access_token=SECRET),
        cloud=CloudEnvironment(
            google_project="p", google_region="global", google_credentials_file=Path("c.json")
        ),
    )
    azure = make_desk(
        secrets=Secrets(foundry_api_key=SECRET), cloud=CloudEnvironment(foundry_resource="r")
    )

    assert isinstance(sign_in(Provider.BEDROCK, Inputs(), aws), Bedrock)
    only_bearer = sign_in(Provider.BEDROCK, Inputs(), bearer)
    assert isinstance(only_bearer, Bedrock)
    assert only_bearer.access_key is None
    by_file = sign_in(Provider.VERTEX, Inputs(), google)
    assert isinstance(by_file, Vertex)
    # A run may outlive a token.
    assert (by_file.access_token, by_file.credentials_file) == (None, Path("c.json").absolute())
    assert isinstance(sign_in(Provider.FOUNDRY, Inputs(), azure), Foundry)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        (Provider.BEDROCK, "AWS_ACCESS_KEY_ID"),
        (Provider.VERTEX, "GOOGLE_APPLICATION_CREDENTIALS"),
        (Provider.FOUNDRY, "ANTHROPIC_FOUNDRY_API_KEY"),
    ],
)
def test_sign_in__to_a_cloud_without_credentials_names_the_variable(
    provider: Provider, name: str
) -> None:
    """The key of the first party is no way into a cloud."""
    desk = make_desk(secrets=Secrets(anthropic_api_key=SECRET))

    with pytest.raises(NotAuthorisedError, match=name):
        sign_in(provider, Inputs(), desk)
