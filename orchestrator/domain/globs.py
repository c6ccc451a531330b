"""Which paths a glob covers: one meaning for task scopes, protected paths and tools.

Patterns and paths are relative to the repository root and use `/`. `*`, `?` and `[…]`
stay within one segment and match leading dots too, `**` as a whole segment matches any
number of segments, `{a,b}` means either. A segment with brackets also means itself, for
frameworks call their folders so: `app/[id]`. A pattern whose last segment has no wildcard, or
that ends in `/`, also covers everything below: `docs`, `docs/` and `docs/**` mean the same.
"""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ANY_DEPTH = "**"
MAX_ALTERNATIVES = 100
"""Each costs a look at every path of the repository, and at every alternative of other globs."""
_WILDCARD = re.compile(r"[*?\[]")


def matches(path: str, patterns: Iterable[str], *, fold_case: bool = False) -> bool:
    """Tell whether any pattern covers the path.

    Args:
        path: Relative to the repository root, without `.` or `..` segments.
        patterns: Globs as in the module's description.
        fold_case: Ignore case; for protected paths, where `.GitHub` must not slip through.

    Raises:
        UsageError: A pattern's braces stand for more than `MAX_ALTERNATIVES` patterns.
    """
    names = segments_of(path.casefold() if fold_case else path)
    return any(
        _covers(segments, names)
        for pattern in patterns
        for segments in alternatives(pattern.casefold() if fold_case else pattern)
    )


def has_wildcard(pattern: str) -> bool:
    """Tell whether the pattern can stand for more than the one path it spells."""
    return bool(_WILDCARD.search(pattern)) or _first_group(pattern) is not None


@lru_cache(maxsize=4096)
def alternatives(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Return the brace-free patterns that one pattern stands for, each as its segments.

    Raises:
        UsageError: They are more than `MAX_ALTERNATIVES`.
    """
    return tuple(_covering(text) for text in _expanded(pattern))


def segments_of(path: str) -> tuple[str, ...]:
    """Split a path or brace-free pattern, dropping empty and `.` segments."""
    return tuple(name for name in path.split("/") if name not in {"", "."})


def _covering(text: str) -> tuple[str, ...]:
    segments = segments_of(text)
    if segments and (text.endswith("/") or not _WILDCARD.search(segments[-1])):
        return (*segments, ANY_DEPTH)
    return segments


def _covers(segments: tuple[str, ...], names: tuple[str, ...]) -> bool:
    reached = {0}
    for segment in segments:
        if segment == ANY_DEPTH:
            reached = set(range(min(reached), len(names) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(names) and _is_name(segment, names[at])}
        if not reached:
            return False
    return len(names) in reached


def _is_name(segment: str, name: str) -> bool:
    return name == segment or _segment_regex(segment).match(name) is not None


@lru_cache(maxsize=4096)
def _segment_regex(segment: str) -> re.Pattern[str]:
    return re.compile(translate(segment.replace("[^", "[!")))


@lru_cache(maxsize=4096)
def _expanded(pattern: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    try:
        # Counted, not the different ones: `{a,a}{a,a}…` is one path and takes for ever.
        for count, text in enumerate(_expansions(pattern), start=1):
            if count > MAX_ALTERNATIVES:
                raise _too_many(pattern)
            found[text] = None
    except RecursionError as error:
        raise _too_many(pattern) from error
    return tuple(found)


def _too_many(pattern: str) -> UsageError:
    return UsageError(
        f"The pattern {pattern!r} stands for more than {MAX_ALTERNATIVES} alternatives.",
        hint="Use `*` or `**` instead of long lists in braces, or split the pattern.",
    )


def _expansions(pattern: str) -> Iterator[str]:
    group = _first_group(pattern)
    if group is None:
        yield pattern
        return
    start, end, choices = group
    for tail in _expansions(pattern[end:]):
        for choice in choices:
            for middle in _expansions(choice):
                yield pattern[:start] + middle + tail


def _first_group(pattern: str) -> tuple[int, int, tuple[str, ...]] | None:
    """Find the first balanced `{…}` that has a comma at its own level."""
    for start in (at for at, char in enumerate(pattern) if char == "{"):
        depth = 0
        cuts = [start]
        for at in range(start, len(pattern)):
            depth += {"{": 1, "}": -1}.get(pattern[at], 0)
            if pattern[at] == "," and depth == 1:
                cuts.append(at)
            if depth == 0:
                cuts.append(at)
                break
        if depth == 0 and len(cuts) > 2:  # noqa: PLR2004 -- both braces and a comma
            choices = tuple(pattern[left + 1 : right] for left, right in pairwise(cuts))
            return start, at + 1, choices
    return None
