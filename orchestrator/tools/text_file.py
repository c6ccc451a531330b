"""A text file as an agent edits it, and the bytes it goes back to."""

from __future__ import annotations

import ast
import json
import warnings
from dataclasses import dataclass, replace

from orchestrator.domain.errors import ToolError

_BOM = b"\xef\xbb\xbf"
_SNIFFED_BYTES = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """Text with plain line feeds, and what is needed to write it back as it was."""

    text: str
    is_crlf: bool = False
    has_bom: bool = False

    @classmethod
    def decode(cls, path: str, content: bytes) -> TextFile:
        """Return the file's text.

        Raises:
            ToolError: The file is binary or not UTF-8.
        """
        if b"\x00" in content[:_SNIFFED_BYTES]:
            raise ToolError(
                f"`{path}` is a binary file ({len(content)} bytes), which these tools cannot show"
                " or change."
            )
        try:
            text = content.removeprefix(_BOM).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ToolError(
                f"`{path}` is not UTF-8 text (byte {error.start}), so it cannot be shown or"
                " changed without damage."
            ) from error
        is_crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
        return cls(
            text=text.replace("\r\n", "\n") if is_crlf else text,
            is_crlf=is_crlf,
            has_bom=content.startswith(_BOM),
        )

    def with_text(self, text: str) -> TextFile:
        """Return the file with other text and the same line ends."""
        return replace(self, text=text.replace("\r\n", "\n") if self.is_crlf else text)

    def encode(self) -> bytes:
        """Return the bytes to store.

        Raises:
            ToolError: The text holds half of a surrogate pair.
        """
        text = self.text.replace("\n", "\r\n") if self.is_crlf else self.text
        try:
            content = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ToolError(
                f"The text holds an invalid character at position {error.start} (half of a"
                " surrogate pair). Write the character itself."
            ) from error
        return _BOM + content if self.has_bom else content


def syntax_problem(path: str, text: str) -> str | None:
    """Return what keeps Python or JSON text from being read, `None` for any other file."""
    if path.endswith(".py"):
        return _python_problem(text)
    if path.endswith(".json"):
        return _json_problem(text)
    return None


def _python_problem(text: str) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError as error:
            return f"line {error.lineno}: {error.msg}"
        except (ValueError, RecursionError, MemoryError) as error:
            return str(error) or type(error).__name__
    return None


def _json_problem(text: str) -> str | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {error.msg}"
    except ValueError as error:
        return str(error)
    except RecursionError:
        return "too deeply nested"
    return None
