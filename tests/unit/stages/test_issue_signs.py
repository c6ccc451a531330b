"""Signs of an unclear issue are found without a model, and clear issues show none."""

from __future__ import annotations

import pytest

from orchestrator.stages.preflight.issue_signs import is_hopeless, signs
from tests.unit.stages.house import an_issue

FORM = "### What happens?\n\n_No response_\n\n### What should happen?\n\n_No response_\n"


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Bug", "", True),
        ("Fix it", "   \n", True),
        ("Crash", "<!-- describe the bug -->", True),
        ("Bug", FORM, True),
        ("Add a dark mode toggle", "", False),
        ("Bug", "Saving twice loses the second text.", False),
    ],
)
def test_hopeless__is_an_issue_that_says_nothing(title: str, body: str, *, expected: bool) -> None:
    """Hidden text and the headings of an empty form are not words of the author."""
    assert is_hopeless(an_issue(title=title, body=body)) is expected


@pytest.mark.parametrize(
    ("title", "body", "words"),
    [
        ("Add a dark mode toggle", "", "a title and no text"),
        ("Make it nicer", "The page looks dull.", "how one can tell that it is done"),
        ("How do I configure the cache?", "I use version 2 here.", "like a question"),
        (
            "Change the export",
            "- The file must be sorted by name.\n- The file must not be sorted by name.",
            "this and its opposite: 'The file must not be sorted by name'",
        ),
        ("Change it", "Names can't be empty. It must fail. Names can be empty.", "its opposite"),
    ],
)
def test_signs__are_told_one_by_one(title: str, body: str, words: str) -> None:
    """Each sign is a sentence that a person can check."""
    assert words in " ".join(signs(an_issue(title=title, body=body)))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Greet people loudly", '`shout("Ada")` should return `HELLO, ADA.`'),
        ("Why is the total wrong?", "Expected 3, but it returns 4.\n\n1. Add one\n2. Add two"),
        ("Limit the name", "- must not be empty\n- must not be longer than 20 letters"),
    ],
)
def test_signs__leave_clear_issues_alone(title: str, body: str) -> None:
    """A title with a question mark is a task all the same when the text says what is wrong."""
    assert signs(an_issue(title=title, body=body)) == ()
