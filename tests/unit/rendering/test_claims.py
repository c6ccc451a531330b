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
    written=frozenset((3, 5)),
    percents=frozenset(("91", "91.4", "88")),
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
        "The scripts are in `assets/js` and `tests/`, below `assets/`.",
        "Three words, `assets/js/theme.js`; adds 3 tests, and 5 tests were written in all.",
        "Coverage is 91 % now, 91.4 % to be exact; it was 88% before.",
        "It takes 30 % of the width and 97 percent of the height.",
        "The button is 2x as wide; the image is smaller.",
        "If CI runs with Node 22, all tests pass.",
        "When the store is empty, no test fails.",
        "It should make all tests pass and must keep CI green.",
        "Please make sure that every check passes.",
        "Whether it is faster was not measured.",
        "This does not say that 7 tests pass.",
        "Before this change 7 tests passed.",
        "A person has to look at it in a browser; it could be 20 % faster.",
        "Somebody should add 9 tests for it.",
        "One of the two names is kept, and the other one is an alias for it.",
        "Dark mode follows `prefers-color-scheme`, and the choice is kept in `localStorage`.",
        "The root cause is an off-by-one error in the loop over `entries`.",
        "Reads the setting once, at the start, instead of on each call.",
        "No new dependency. The public interface stays as it is.",
        "The value 0.5 is between 0 and 1; it is compared with `>=`.",
        "It follows ADR-7 and the rule in README.md.",
        "Left out: keyboard shortcuts, which the issue names as a non-goal.",
        "`GET /api/users` answers 404; see `application/json` and `@scope/pkg`.",
        "Assumption: the theme is stored for each browser, not for each user.",
        "Closes the dialog with Escape, and gives the focus back.",
        "There is no Dockerfile, and no package.json either.",
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
        ("See `assets/css` for it.", "named the file 'assets/css'"),
        ("It is in `tests/fixtures/`.", "named the file 'tests/fixtures/'"),
        ("The target is in the Makefile.", "named the file 'Makefile'"),
        ("CODEOWNERS names who.", "named the file 'CODEOWNERS'"),
        ("Adds it to package.json.", "named the file 'package.json'"),
        ("The page is index.html.", "named the file 'index.html'"),
        ("It reads schema.sql first.", "named the file 'schema.sql'"),
        ("Run setup.sh for it.", "named the file 'setup.sh'"),
        ("Adds 12 tests.", "not how many there are"),
        ("It wrote 40 new unit tests.", "not how many there are"),
        ("Comes with 7 regression tests.", "not how many there are"),
        ("Coverage is 97 %.", "“97 %” of coverage"),
        ("It is covered to 100 percent.", "“100 percent” of coverage"),
        ("It covers 99.9% of the lines.", "“99.9%” of coverage"),
        ("It is 2x faster.", "which nobody measured"),
        ("That makes it 30 % faster.", "which nobody measured"),
        ("Start-up is faster by 40 %.", "which nobody measured"),
        ("It reduces memory by 15 MB.", "which nobody measured"),
        ("It speeds the search up by a factor of 10.", "which nobody measured"),
        ("It needs 3 times fewer requests.", "which nobody measured"),
        ("It was tested manually.", "nowhere on record"),
        ("I verified it in a browser.", "nowhere on record"),
        ("Manually checked on both themes.", "nowhere on record"),
        ("It was benchmarked on large input.", "nowhere on record"),
        ("Confirmed locally.", "nowhere on record"),
        ("As it should be, all 7 tests pass.", "said that 7 tests pass"),
        ("It must not break, and all 7 tests pass.", "said that 7 tests pass"),
        ("You can see that all 7 tests pass.", "said that 7 tests pass"),
        ("Please note that 9 tests pass.", "said that 9 tests pass"),
        ("I made sure that 9 tests pass.", "said that 9 tests pass"),
        ("It may look odd (lint is clean).", "no lint command ran"),
        ("It would be a pity otherwise: lint is clean.", "no lint command ran"),
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
    """Lists keep their lines; code may name what it likes; a block that nobody closed is none."""
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


def test_check__code_is_no_place_to_hide_a_verdict() -> None:
    """What a block shows of a test run has to be what was seen; the rest of it is left alone."""
    text = "It works:\n\n```text\n$ node nope.js\n9 passed in 0.1 s\nbye\n```"

    assert check(text, FACTS).text == "It works:\n\n```text\n$ node nope.js\nbye\n```"
    assert check(text.replace("9 passed", "4 passed"), FACTS).removed == ()


def test_check__tests_are_counted_once_there_are_some() -> None:
    """A plan may say how many it will take; a result may not."""
    assert check("Adds 9 tests.", Facts()).removed == ()
    assert check("Adds 9 tests.", Facts(written=frozenset())).removed != ()


SECRET_NUMBERS = st.integers(min_value=13, max_value=999)


@given(SECRET_NUMBERS, st.sampled_from(("", "As you can see, ", "It may be odd; ", "- ", "> ")))
def test_check__no_planted_figure_survives(number: int, before: str) -> None:
    """Wherever it stands in a text, a figure that nothing on record shows is taken out."""
    for claim in (
        f"{number} tests pass",
        f"it adds {number} tests",
        f"coverage is {number % 80} %",
        f"it is {number} % faster",
        f"see nope{number}.py",
        f"`test_made_up_{number}` passes",
    ):
        checked = check(f"True words. {before}{claim}. More true words.", FACTS)
        assert checked.removed, claim
        assert claim not in checked.text


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
