"""Taking the credentials of private registries out of the environment, for setup alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

from orchestrator.domain.errors import UsageError
from orchestrator.stages.setup_secrets import SetupSecrets, secrets_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.app.desk import Desk

_SHORTEST = 8
"""Shorter values cannot be looked for: they turn up in files by accident."""


def take_setup_secrets(desk: Desk, names: Sequence[str]) -> SetupSecrets:
    """Return the variables of `project.setup_secrets`; from now on every text hides their values.

    Raises:
        UsageError: One is not set, or holds what cannot be looked for or is not setup's to have.
    """
    found = SetupSecrets(values={name: SecretStr(_take(desk, name)) for name in names})
    desk.redactor.register(found.texts())
    return found


def _take(desk: Desk, name: str) -> str:
    withheld = desk.withheld.get(name)
    given = desk.environment.pop(name, "") if withheld is None else withheld.get_secret_value()
    value = given.strip()
    if not value:
        raise UsageError(
            f"`project.setup_secrets` names {name!r}, and the environment does not have it.",
            hint="Give it to the step that uses the action:\n"
            f"env:\n  {name}: ${{{{ secrets.{name} }}}}\n"
            f"On your own machine, `export {name}=...` first.",
        )
    if len(value.splitlines()) > 1 or min(map(len, secrets_in(value))) < _SHORTEST:
        raise UsageError(
            f"The value of {name!r}, which `project.setup_secrets` names, cannot be kept safe: it "
            f"has several lines, or it or the password in it is shorter than {_SHORTEST} "
            "characters.",
            hint="Put one credential into each variable, and let the file that needs them name "
            "the variables.",
        )
    if desk.secrets.own().intersection(secrets_in(value)):
        raise UsageError(
            f"{name!r}, which `project.setup_secrets` names, holds a key or token of our own, "
            "which no command of a project may have.",
            hint="Make a token for the registry alone that can only read.",
        )
    return value
