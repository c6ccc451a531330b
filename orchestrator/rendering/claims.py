"""What a model's words say about files, tests, commits and verdicts, held against the record.

A sentence that names something which is not there, or tells of a verdict or figure that nobody
saw, is taken out whole. Wishes and conditions are no claims; of code, only verdicts and figures
are looked at. Pure: everything that is known comes in as `Facts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.rendering.mentions import Kind, Mention, mentions_in
from orchestrator.rendering.sentences import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WISH = re.compile(
    r"\b(?:not|never|until|unless|should|must|would|could|may|might|can|cannot|if|whether|"
    r"so that|make sure|ensures?|needs? to|has to|have to|wants?|expects?|please|will|"
    r"consider|to (?:add|make|see|let|have))\b|n['’]t\b",
    re.IGNORECASE,
)
"""Before a mention: the sentence tells what ought to be or is not, and claims nothing."""
_CONDITION = re.compile(
    r"\b(?:if|unless|until|whether|when(?:ever)?|once|in case|so that)\b", re.IGNORECASE
)
_TOLD = re.compile(
    r"\b(?:note|see|know|confirm(?:s|ed)?|verif(?:y|ied)|show(?:s|n|ed)?|means?|ensured|found"
    r"|made sure)\s+(?:that\s+)?(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
"""Before a verdict: however it begins, the sentence reports it."""
_CLAUSE = re.compile(r"[,;:()\u2013\u2014]|\b(?:and|but|so)\b")
_ABSENT_BEFORE = re.compile(
    r"\b(?:no|without|missing|lacks?|there is no|has no)\s+(?:an?\s+|the\s+)?(?:files?\s+)?"
    r"[`\"']?$",
    re.IGNORECASE,
)
_ABSENT_AFTER = re.compile(
    r"^[`\"']?\s+(?:does not exist|do not exist|doesn['’]t exist|is missing|is absent|"
    r"is not there|was not there)",
    re.IGNORECASE,
)
_WISH_AFTER = re.compile(r"^[`\"']?\s+(?:should|could|would|might|may|must|can)\b", re.IGNORECASE)
_GOOD = (
    r"(?:pass(?:es|ed|ing)?|succeed(?:s|ed)?|green"
    r"|(?:is|are|stays?|remains?|runs?)\s+(?:all\s+|now\s+|still\s+)*(?:green|clean|passing))"
)
_WHAT = (
    r"(?P<what>tests?|test suites?|suites?|specs?|checks?|ci|lint(?:er|ing)?|builds?|pipelines?"
    r"|gates?|merge requirements?)"
)
_PASSES = re.compile(
    rf"\b(?P<new>(?<!and )(?:new|added)\s+)?{_WHAT}\b"
    rf"(?:\s+(?:in|of|on|for|from|here|now|all|still|also|both)\b[^.;:,]{{0,30}}?)?\s+{_GOOD}\b",
    re.IGNORECASE,
)
_FAILS_NOT = re.compile(
    r"\b(?:no|zero|0|without(?:\s+any)?)\s+(?:\w+\s+)?(?P<what>tests?|suites?|checks?)?\s*"
    r"(?:fail(?:s|ed|ures?|ing)?)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b(?P<count>\d{1,6})(?:\s+of\s+\d+)?(?:\s+\w+){0,2}?\s+tests?\s+(?:now\s+|all\s+)*"
    r"pass(?:es|ed)?\b"
    r"|\b(?P<passed>\d{1,6})\s+passed\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"\b(?:add(?:s|ed)?|wr(?:ites|ote)|written|creat(?:es|ed)|comes? with)\s+(?P<count>\d{1,4})"
    r"\s+(?:(?:new|more|unit|regression|further|additional)\s+)*tests?\b",
    re.IGNORECASE,
)
_COVERAGE = re.compile(r"\bcover(?:age|ed|s)\b", re.IGNORECASE)
_PERCENT = re.compile(r"(?<![\w.])(?P<number>\d{1,3}(?:\.\d+)?)\s*(?:%|percent\b|per cent\b)")
_MEASURED = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?\s*(?:[x\u00d7%]|times|percent|per cent)\s+"
    r"(?:faster|quicker|slower|smaller|less|fewer)\b"
    r"|\b(?:faster|quicker|speeds?(?:\s+\w+){0,3}\s+up|(?:reduc|decreas|improv)\w+(?:\s+\w+){0,4})"
    r"\s+by\s+(?:a factor of\s+)?\d+",
    re.IGNORECASE,
)
_DONE_BY = r"(?:tested|verified|checked|confirmed|tried)"
_BY_HAND = re.compile(
    rf"\b(?:manually|by hand)\s+{_DONE_BY}\b"
    rf"|\b{_DONE_BY}\s+(?:(?:it|this|that|them|everything)\s+)?(?:manually|by hand|locally"
    r"|in (?:a|the|my|several|all|real) browsers?|on (?:my|a|a real) (?:machine|device))\b"
    r"|\bbenchmark(?:ed|s show)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\bon (?:the )?(?:base|main)\b|\b(?:before|without) (?:the|this|that) (?:change|patch|fix)\b",
    re.IGNORECASE,
)
_HEARD = re.compile(r"\bpass(?:es|ed|ing)?\b|\b(?:is|are) green\b", re.IGNORECASE)
_TOPICS: Mapping[str, CheckKind] = {"lint": CheckKind.LINT, "buil": CheckKind.BUILD}
_WHERE: Mapping[Kind, str] = {
    Kind.FILE: "It named the file {text!r}, which is neither in the change nor in the repository",
    Kind.TEST: "It named the test {text!r}, which no command of the project ran",
    Kind.COMMIT: "It named the commit {text!r}, which is none of this repository's",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one head; `facts_of` reads it off a record."""

    paths: frozenset[str] = frozenset()
    planned: tuple[str, ...] = ()
    """Globs that work may still fill, while it goes on."""
    tests: frozenset[str] = frozenset()
    """Ids of tests that ran, on either commit."""
    failing: frozenset[str] = frozenset()
    """Ids of tests that fail on the head."""
    commits: frozenset[str] = frozenset()
    """Full ids of commits and trees."""
    resolved: frozenset[str] = frozenset()
    """Mentions that the repository itself has, as they were written."""
    doubts: Mapping[CheckKind, str] = field(default_factory=dict)
    """Kind of check → why nobody may say that it is green; without an entry it is."""
    checks: str = ""
    """Why nobody may say that all checks are green; empty when they are."""
    new_tests: str = ""
    """Why nobody may say that the new tests pass; empty when they do."""
    counts: frozenset[int] = frozenset()
    """How many tests passed, in one run or another."""
    written: frozenset[int] | None = None
    """How many tests were written; `None` while that cannot be said."""
    percents: frozenset[str] = frozenset()
    """Percentages that a command of the project showed, as people may round them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A text without the sentences that nothing backs."""

    text: str
    removed: tuple[str, ...]
    """What was wrong with each sentence that is gone; our words around what was named."""
    claims: int
    """How many claims the text made, false ones included."""


