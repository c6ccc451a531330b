"""Small errors for changed lines, made where the syntax says that an operator stands.

Ast-grep finds the places, so strings and comments are left alone in every language it knows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from orchestrator.gates.ast_grep import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.patch import FilePatch

_LANGUAGES = {
    "py": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript",
    "jsx": "javascript", "ts": "typescript", "tsx": "tsx", "go": "go", "rs": "rust",
    "java": "java", "kt": "kotlin", "rb": "ruby", "php": "php", "c": "c", "cc": "cpp",
    "cpp": "cpp", "cs": "csharp", "swift": "swift", "scala": "scala",
}  # fmt: skip
_SWAPS = (
    ("==", "!="), ("!=", "=="), ("===", "!=="), ("!==", "==="), ("<", ">="), (">", "<="),
    ("<=", ">"), (">=", "<"), ("+", "-"), ("-", "+"), ("*", "+"), ("&&", "||"), ("||", "&&"),
    ("and", "or"), ("or", "and"),
)  # fmt: skip
_WORDS = (("True", "False"), ("False", "True"), ("true", "false"), ("false", "true"))
_ONLY = {"===": ("javascript", "typescript", "tsx"), "and": ("python", "ruby")}
_ONLY |= {"!==": _ONLY["==="], "or": _ONLY["and"], "True": ("python",), "False": ("python",)}
_NOT = {"python": frozenset({"&&", "||", "true", "false"})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One changed place of one file."""

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def applied(self, content: bytes) -> bytes:
        """Return the file with the error in it."""
        return content[: self.start] + self.after.encode() + content[self.end :]


def mutations(
    diff: Sequence[FilePatch], texts: Mapping[str, bytes]
) -> tuple[tuple[Mutation, ...], str]:
    """Return every mutation of an added line, in place order, and why there are none to be had.

    Args:
        diff: Its added lines are mutated.
        texts: The files in question on the head; others are left alone.
    """
    known = {path: text for path, text in texts.items() if _language(path)}
    if not known:
        return (), ""
    rows, problem = scan(known, _rules({_language(path) for path in known}))
    added = {file.path: {line for line, _ in file.added} for file in diff}
    found = (item for row in rows for item in _mutation(row, known))
    kept = {item for item in found if item.line in added.get(item.path, ())}
    return tuple(sorted(kept, key=lambda item: (item.path, item.start))), problem


def sample(found: Iterable[Mutation], size: int, *, seed: str) -> tuple[Mutation, ...]:
    """Return some of the mutations, lines in turn; the same for the same seed."""
    by_line: dict[tuple[str, int], list[Mutation]] = {}
    for item in sorted(found, key=lambda each: _chance(each, seed)):
        by_line.setdefault((item.path, item.line), []).append(item)
    ranked = [(rank, item) for items in by_line.values() for rank, item in enumerate(items)]
    chosen = sorted(ranked, key=lambda pair: pair[0])[:size]
    return tuple(item for _, item in chosen)


def _chance(item: Mutation, seed: str) -> str:
    return sha256(f"{seed}\0{item.path}\0{item.start}\0{item.after}".encode()).hexdigest()


def _language(path: str) -> str:
    return _LANGUAGES.get(path.rpartition(".")[2], "")


def _rules(languages: Iterable[str]) -> Mapping[str, bytes]:
    rules: dict[str, bytes] = {}
    for language in sorted(languages):
        for sign, _ in (*_SWAPS, *_WORDS):
            is_other = sign in _NOT.get(language, ()) or language not in _ONLY.get(
                sign, (language,)
            )
            if is_other:
                continue
            pattern = sign if sign.casefold() in {"true", "false"} else f"$A {sign} $B"
            name = f"{language}-{len(rules)}"
            rule: Json = {
                "id": f"{name} {sign}",
                "language": language,
                "rule": {"pattern": pattern},
            }
            rules[f"rules/{name}.yml"] = json.dumps(rule).encode()
    return rules


def _mutation(row: JsonObject, texts: Mapping[str, bytes]) -> Iterator[Mutation]:
    path = str(row.get("file")).removeprefix("./")
    sign = str(row.get("ruleId")).rpartition(" ")[2]
    after = dict((*_SWAPS, *_WORDS)).get(sign)
    content = texts.get(path, b"")
    whole, first, last = _span(row), _operand(row, "A"), _operand(row, "B")
    start, end = (first[1], last[0]) if first and last else whole
    at = content.find(sign.encode(), start, end)
    if after is None or at < 0:
        return
    yield Mutation(
        path=path,
        line=content.count(b"\n", 0, at) + 1,
        start=at,
        end=at + len(sign.encode()),
        before=sign,
        after=after,
    )


def _span(node: JsonObject) -> tuple[int, int]:
    place = node.get("range")
    offsets = place.get("byteOffset") if isinstance(place, dict) else None
    if not isinstance(offsets, dict):
        return 0, 0
    start, end = offsets.get("start"), offsets.get("end")
    return (start, end) if isinstance(start, int) and isinstance(end, int) else (0, 0)


def _operand(row: JsonObject, name: str) -> tuple[int, int] | None:
    variables = row.get("metaVariables")
    single = variables.get("single") if isinstance(variables, dict) else None
    node = single.get(name) if isinstance(single, dict) else None
    return _span(node) if isinstance(node, dict) else None
