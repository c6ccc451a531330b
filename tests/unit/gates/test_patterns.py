"""Pattern rules of the repository count on changed lines only, and can load nothing."""

from __future__ import annotations

import pytest

from orchestrator.config.project import ForbiddenPattern, PatternSettings
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.patch import parse_patch
from orchestrator.domain.strength import PatternReport
from orchestrator.gates.measured_rules import PatternsKept
from orchestrator.gates.patterns import AstRules, Texts, read_rules, try_patterns
from tests.unit.gates.evidence import BASE, HEAD, deletion, diff, evidence

_RULE = (
    b"id: no-eval\nlanguage: JavaScript\nseverity: warning\nmessage: Do not eval.\n"
    b"rule: {pattern: eval($A)}\nfiles: ['src/**']\n"
)
_SETTINGS = PatternSettings()


def _tried(
    text: str, base: bytes, head: bytes, rules: AstRules | None = None, path: str = "src/a.js"
) -> PatternReport:
    return try_patterns(
        HEAD,
        parse_patch(text),
        Texts(base={path: base}, head={path: head}),
        _SETTINGS,
        rules or AstRules(files={"rules/0.yml": _RULE}),
    )


def test_ast_grep__new_match_on_a_changed_line() -> None:
    """Ast-grep really runs, and tells the rule, the place and the advice."""
    found = _tried(diff("src/a.js", " let a", "+eval(a)"), b"let a\n", b"let a\neval(a)\n")

    (breach,) = found.breaches
    assert (breach.rule, breach.path, breach.line) == ("no-eval", "src/a.js", 2)
    assert (breach.text, breach.message, found.problem) == ("eval(a)", "Do not eval.", "")


@pytest.mark.parametrize(
    ("text", "base", "head"),
    [
        (diff("src/a.js", " eval(a)", "+let b"), b"eval(a)\n", b"eval(a)\nlet b\n"),
        (
            diff("src/a.js", "-eval(a)", " let b", "+  eval(a)"),
            b"eval(a)\nlet b\n",
            b"let b\n  eval(a)\n",
        ),
        (diff("src/a.js", "+// eval(a)"), b"", b"// eval(a)\n"),
    ],
    ids=["not changed", "moved", "comment"],
)
def test_ast_grep__old_match(text: str, base: bytes, head: bytes) -> None:
    """What was there before, wherever it stood, is nobody's breach."""
    assert _tried(text, base, head).breaches == ()


def test_ast_grep__rule_that_cannot_be_read() -> None:
    """Rules that could not be tried are a problem, not a pass."""
    rules = AstRules(files={"rules/0.yml": b"id: x\nlanguage: Klingon\nrule: {pattern: a}\n"})

    found = _tried(diff("src/a.js", "+a"), b"", b"a\n", rules)

    assert "ast-grep could not try the rules" in found.problem
    assert "customLanguages" not in found.problem


@pytest.mark.parametrize(
    "names",
    [
        ("sgconfig.yml",),
        (".orchestrator-rules/rules/0.yml",),
        ("--rule=x.yml", "x.yml"),
        (".gitignore", ".ignore"),
    ],
)
def test_ast_grep__files_of_the_change_do_not_govern_it(names: tuple[str, ...]) -> None:
    """No file of the change is taken for a rule, a configuration or an option."""
    other = b"id: x\nlanguage: JavaScript\nruleDirs: [none]\nsrc/\nrule: {pattern: nothing}\n"
    texts = {"src/a.js": b"eval(a)\n", **dict.fromkeys(names, other)}

    found = try_patterns(
        HEAD,
        parse_patch(diff("src/a.js", "+eval(a)")),
        Texts(base={}, head=texts),
        _SETTINGS,
        AstRules(files={"rules/0.yml": _RULE}),
    )

    assert [(item.rule, item.path) for item in found.breaches] == [("no-eval", "src/a.js")]


@pytest.mark.parametrize(
    ("configured", "path"),
    [
        ("rules", "lint/rules/a.yml"),
        ("./.rules/", "lint/.rules/a.yml"),
        (".", "lint/a.yml"),
        ("../rules", "rules/a.yml"),
    ],
)
def test_rules__folders_are_relative_to_the_configuration(configured: str, path: str) -> None:
    """A folder may begin with a dot, be this one, or lie beside it."""
    files = {"lint/sgconfig.yml": f"ruleDirs: ['{configured}']\n".encode(), path: b"1"}

    found = read_rules("lint/sgconfig.yml", tuple(files), files.get)

    assert found is not None
    assert b"1" in found.files.values()


