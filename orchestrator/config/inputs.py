"""The action's inputs: strings from a workflow, read strictly."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from orchestrator.config.document import Document, Source, one_value
from orchestrator.config.environment import read_input
from orchestrator.config.merge import merge_all
from orchestrator.config.models import ModelGroup
from orchestrator.config.problems import Problem, choices, config_error, shown
from orchestrator.config.sandbox import SandboxBackend
from orchestrator.config.schema import MAX_USD, Schema
from orchestrator.domain.issue import number_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.json import Json

_T = TypeVar("_T")
_WHOLE = re.compile(r"[0-9]{1,10}")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_AUDIENCE = re.compile(r"[!-~]{1,200}")
_VISIBLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"[^\r\n\t,]{1,50}")
_PHRASE = re.compile(r"[/@!][A-Za-z0-9][A-Za-z0-9_-]{0,38}")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+#@-]{0,199}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\[bot\])?")
_SECRET_PART = re.compile(r"(?<=//)[^/\s]*(?=@)|(?<=\?).+")
"""What of an address is not repeated in a message."""
_HINT = "Correct the `with:` block of the workflow step."
_VARIABLE = "variable "


class InputCommand(StrEnum):
    """What the action is asked to do."""

    RUN = "run"
    PLAN = "plan"
    VALIDATE = "validate"
    MATRIX = "matrix"


class Inputs(Schema):
    """What the workflow asked for; `None` means it did not say. Secrets are not among them."""

    issue_number: int | None = None
    """The one issue that is named; `None` when there is none, or several."""
    issue_numbers: tuple[int, ...] = ()
    """Every issue that is named, each once."""
    label: str | None = None
    command: InputCommand = InputCommand.RUN
    config_path: str | None = None
    anthropic_base_url: str | None = None
    anthropic_federation_rule_id: str | None = None
    anthropic_organization_id: str | None = None
    anthropic_service_account_id: str | None = None
    anthropic_workspace_id: str | None = None
    anthropic_oidc_audience: str = "https://api.anthropic.com"
    model: str | None = None
    max_cost_usd: Decimal | None = None
    timeout_minutes: int | None = None
    max_parallel: int | None = None
    base_branch: str | None = None
    branch_prefix: str = "orchestrator/"
    trigger_label: str = "orchestrate"
    trigger_phrase: str = "/orchestrate"
    allowed_bots: tuple[str, ...] = ()
    dry_run: bool = False
    sandbox: SandboxBackend | None = None

    def as_layer(self) -> Document:
        """Return the settings that inputs override, each with its input as the source."""
        models = tuple(("models", str(group), "model") for group in ModelGroup)
        cost = None if self.max_cost_usd is None else str(self.max_cost_usd)
        values: tuple[tuple[str, tuple[tuple[str, ...], ...], Json], ...] = (
            ("max-cost-usd", (("limits", "usd"),), cost),
            ("timeout-minutes", (("limits", "minutes"),), self.timeout_minutes),
            ("max-parallel", (("limits", "parallel"),), self.max_parallel),
            ("sandbox", (("sandbox", "backend"),), self.sandbox),
            ("model", models, self.model),
        )
        return merge_all(
            one_value(path, value, Source(note=f"input {name}"))
            for name, paths, value in values
            if value is not None
            for path in paths
        )


NO_INPUTS = Inputs()


def read_inputs(environ: Mapping[str, str]) -> Inputs:
    """Read every input but the secrets; all wrong ones are told in one error.

    Raises:
        ConfigError: An input has a value that is not allowed.
    """
    reader = _Reader(environ)
    inputs = {
        "issue_numbers": reader.read("issue-number", _issue_numbers),
        "label": reader.read("label", _matching(_LABEL, "one label")),
        "command": reader.read("command", _command),
        "config_path": reader.read("config-path", _repository_path),
        "anthropic_base_url": reader.read("anthropic-base-url", _url)
        or reader.variable("ANTHROPIC_BASE_URL", _url),
        **{
            f"anthropic_{name}_id".replace("-", "_"): reader.read(
                f"anthropic-{name}-id", _matching(_ID, "an id as the Claude Console shows it")
            )
            for name in ("federation-rule", "organization", "service-account", "workspace")
        },
        "anthropic_oidc_audience": reader.read(
            "anthropic-oidc-audience", _matching(_AUDIENCE, "the audience of the federation rule")
        ),
        "model": reader.read("model", _matching(_MODEL, "a model id or alias, such as opus")),
        "max_cost_usd": reader.read("max-cost-usd", _usd),
        "timeout_minutes": reader.read("timeout-minutes", _minutes),
        "max_parallel": reader.read("max-parallel", _parallel),
        "base_branch": reader.read("base-branch", _branch),
        "branch_prefix": reader.read("branch-prefix", _branch_prefix),
        "trigger_label": reader.read("trigger-label", _matching(_LABEL, "one label")),
        "trigger_phrase": reader.read(
            "trigger-phrase", _matching(_PHRASE, "a word after /, @ or !, such as /orchestrate")
        ),
        "allowed_bots": reader.read("allowed-bots", _logins),
        "dry_run": reader.read("dry-run", _truth),
        "sandbox": reader.read("sandbox", _sandbox),
    }
    reader.finish()
    numbers = inputs["issue_numbers"]
    if isinstance(numbers, tuple) and len(numbers) == 1:
        inputs["issue_number"] = numbers[0]
    return Inputs.model_validate({key: value for key, value in inputs.items() if value is not None})


class _Reader:
    """Reads one input after the other and remembers what was wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[Problem] = []

    def read(self, name: str, parse: Callable[[str], _T]) -> _T | None:
        return self._parsed(f"input {name}", read_input(self._environ, name), parse)

    def variable(self, name: str, parse: Callable[[str], _T]) -> _T | None:
        return self._parsed(f"{_VARIABLE}{name}", self._environ.get(name, "").strip(), parse)

    def _parsed(self, where: str, text: str, parse: Callable[[str], _T]) -> _T | None:
        try:
            return parse(text) if text else None
        except ValueError as exc:
            what = f"{shown(_SECRET_PART.sub('…', text))} is not allowed; {exc}"
            self._problems.append(Problem(source=Source(note=where), what=what))
            return None

    def finish(self) -> None:
        if self._problems:
            notes = [each.source.note for each in self._problems if each.source is not None]
            are_variables = all(note.startswith(_VARIABLE) for note in notes)
            hint = "Correct the environment variable, or unset it." if are_variables else _HINT
            raise config_error(self._problems, hint=hint)


