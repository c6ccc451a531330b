"""Input of a tool call, judged while it arrives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.llm.arriving import ArrivingObject

_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.integers(1, 7), st.booleans())
def test_takes__every_object_in_every_cut(value: dict[str, object], size: int, plain: bool) -> None:  # noqa: FBT001 -- drawn
    """No good call is ever given up, wherever the network cuts it."""
    text = json.dumps(value, ensure_ascii=plain, indent=1 if plain else None)
    arriving = ArrivingObject()

    assert all(arriving.takes(text[at : at + size]) for at in range(0, len(text), size))


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        '"text"',
        "null",
        "<tool>",
        '{"a": 1}}',
        '{"a": 1} {"b": 2}',
        '{"a": 1} and so on',
        '{"a": [1}',
        '{"a": Hello}',
        '{"a": "line\nbreak"}',
        "}",
        '{"a": NaN}',
        '{"a": ' + "[" * 64,
    ],
)
def test_takes__refuses_what_can_be_no_object(text: str) -> None:
    """Garbage is known by its first wrong character."""
    arriving = ArrivingObject()

    assert not all(arriving.takes(part) for part in text)


@pytest.mark.parametrize("text", ["", " ", "{", '{"a": "\\', '{"a": [tru', '{"a": "}'])
def test_takes__waits_for_the_rest(text: str) -> None:
    """What is merely unfinished is not wrong."""
    assert ArrivingObject().takes(text)
