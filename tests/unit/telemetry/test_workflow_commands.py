"""The runner and the terminal take no orders from strangers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.telemetry.workflow_commands import (
    annotation,
    command,
    cut,
    fenced,
    neutralised,
    one_line,
    without_controls,
)


def test_command__escapes_everything() -> None:
    """Line ends, per cent signs and separators cannot end a message or a property early."""
    line = command("error", "100%\r\n::x::", {"title": "a:b,c%\n", "file": ""})

    assert line == "::error title=a%3Ab%2Cc%25%0A::100%25%0D%0A::x::"


def test_command__bare() -> None:
    """A command without text and properties is just its name."""
    assert command("endgroup") == "::endgroup::"


def test_annotation__length() -> None:
    """An annotation's message is cut to what the runner accepts."""
    assert annotation("notice", "x" * 5000) == "::notice::" + "x" * 4095 + "…"


@pytest.mark.parametrize(
    "text",
    [
        "::set-env name=A::b",
        "  ::add-mask::e",
        "\t::error::x",
        "fine\r::set-output name=a::b",
        "fine\r\n::stop-commands::t",
        "##[error]x",
        "in the middle ##[add-mask]e",
        "\x1b[31m::error::x",
        "\u200b::error::x",
        "\ufeff::error::x",
        ":\u00ad:error::x",
    ],
)
def test_neutralised__commands(text: str) -> None:
    """No known spelling of a command survives, nor one that begins with what nobody sees."""
    safe = neutralised(text)

    assert not re.search(r"^[\s\ufeff\xad]*:\xad?:", safe, re.MULTILINE)
    assert "##[" not in safe
    assert "\r" not in safe


@given(st.text(alphabet=":#[ \r\n\t%0aAdDx\x1b;m\u200b\u2028\x85"))
def test_neutralised__whatever(text: str) -> None:
    """Whatever is thrown at it, the runner finds no command in the result."""
    safe = neutralised(text)

    assert not [line for line in re.split(r"[\r\n]", safe) if line.strip().startswith("::")]
    assert "##[" not in safe
    assert not re.search(r"%0[aAdD]", safe)


def test_neutralised__leaves_ordinary_text() -> None:
    """Text without commands stays as it is."""
    text = "std::vector\n  a: b\n50% of 0x0A\n\tdone"

    assert neutralised(text) == text


def test_fenced__between_tokens() -> None:
    """Commands are off exactly as long as the text lasts."""
    assert fenced("a\n::x::", "t0k").split("\n") == [
        "::stop-commands::t0k",
        "a",
        ": :x::",
        "::t0k::",
    ]


def test_without_controls__terminal_sequences() -> None:
    """Colours, cursor moves, window titles and reordering go; text stays."""
    text = "\x1b[1;31mred\x1b[0m \x1b]0;title\x07ok \x1b]8;;http://x\x1b\\link \u202eabc\x00\x9b"

    assert without_controls(text) == "red ok link abc"


def test_one_line__joins_and_cuts() -> None:
    """A text becomes one line of bounded length."""
    assert one_line("a\n  b\r\n::c", 6) == "a b ::"[:5] + "…"


def test_cut__short_text() -> None:
    """A text within the limit stays whole."""
    assert cut("abc", 3) == "abc"
