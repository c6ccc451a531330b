"""What each new test proves, from runs on base and head: nothing of it is taken on trust."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.domain.strength import TestVerdict, TestWorth
from orchestrator.domain.work import BaseExpectation
from orchestrator.gates.missing_symbols import is_added, missing_import, missing_symbols

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from orchestrator.domain.check import CheckReport, TestCase
    from orchestrator.domain.work import NewTest

_BROKEN = re.compile(
    r"""
    \b(?:ImportError|ModuleNotFoundError|SyntaxError|IndentationError|TabError|LoadError)\b
    | \bcollection\ failure\b | \bfixture\ '[^']*'\ not\ found\b | \bfailed\ on\ setup\b
    | \bCannot\ find\ (?:module|package)\b | \bERR_MODULE_NOT_FOUND\b | _FailedTest\b
    | \bUnexpected\ token\b | \bTest\ suite\ failed\ to\ run\b | \bcannot\ load\ such\ file\b
    | \bFailed\ opening\ required\b
    | \b(?:build|setup)\ failed\b | \bundefined:\s | \bcannot\ find\ symbol\b | \berror\[E\d{4}\]
    """,
    re.VERBOSE,
)
_ERROR = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Failure))\b")
_ASSERTED = frozenset(
    {
        *("AssertionError", "AssertionFailedError", "ComparisonFailure", "ExpectationNotMetError"),
        *("ExpectationFailedException", "AssertionException"),
    }
)
"""What a failed assertion is called: Python and JavaScript, JUnit, rspec, phpunit, NUnit."""
_WORD = re.compile(r"\w+")
_PROVES = "It fails on the base commit for the predicted reason."
_GUARDS = "It passes on the base commit, as it should."
_MENDED: Mapping[CaseResult | None, Mapping[str, object]] = {
    CaseResult.FAILED: {"worth": TestWorth.PROVES, "why": _PROVES},
    CaseResult.PASSED: {"worth": TestWorth.GUARDS, "why": _GUARDS},
}
_SAID_CHARS = 200
_SHORT = 2


def worth_of(
    test: NewTest,
    base: Sequence[CheckReport],
    head: Sequence[CheckReport] = (),
    *,
    added: Collection[str] = (),
    files: Collection[str] = (),
) -> TestVerdict:
    """Return what one new test proves.

    Args:
        test: As its author describes it.
        base: Runs of the test command on the base with the new tests laid on it.
        head: Runs on the change with the tests; none while there is no change yet.
        added: Words in the lines that the change adds to code.
        files: Paths of the files that the change adds.
    """
    before, after = _cases(test.id, test.path, base), _cases(test.id, test.path, head)
    on_base = _result(before)
    missing, how = _missing(test, base, before)
    unknown = frozenset(name for name in missing if not is_added(name, added, files))
    if missing:
        worth, why = _without(test, missing, unknown, how)
    else:
        worth, why = _on_base(test, base, before)
    verdict = TestVerdict(
        id=test.id,
        path=test.path,
        worth=worth,
        why=why,
        predicted=test.expected_failure,
        observed=_message(before),
        on_base=on_base,
    )
    return _told(verdict, _result(after))


def with_head(verdict: TestVerdict, head: Sequence[CheckReport]) -> TestVerdict:
    """Return the verdict with what the test shows on the change."""
    return _told(verdict, _result(_cases(verdict.id, verdict.path, head)))


def _told(verdict: TestVerdict, on_head: CaseResult | None) -> TestVerdict:
    changes: dict[str, object] = {"on_head": on_head}
    if not verdict.worth.is_bad and on_head is CaseResult.FAILED:
        changes |= {"worth": TestWorth.RED_ON_HEAD, "why": "It fails on the change."}
    elif verdict.worth is TestWorth.RED_ON_HEAD and on_head is CaseResult.PASSED:
        # It was red on a head before this one; what it shows of the base still holds.
        changes |= _MENDED.get(verdict.on_base, {})
    return verdict.model_copy(update=changes)


def _on_base(
    test: NewTest, base: Sequence[CheckReport], cases: Sequence[TestCase]
) -> tuple[TestWorth, str]:
    fails = test.expects_on_base is BaseExpectation.FAIL
    if not cases:
        return _unnamed(test, base, fails=fails)
    match _result(cases), fails:
        case CaseResult.SKIPPED, _:
            return TestWorth.NOT_RUN, "It is skipped on the base commit."
        case CaseResult.PASSED, True:
            return TestWorth.VACUOUS, "It passes on the base commit, without the change."
        case CaseResult.PASSED, False:
            return TestWorth.GUARDS, _GUARDS
        case _, False:
            return TestWorth.RED_ON_BASE, f"It fails on the base commit: {_message(cases)}"
    return _for_its_reason(test, _message(cases))


def _missing(
    test: NewTest, base: Sequence[CheckReport], cases: Sequence[TestCase]
) -> tuple[frozenset[str], str]:
    """Return what was not found in each red run on the base, if that is all, and for what."""
    failed = [
        case
        for case in cases or [case for report in base for case in report.cases or ()]
        if case.result is CaseResult.FAILED and (cases or _is_unloaded(case, test.path))
    ]
    imports = [missing_import(case.message) for case in failed]
    if imports and all(imports):
        return frozenset(imports), "loaded"
    names = [missing_symbols(report.output_tail) for report in base if not report.is_green]
    return frozenset().union(*names if all(names) and not cases else ()), "compiled"


def _without(
    test: NewTest, missing: frozenset[str], unknown: frozenset[str], how: str
) -> tuple[TestWorth, str]:
    """Judge a test that lacks only what the change is to bring, or something else."""
    why = f"It cannot be {how} on the base commit without {_listed(unknown or missing)}, which the "
    if unknown:
        return TestWorth.WRONG_REASON, f"{why}change does not add."
    fails = test.expects_on_base is BaseExpectation.FAIL
    return (TestWorth.PROVES if fails else TestWorth.UNKNOWN), f"{why}change adds."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _for_its_reason(test: NewTest, message: str) -> tuple[TestWorth, str]:
    broken = _BROKEN.search(message)
    if broken is not None:
        return TestWorth.WRONG_REASON, (
            f"It does not get as far as an assertion on the base commit: {message}"
        )
    if message and not _fits(test.expected_failure, message):
        return TestWorth.WRONG_REASON, (
            f"It was to fail with {test.expected_failure!r}, and fails with {message!r}."
        )
    return TestWorth.PROVES, _PROVES


def _unnamed(test: NewTest, base: Sequence[CheckReport], *, fails: bool) -> tuple[TestWorth, str]:
    """Judge a test that no run names: by its file, else by the runs as a whole."""
    for case in (case for report in base for case in report.cases or ()):
        if case.result is CaseResult.FAILED and _is_unloaded(case, test.path):
            return TestWorth.WRONG_REASON, (
                f"{test.path} cannot be loaded on the base commit: {case.message}"
            )
    if base and all(report.is_green for report in base):
        if fails:
            return TestWorth.VACUOUS, "The test command is green on the base commit with it."
        return TestWorth.GUARDS, "The test command is green on the base commit with it."
    if any(_tells_all(report) for report in base):
        return TestWorth.NOT_RUN, "The test command ran no test of this name."
    return TestWorth.UNKNOWN, "The test command does not tell its tests apart."


def _is_unloaded(case: TestCase, path: str) -> bool:
    """Tell whether a failed case is the whole file, or says that it could not be loaded."""
    if case.id.removeprefix("./") == path:
        return True
    stem = path.rpartition("/")[2].rpartition(".")[0]
    words = re.split(r"[^\w-]", case.id)
    return bool(stem) and stem in words and bool(_BROKEN.search(case.message or case.id))


def _tells_all(report: CheckReport) -> bool:
    ran = sum(case.result is not CaseResult.SKIPPED for case in report.cases or ())
    return bool(report.cases) and ran == report.tests_run


def _cases(name: str, path: str, reports: Iterable[CheckReport]) -> list[TestCase]:
    """Return the cases that bear the test's name, written as the runner or the author does."""
    every = [case for report in reports for case in report.cases or ()]
    exact = [case for case in every if case.id in {name, f"{path}::{name}"}]
    if exact:
        return exact
    wanted = _words(name)
    ends = [case for case in every if wanted and _is_end(wanted, _words(case.id))]
    here = [case for case in ends if path in case.id]
    return here or ends