def check(text: str, facts: Facts) -> Checked:
    """Return the text with every sentence left out that claims what the facts do not back.

    What stays, stays as it was written. A line of a code block may name what it likes.
    """
    kept: list[str] = []
    removed: list[str] = []
    claims = 0
    for piece in split(text):
        faults = [*_verdicts(piece.text, facts), *_figures(piece.text, facts)]
        if piece.is_prose:
            faults = [*_names(piece.text, facts), *faults]
        claims += len(faults)
        false = next((fault for fault in faults if fault), None)
        if false is None:
            kept.append(piece.text)
            continue
        removed.append(false)
        kept.append(piece.lead)
    whole = "".join(kept)
    return Checked(text=whole.strip() if removed else text, removed=tuple(removed), claims=claims)


def _names(sentence: str, facts: Facts) -> Iterator[str]:
    """Yield one text for each thing that is named: what is wrong with it, empty if nothing is."""
    for mention in mentions_in(sentence):
        if _is_no_claim(mention, sentence):
            continue
        if not is_known(mention, facts):
            yield _WHERE[mention.kind].format(text=mention.text)
        elif mention.kind is Kind.TEST:
            yield _heard(mention, sentence, facts)
        else:
            yield ""


def _is_no_claim(mention: Mention, sentence: str) -> bool:
    """Tell whether the sentence wishes for what it names, or says that it is not there."""
    before, after = sentence[: mention.start], sentence[mention.end :]
    is_wish = _is_wished(before) or _WISH_AFTER.match(after)
    return bool(is_wish or _ABSENT_BEFORE.search(before) or _ABSENT_AFTER.match(after))


