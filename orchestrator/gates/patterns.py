"""The repository's own pattern rules on changed lines: ast-grep's, and plain expressions.

Rules come from the base commit, and only what newly breaks them counts.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from posixpath import join, normpath
from typing import TYPE_CHECKING

from orchestrator.config.sources import parse_yaml
from orchestrator.domain.errors import ConfigError
from orchestrator.domain.globs import matches
from orchestrator.domain.strength import PatternBreach, PatternReport
from orchestrator.gates.ast_grep import scan
from orchestrator.gates.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from orchestrator.config.project import ForbiddenPattern, PatternSettings
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.patch import FilePatch

_KNOWN_KEYS = frozenset({"ruleDirs", "utilDirs", "testConfigs"})
_LINE_CHARS = 500
"""Of a line that is quoted."""
_SEARCHED_CHARS = 10_000
"""Of a line; expressions need not be quick on a whole file in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The changed files on both commits, by path; what is binary or gone is not among them."""

    base: Mapping[str, bytes]
    head: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class AstRules:
    """Rule files of ast-grep, by a name of ours."""

    files: Mapping[str, bytes]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    rule: str
    path: str
    lines: range
    text: str
    message: str

    @property
    def kind(self) -> tuple[str, str]:
        return self.rule, " ".join(self.text.split())


def read_rules(
    name: str, paths: Sequence[str], read: Callable[[str], bytes | None]
) -> AstRules | None:
    """Return the rules that ast-grep's configuration names, `None` if there is none.

    Args:
        name: Path of the configuration, usually `sgconfig.yml`.
        paths: Every path of the base commit.
        read: Reads a file of the base commit.
    """
    content = read(name)
    if content is None:
        return None
    try:
        values = parse_yaml(content.decode(errors="replace"), name=name).values
    except ConfigError as error:
        return AstRules(files={}, problem=str(error))
    refused = sorted(set(values) - _KNOWN_KEYS)
    if refused:
        what = ", ".join(refused)
        return AstRules(files={}, problem=f"{name} has keys that are not read here: {what}.")
    folder = name.rpartition("/")[0]
    files: dict[str, bytes] = {}
    for key, kind in (("ruleDirs", "rules"), ("utilDirs", "utils")):
        named = values.get(key)
        for item in named if isinstance(named, list) else ():
            below = normpath(join(folder, str(item)))
            for path in paths:
                text = read(path) if _is_rule(path, below) else None
                if text is not None:
                    files[f"{kind}/{len(files)}.yml"] = text
    return AstRules(files=files)


def try_patterns(
    commit: str,
    diff: Sequence[FilePatch],
    texts: Texts,
    settings: PatternSettings,
    rules: AstRules | None,
) -> PatternReport:
    """Return which rules the changed lines break that the lines before them did not."""
    breaches = list(_forbidden(diff, settings.forbid))
    number, problem = len(settings.forbid), rules.problem if rules else ""
    unsearched = _unsearched(diff, settings.forbid)
    if rules is not None and not problem:
        number += sum(name.startswith("rules/") for name in rules.files)
        head, problem = scan(texts.head, rules.files)
        base, other = scan(texts.base, rules.files) if head else ((), "")
        problem = problem or other
        breaches += _new(diff, [_match(row) for row in base], [_match(row) for row in head])
    return PatternReport(
        commit=commit,
        rules=number,
        files=len(texts.head),
        breaches=tuple(breaches),
        problem=problem or unsearched,
    )


def _is_rule(path: str, folder: str) -> bool:
    is_below = folder == "." or path.startswith(f"{folder}/")
    return is_below and path.endswith((".yml", ".yaml"))


def _forbidden(
    diff: Sequence[FilePatch], rules: Sequence[ForbiddenPattern]
) -> Iterator[PatternBreach]:
    for rule in rules:
        pattern = re.compile(rule.pattern)
        files = [file for file in diff if matches(file.path, rule.files)]
        moved = Marks(files)
        for file in files:
            texts = dict(file.added)
            for line in moved.new(file, partial(_has, pattern)):
                yield PatternBreach(
                    rule=rule.name,
                    path=file.path,
                    line=line,
                    text=texts[line].strip()[:_LINE_CHARS],
                    message=rule.message,
                )


def _has(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text[:_SEARCHED_CHARS]) is not None


def _unsearched(diff: Sequence[FilePatch], rules: Sequence[ForbiddenPattern]) -> str:
    """Return which added line goes on behind what was searched: anything may stand there."""
    for file in diff:
        if any(matches(file.path, rule.files) for rule in rules):
            for line, text in file.added:
                if len(text) > _SEARCHED_CHARS:
                    return f"{file.path}:{line} is too long to be searched to its end."
    return ""


def _new(
    diff: Sequence[FilePatch], base: Iterable[_Match], head: Iterable[_Match]
) -> Iterator[PatternBreach]:
    """Yield matches on added lines, less those that stood on removed lines, wherever that was."""
    added = {file.path: {line for line, _ in file.added} for file in diff}
    removed = {file.path: {line for line, _ in file.removed} for file in diff}
    before = Counter(
        match.kind for match in base if not removed.get(match.path, set()).isdisjoint(match.lines)
    )
    for match in head:
        if added.get(match.path, set()).isdisjoint(match.lines):
            continue
        if before[match.kind] > 0:
            before[match.kind] -= 1
            continue
        yield PatternBreach(
            rule=match.rule,
            path=match.path,
            line=match.lines.start,
            text=match.text[:_LINE_CHARS],
            message=match.message,
        )


def _match(row: JsonObject) -> _Match:
    return _Match(
        rule=str(row.get("ruleId")),
        path=str(row.get("file")).removeprefix("./"),
        lines=range(_line(row, "start"), _line(row, "end") + 1),
        text=str(row.get("text")),
        message=str(row.get("message") or ""),
    )


def _line(row: JsonObject, end: str) -> int:
    """Return the line at which a match starts or ends; ast-grep counts from nought."""
    span = row.get("range")
    place = span.get(end) if isinstance(span, dict) else None
    line = place.get("line") if isinstance(place, dict) else None
    return line + 1 if isinstance(line, int) else 0