def test_rules__from_their_folders() -> None:
    """Rule and utility folders are read, by names of ours, and nothing else."""
    files = {
        "sgconfig.yml": b"ruleDirs: [rules]\nutilDirs: [./utils]\n",
        "rules/a.yml": b"1",
        "rules/a.so": b"2",
        "utils/b.yaml": b"3",
        "other/c.yml": b"4",
    }

    found = read_rules("sgconfig.yml", tuple(files), files.get)

    assert found is not None
    assert found.files == {"rules/0.yml": b"1", "utils/1.yml": b"3"}


@pytest.mark.parametrize(
    "text", ["customLanguages: {x: {libraryPath: x.so}}\n", "languageGlobs: {js: ['*']}\n", "[", ""]
)
def test_rules__refused(text: str) -> None:
    """A configuration that could load a library, or cannot be read, makes no rule."""
    found = read_rules("sgconfig.yml", ("sgconfig.yml",), lambda _: text.encode())

    assert found is not None
    assert (found.files, bool(found.problem)) == ({}, True)
    assert read_rules("sgconfig.yml", (), lambda _: None) is None


def test_forbidden__added_lines_only() -> None:
    """An expression counts where its files say, and not for a line that moved."""
    rule = ForbiddenPattern(name="no-print", pattern=r"\bprint\(", files=("src/**",))
    text = diff("src/a.py", "-print(1)", "+    print(1)", "+print(2)") + diff("b.py", "+print(3)")

    found = try_patterns(
        HEAD,
        parse_patch(text),
        Texts(base={}, head={}),
        PatternSettings(forbid=(rule,)),
        None,
    )

    assert [(item.rule, item.path, item.line) for item in found.breaches] == [
        ("no-print", "src/a.py", 2)
    ]
    assert found.problem == ""


def test_forbidden__file_that_moves() -> None:
    """A line that came along from another file in scope is old; one from elsewhere is new."""
    rule = ForbiddenPattern(name="no-print", pattern=r"\bprint\(", files=("src/**",))
    text = (
        deletion("src/a.py", "print(1)")
        + diff("src/b.py", "+print(1)", is_new=True)
        + deletion("tools/c.py", "print(2)")
        + diff("src/c.py", "+print(2)", is_new=True)
    )

    found = try_patterns(
        HEAD, parse_patch(text), Texts(base={}, head={}), PatternSettings(forbid=(rule,)), None
    )

    assert [item.path for item in found.breaches] == ["src/c.py"]


@pytest.mark.parametrize(
    ("blanks", "breaches", "problem"),
    [(2_000, 1, ""), (20_000, 0, "src/a.py:2 is too long to be searched to its end.")],
)
def test_forbidden__far_to_the_right(blanks: int, breaches: int, problem: str) -> None:
    """What stands where nobody looks is found, or it is said that nobody looked."""
    rule = ForbiddenPattern(name="no-print", pattern=r"\bprint\(", files=("src/**",))
    text = diff("src/a.py", " x", f"+x = 1;{' ' * blanks}print(x)")

    found = try_patterns(
        HEAD, parse_patch(text), Texts(base={}, head={}), PatternSettings(forbid=(rule,)), None
    )

    assert (len(found.breaches), found.problem) == (breaches, problem)


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (None, GateVerdict.NO_EVIDENCE),
        (PatternReport(commit=BASE, rules=2), GateVerdict.NO_EVIDENCE),
        (PatternReport(commit=HEAD, rules=0), GateVerdict.NO_EVIDENCE),
        (PatternReport(commit=HEAD, rules=2, problem="x"), GateVerdict.NO_EVIDENCE),
        (PatternReport(commit=HEAD, rules=2), GateVerdict.PASSED),
    ],
)
def test_patterns_kept__table(report: PatternReport | None, verdict: GateVerdict) -> None:
    """Rules that were not tried on this commit, or not all, pass nothing."""
    shown = evidence(patterns=report)

    assert PatternsKept().judge(shown).verdict is verdict


def test_patterns_kept__names_the_rule() -> None:
    """A breach fails with rule, place and advice."""
    report = _tried(diff("src/a.js", "+eval(a)"), b"", b"eval(a)\n")

    found = PatternsKept().judge(evidence(patterns=report))

    assert found.verdict is GateVerdict.FAILED
    assert "no-eval at src/a.js:1 (Do not eval.)" in found.reason
