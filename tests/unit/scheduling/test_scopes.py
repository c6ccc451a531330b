"""Whether two scopes can meet."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import UsageError
from orchestrator.domain.globs import matches
from orchestrator.scheduling.scopes import overlap


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("src/a.js", "src/a.js", True),
        ("src/a.js", "src/b.js", False),
        ("src", "src/deep/a.js", True),
        ("src/*.js", "src/a.css", False),
        ("src/*.js", "src/a.*", True),
        ("src/**/*.js", "src/a.js", True),
        ("src/**", "lib/**", False),
        ("**/test_*.py", "tests/**", True),
        ("**/a", "b/**/c", True),
        ("*.js", "src/a.js", False),
        ("a[0-9]", "a[5-8]", True),
        ("a[0-4]", "a[5-9]", False),
        ("a[!x]", "ax", False),
        ("a[!x]", "a[!y]", True),
        ("a[]]", "a]", True),
        ("a[!]]", "a]", False),
        ("a[z-a]", "a?", False),
        ("a[", "a[", True),
        ("a?c", "abbc", False),
        ("*a*b", "b*a", False),
        ("*a*b*", "b*a", True),
        ("{src,lib}/x", "lib/*", True),
        ("app/[id]/x", "app/[id]/x", True),
        ("app/[id]/x", "app/[[]id]/x", True),
        ("app/[id]/x", "app/di/x", False),
        ("", "a", False),
        ("**", "**", True),
    ],
)
def test_overlap__known_pairs(one: str, other: str, *, expected: bool) -> None:
    """Patterns overlap exactly when one path can satisfy both."""
    assert overlap((one,), (other,)) is expected
    assert overlap((other,), (one,)) is expected


def test_overlap__any_pair() -> None:
    """One shared pattern is enough; no patterns share nothing."""
    assert overlap(("a", "b"), ("c", "b"))
    assert not overlap((), ("b",))


def test_overlap__too_many_alternatives() -> None:
    """A brace bomb is refused."""
    with pytest.raises(UsageError):
        overlap(("{a,b}" * 30,), ("a",))


_SEGMENTS = st.text(alphabet="ab*?", min_size=1, max_size=3) | st.sampled_from(
    ["**", "[ab]", "[!a]", "[a-b]a"]
)
_PATTERNS = st.lists(_SEGMENTS, min_size=1, max_size=3).map("/".join)
_NAMES = tuple("".join(chars) for size in (1, 2, 3) for chars in product("abc", repeat=size))
_PATHS = tuple("/".join(names) for size in (1, 2) for names in product(_NAMES, repeat=size))


@given(_PATTERNS, _PATTERNS, st.lists(st.sampled_from(_PATHS), max_size=60))
def test_overlap__misses_no_shared_path(one: str, other: str, paths: list[str]) -> None:
    """If any path is covered by both, they overlap."""
    shared = [path for path in paths if matches(path, (one,)) and matches(path, (other,))]

    assert overlap((one,), (other,)) or not shared


@given(
    st.text(alphabet="ab*?", min_size=1, max_size=3),
    st.text(alphabet="ab*?", min_size=1, max_size=3),
)
def test_overlap__has_a_witness(one: str, other: str) -> None:
    """Within one folder, two patterns overlap exactly if a short name shows it."""
    names = ("".join(chars) for size in range(1, 7) for chars in product("ab", repeat=size))

    expected = any(matches(name, (one,)) and matches(name, (other,)) for name in names)

    assert overlap((one,), (other,)) == expected
