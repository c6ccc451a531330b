"""What models say is published only as far as the record backs it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.check import CheckKind
from orchestrator.rendering.claims import Facts, check
from orchestrator.rendering.sentences import split

FACTS = Facts(
    paths=frozenset(("assets/js/theme.js", "tests/theme.test.js", "src/old.py", "README.md")),
    tests=frozenset(
        ("theme > toggled", "tests/test_theme.py::TestTheme::test_kept[dark]", "TestToggle/dark")
    ),
    failing=frozenset(("theme > toggled",)),
    commits=frozenset(("a1b2c3d" + "0" * 33,)),
    resolved=frozenset(("docs/config.yml", "be5eca7")),
    doubts={CheckKind.LINT: "no lint command ran on this commit"},
    counts=frozenset((4, 12)),
)
RED = Facts(doubts={CheckKind.TEST: "the test command ended with exit 1"}, checks="red")


@pytest.mark.parametrize(
    "text",
    [
        "The button is drawn in `assets/js/theme.js`.",
        "theme.js applies it, see ./assets/js/theme.js:12 and js/theme.js.",
        "Removed src/old.py. README.md tells how.",
        "The value comes from `docs/config.yml`, which was there before.",
        "`test_kept` and tests/test_theme.py::TestTheme::test_kept[dark] pass.",
        "The Go test TestToggle/dark passes.",
        'The test "theme toggled" fails for now.',
        "Built on a1b2c3d, after be5eca7.",
        "All tests pass. 12 tests pass, 4 of them new. No test fails.",
        "4 passed in 0.1 s.",
        "There is no `docs/theme.md`; docs/style.md does not exist.",
        "A page `docs/theme.md` should explain the attribute.",
        "Node.js 22 and Vue.js are used; see https://site.example/docs/theme.js for more.",
        "The header is text/html; the package is @scope/tool/index.js, home is ~/.config/x.toml.",
        "Light and/or dark, 1/2 of 3.5, e.g. this. The colour is #1f2328aa. It calls page.ts().",
        "Not all tests pass. The next task makes sure that all tests pass.",
        "Every lint rule is kept in mind by the tests, which are many.",
        "On the base all tests pass, without this change too.",
        "It has 12,345,678 rows and the id 1234567.",
        "The helper test_connection() now waits.",
        "It tests `applyTheme` with both names and a test command `npm run test`.",
    ],
)
def test_check__true_words_stay(text: str) -> None:
    """What is there, ordinary prose, wishes and absences are published as they were written."""
    assert check(text, FACTS).text == text
    assert check(text, FACTS).removed == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("It is drawn in `assets/js/nope.js`.", "named the file 'assets/js/nope.js'"),
        ("It is in nope.js now.", "named the file 'nope.js'"),
        ("See ../lib/deep/theme.cfg for it.", "named the file '../lib/deep/theme.cfg'"),
        ("The test `test_invented` passes.", "named the test 'test_invented'"),
        ("tests/test_theme.py::test_fake is green.", "test_fake', which no command"),
        ('The test "theme is forgotten" passes.', "named the test 'theme is forgotten'"),
        ("The test `theme > toggled` passes.", "passes, which fails here"),
        ("Reverted in deadbee1.", "named the commit 'deadbee1'"),
        ("See commit abcdefab.", "named the commit 'abcdefab'"),
        ("Lint is clean.", "no lint command ran on this commit"),
        ("All 7 tests pass.", "said that 7 tests pass"),
        ("9 passed.", "said that 9 tests pass"),
    ],
)
def test_check__what_is_not_there_goes(text: str, why: str) -> None:
    """A file, test, commit or figure that nothing knows takes its sentence with it."""
    checked = check(f"One true word. {text} Another true word.", FACTS)

    assert checked.text == "One true word. Another true word."
    assert len(checked.removed) == 1
    assert why in checked.removed[0]


@pytest.mark.parametrize(
    "text",
    [
        "All tests pass.",
        "Everything works and the whole test suite is green.",
        "The tests are passing now.",
        "All existing and new tests in this repository still pass.",
        "No test fails.",
        "There are no failures.",
        "CI is green.",
        "All merge requirements are green.",
        "Every check passes, on every machine.",
    ],
)
def test_check__green_needs_a_green_run(text: str) -> None:
    """Nobody says that the tests pass when they were not seen to."""
    assert check(text, RED).text == ""
    assert len(check(text, RED).removed) >= 1
    assert check(text, Facts()).text == text


def test_check__new_tests_are_judged_by_themselves() -> None:
    """An old failure does not make a word about the new tests false, a new one does."""
    old = Facts(doubts={CheckKind.TEST: "2 of its tests fail"})
    new = Facts(new_tests="one of them fails on this commit")

    assert check("The new tests pass.", old).removed == ()
    assert check("The new tests pass.", new).removed == (
        "It said “new tests pass”: one of them fails on this commit",
    )


def test_check__lines_and_code_keep_their_form() -> None:
    """Lists keep their lines, code blocks are left alone, a block that nobody closed is none."""
    text = (
        "Done:\n- theme.js toggles. See nope.js too.\n- fakes/x.py\n\n"
        "```text\nnope.js: all tests passed\n```\nThe rest holds.\n"
    )
    open_block = "Done.\n\n```text\nIt is in nope.js.\n"

    assert check(text, FACTS).text == (
        "Done:\n- theme.js toggles. \n- \n\n"
        "```text\nnope.js: all tests passed\n```\nThe rest holds."
    )
    assert check(open_block, FACTS).text == "Done.\n\n```text"


def test_check__planned_files_count_while_work_goes_on() -> None:
    """A plan may name what is still to be written."""
    facts = Facts(planned=("src/new/**", "docs/new.md"))

    assert check("Adds src/new/a.py and docs/new.md.", facts).removed == ()
    assert check("Adds src/other/a.py.", facts).removed != ()


WORDS = st.sampled_from(
    (
        "All tests pass.",
        "See nope.js.",
        "theme.js is done.",
        "Plain words, and more of them.",
        "`test_invented` passes.",
        "- a point",
        "```",
        "In commit deadbee1?",
        "\n",
        "\n\n",
        "    code",
        "`unclosed",
    )
)


@given(st.lists(WORDS | st.text(max_size=20), max_size=12).map(" ".join))
def test_split__loses_nothing(text: str) -> None:
    """The pieces of any text, put together, are the text."""
    assert "".join(piece.text for piece in split(text)) == text


@given(st.lists(WORDS | st.text(max_size=20), max_size=12).map(" ".join))
def test_check__takes_whole_sentences_and_settles(text: str) -> None:
    """Whatever is said: only sentences go, in order, and nothing false is left outside of code."""
    checked = check(text, FACTS)

    position = 0
    for piece in split(text):
        if not (piece.is_prose and check(piece.text, FACTS).removed):
            found = checked.text.find(piece.text.strip(), position)
            assert found >= position
            position = found + len(piece.text.strip())
    assert checked.removed or checked.text == text
    assert len(checked.removed) <= checked.claims
    assert check(checked.text, FACTS).removed == ()
    prose = "".join(piece.text for piece in split(checked.text) if piece.is_prose)
    assert not re.search(r"nope\.js|deadbee1|test_invented", prose)
