"""The repository's architecture decisions, read from the base commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orchestrator.domain.decision import DecisionRecord
from orchestrator.stages.reading import read_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.stages.reading import CommitFiles

MAX_DECISIONS: Final = 200
MAX_NAMES: Final = 20
_STATUS_CHARS: Final = 80
_NO_RECORD: Final = re.compile(r"(^|/)(readme|index|[\w-]*template)\.md$", re.IGNORECASE)
_FRONT_MATTER: Final = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_INLINE: Final = re.compile(r"^\W*status[^\w:]*:\W*(\w.*)$", re.IGNORECASE)
_HEADING: Final = re.compile(r"^#+\s*status\W*$", re.IGNORECASE)
_CODE: Final = re.compile(r"`([^`\s]{2,200})`")
_PATH: Final = re.compile(r"(?!\w+:)(?:[\w@.*{},\[\]-]+/)+[\w@.*{},\[\]-]*|[\w@*-]+\.[a-z]{1,5}")


def read_decisions(files: CommitFiles, globs: Sequence[str]) -> tuple[DecisionRecord, ...]:
    """Return the project's decisions, by glob and path; a folder's index page is none."""
    texts = [(path, text) for path, text in read_texts(files, globs) if not _NO_RECORD.search(path)]
    known = _Paths(files.paths())
    return tuple(
        DecisionRecord(
            path=path,
            title=_title(text) or path,
            status=_status(text),
            names=tuple(known.named_in(text, but=path)),
        )
        for path, text in texts[:MAX_DECISIONS]
    )


class _Paths:
    """What may be a path of this repository: a record also speaks of APIs and versions."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._files = frozenset(paths)
        self._tops = frozenset(path.split("/")[0] for path in self._files)

    def named_in(self, text: str, *, but: str) -> Iterator[str]:
        """Yield the paths and globs in code spans, each once."""
        spans = dict.fromkeys(match.group(1).removeprefix("./") for match in _CODE.finditer(text))
        found = [span for span in spans if self._is_path(span) and span != but]
        yield from found[:MAX_NAMES]

    def _is_path(self, span: str) -> bool:
        if not _PATH.fullmatch(span) or ".." in span:
            return False
        top = span.split("/", maxsplit=1)[0]
        return span in self._files or ("/" in span and (top in self._tops or "*" in top))


def _title(text: str) -> str:
    headings = (line for line in text.splitlines() if line.startswith("# "))
    return next(headings, "").removeprefix("# ").strip()


def _status(text: str) -> str:
    """Return the status that front matter, a line `Status: …` or a section names."""
    front = _FRONT_MATTER.match(text)
    lines = [*(front.group(1).splitlines() if front else ()), *text.splitlines()]
    for at, line in enumerate(lines):
        if inline := _INLINE.match(line):
            return _plain(inline.group(1))
        if _HEADING.match(line):
            return _plain(next(filter(str.strip, lines[at + 1 :]), ""))
    return ""


def _plain(text: str) -> str:
    return " ".join(text.strip(" *_`\"'#-").split())[:_STATUS_CHARS]
