"""The words by which tools tell why they failed, strongest evidence first.

Each line is what a tool prints only, or mostly, for that cause. A new tool gets its words
here and a recorded log among the failing scenarios.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CauseWords:
    """What gives a cause away; the name is that of a `Cause`."""

    cause: Literal["VERSIONS", "NETWORK", "ACCESS", "PROGRAM", "PACKAGES", "LIMIT"]
    pattern: str


def _any(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


_CONFLICT = _any(
    # npm, pnpm, yarn
    r"\bERESOLVE\b",
    r"\bETARGET\b|No matching version found for",
    r"^(?>.*?\bEBADENGINE\b).*(?:\n.*)?\b(?:error|ERR!)|npm (?:ERR!|error) code EBADENGINE",
    r"can only install packages when your package\.json",
    r"ERR_PNPM_(?:OUTDATED_LOCKFILE|FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|NO_MATCHING_VERSION|PEER_DEP_ISSUES"
    r"|UNSUPPORTED_ENGINE|BROKEN_LOCKFILE)",
    r"Your lockfile needs to be updated|YN0028|The lockfile would have been (?:created|modified)",
    r"Couldn't find any versions for",
    r"The engine \"\w+\" is incompatible with this module",
    # pip, poetry, uv, pipenv
    r"ResolutionImpossible|these package versions have conflicting dependencies",
    r"version solving failed",
    r"pyproject\.toml changed significantly since poetry\.lock",
    r"No solution found when resolving",
    r"\(from versions: (?!none\))[^)]+\)",
    r"requires a different Python|ignored the following versions that require a different python",
    r"lockfile .{0,40}needs to be updated|is not up-to-date with",
    # cargo, go
    r"failed to select a version for",
    r"lock file .{0,200}needs to be updated",
    r"cannot be built because it requires rustc|rustc [\d.]+ is not supported by the following",
    r"lock file version \d+ requires",
    r"missing go\.sum entry|updates to go\.mod needed",
    r"go\.mod requires go >= ",
    r"module declares its path as",
    # java, .net
    r"Cannot find a version of '[^']+' that satisfies the version constraints",
    r"Conflict\(s\) found for the following module",
    r"Unsupported class file major version|invalid target release"
    r"|release version \d+ not supported",
    r"Non-resolvable parent POM(?!.*(?:Connect|Unknown host|timed out))",
    r"\bNU1(?:107|202|605|608)\b",
    # ruby, php
    r"could not find compatible versions",
    r"Your Ruby version is .*, but your Gemfile specified",
    r"Your requirements could not be resolved to an installable set",
)
_UNREACHABLE = _any(
    r"\b(?:ETIMEDOUT|ECONNRESET|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b",
    r"ERR_PNPM_META_FETCH_FAIL",
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError"
    r"|MaxRetryError|SSLError\(|ProxyError\(",
    r"Temporary failure in name resolution|Name or service not known",
    r"Could(?:n't| not) resolve host|no such host|Unknown host|UnknownHostException",
    r"network is unreachable|connection (?:refused|reset|timed out)|i/o timeout"
    r"|TLS handshake timeout",
    r"There appears to be trouble with your network connection",
    r"spurious network error|dns error|error sending request for url",
    r"Could not (?:reach|fetch specs from|transfer artifact .{0,300}(?:Connect|time))",
    r"\bNU1301\b|Unable to load the service index",
    r"SocketTimeoutException|Read timed out|ConnectException",
    r"\b50[234] (?:Bad Gateway|Service Unavailable|Gateway Time-?out)\b",
)
_REFUSED = _any(
    r"\bE40[13]\b|\bENEEDAUTH\b|ERR_PNPM_FETCH_40[13]",
    r"\b401 (?:Client Error|Unauthorized)|status code 401|\b401 Error\b|status: 401",
    r"\b403 (?:Client Error|Forbidden)|status code 403|status: 403",
    r"ReasonPhrase: ?(?:Unauthorized|Forbidden)",
    r"terminal prompts disabled|could not read Username for",
    r"Permission denied \(publickey\)|Host key verification failed",
    r"Authentication is required|Bad username or password for",
)
_NOT_FOUND = _any(
    r"npm (?:ERR!|error) code E404|ERR_PNPM_FETCH_404|is not in this registry",
    r"No matching distribution|Could not find a version that satisfies",
    r"was not found in the package registry",
    r"Could not resolve dependencies|Could not find artifact"
    r"|Could not resolve all (?:files|dependen)",
    r"unknown revision|invalid version:",
    r"no matching package named",
    r"Could not find gem|Could not find any version that matches",
    r"\bNU110[13]\b",
)
_NO_PROGRAM = _any(
    r"(?<![\w./+-])[\w./+-]+: (?:command )?not found\s*$|(?:command )?not found: [\w./+-]+\s*$",
    r"spawn [\w./+-]+ ENOENT",
    r"executable file not found in \$PATH",
    r"FileNotFoundError: \[Errno 2\] No such file or directory: '[\w+-]+'",
    r"make(?:\[\d+\])?: [\w./+-]+: No such file or directory",
    r"env: \W?[\w+-]+\W?: No such file or directory",
    r"error: Microsoft Visual C\+\+ .* is required|unable to execute '[\w+-]+': No such file",
)
_NO_PACKAGES = _any(
    r"ModuleNotFoundError: No module named|No module named '?[\w.]+'?",
    r"Cannot find (?:module|package) '",
    r"ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND",
    r"node_modules .{0,40}missing",
    r"cannot find package \"|no required module provides package",
    r"can't find crate for|cannot load such file -- ",
    r"Failed opening required .*vendor/autoload",
    r"package [\w.]+ does not exist",
)
_NO_ROOM = _any(
    r"No space left on device|ENOSPC|Disk quota exceeded",
    r"JavaScript heap out of memory|OutOfMemoryError|MemoryError|Cannot allocate memory"
    r"|\bKilled\s*$",
)

WORDS = (
    CauseWords("VERSIONS", f"(?m:{_CONFLICT})"),
    CauseWords("NETWORK", f"(?m:{_UNREACHABLE})"),
    CauseWords("ACCESS", f"(?m:{_REFUSED})"),
    CauseWords("VERSIONS", f"(?m:{_NOT_FOUND})"),
    CauseWords("PROGRAM", f"(?m:{_NO_PROGRAM})"),
    CauseWords("LIMIT", f"(?m:{_NO_ROOM})"),
    CauseWords("PACKAGES", f"(?m:{_NO_PACKAGES})"),
)
"""In the order they count; weak words for versions come after what else can cause them."""