def is_known(mention: Mention, facts: Facts) -> bool:
    """Tell whether what is named is there."""
    text = mention.text
    if text in facts.resolved:
        return True
    match mention.kind:
        case Kind.FILE:
            return mention.is_in(facts.paths, facts.planned)
        case Kind.TEST:
            return any(mention.names(known) for known in facts.tests)
        case Kind.COMMIT:
            return any(known.startswith(text) for known in facts.commits)


def _heard(mention: Mention, sentence: str, facts: Facts) -> str:
    """Return what is wrong with a sentence that lets a failing test pass."""
    after = sentence[mention.end :]
    if not _HEARD.search(after) or _ELSEWHERE.search(after):
        return ""
    if any(mention.names(known) for known in facts.failing):
        return f"It said that the test {mention.text!r} passes, which fails here"
    return ""


def _verdicts(sentence: str, facts: Facts) -> Iterator[str]:
    """Yield the same for each verdict on tests and checks."""
    for found in (*_PASSES.finditer(sentence), *_FAILS_NOT.finditer(sentence)):
        if _is_said(sentence, found):
            yield _not_green(found, facts)
    for found in _BY_HAND.finditer(sentence):
        if _is_said(sentence, found):
            yield f"It said “{found.group(0)}”, which is nowhere on record"


def _figures(sentence: str, facts: Facts) -> Iterator[str]:
    """Yield the same for each figure that somebody must have measured or counted."""
    for found in filter(lambda found: _is_said(sentence, found), _COUNT.finditer(sentence)):
        count = int(found["count"] or found["passed"])
        fits = count in facts.counts
        yield "" if fits else f"It said that {count} tests pass, which no command here showed"
    for found in filter(lambda found: _is_said(sentence, found), _WRITTEN.finditer(sentence)):
        fits = facts.written is None or int(found["count"]) in facts.written
        yield "" if fits else f"It said “{found.group(0)}”, and that is not how many there are"
    if _COVERAGE.search(sentence):
        for found in filter(lambda found: _is_said(sentence, found), _PERCENT.finditer(sentence)):
            fits = found["number"] in facts.percents
            yield "" if fits else f"It said “{found.group(0)}” of coverage, which nobody measured"
    for found in filter(lambda found: _is_said(sentence, found), _MEASURED.finditer(sentence)):
        yield f"It said “{found.group(0)}”, which nobody measured"


def _is_said(sentence: str, found: re.Match[str]) -> bool:
    """Tell whether a verdict or figure is claimed of the head: not wished, and of nothing else."""
    return not _ELSEWHERE.search(sentence) and not _is_wished(sentence[: found.start()])


def _is_wished(before: str) -> bool:
    """Tell whether what comes next is conditional, or wished for or denied in its own clause."""
    if _CONDITION.search(before):
        return True
    clause = _CLAUSE.split(before)[-1]
    return bool(_WISH.search(clause)) and not _TOLD.search(clause)


def _not_green(found: re.Match[str], facts: Facts) -> str:
    what = (found["what"] or "tests").lower()
    if "new" in found.groupdict() and found["new"]:
        why = facts.new_tests
    elif kind := _TOPICS.get(what[:4]):
        why = facts.doubts.get(kind, "")
    elif what.startswith(("ci", "check", "gate", "pipe", "merge")):
        why = facts.checks
    else:
        why = facts.doubts.get(CheckKind.TEST, "")
    return f"It said “{found.group(0)}”: {why}" if why else ""
