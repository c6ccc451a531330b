"""Compile errors that say one thing alone: what is used is not there yet.

A test of a new function cannot be compiled without the function. That is the reason for which
it was to fail, as long as nothing else is wrong with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        r"^\S+\.go:\d+:\d+: .+$",
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
    # TypeScript
    _compiler(
        r"\berror TS\d+: .+$",
        r"\berror TS\d+: (?:Cannot find name '(\w+)'|Property '(\w+)' does not exist"
        r"|.* has no exported member (?:named )?'(\w+)')",
    ),
    # C and C++
    _compiler(
        r"^\S+:\d+:\d+: (?:fatal )?error: .+$|\bundefined reference to .+$",
        r"\berror: implicit declaration of function [\u2018'](\w+)"
        r"|\berror: [\u2018'](\w+)[\u2019'] (?:was not declared|undeclared)"
        r"|\bundefined reference to [`\u2018'](\w+)",
    ),
)


def missing_symbols(output: str) -> frozenset[str]:
    """Return the names that a compiler did not find, none if it says anything else as well."""
    for compiler in _COMPILERS:
        errors = sum(1 for _ in compiler.error.finditer(output))
        names = [*_names(compiler, output)]
        if errors:
            return frozenset(names) if len(names) == errors else frozenset()
    return frozenset()


def _names(compiler: _Compiler, output: str) -> Iterator[str]:
    for found in compiler.missing.finditer(output):
        yield from (name for name in found.groups() if name)