def _words(name: str) -> list[str]:
    """Return the words of an id; parameters and the place that unittest repeats are left out."""
    plain = re.sub(r"\[.*\]$", "", name)
    repeated = re.match(r"^(\w+) \((?P<place>[\w.]+)\)$", plain)
    if repeated:
        place = repeated["place"]
        plain = place if place.endswith(f".{repeated[1]}") else f"{place}.{repeated[1]}"
    return _WORD.findall(plain)


def _is_end(wanted: list[str], known: list[str]) -> bool:
    shorter = min(len(wanted), len(known))
    return shorter > 0 and wanted[-shorter:] == known[-shorter:]


def _result(cases: Sequence[TestCase]) -> CaseResult | None:
    found = {case.result for case in cases}
    for result in (CaseResult.FAILED, CaseResult.PASSED, CaseResult.SKIPPED):
        if result in found:
            return result
    return None


def _message(cases: Sequence[TestCase]) -> str:
    texts = (case.message for case in cases if case.result is CaseResult.FAILED)
    return next((text[:_SAID_CHARS] for text in texts if text), "")


def _fits(predicted: str, observed: str) -> bool:
    """Tell whether a failure is the foretold one: the same kind of error, or words in common."""
    foretold, seen = set(_ERROR.findall(predicted)), set(_ERROR.findall(observed))
    if foretold and seen:
        return bool(foretold & seen) or bool(foretold & _ASSERTED and seen & _ASSERTED)
    if not predicted.strip() or not seen or seen & _ASSERTED:
        return True
    common = {word.casefold() for word in _WORD.findall(predicted) if len(word) > _SHORT}
    return bool(common & {word.casefold() for word in _WORD.findall(observed)})
