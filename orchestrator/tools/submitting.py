"""The Submit tools and Stop: the only ways an agent ends its work."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pydantic import BaseModel

from orchestrator.domain.errors import ToolError
from orchestrator.domain.plan import Plan
from orchestrator.domain.requirements import SearchAnswer, TechnicalRequirements
from orchestrator.domain.review import ReviewReport, Verification
from orchestrator.domain.work import HonestExit, TestsReport, WorkReport
from orchestrator.tools.arguments import describe, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec

T = TypeVar("T", bound=BaseModel)

SUBMIT_PLAN: Final = describe(
    "SubmitPlan",
    "Hand in the plan and end your work. It is checked by a program: ids are unique, dependencies"
    " exist and form no cycle, agents are of the roster, `files` are globs inside the repository"
    " and no two parallel tasks share one. A refused plan comes back with every reason.",
    Plan,
    strict=True,
)
SUBMIT_REQUIREMENTS: Final = describe(
    "SubmitRequirements",
    "Hand in the technical requirements of the issue and end your work. Every claim about the"
    " repository needs a place in `evidence` that you have read. What the issue leaves open goes to"
    " `gaps` with its default; `questions` stop the run: at most three, or none.",
    TechnicalRequirements,
    strict=True,
)
SUBMIT_ANSWER: Final = describe(
    "SubmitAnswer",
    "Hand in the answer to the question you were asked and end your work. Keep it under 600 words,"
    " with places instead of copied code, and list what you looked for and did not find.",
    SearchAnswer,
    strict=True,
)
SUBMIT_WORK: Final = describe(
    "SubmitWork",
    "Hand in the finished task and end your work. The change itself is taken from the worktree;"
    " report only commands you ran and how they ended. Say what you could not test. If the task"
    " cannot be done as written, call Stop instead.",
    WorkReport,
    strict=True,
)
SUBMIT_TESTS: Final = describe(
    "SubmitTests",
    "Hand in the tests you wrote and end your work. Each test is run on the base commit and on the"
    " new one, and must end there as you predict. Name what cannot be tested, and why.",
    TestsReport,
    strict=True,
)
SUBMIT_REVIEW: Final = describe(
    "SubmitReview",
    "Hand in the review and end your work. A finding that quotes no line of the diff exactly is"
    " dropped, one without evidence cannot block. No findings is a good result; the verdict is"
    " `changes` only with a blocking finding.",
    ReviewReport,
    strict=True,
)
SUBMIT_VERIFICATION: Final = describe(
    "SubmitVerification",
    "Hand in what came of trying to refute one finding and end your work. `holds` only if you"
    " could not refute it; `reproduced` only if you saw it happen. `evidence` is the command and"
    " its output, or the lines that decide it. `severity` is what it weighs if it holds.",
    Verification,
    strict=True,
)
STOP: Final = describe(
    "Stop",
    "End your work without a result, honestly. `blocked`: something you need is missing, broken or"
    " not yours to change. `spec_conflict`: the task contradicts the code, a test or itself; quote"
    " both. `needs_input`: only a person can decide; ask. This is better than a bent result.",
    HonestExit,
    strict=True,
)
SUBMITS: Final[Mapping[type[BaseModel], ToolSpec]] = MappingProxyType(
    {
        Plan: SUBMIT_PLAN,
        TechnicalRequirements: SUBMIT_REQUIREMENTS,
        SearchAnswer: SUBMIT_ANSWER,
        WorkReport: SUBMIT_WORK,
        TestsReport: SUBMIT_TESTS,
        ReviewReport: SUBMIT_REVIEW,
        Verification: SUBMIT_VERIFICATION,
        HonestExit: STOP,
    }
)


class Submit(Generic[T]):
    """Takes one kind of result, checked, and keeps the first that is accepted."""

    is_read_only = False

    def __init__(self, shape: type[T], accept: Callable[[T], str | None] | None = None) -> None:
        """Take results of this shape.

        Args:
            shape: One of the keys of `SUBMITS`.
            accept: Returns why a valid result is refused all the same, or `None`.
        """
        self.spec: ToolSpec = SUBMITS[shape]
        self.result: T | None = None
        self._shape = shape
        self._accept = accept

    def subject(self, arguments: JsonObject) -> str:
        """Return the first line of what is said."""
        said = arguments.get("summary") or arguments.get("reason") or arguments.get("answer") or ""
        return (str(said).strip().splitlines() or [""])[0][:120]

    def call(self, arguments: JsonObject) -> str:
        """Keep the result and say that the work has ended.

        Raises:
            ToolArgumentsError: The result has not the right shape.
            ToolError: It has, and is refused with a reason.
        """
        result = parse(self.spec, self._shape, arguments)
        reason = self._accept(result) if self._accept is not None else None
        if reason is not None:
            raise ToolError(f"{self.spec.name} was refused: {reason}")
        self.result = result
        return "Accepted. Your work has ended."
