"""Whether two sets of globs can meet in one file.

Exact for `*`, `?`, `[…]`, `**` and braces: two patterns overlap if and only if there is a
path that both cover, whether or not it exists yet.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from orchestrator.domain.globs import ANY_DEPTH, alternatives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
Ranges: TypeAlias = "tuple[tuple[int, int], ...]"
"""Code points one character may have, as inclusive ranges."""

_LAST = 0x10FFFF
_ANY: Ranges = ((0, _LAST),)
_STAR: Ranges = ()
"""Stands for any number of characters; as ranges it would match nothing."""


def overlap(one: Iterable[str], other: Iterable[str]) -> bool:
    """Tell whether some path is covered by a pattern of each set.

    Raises:
        UsageError: A pattern's braces stand for too many alternatives.
    """
    lefts = [segments for pattern in one for segments in alternatives(pattern)]
    rights = [segments for pattern in other for segments in alternatives(pattern)]
    return any(_meet(left, right) for left in lefts for right in rights)


@lru_cache(maxsize=4096)
def _meet(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return bool(left and right) and _fit(left, right, star=ANY_DEPTH, alike=_names_meet)


@lru_cache(maxsize=4096)
def _names_meet(one: str, other: str) -> bool:
    return any(
        _fit(left, right, star=_STAR, alike=_share)
        for left in _readings(one)
        for right in _readings(other)
    )


def _fit(left: Sequence[T], right: Sequence[T], *, star: T, alike: Callable[[T, T], bool]) -> bool:
    """Tell whether some text fits both sequences, in which `star` stands for any length."""
    todo = [(0, 0)]
    seen: set[tuple[int, int]] = set()
    while todo:
        at = todo.pop()
        if at == (len(left), len(right)):
            return True
        if at not in seen:
            seen.add(at)
            todo.extend(_steps(left, right, at, star, alike))
    return False


def _steps(
    left: Sequence[T],
    right: Sequence[T],
    at: tuple[int, int],
    star: T,
    alike: Callable[[T, T], bool],
) -> Iterator[tuple[int, int]]:
    i, j = at
    one = left[i] if i < len(left) else None
    other = right[j] if j < len(right) else None
    if one == star:
        yield i + 1, j
        if other is not None:
            yield i, j + 1
    if other == star:
        yield i, j + 1
        if one is not None:
            yield i + 1, j
    if one is None or other is None or star in {one, other}:
        return
    if alike(one, other):
        yield i + 1, j + 1


def _share(one: Ranges, other: Ranges) -> bool:
    return any(max(low, first) <= min(high, last) for low, high in one for first, last in other)


def _readings(segment: str) -> tuple[tuple[Ranges, ...], ...]:
    """Return what a segment means; with brackets it also means the very name that it spells."""
    if "[" not in segment:
        return (_tokens(segment),)
    return _tokens(segment), tuple(((ord(char), ord(char)),) for char in segment)


def _tokens(segment: str) -> tuple[Ranges, ...]:
    tokens: list[Ranges] = []
    at = 0
    while at < len(segment):
        char = segment[at]
        end = _class_end(segment, at) if char == "[" else 0
        if char == "*":
            tokens.append(_STAR)
        elif char == "?":
            tokens.append(_ANY)
        elif end:
            tokens.append(_class_ranges(segment[at + 1 : end]))
            at = end
        else:
            tokens.append(((ord(char), ord(char)),))
        at += 1
    return tuple(tokens)


def _class_end(segment: str, start: int) -> int:
    """Return where the closing bracket stands, 0 when the bracket means itself."""
    first = start + 1
    if segment[first : first + 1] in {"!", "^"}:
        first += 1
    return max(0, segment.find("]", first + 1))


def _class_ranges(text: str) -> Ranges:
    is_negated = text[0] in {"!", "^"}
    chars = text[1:] if is_negated else text
    ranges: list[tuple[int, int]] = []
    at = 0
    while at < len(chars):
        is_range = chars[at + 1 : at + 2] == "-" and at + 2 < len(chars)
        last = chars[at + 2] if is_range else chars[at]
        if chars[at] <= last:
            ranges.append((ord(chars[at]), ord(last)))
        at += 3 if is_range else 1
    return _complement(ranges) if is_negated else tuple(ranges) or ((1, 0),)


def _complement(ranges: list[tuple[int, int]]) -> Ranges:
    gaps: list[tuple[int, int]] = []
    begin = 0
    for low, high in sorted(ranges):
        if low > begin:
            gaps.append((begin, low - 1))
        begin = max(begin, high + 1)
    return (*gaps, (begin, _LAST))
