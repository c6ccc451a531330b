"""Following `extends` from a configuration file down to its last ancestor."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.config.address import Address, Shelf, resolve
from orchestrator.config.dialect import normalise
from orchestrator.config.markdown import find_configuration
from orchestrator.config.problems import Problem, config_error
from orchestrator.config.sources import decode, parse_yaml
from orchestrator.config.validation import check_part

if TYPE_CHECKING:
    from orchestrator.config.document import Document, Source
    from orchestrator.config.sources import Files
    from orchestrator.domain.errors import ConfigError

MAX_ANCESTORS = 8
DEFAULT = "default"

Fetch: TypeAlias = Callable[[str, str, str], bytes | None]
"""Reads a file of another repository: `(owner/name, path, ref)`; `None` when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Where files can be read; what is `None` may not be read in this run."""

    files: Files
    home: Files | None = None
    fetch: Fetch | None = None

    def read(self, address: Address, *, asked_by: Source | None) -> bytes | None:
        """Return a file's content; `None` when it does not exist.

        Raises:
            ConfigError: This run may not read that shelf.
        """
        if address.shelf is Shelf.REPOSITORY:
            return self.files.read(address.path)
        if address.shelf is Shelf.HOME:
            if self.home is None:
                raise _no_home(address, asked_by)
            return self.home.read(address.path)
        if self.fetch is None:
            raise _no_fetch(address, asked_by)
        return self.fetch(address.repository, address.path, address.ref)


def read_document(
    shelves: Shelves, address: Address, *, asked_by: Source | None = None
) -> Document | None:
    """Return one file's configuration; `None` when it is missing or has no configuration.

    Raises:
        ConfigError: It is there and cannot be read.
    """
    content = shelves.read(address, asked_by=asked_by)
    if content is None:
        return None
    name = str(address)
    text = decode(content, name=name)
    if posixpath.splitext(address.path)[1].lower() not in {".md", ".markdown"}:
        return parse_yaml(text, name=name)
    excerpt = find_configuration(text)
    if excerpt is None:
        return None
    return parse_yaml(excerpt.text, name=name, first_line=excerpt.first_line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A configuration file and everything it extends, the last ancestor first."""

    documents: tuple[Document, ...] = ()
    addresses: tuple[Address, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_family(shelves: Shelves, address: Address, first: Document) -> Family:
    """Follow `extends` from a file, with everything that is wrong on the way.

    Raises:
        ConfigError: An ancestor cannot be read at all, a file extends itself, or the line
            of ancestors is longer than `MAX_ANCESTORS`.
    """
    line: list[Address] = [address]
    documents: list[Document] = []
    problems: list[Problem] = []
    document = first
    while True:
        document, contradictions = normalise(document)
        documents.insert(0, document)
        problems += [*contradictions, *check_part(document)]
        reference = document.values.get("extends")
        if not isinstance(reference, str) or reference in {"", DEFAULT}:
            return Family(
                documents=tuple(documents),
                addresses=tuple(reversed(line)),
                problems=tuple(problems),
            )
        source = document.source_of(("extends",))
        address = _next(reference, line, source)
        document = _ancestor(shelves, address, source)
        line.append(address)


def _next(reference: str, line: list[Address], source: Source | None) -> Address:
    address = resolve(reference, within=line[-1])
    if isinstance(address, Problem):
        raise config_error([Problem(source=source, key="extends", what=address.what)])
    if address in line:
        circle = " → ".join(map(str, [*line[line.index(address) :], address]))
        what = f"{reference!r} leads in a circle: {circle}"
        raise config_error([Problem(source=source, key="extends", what=what)])
    if len(line) > MAX_ANCESTORS:
        what = f"{reference!r} is one ancestor too many; allowed: {MAX_ANCESTORS}"
        raise config_error([Problem(source=source, key="extends", what=what)])
    return address


def _ancestor(shelves: Shelves, address: Address, source: Source | None) -> Document:
    document = read_document(shelves, address, asked_by=source)
    if document is None:
        what = f"'{address}' does not exist, or is Markdown without `mode: orchestrator`"
        raise config_error([Problem(source=source, key="extends", what=what)])
    return document


def _no_home(address: Address, asked_by: Source | None) -> ConfigError:
    what = f"'{address}' is in a home folder, which only the command line reads"
    hint = (
        "Put the shared file into a repository and write: "
        "extends: github:owner/repo/path/to/orchestrator.yml@main"
    )
    return config_error([Problem(source=asked_by, key="extends", what=what)], hint=hint)


def _no_fetch(address: Address, asked_by: Source | None) -> ConfigError:
    what = f"'{address}' is in another repository, which this run cannot read"
    hint = "Run with a token that may read it, or extend a file of this repository."
    return config_error([Problem(source=asked_by, key="extends", what=what)], hint=hint)
