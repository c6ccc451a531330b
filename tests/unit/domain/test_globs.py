"""What a glob covers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain import globs
from orchestrator.domain.errors import UsageError


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("src/app.py", "src/app.py"),
        ("./src/app.py", "src/app.py"),
        ("src", "src/deep/app.py"),
        ("src/", "src/deep/app.py"),
        ("src/**", "src/deep/app.py"),
        ("src/**", "src/app.py"),
        ("**", "anything/at/all"),
        ("**/*.py", "app.py"),
        ("**/*.py", "a/b/c.py"),
        ("src/**/test_*.py", "src/test_a.py"),
        ("src/**/test_*.py", "src/a/b/test_a.py"),
        ("*.{js,ts}", "app.ts"),
        ("{src,lib}/**", "lib/x"),
        ("{a,b{c,d}}/x", "bd/x"),
        ("src/{a,}x", "src/x"),
        ("a?c", "abc"),
        ("a[0-9]", "a7"),
        ("a[!0-9]", "ab"),
        ("a[^0-9]", "ab"),
        ("*", ".env"),
        ("{single}", "{single}"),
        ("{open", "{open"),
        ("**/CODEOWNERS", "docs/CODEOWNERS"),
        ("app/[id]/page.tsx", "app/[id]/page.tsx"),
        ("app/[...slug]/**", "app/[...slug]/page.tsx"),
        ("app/[[...slug]]/page.tsx", "app/[[...slug]]/page.tsx"),
    ],
)
def test_matches__covers(pattern: str, path: str) -> None:
    """Each kind of wildcard covers what its description says."""
    assert globs.matches(path, (pattern,))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("src/*.py", "src/deep/app.py"),
        ("*.py", "src/app.py"),
        ("src/app", "src/app.py"),
        ("a?c", "a/c"),
        ("a[!0-9]", "a7"),
        ("a[^0-9]", "a7"),
        ("src/**/x", "src/y"),
        (".github", ".GitHub/workflows/ci.yml"),
        ("", "anything"),
        ("*.{js,ts}", "app.py"),
        ("a.b", "axb"),
        ("app/[id]/page.tsx", "app/id/page.tsx"),
    ],
)
def test_matches__does_not_cover(pattern: str, path: str) -> None:
    """A wildcard stays within its segment and characters mean themselves."""
    assert not globs.matches(path, (pattern,))


def test_matches__fold_case() -> None:
    """Folding case covers `.GitHub/Workflows`, the trick on case-insensitive disks."""
    assert globs.matches(".GitHub/Workflows/ci.yml", (".github/**",), fold_case=True)


def test_matches__no_pattern() -> None:
    """Without patterns nothing is covered."""
    assert not globs.matches("a", ())


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/b.py", False),
        ("a/*.py", True),
        ("a/{b,c}", True),
        ("a/[b]", True),
        ("{x}", False),
        ("{a,b}" * 40, True),
    ],
)
def test_has_wildcard__spelling(pattern: str, *, expected: bool) -> None:
    """A pattern has a wildcard when it can stand for more than its own spelling."""
    assert globs.has_wildcard(pattern) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "{" + "a," * 100 + "b}",
        "{a,b}" * 40,
        "{a,a}" * 40,
        "{a,}" * 40,
        "{a," * 1200 + "a" + "}" * 1200,
    ],
    ids=["a list", "different", "the same", "empty", "nested"],
)
def test_alternatives__too_many(pattern: str) -> None:
    """A brace bomb is refused instead of filling the memory, or taking for ever."""
    with pytest.raises(UsageError, match="more than 100 alternatives"):
        globs.alternatives(pattern)


def test_alternatives__as_many_as_allowed() -> None:
    """A long list of endings is nothing unusual."""
    names = [f"x{number}" for number in range(globs.MAX_ALTERNATIVES)]

    assert len(globs.alternatives(f"*.{{{','.join(names)}}}")) == globs.MAX_ALTERNATIVES


def test_matches__hostile_stars_end() -> None:
    """Many stars do not make matching explode."""
    assert not globs.matches("a" * 200 + "/x" * 50, ("**/" * 30 + "a*" * 60 + "b",))


_NAMES = st.text(alphabet="ab.*?[]{},", min_size=1, max_size=6).filter(
    lambda name: name not in {".", ".."}
)


@given(st.lists(st.sampled_from(["a", "b", "ab", "a.b"]), min_size=1, max_size=4))
def test_matches__own_spelling(names: list[str]) -> None:
    """A path without wildcards covers itself, its folder covers it, and so does `**`."""
    path = "/".join(names)

    assert globs.matches(path, (path,))
    assert globs.matches(path, ("**",))
    assert globs.matches(f"{path}/below", (path,))


@given(st.lists(_NAMES, min_size=1, max_size=3), st.lists(_NAMES, min_size=1, max_size=3))
def test_matches__never_fails_on_odd_text(pattern: list[str], path: list[str]) -> None:
    """Malformed brackets and braces are characters, never errors."""
    assert globs.matches("/".join(path), ("/".join(pattern),)) in {True, False}
