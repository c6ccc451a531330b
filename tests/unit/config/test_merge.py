"""Layers merge the same way in every grouping, and each value keeps its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.config.document import EMPTY, Document, Source, leaves, one_value
from orchestrator.config.merge import merge, merge_all

if TYPE_CHECKING:
    from orchestrator.config.document import KeyPath
    from orchestrator.domain.json import Json, JsonObject

LEAVES: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=3),
)


def _objects(depth: int) -> st.SearchStrategy[JsonObject]:
    """Draw mappings in which small letters hold leaves and capitals hold mappings."""
    fields: dict[str, st.SearchStrategy[Json]] = dict.fromkeys("abc", LEAVES)
    if depth:
        fields |= {letter: _objects(depth - 1) for letter in "XY"}
    return st.fixed_dictionaries({}, optional=fields)


def _places(values: JsonObject, prefix: KeyPath, name: str) -> dict[KeyPath, Source]:
    places: dict[KeyPath, Source] = {}
    for key, value in values.items():
        path = (*prefix, key)
        places[path] = Source(file=name, line=1)
        if isinstance(value, dict):
            places |= _places(value, path, name)
    return places


def documents(name: str) -> st.SearchStrategy[Document]:
    """Draw a document whose every key has its place in a file of that name."""
    return _objects(2).map(
        lambda values: Document(values=values, sources=_places(values, (), name))
    )


@given(documents("a"), documents("b"), documents("c"))
def test_merge__is_associative(first: Document, second: Document, third: Document) -> None:
    """It does not matter whether a preset was merged before or while it is used."""
    assert merge(merge(first, second), third) == merge(first, merge(second, third))


@given(documents("a"))
def test_merge__with_nothing_changes_nothing(document: Document) -> None:
    """An empty layer is as good as none."""
    assert merge(EMPTY, document) == document
    assert merge(document, EMPTY) == document


@given(documents("a"), documents("b"))
def test_merge__tells_the_file_each_leaf_came_from(base: Document, over: Document) -> None:
    """Provenance names the stronger layer exactly where it spoke."""
    merged = merge(base, over)

    spoken = {path for path, _ in leaves(over.values)}
    for path, value in leaves(merged.values):
        if value != {}:
            assert merged.sources[path].file == ("b" if path in spoken else "a")


def test_merge__replaces_lists_whole() -> None:
    """A list says everything; the places of the old items are gone with them."""
    base = Document(
        values={"a": [{"b": 1}]},
        sources={("a",): Source(line=1), ("a", 0): Source(line=1), ("a", 0, "b"): Source(line=2)},
    )
    over = one_value(("a",), [], Source(note="input"))

    merged = merge_all((base, over))

    assert merged == over
