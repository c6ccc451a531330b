"""YAML that is wrong, hostile or merely surprising is refused with its line."""

from __future__ import annotations

import pytest

from orchestrator.config.document import EMPTY, Source
from orchestrator.config.sources import (
    MAX_ALIASES,
    MAX_BYTES,
    MAX_VALUES,
    decode,
    parse_yaml,
)
from tests.unit.config.builders import OWN, load, refused

BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    + [f"{new}: &{new} [{', '.join(['*' + old] * 10)}]" for old, new in ("ab", "bc", "cd", "de")]
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yml: is empty"),
        ("# only a comment\n", "f.yml: is empty"),
        (
            "- a\n",
            (
                "f.yml:1: a list stands at the top; "
                "allowed: keys with values, such as `mode: orchestrator`"
            ),
        ),
        (
            "\n\n5\n",
            "f.yml:3: 5 stands at the top; allowed: keys with values, such as `mode: orchestrator`",
        ),
        ("a: 1\nb: 2\na: 3\n", "f.yml:3: the key 'a' stands here again; first at f.yml:1"),
        (
            "a:\n  b: 1\n\tc: 2\n",
            "f.yml:3: not valid YAML: a tab stands where only spaces may; indent with spaces",
        ),
        ("a: b: c\n", "f.yml:1: not valid YAML: mapping values are not allowed here"),
        ("a: 1\nb: 'x\n", "f.yml:3: not valid YAML: found unexpected end of stream"),
        ("a: 1\nb: \x07\n", "f.yml:2: the character U+0007 is not allowed in YAML"),
        (
            "a: !!python/object:os.system x\n",
            "f.yml:1: the tag 'tag:yaml.org,2002:python/object:os.system' is not allowed",
        ),
        ("a: &x\n  - *x\n", "f.yml:2: the alias '*x' has no anchor"),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            "f.yml:3: the merge key '<<' is not allowed; share settings with `extends`",
        ),
        ("1: a\n", "f.yml:1: a key has to be a word; quote it if it looks like a number"),
        ("? [a]\n: b\n", "f.yml:1: a key has to be a word; quote it if it looks like a number"),
        ("a: 1\n---\nb: 2\n", "f.yml:2: a second YAML document begins; allowed: one"),
        (f"a: {'[' * 500}", "f.yml:1: nested too deep; allowed: 24 levels"),
        (BOMB, f"f.yml:4: too many values; allowed: {MAX_VALUES:,}"),
        (
            "a: &a x\nb: [" + ", ".join(["*a"] * (MAX_ALIASES + 1)) + "]\n",
            f"f.yml:2: too many aliases; allowed: {MAX_ALIASES}",
        ),
    ],
)
def test_parse_yaml__refuses_with_the_line(text: str, message: str) -> None:
    """Whoever reads the refusal knows which line to look at, and why."""
    error = refused(lambda: parse_yaml(text, name="f.yml"))

    assert str(error) == message


def test_parse_yaml__reads_words_by_the_rules_of_1_2() -> None:
    """Norway stays a country: only true, false and null mean something else."""
    document = parse_yaml(
        "a: [no, on, yes, true, False, ~, null, '5', 5, -2.5, 1e3, 1:30, 2026-01-02, .inf]",
        name="f.yml",
    )

    assert document.values["a"] == [
        "no",
        "on",
        "yes",
        True,
        False,
        None,
        None,
        "5",
        5,
        -2.5,
        "1e3",
        "1:30",
        "2026-01-02",
        ".inf",
    ]


def test_parse_yaml__knows_each_place() -> None:
    """Keys and items carry their line, counted from where the text begins in its file."""
    document = parse_yaml("a:\n  - b\n  - c: 1\n", name="f.md", first_line=10)

    assert document.sources[("a",)] == Source(file="f.md", line=10)
    assert document.sources[("a", 1, "c")] == Source(file="f.md", line=12)
    assert document.source_of(("a", 0, "unknown")) == Source(file="f.md", line=11)
    assert EMPTY.source_of(("a",)) is None


def test_parse_yaml__writes_aliases_out() -> None:
    """An alias is worth what its anchor holds, and is told by the anchor's lines."""
    document = parse_yaml("a: &a\n  b: [1]\nc: *a\n", name="f.yml")

    assert document.values == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert document.sources[("c",)] == Source(file="f.yml", line=3)
    assert document.sources[("c", "b", 0)] == Source(file="f.yml", line=2)


def test_decode__refuses_other_encodings() -> None:
    """A file in another encoding is told by the line and byte, not read as something else."""
    error = refused(lambda: decode("a: 1\nb: ü".encode("latin-1"), name="f.yml"))

    assert str(error) == "f.yml:2: the byte 0xfc is not UTF-8; save the file as UTF-8"


def test_decode__refuses_a_huge_file() -> None:
    """A file nobody can have written by hand is not parsed at all."""
    error = refused(lambda: decode(b"#" * (MAX_BYTES + 1), name="f.yml"))

    assert str(error) == "f.yml: has 131,073 bytes; allowed: at most 131,072"


def test_decode__takes_a_byte_order_mark() -> None:
    """An editor's byte order mark is no reason to refuse a file."""
    assert decode(b"\xef\xbb\xbfa: 1", name="f.yml") == "a: 1"


@pytest.mark.parametrize("content", [b"", b"- a", b"\xff\xfe", b"a: 1\na: 2", b"limits: [}"])
def test_load_settings__fails_closed_on_a_broken_file(content: bytes) -> None:
    """A broken file never means the defaults."""
    error = refused(lambda: load(content))

    assert str(error).startswith(OWN)
    assert error.hint
