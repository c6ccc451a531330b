"""What a stranger's command prints or writes is read or not, and ends no run."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.check import CaseResult
from orchestrator.domain.patch import parse_patch
from orchestrator.gates import json_reports, junit
from orchestrator.gates.case_parsers import parse_cases
from orchestrator.gates.coverage_reports import parse_coverage
from orchestrator.gates.differential import differential
from orchestrator.gates.lint_parsers import parse_warnings
from orchestrator.gates.missing_symbols import missing_import, missing_symbols
from tests.unit.gates.evidence import BASE, report

_ROWS = st.sampled_from(
    (
        *("=== 3 passed in 0.1s ===", "FAILED a::b - x", "Ran 3 tests in 1s", "ERROR: a (b.c)"),
        *("ok 1 - x", "1..3", "# Subtest: a", "  3 passing", "  1) a:", "Tests: 1 passed, 2 total"),
        *(" \u2713 a (3 tests) 3ms", " FAIL  a > b", "FAIL a.js", "test a ... FAILED"),
        *("test result: ok. 3 passed; 1 failed", "--- FAIL: TestA (0.0s)", "ok  \tpkg\t0.1s"),
        *('{"Action":"fail","Package":"p","Test":"T"}', "There was 1 failure:", "1) a"),
        *("Tests: 3, Assertions: 3.", "Tests run: 3, Failures: 0, Errors: 0, Skipped: 1"),
        *("diff --git a/x b/x", "@@ -1,2 +1,2 @@", "@@ -x", "+a", "\\ No newline", "+++ b/x"),
        *("a.py:1:2: E1 x", "/a/b.js", "  1:2  error  x", "SF:a", "DA:1,1", "mode: set"),
        *("a.go:1.1,2.2 1 1", "error[E0425]: x `y`", "./a_test.go:1:2: undefined: X"),
    )
)
_OUTPUT = st.lists(_ROWS | st.text(max_size=30), max_size=25).map("\n".join)
_KEYS = st.sampled_from(
    (
        *("testResults", "name", "assertionResults", "title", "status", "failureMessages"),
        *("ancestorTitles", "examples", "exception", "message", "summary", "messages"),
    )
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=25,
)
_TAGS = st.sampled_from(
    (
        *("testsuite", "testsuites", "testcase", "failure", "skipped", "coverage", "report"),
        *("class", "lines", "line", "counter", "package", "sourcefile", "project", "file"),
    )
)
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(("name", "classname", "file", "type", "number", "hits", "nr", "ci", "count")),
    st.text(alphabet="a1.\u00b2/-:", max_size=6),
    max_size=3,
)


def _element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda tag, attributes, below: (
            f"<{tag}"
            + "".join(f' {name}="{value}"' for name, value in attributes.items())
            + f">{''.join(below)}</{tag}>"
        ),
        _TAGS,
        _ATTRIBUTES,
        st.lists(inner, max_size=4),
    )


@given(_OUTPUT)
def test_output__of_any_kind_is_read_or_not(text: str) -> None:
    """No line that a command can print breaks what reads it."""
    parse_cases(text)
    parse_warnings(text)
    json_reports.parse_go(text)
    missing_symbols(text)
    missing_import(text)
    parse_coverage(text)
    assert all(len(patch.numbers("+")) == len(patch.added) for patch in parse_patch(text))


@given(_JSON)
def test_json__of_any_shape_is_read_or_not(value: object) -> None:
    """A report of the right words in the wrong places is none."""
    text = json.dumps(value)

    for found in (
        json_reports.parse_jest(text, relative=str),
        json_reports.parse_rspec(text),
        json_reports.parse_go(text)[0],
    ):
        assert found is None or len({case.id for case in found.cases}) == len(found.cases)


@given(st.recursive(_element(st.just("")), _element, max_leaves=15))
def test_xml__of_any_shape_is_read_or_not(text: str) -> None:
    """A number that is none, or an element in a strange place, ends nothing."""
    junit.parse_report(text.encode(), relative=str)
    found = parse_coverage(text)

    assert found is None or 0 <= found.covered_lines <= found.coverable_lines


_CASES = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from([str(each) for each in CaseResult]), max_size=6
)


@given(_CASES, _CASES)
def test_differential__puts_each_test_in_one_place(
    before: dict[str, str], after: dict[str, str]
) -> None:
    """Nothing is new, old and gone at once, and a commit held against itself has nothing new."""
    base, head = report(commit=BASE, cases=before), report(cases=after)

    found = differential((base,), (head,))
    same = differential((base,), (base,))

    assert not set(found.new_failures) & (set(found.still_failing) | set(found.gone))
    assert {*found.new_failures, *found.still_failing} == {
        name for name, word in after.items() if word == "failed"
    }
    assert (same.new_failures, same.gone, same.fewer) == ((), (), 0)
