"""The one place that reads YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import yaml

from orchestrator.config.document import Document, Source
from orchestrator.config.problems import Problem, config_error, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.config.document import KeyPath
    from orchestrator.domain.errors import ConfigError
    from orchestrator.domain.json import Json

MAX_BYTES = 128 * 1024
MAX_DEPTH = 24
MAX_ALIASES = 100
MAX_VALUES = 10_000

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Files(Protocol):
    """Files as they stood at one fixed point: a commit, or a folder on a laptop."""

    def read(self, path: str) -> bytes | None:
        """Return the content of a regular file; `None` when there is none of that name."""
        ...


def decode(content: bytes, *, name: str) -> str:
    """Return a configuration file's text.

    Raises:
        ConfigError: It is too large or not UTF-8.
    """
    if len(content) > MAX_BYTES:
        size = f"has {len(content):,} bytes; allowed: at most {MAX_BYTES:,}"
        raise config_error([Problem(source=Source(file=name), what=size)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        byte = f"the byte 0x{content[exc.start]:02x} is not UTF-8; save the file as UTF-8"
        raise config_error([Problem(source=Source(file=name, line=line), what=byte)]) from exc


def parse_yaml(text: str, *, name: str, first_line: int = 1) -> Document:
    """Read one YAML mapping with the line of each key and item.

    Only what JSON can say is read: no tags, no merge keys, and of plain words only
    true, false and null mean something else than themselves.

    Args:
        text: The YAML.
        name: What messages call the file.
        first_line: Line of the file at which `text` begins.

    Raises:
        ConfigError: It is not YAML, empty, not a mapping, has a key twice or more than
            `MAX_VALUES` values (aliases written out) or `MAX_DEPTH` levels.
    """
    tree = _Tree(yaml.parse(text, Loader=yaml.SafeLoader), name=name, first_line=first_line)
    try:
        return tree.document()
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        what = _explained(exc.problem or "cannot be read")
        raise tree.refusal(what, mark.line if mark else None) from exc
    except yaml.reader.ReaderError as exc:
        what = f"the character U+{ord(text[exc.position]):04X} is not allowed in YAML"
        raise tree.refusal(what, text.count("\n", 0, exc.position)) from exc


def _explained(problem: str) -> str:
    if "'\\t'" in problem:
        return "not valid YAML: a tab stands where only spaces may; indent with spaces"
    return f"not valid YAML: {problem}"


def _line(event: yaml.Event) -> int | None:
    return event.start_mark.line if event.start_mark else None


class _Tree:
    """Builds values from the parser's events, so that nothing large is ever built."""

    def __init__(self, events: Iterator[yaml.Event], *, name: str, first_line: int) -> None:
        self._events = events
        self._name = name
        self._first_line = first_line
        self._sources: dict[KeyPath, Source] = {}
        self._anchors: dict[str, tuple[Json, KeyPath]] = {}
        self._aliases = 0
        self._values = 0

    def document(self) -> Document:
        """Read the only document."""
        next(self._events)
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            hint = "Write `extends: default` for the built-in settings, or delete the file."
            raise config_error([Problem(source=self._place(None), what="is empty")], hint=hint)
        first = next(self._events)
        values = self._value(first, ())
        if not isinstance(values, dict):
            found = "a list" if isinstance(values, list) else shown(values)
            allowed = "allowed: keys with values, such as `mode: orchestrator`"
            raise self.refusal(f"{found} stands at the top; {allowed}", _line(first))
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self.refusal("a second YAML document begins; allowed: one", _line(after))
        return Document(values=values, sources=self._sources)

    def refusal(self, what: str, line: int | None) -> ConfigError:
        """Return the error for one line of the text, counted from 0."""
        return config_error([Problem(source=self._place(line), what=what)])

    def _place(self, line: int | None) -> Source:
        return Source(file=self._name, line=None if line is None else line + self._first_line)

    def _value(self, event: yaml.Event, path: KeyPath) -> Json:
        self._sources.setdefault(path, self._place(_line(event)))
        self._count(1, event)
        if len(path) > MAX_DEPTH:
            raise self.refusal(f"nested too deep; allowed: {MAX_DEPTH} levels", _line(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        tag: str | None = getattr(event, "tag", None)
        if tag is not None:
            raise self.refusal(f"the tag {tag!r} is not allowed", _line(event))
        value = self._new(event, path)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = (value, path)
        return value

    def _new(self, event: yaml.Event, path: KeyPath) -> Json:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        return (
            self._mapping(path) if isinstance(event, yaml.MappingStartEvent) else self._list(path)
        )

    def _mapping(self, path: KeyPath) -> Json:
        values: dict[str, Json] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = _scalar(event) if isinstance(event, yaml.ScalarEvent) else None
            if not isinstance(key, str):
                what = "a key has to be a word; quote it if it looks like a number"
                raise self.refusal(what, _line(event))
            if key == "<<":
                what = "the merge key '<<' is not allowed; share settings with `extends`"
                raise self.refusal(what, _line(event))
            if key in values:
                what = f"the key {key!r} stands here again; first at {self._sources[(*path, key)]}"
                raise self.refusal(what, _line(event))
            self._sources[(*path, key)] = self._place(_line(event))
            values[key] = self._value(next(self._events), (*path, key))
        return values

    def _list(self, path: KeyPath) -> Json:
        values: list[Json] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _alias(self, event: yaml.AliasEvent, path: KeyPath) -> Json:
        if event.anchor not in self._anchors:
            raise self.refusal(f"the alias '*{event.anchor}' has no anchor", _line(event))
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise self.refusal(f"too many aliases; allowed: {MAX_ALIASES}", _line(event))
        value, origin = self._anchors[event.anchor]
        size = len(origin)
        inside = [key for key in self._sources if len(key) > size and key[:size] == origin]
        self._count(len(inside), event)
        for key in inside:
            self._sources[(*path, *key[size:])] = self._sources[key]
        return value

    def _count(self, more: int, event: yaml.Event) -> None:
        """Add to the number of values, aliases written out, before they are built."""
        self._values += more
        if self._values > MAX_VALUES:
            raise self.refusal(f"too many values; allowed: {MAX_VALUES:,}", _line(event))


def _scalar(event: yaml.ScalarEvent) -> Json:
    """Read a scalar by the rules of YAML 1.2: `no` and `on` are words."""
    text = event.value
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
