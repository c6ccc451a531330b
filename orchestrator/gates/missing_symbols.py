"""Errors that say one thing alone: what is used is not there yet.

A test of a new function cannot be compiled without the function, nor loaded without the file
that it is to stand in. That is the reason for which it was to fail, as long as nothing else is
wrong with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Two patterns: of every error, and of one about a name, which its only full group holds."""

    error: re.Pattern[str]
    missing: re.Pattern[str]


def _compiler(error: str, missing: str) -> _Compiler:
    return _Compiler(re.compile(error, re.MULTILINE), re.compile(missing, re.MULTILINE))


_COMPILERS: Final = (
    # Go
    _compiler(
        r"^\S+\.go:\d+:\d+: (?!too many errors$).+$",
        r"^\S+\.go:\d+:\d+: (?:undefined: (?:\w+\.)?(\w+)"
        r"|.+ undefined \(type .+ has no field or method (\w+)\)"
        r"|unknown field (\w+) in struct literal.*)$",
    ),
    # Rust
    _compiler(
        r"^error(?:\[E\d{4}\]: |: (?!could not compile|aborting due to|command `)).+$",
        r"^error\[E(?:0412|0425|0432|0433|0599|0609)\]: [^`\n]*`(?:\w+::)*(\w+)`",
    ),
    # Java, by itself and as Maven tells it
    _compiler(
        r"^.+\.java:\d+: error: .+$",
        r"^.+\.java:\d+: error: cannot find symbol\n(?:.*\n){1,3}? *symbol: +\w+ (\w+)",
    ),
    _compiler(
        r"^\[ERROR\] .+\.java:\[\d+,\d+\] .+$",
        r"^\[ERROR\] .+\.java:\[\d+,\d+\] (?:error: )?cannot find symbol\n.* symbol: +\w+ (\w+)",
    ),
    # Kotlin, by itself and as Maven tells it
    _compiler(
        r"^(?:e: |\[ERROR\] \S+\.kts?: ).+$",
        r"^(?:e: |\[ERROR\] \S+\.kts?: ).*\b[Uu]nresolved reference:? '?(\w+)",
    ),
    # C#
    _compiler(
        r"^.+\.cs\(\d+,\d+\): error CS\d+: .+$",
        r"^.+\.cs\(\d+,\d+\): error CS(?:0103|0246|0234): [^']*'(\w+)"
        r"|^.+\.cs\(\d+,\d+\): error CS(?:0117|1061): .* contain a definition for '(\w+)'",
    ),
    # TypeScript
    _compiler(
        r"\berror TS\d+: .+$",
        r"\berror TS\d+: (?:Cannot find name '(\w+)'|Property '(\w+)' does not exist"
        r"|.* has no exported member (?:named )?'(\w+)')",
    ),
    # JavaScript that never got to its tests, as node and mocha tell it
    _compiler(
        r"^(?: ?Exception during run: )?(?:[A-Z]\w*)?Error(?: \[\w+\])?: .+$",
        r"^(?: ?Exception during run: )?(?:Error(?: \[ERR_MODULE_NOT_FOUND\])?: "
        r"Cannot find module ['\"]([^'\"]+)['\"]"
        r"|SyntaxError: The requested module '.+' does not provide an export named '(\w+)')",
    ),
    # C and C++
    _compiler(
        r"^\S+:\d+:\d+: (?:fatal )?error: .+$|\bundefined reference to .+$",
        r"\berror: implicit declaration of function [\u2018'](\w+)"
        r"|\berror: [\u2018'](\w+)[\u2019'] (?:was not declared|undeclared)"
        r"|\bundefined reference to [`\u2018'](\w+)",
    ),
)

_IMPORTS: Final = re.compile(
    r"""
    \bNo\ module\ named\ '([\w.]+)' | \bcannot\ import\ name\ '(\w+)'\ from\ '
    | \bdoes\ not\ provide\ an\ export\ named\ '(\w+)'
    | \bCannot\ find\ module\ ['"]([^'"]+)['"]
    | \bFailed\ to\ (?:load\ url|resolve\ import)\ "?([^\s"]+)
    | \bcannot\ load\ such\ file\ --\ (\S+) | \bFailed\ opening\ required\ '([^']+)'
    """,
    re.VERBOSE,
)
"""Python's, JavaScript's, Ruby's and PHP's words; an import stops at the first that fails."""
_IS_FILE: Final = re.compile(r"/|\.(?:[cm]?[jt]sx?|vue|svelte|php|rb)$")
_ENTRIES: Final = frozenset({"index", "__init__"})
"""Files that are imported by the name of their folder."""


def missing_symbols(output: str) -> frozenset[str]:
    """Return the names that a compiler did not find, none if it says anything else as well."""
    for compiler in _COMPILERS:
        errors = sum(1 for _ in compiler.error.finditer(output))
        names = [*_names(compiler, output)]
        if errors:
            return frozenset(names) if len(names) == errors else frozenset()
    return frozenset()


def missing_import(message: str) -> str:
    """Return the file, module or name that an import did not find, as it is written there."""
    found = _IMPORTS.search(message)
    return "" if found is None else next(name for name in found.groups() if name)


def is_added(name: str, words: Collection[str], files: Iterable[str]) -> bool:
    """Tell whether a change brings what is missing.

    Args:
        name: From `missing_symbols` or `missing_import`.
        words: In the lines that the change adds to code.
        files: Paths of the files that the change adds.
    """
    return name in words or any(_is_called(path, name) for path in files)


def _is_called(path: str, name: str) -> bool:
    """Tell whether an import of this name can mean the file."""
    have = PurePosixPath(path).with_suffix("").parts
    have = have[:-1] if have[-1] in _ENTRIES else have
    if not _IS_FILE.search(name):
        wanted = tuple(name.split("."))
        starts = range(len(have) - len(wanted) + 1)
        return any(have[at : at + len(wanted)] == wanted for at in starts)
    told = PurePosixPath(name)
    plain = told.with_suffix("") if _IS_FILE.search(told.name) else told
    wanted = tuple(part for part in plain.parts if part.strip("./~@"))
    common = min(len(have), len(wanted))
    return common > 0 and have[-common:] == wanted[-common:]


def _names(compiler: _Compiler, output: str) -> Iterator[str]:
    for found in compiler.missing.finditer(output):
        yield from (name for name in found.groups() if name)
