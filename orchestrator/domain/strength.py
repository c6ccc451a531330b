"""How strong the tests are: what each new one shows, and which errors none of them notices."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.domain.check import CaseResult
from orchestrator.domain.frozen import Frozen


class TestWorth(StrEnum):
    """What a new test proves."""

    __test__ = False

    PROVES = "proves"
    """Fails on base for the predicted reason and passes on head."""
    GUARDS = "guards"
    """Passes on both, as its author said it would."""
    VACUOUS = "vacuous"
    """Was to fail on base and passes there."""
    WRONG_REASON = "wrong_reason"
    """Fails on base, but not because the behaviour is missing."""
    NOT_RUN = "not_run"
    """The test command ran no test of this name."""
    RED_ON_BASE = "red_on_base"
    """Was to pass on base and fails there."""
    RED_ON_HEAD = "red_on_head"
    """Fails on the change."""
    UNKNOWN = "unknown"
    """The test command does not tell its tests apart."""

    @property
    def is_bad(self) -> bool:
        """Whether the test has to be written anew: what it shows is no evidence."""
        return self in {self.VACUOUS, self.WRONG_REASON, self.NOT_RUN, self.RED_ON_BASE}


class TestVerdict(Frozen):
    """One test of the test author, run on both commits by the program."""

    __test__ = False

    id: str
    path: str
    worth: TestWorth
    why: str
    """One sentence."""
    predicted: str = ""
    """The failure that its author foretold."""
    observed: str = ""
    """What the failure on base said."""
    on_base: CaseResult | None = None
    on_head: CaseResult | None = None
    is_dropped: bool = False
    """Whether the file was left out of the change."""


class MutantEnding(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNVIABLE = "unviable"
    """The tests could not be run at all; counts neither way."""


class Mutant(Frozen):
    """One small error, put into a changed line."""

    path: str
    line: int
    before: str
    after: str
    ending: MutantEnding


class MutationSample(Frozen):
    """Small errors put into the changed lines one at a time, and whether a test noticed."""

    commit: str
    mutants: tuple[Mutant, ...]
    possible: int
    """How many could have been made."""
    cut_short: bool = False
    """Whether time ran out before the sample was done."""
    why_none: str = ""
    """Why there is no sample, when there is none."""

    @property
    def viable(self) -> int:
        """Mutants that the tests ran on."""
        return sum(mutant.ending is not MutantEnding.UNVIABLE for mutant in self.mutants)

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Mutants that no test noticed; some may mean the same as the original."""
        return tuple(item for item in self.mutants if item.ending is MutantEnding.SURVIVED)

    @property
    def killed(self) -> int:
        """Mutants that a test noticed."""
        return self.viable - len(self.survivors)


class PatternBreach(Frozen):
    """A changed line that a rule of the repository speaks against."""

    rule: str
    path: str
    line: int
    text: str
    message: str = ""


class PatternReport(Frozen):
    """The repository's pattern rules, tried on the changed lines of one commit."""

    commit: str
    rules: int
    """How many rules were tried; without any there is no evidence."""
    files: int = 0
    breaches: tuple[PatternBreach, ...] = ()
    problem: str = ""
    """Why the rules could not be tried, when they could not."""
