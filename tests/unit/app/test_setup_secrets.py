"""A registry's credential is taken once, checked, and hidden from every text from then on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from orchestrator.app.setup_secrets import take_setup_secrets
from orchestrator.config.environment import Secrets
from orchestrator.domain.errors import UsageError
from tests.unit.app.office import make_desk

TOKEN = "registry-token-1"


def test_take_setup_secrets__takes_what_was_withheld_and_what_was_not() -> None:
    """A credential is found whether or not its name looks like one; it then leaves the process."""
    desk = make_desk(environment={"PIP_INDEX_URL": "https://me:p%40ssw0rd9@pypi.test/simple"})
    desk = replace(desk, withheld={"NPM_TOKEN": SecretStr(TOKEN)})

    found = take_setup_secrets(desk, ("NPM_TOKEN", "PIP_INDEX_URL"))

    assert found.names == ("NPM_TOKEN", "PIP_INDEX_URL")
    assert found.environment()["NPM_TOKEN"] == TOKEN
    assert "PIP_INDEX_URL" not in desk.environment
    assert TOKEN not in repr(found)
    for text in (TOKEN, "p%40ssw0rd9", "p@ssw0rd9", found.environment()["PIP_INDEX_URL"]):
        assert text not in desk.redactor.redact(f"printed: {text}")


@pytest.mark.parametrize("environment", [{}, {"NPM_TOKEN": "  "}])
def test_take_setup_secrets__refuses_what_is_not_set(environment: dict[str, str]) -> None:
    """A workflow that forgot the variable is told what to write where."""
    with pytest.raises(UsageError, match="'NPM_TOKEN'") as refused:
        take_setup_secrets(make_desk(environment=environment), ("NPM_TOKEN",))

    assert "NPM_TOKEN: ${{ secrets.NPM_TOKEN }}" in refused.value.hint


@pytest.mark.parametrize(
    "value", ["t0k3n", "first-line\nsecond-line", "https://me:pw@registry.test/simple"]
)
def test_take_setup_secrets__refuses_what_cannot_be_looked_for(value: str) -> None:
    """A value that nobody could search for would be given away unseen."""
    with pytest.raises(UsageError, match="cannot be kept safe") as refused:
        take_setup_secrets(make_desk(environment={"NPM_TOKEN": value}), ("NPM_TOKEN",))

    assert value not in str(refused.value) + refused.value.hint


@pytest.mark.parametrize("shape", ["{}", " {}\n", "https://x:{}@registry.test/"])
def test_take_setup_secrets__refuses_our_own_under_another_name(shape: str) -> None:
    """The token that pushes, and the model's key, reach no command by any name."""
    own = "ghs_" + "x" * 20
    desk = make_desk(
        environment={"NODE_AUTH": shape.format(own)}, secrets=Secrets(github_token=SecretStr(own))
    )

    with pytest.raises(UsageError, match="of our own") as refused:
        take_setup_secrets(desk, ("NODE_AUTH",))

    assert own not in str(refused.value) + refused.value.hint
