"""Watch the input of a tool call as it arrives.

A stream whose call can no more become a JSON object is given up at once, and not only when
the rest of a long reply has been waited and paid for.
"""

from __future__ import annotations

import re
from typing import Final

_OUTSIDE: Final = frozenset("0123456789+-.eE truefalsn \t\r\n:,")
"""What may stand outside of strings and brackets."""
_DEEPEST: Final = 64
"""No tool's input is nested so deep, and no parser of JSON likes to follow much deeper."""
_PAIRS: Final = {"}": "{", "]": "["}
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]+')


class ArrivingObject:
    """The text of one JSON object in parts; tells when it is none, never when it may be one."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._open: list[str] = []
        self._is_in_string = False
        self._is_escaped = False
        self._is_over = False

    def takes(self, part: str) -> bool:
        """Take in the next part and tell whether this can still become an object."""
        at = 0
        while at < len(part):
            if self._is_in_string and not self._is_escaped:
                plain = _PLAIN.match(part, at)
                at = plain.end() if plain is not None else at
                if at == len(part):
                    break
            if not self._takes_character(part[at]):
                return False
            at += 1
        return True

    def _takes_character(self, character: str) -> bool:
        if self._is_in_string:
            return self._takes_in_string(character)
        if self._is_over or not self._open:
            return character.isspace() or self._begins(character)
        if character in _PAIRS:
            self._is_over = len(self._open) == 1
            return self._open.pop() == _PAIRS[character]
        if character in "{[":
            self._open.append(character)
            return len(self._open) <= _DEEPEST
        self._is_in_string = character == '"'
        return self._is_in_string or character in _OUTSIDE

    def _begins(self, character: str) -> bool:
        self._open.append(character)
        return character == "{" and not self._is_over

    def _takes_in_string(self, character: str) -> bool:
        if self._is_escaped:
            self._is_escaped = False
            return True
        self._is_escaped = character == "\\"
        self._is_in_string = character != '"'
        return character >= " "
