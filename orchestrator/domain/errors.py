"""Every error that stops a run, in one tree.

Expected endings (a red check, an open finding, a limit met by plan) are values, see
`domain.outcome`. What is raised is one of these, and nothing else leaves a window:

    OrchestratorError
    ├── UsageError
    │   ├── ConfigError
    │   └── NotAuthorisedError
    ├── LimitError
    │   ├── BudgetExceededError
    │   ├── StepLimitError
    │   └── DeadlineError
    ├── OutsideError
    │   ├── ModelError
    │   │   ├── ModelUnavailableError
    │   │   ├── ModelRefusedError
    │   │   ├── ModelRejectedError
    │   │   └── MalformedReplyError
    │   ├── ForgeError
    │   │   ├── ForgeUnavailableError
    │   │   ├── ForgeRejectedError
    │   │   └── NotFoundError
    │   ├── SandboxError
    │   │   ├── GitError
    │   │   └── CommandUnavailableError
    │   └── TakenOverError
    └── InvalidPlanError

`ToolError` stands apart: it becomes a tool result that the model reads and never leaves
the agents' room. `ToolArgumentsError` and `ToolRefusedError` are the two kinds of it that
the agents' room counts: wrong parameters, and what code does not allow.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from decimal import Decimal

    from orchestrator.domain.usage import Spend


class OrchestratorError(Exception):
    """Say what happened and to what; `hint` says what the reader can do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, hint: str) -> None:
        """Keep the sentence and the advice.

        Args:
            what: One sentence: what happened, to what.
            hint: What the reader can do next, with the exact YAML or command where there is one.
        """
        super().__init__(what)
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Cross into another process whole, whatever the constructor asks for."""
        return _again, (type(self), self.args, vars(self))


class UsageError(OrchestratorError):
    """A person must change something: an input, a setting, the state of the repository."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration cannot be used; the message names file, line, key, value, what is allowed."""


class NotAuthorisedError(UsageError):
    """The actor or the token may not do this."""


class LimitError(OrchestratorError):
    """We stopped on purpose."""

    exit_code = 3

    def __init__(
        self, what: str, *, hint: str, limit: Decimal | float, value: Decimal | float
    ) -> None:
        """Keep the limit and the value that met it, in the unit that the message names."""
        super().__init__(what, hint=hint)
        self.limit = limit
        self.value = value


class BudgetExceededError(LimitError):
    """The next request could pass a limit in USD or tokens."""


class StepLimitError(LimitError):
    """An agent used all its turns."""


class DeadlineError(LimitError):
    """The run, stage or task is out of time."""


class OutsideError(OrchestratorError):
    """A neighbour failed: the model, the forge or a program."""

    exit_code = 4


class ModelError(OutsideError):
    """The model's side failed; `spend` is what the failed `attempts` cost all the same."""

    def __init__(self, what: str, *, hint: str, spend: Spend | None = None) -> None:
        """Keep what was billed before the failure."""
        super().__init__(what, hint=hint)
        self.spend = spend
        self.attempts = 1


class ModelUnavailableError(ModelError):
    """The model's service stayed out of reach through all retries."""


class ModelRefusedError(ModelError):
    """The model declined to answer."""


class Rejection(StrEnum):
    """Why the model's service said no; `CREDIT` ends a run as `budget_exhausted`."""

    KEY = "key"
    PERMISSION = "permission"
    CREDIT = "credit"
    MODEL = "model"
    TOO_LONG = "too_long"
    REQUEST = "request"


class ModelRejectedError(ModelError):
    """The service rejected the request: key, permission, credit, model or shape."""

    def __init__(
        self,
        what: str,
        *,
        hint: str,
        spend: Spend | None = None,
        reason: Rejection = Rejection.REQUEST,
    ) -> None:
        """Keep why, so that a stage can tell an empty purse from a wrong key."""
        super().__init__(what, hint=hint, spend=spend)
        self.reason = reason


class MalformedReplyError(ModelError):
    """No complete, valid reply could be had."""


class ForgeError(OutsideError):
    """The forge's side failed."""

    def __init__(self, what: str, *, hint: str, status: int | None = None) -> None:
        """Keep the HTTP status, if there was an answer."""
        super().__init__(what, hint=hint)
        self.status = status


class ForgeUnavailableError(ForgeError):
    """The forge stayed out of reach through all retries."""


class ForgeRejectedError(ForgeError):
    """The forge answered and said no."""


class NotFoundError(ForgeError):
    """The forge has no such thing, or the token may not see it."""


class SandboxError(OutsideError):
    """A command could not be started or watched as promised."""


class GitError(SandboxError):
    """Git ended with an error."""


class CommandUnavailableError(SandboxError):
    """A program that is needed is not installed."""


class TakenOverError(OutsideError):
    """Another run works on the same issue now; this one must not publish any more."""


class InvalidPlanError(OrchestratorError):
    """The planner's answer is not a plan that may run; `problems` go back for repair."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep every reason, one sentence each."""
        super().__init__(
            "The plan was refused: " + " ".join(problems),
            hint="Give the issue clearer acceptance criteria, or split it, and run again.",
        )
        self.problems = problems


class ToolError(Exception):
    """Tell the model what went wrong with its tool call and what to do instead."""


class ToolArgumentsError(ToolError):
    """Tell the model which parameter was wrong and what is allowed."""


class ToolRefusedError(ToolError):
    """Tell the model that code does not allow this; the attempt is put on record."""


def _again(
    kind: type[OrchestratorError], args: tuple[object, ...], state: dict[str, object]
) -> OrchestratorError:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error
