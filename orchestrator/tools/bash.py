"""Bash: a command in the agent's cell."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.domain.errors import CommandUnavailableError, ToolError, ToolRefusedError
from orchestrator.domain.role import Restriction
from orchestrator.sandbox.sandbox import Command, LimitKind
from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.running import run_worded
from orchestrator.tools.text import FAILURE_CHARS, RESULT_CHARS, clean, head_and_tail

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec
    from orchestrator.sandbox.sandbox import Cell, CommandResult
    from orchestrator.tools.workspace import Workspace

_DEFAULT_MS: Final = 120_000
_MAX_MS: Final = 600_000
_SUBJECT_CHARS = 120
_PUBLISHING: Final = frozenset(
    {"commit", "push", "tag", "merge", "rebase", "cherry-pick", "am", "revert"}
)
_BREAKS: Final = re.compile(r"[\s;&|()`'\"]+")
_TAKES_VALUE: Final = frozenset({"-c", "-C", "--git-dir", "--work-tree", "--namespace"})
_FINDS: Final = re.compile(
    r"^\s*(?:(?:grep|egrep|fgrep|rg|find|diff|cmp|test|git\s+(?:diff|grep))\b|\[ )[^|;&\n]*$"
)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_SHOWS: Final = re.compile(r"^\s*(?:cat|head|tail|nl|sed\s+-n|less)\s[^|;&<>$`(){}]+$")
_MET: Final = {
    LimitKind.TIME: "It was ended at its time limit. Run less of it, or give a longer timeout.",
    LimitKind.OUTPUT: "It was ended because it printed too much. Filter or silence its output.",
    LimitKind.MEMORY: "It was ended because it used too much memory.",
    LimitKind.PROCESSES: "It was ended because it started too many processes.",
    LimitKind.DISK: "It was ended because the disk space of the sandbox is used up.",
}


class BashArguments(Arguments):
    """A command and how long it may take."""

    command: str = Field(description="Shell text for bash.", min_length=1)
    timeout: int | None = Field(
        default=None,
        ge=1,
        le=_MAX_MS,
        description="Milliseconds, 120000 unless given, 600000 at most.",
    )
    description: str | None = Field(default=None, description="What it is for, in five words.")


BASH: Final = describe(
    "Bash",
    "Run a command with bash in a sandbox, from the repository root; each call starts afresh, so"
    " chain with `&&`, and what it leaves running is ended. There is no network, no secret and no"
    " terminal; `$TMPDIR` is kept from call to call. Use it for tests, linters, builds and"
    " `git log` or `git diff`; prefer Read, Grep, Glob and Edit for files. Long output is cut in"
    " the middle and kept for Read. Do not commit: it is done for you.",
    BashArguments,
    strict=False,
)


class BashTool:
    """Runs commands, one at a time."""

    spec: ToolSpec = BASH
    is_read_only = False

    def __init__(
        self, workspace: Workspace, cell: Cell | None, restrictions: frozenset[Restriction]
    ) -> None:
        """Run in this cell; without one every call is refused with the reason."""
        self._workspace = workspace
        self._cell = cell
        self._restrictions = restrictions

    def subject(self, arguments: JsonObject) -> str:
        """Return the command's first line."""
        lines = str(arguments.get("command", "")).strip().splitlines() or [""]
        return lines[0][:_SUBJECT_CHARS]

    def call(self, arguments: JsonObject) -> str:
        """Return the exit code and the output; a failing command is an answer, not an error.

        Raises:
            ToolError: There is no sandbox or no shell in it, or no such command can be started.
            ToolRefusedError: The command publishes and the role has `no_direct_commits`.
        """
        wanted = parse(BASH, BashArguments, arguments)
        self._check_allowed(wanted.command)
        result = _run(self._cell, wanted)
        output = self._workspace.without_roots(clean(result.output)).strip("\n")
        if result.exit_code == 0:
            self._note_shown(wanted.command)
        return f"{_ending(wanted.command, result)}\n{self._bounded(output, result)}".rstrip()

    def _check_allowed(self, command: str) -> None:
        publishing = _git_verbs(command) & _PUBLISHING
        if publishing and Restriction.NO_DIRECT_COMMITS in self._restrictions:
            raise ToolRefusedError(
                f"`git {min(publishing)}` was not run: your role has the restriction"
                " `no_direct_commits`. Leave your changes in the worktree; they are committed"
                " for you when you submit."
            )

    def _bounded(self, output: str, result: CommandResult) -> str:
        if not output:
            return "(no output)"
        limit = RESULT_CHARS if result.exit_code == 0 else FAILURE_CHARS
        if len(output) <= limit:
            return output
        path = self._workspace.keep_output("output", output)
        notice = f"{{cut}} characters left out; Read `{path}` with offset and limit for all of it"
        return head_and_tail(output, limit, notice)

    def _note_shown(self, command: str) -> None:
        """Count `cat` and its like of one file as having read it."""
        if not _SHOWS.match(command):
            return
        try:
            path = self._workspace.relative(shlex.split(command)[-1])
            content = self._workspace.current(path)
        except (ToolError, ValueError):
            return
        if content is not None:
            self._workspace.remember(path, content)


def _git_verbs(command: str) -> set[str]:
    """Return what the command asks of git, as far as its words show."""
    verbs: set[str] = set()
    is_after_git = skips_value = False
    for word in _BREAKS.split(command):
        if skips_value:
            skips_value = False
        elif is_after_git and word.startswith("-"):
            skips_value = word in _TAKES_VALUE
        elif is_after_git:
            verbs.add(word)
            is_after_git = False
        else:
            is_after_git = word == "git" or word.endswith("/git")
    return verbs


def _run(cell: Cell | None, wanted: BashArguments) -> CommandResult:
    timeout_s = (wanted.timeout or _DEFAULT_MS) / 1000
    for shell in ("bash", "sh"):
        try:
            command = Command(argv=(shell, "-c", wanted.command), timeout_s=timeout_s)
            return run_worded(cell, command)
        except CommandUnavailableError:
            continue
    raise ToolError("There is no shell in this sandbox, so no command can run.")


def _ending(command: str, result: CommandResult) -> str:
    if result.limit is not None:
        return _MET[result.limit]
    if result.exit_code == 1 and _FINDS.match(_QUOTED.sub("", command)):
        return "Exit code 1: nothing found, or a difference."
    return f"Exit code {result.exit_code}."