def _whole(text: str, *, what: str, most: int) -> int:
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= most:
        raise ValueError(f"allowed: {what}")
    return int(text)


def _issue_numbers(text: str) -> tuple[int, ...]:
    numbers = []
    for word in text.replace(",", " ").split():
        number = number_in(word)
        if number is None:
            raise ValueError(
                "allowed: the number of an issue, such as 42, "
                "or several with blanks or commas between"
            )
        numbers.append(number)
    return tuple(dict.fromkeys(numbers))


def _minutes(text: str) -> int:
    return _whole(text, what="whole minutes from 1 to 4320", most=4_320)


def _parallel(text: str) -> int:
    return _whole(text, what="a whole number from 1 to 4", most=4)


def _usd(text: str) -> Decimal:
    allowed = f"allowed: US dollars above 0 and at most {MAX_USD}, such as 7.50"
    try:
        amount = Decimal(text)
    except InvalidOperation as exc:
        raise ValueError(allowed) from exc
    if not amount.is_finite() or not 0 < amount <= MAX_USD:
        raise ValueError(allowed)
    return amount


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("allowed: true, false")
    return text.lower() == "true"


def _command(text: str) -> InputCommand:
    if text not in set(InputCommand):
        raise ValueError(choices(InputCommand, given=text))
    return InputCommand(text)


def _sandbox(text: str) -> SandboxBackend:
    if text not in set(SandboxBackend):
        raise ValueError(choices(SandboxBackend, given=text))
    return SandboxBackend(text)


def _repository_path(text: str) -> str:
    if text.startswith(("/", "~")) or "\\" in text or ".." in text.split("/") or "\n" in text:
        raise ValueError("allowed: a path inside the repository, such as .github/orchestrator.yml")
    return text


def _is_near(host: str) -> bool:
    """Tell whether a host is on this machine or in a private network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local", ".localhost"))


def _url(text: str) -> str:
    allowed = "allowed: an https address, or http inside a private network"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as exc:
        raise ValueError(allowed) from exc
    schemes = {"http", "https"} if _is_near(parts.hostname or "") else {"https"}
    if not parts.hostname or parts.scheme not in schemes or not _VISIBLE.fullmatch(text):
        raise ValueError(allowed)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("allowed: an address without user, query or fragment")
    return text.rstrip("/")


def _branch(text: str) -> str:
    parts = text.split("/")
    if not _BRANCH.fullmatch(text) or any(
        not part or part.startswith(".") or part.endswith((".", ".lock")) or ".." in part
        for part in parts
    ):
        raise ValueError("allowed: the name of a branch, such as main")
    return text


def _branch_prefix(text: str) -> str:
    _branch(f"{text}1")
    return text


def _logins(text: str) -> tuple[str, ...]:
    logins = tuple(dict.fromkeys(word for word in re.split(r"[,\s]+", text) if word))
    for login in logins:
        if not _LOGIN.fullmatch(login):
            raise ValueError(
                f"{login!r} is not the login of one bot; "
                "allowed: logins with commas between, such as dependabot[bot]"
            )
    return logins


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"allowed: {what}")
        return text

    return parse
