"""How trusted git is started: nothing of the machine's, the user's or a tree's is believed.

Every git of the orchestrator runs in `/`, on a repository that it names itself, with hooks,
fsmonitor, filters, foreign configuration and all transports off. Options come from a list
per verb, so that no value can turn into one. Of the machine's environment only its way out is
taken, proxies and certificate authorities, and only where the caller hands it in.

Source: facts measured on git 2.39 and 2.47; `merge-tree --write-tree` needs 2.38.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING

from orchestrator.domain.errors import CommandUnavailableError, GitError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.programs import SYSTEM_PATH, need_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestrator.sandbox.command import Ending

_OLDEST = (2, 38)
_TRANSFERS = frozenset({"fetch", "push"})
_OUTPUT_BYTES = 512_000_000

_CONFIGURATION = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.quotePath=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.sshCommand=/bin/false",
    "core.pager=cat",
    "credential.helper=",
    "commit.gpgSign=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "log.showSignature=false",
    "maintenance.auto=false",
    "protocol.allow=never",
    "push.recurseSubmodules=no",
    "submodule.recurse=false",
)

_ENVIRONMENT = {
    "GIT_ADVICE": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "PATH": ":".join(str(folder) for folder in SYSTEM_PATH),
}

_OPTIONS: Mapping[str, frozenset[str]] = {
    "cat-file": frozenset(),
    "commit-tree": frozenset({"-p"}),
    "config": frozenset({"--get-regexp"}),
    "diff-tree": frozenset(
        {
            *("-r", "-z", "-p", "--raw", "--numstat", "--no-renames", "--no-ext-diff"),
            *("--no-textconv", "--no-color", "--submodule", "--src-prefix", "--dst-prefix"),
        }
    ),
    "fetch": frozenset(
        {"--quiet", "--no-tags", "--depth", "--no-write-fetch-head", "--no-auto-gc"}
    ),
    "for-each-ref": frozenset({"--format"}),
    "hash-object": frozenset({"-w", "--no-filters", "--stdin"}),
    "init": frozenset({"--bare", "--quiet", "--template", "--initial-branch"}),
    "ls-remote": frozenset({"--quiet", "--symref"}),
    "ls-tree": frozenset({"-r", "-z"}),
    "merge-base": frozenset({"--is-ancestor"}),
    "merge-tree": frozenset({"--write-tree", "-z", "--messages"}),
    "push": frozenset({"--porcelain", "--force-with-lease", "--no-follow-tags", "--dry-run"}),
    "read-tree": frozenset({"-m", "-u", "--empty"}),
    "rev-parse": frozenset({"--verify", "--quiet", "--end-of-options", "--is-shallow-repository"}),
    "log": frozenset({"-z", "--format", "--max-count"}),
    "status": frozenset({"--porcelain", "-z", "--untracked-files", "--ignore-submodules"}),
    "symbolic-ref": frozenset({"--quiet"}),
    "update-index": frozenset({"-z", "--index-info"}),
    "update-ref": frozenset({"--no-deref"}),
    "version": frozenset(),
    "write-tree": frozenset(),
}
"""Which options each verb may be given; whatever is not here cannot be asked of git."""

FETCH_OPTIONS = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc")
"""How every fetch leaves nothing behind but the objects and refs that were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plumbing:
    """A git program that was found, is new enough, and is only ever started one way."""

    program: Path
    network_environment: Mapping[str, str] = field(default_factory=dict)
    """The machine's proxies and certificate authorities, see `config.environment`."""
    timeout_s: float = 300.0
    transfer_s: float = 3_600.0
    """For fetch and push: gigabytes take their time, and a silent network ends them earlier."""

    def call(
        self,
        verb: str,
        *arguments: str,
        git_dir: Path | None = None,
        work_tree: Path | None = None,
        is_shared: bool = False,
        stdin: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        configuration: Sequence[str] = (),
        accepted: Sequence[int | None] = (0,),
    ) -> Ending:
        """Run one git command and return its end.

        Args:
            verb: One that is in the list of options.
            arguments: Options that the list names, and operands, which never begin with a dash.
            git_dir: The repository; git never looks for one itself.
            work_tree: Only for a tree that no agent has touched yet.
            is_shared: Whether other users may read what is written, as in a worktree.
            stdin: Bytes for standard input.
            environment: Added to the fixed environment.
            configuration: `key=value` entries added to the fixed ones.
            accepted: Exit codes that are answers; `None` where a bound was met.

        Raises:
            GitError: Another exit code, a bound was met, or verb or argument are not allowed.
        """
        _check(verb, arguments)
        argv = [str(self.program)]
        for entry in (*_CONFIGURATION, *configuration):
            argv += ["-c", entry]
        if git_dir is not None:
            argv.append(f"--git-dir={git_dir}")
        if work_tree is not None:
            argv.append(f"--work-tree={work_tree}")
        ending = launch(
            Launch(
                argv=(*argv, verb, *arguments),
                environment={**_ENVIRONMENT, **self.network_environment, **(environment or {})},
                timeout_s=self.transfer_s if verb in _TRANSFERS else self.timeout_s,
                output_bytes=_OUTPUT_BYTES,
                stdin=stdin,
                umask=0o022 if is_shared else 0o077,
            )
        )
        if ending.exit_code not in accepted:
            raise _failed(verb, ending)
        return ending


def find_git(*, network_environment: Mapping[str, str] | None = None) -> Plumbing:
    """Return the machine's git after a look at its version.

    Args:
        network_environment: How this machine reaches others, for fetch and push.

    Raises:
        CommandUnavailableError: There is none, or it is too old.
    """
    git = Plumbing(program=need_program("git"), network_environment=dict(network_environment or {}))
    text = _version(git.program)
    if version_of(text) < _OLDEST:
        raise CommandUnavailableError(
            f"{text!r} is too old: merging without a work tree needs git 2.38.",
            hint="Install git 2.38 or newer.",
        )
    return git


@cache
def _version(program: Path) -> str:
    return Plumbing(program=program).call("version").stdout.decode(errors="replace").strip()


def version_of(text: str) -> tuple[int, int]:
    """Return major and minor of `git version …`; (0, 0) when there is none in it."""
    found = re.search(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _check(verb: str, arguments: Sequence[str]) -> None:
    options = _OPTIONS.get(verb)
    if options is None:
        raise GitError(
            f"`git {verb}` is not among what may be asked of git.",
            hint="Add the verb to the list of options, with no option more than it needs.",
        )
    # What comes after `--` is a path to git, whatever it looks like.
    for argument in takewhile(lambda word: word != "--", arguments):
        name = argument.partition("=")[0]
        if argument.startswith("-") and name not in options:
            raise GitError(
                f"{argument!r} is not an option that `git {verb}` may be given.",
                hint="Names and paths that begin with a dash are not accepted.",
            )


def _failed(verb: str, ending: Ending) -> GitError:
    if ending.limit is not None:
        return GitError(
            f"`git {verb}` was stopped at its {ending.limit.value} limit.",
            hint="Try again; if it happens again, the repository is too large for this run.",
        )
    said = ending.stderr.decode(errors="replace").strip() or "nothing on standard error"
    return GitError(
        f"`git {verb}` ended with exit code {ending.exit_code}: {said}",
        hint="Read git's message; the repository or the machine's disk needs attention.",
    )
