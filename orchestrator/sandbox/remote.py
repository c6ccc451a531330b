"""The one way out for commits: fetch and push between the bare repository and a literal URL."""

from __future__ import annotations

import base64
import contextlib
import re
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from orchestrator.domain.errors import ForgeUnavailableError, GitError, UsageError
from orchestrator.sandbox.plumbing import FETCH_OPTIONS
from orchestrator.sandbox.refnames import checked_object_id, checked_ref
from orchestrator.sandbox.refusals import translated
from orchestrator.sandbox.sandbox import LimitKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pydantic import SecretStr

    from orchestrator.sandbox.command import Ending
    from orchestrator.sandbox.plumbing import Plumbing
    from orchestrator.telemetry.clock import Clock

T = TypeVar("T")

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MOVED = re.compile(
    r"^!\t.*\((?:stale info|fetch first|non-fast-forward|incorrect old value provided"
    r"|.*already exists.*)\)"
    r"|cannot lock ref '[^']*': (?:is at [0-9a-f]+ but expected|reference already exists)",
    re.MULTILINE,
)
"""What we see was not what stood there, or stands there no more: somebody was faster."""
_PAUSES_S = (1.0, 4.0, 15.0)
"""Between attempts while the other side is out of reach or busy with the same ref."""
_UNCHANGED = re.compile(r"^=\t", re.MULTILINE)
_EVERYTHING = (None, *range(256))
_LONG_S = 150.0
"""An attempt that took longer is not made again: the next one would take as long."""


class PushEnding(StrEnum):
    """How a push ended that the other side did not refuse."""

    PUSHED = "pushed"
    UNCHANGED = "unchanged"
    MOVED = "moved"
    """The ref over there is not where it was expected; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A repository elsewhere: an https URL, http on loopback, or a folder of this machine."""

    url: str
    credential: SecretStr | None = None
    """Sent as a header to this URL's host only, never written down."""
    clock: Clock | None = None
    """Waits before another attempt where nobody answered; without it there is one attempt."""
    silent_s: int = 90
    """So long without a byte, and the other side counts as gone; servers send signs of life."""

    def __post_init__(self) -> None:
        """Refuse every URL that git could take for something else.

        Raises:
            UsageError: The URL is of another kind or holds a credential.
        """
        transport_of(self.url)

    def refs(self, git: Plumbing, bare: Path, *patterns: str) -> Mapping[str, str]:
        """Return refs over there with their object ids; all without patterns.

        Raises:
            GitError: It is not a repository.
            NotAuthorisedError: The credential may not read it.
            NotFoundError: There is no such repository, or it cannot be seen.
            ForgeUnavailableError: It could not be reached.
        """
        checked = [checked_ref(pattern) for pattern in patterns]
        ending = self._call(git, bare, "ls-remote", "--quiet", self.url, *checked)
        lines = ending.stdout.decode(errors="replace").split("\n")
        pairs = (line.split("\t", 1) for line in lines if line)
        return {ref: object_id for object_id, ref in pairs if ref.startswith("refs/")}

    def default_branch(self, git: Plumbing, bare: Path) -> str | None:
        """Return the branch that HEAD over there names, or `None`.

        Raises:
            GitError: As `refs`, and its other errors.
        """
        ending = self._call(git, bare, "ls-remote", "--quiet", "--symref", self.url, "HEAD")
        found = re.match(r"ref: refs/heads/(\S+)\tHEAD", ending.stdout.decode(errors="replace"))
        return found[1] if found else None

    def fetch(
        self, git: Plumbing, bare: Path, refs: Mapping[str, str], *, is_alone: bool = False
    ) -> None:
        """Bring refs from over there under names of our own.

        Args:
            git: How git is started.
            bare: The run's repository.
            refs: Full ref over there → full ref here, which is overwritten.
            is_alone: Without any history, for a repository that is used for nothing else.

        Raises:
            GitError: There is no such ref; and the other errors of `refs`.
        """
        specs = [f"+{checked_ref(theirs)}:{checked_ref(ours)}" for theirs, ours in refs.items()]
        depth = ("--depth=1",) if is_alone else ()
        self._call(git, bare, "fetch", *FETCH_OPTIONS, *depth, self.url, *specs)

    def push(
        self, git: Plumbing, bare: Path, *, ref: str, commit: str, expected: str | None
    ) -> PushEnding:
        """Set one ref over there, if it still is where it was last seen.

        Args:
            git: How git is started.
            bare: The run's repository, which holds the commit.
            ref: Full name, `refs/heads/…` or `refs/orchestrator/…`.
            commit: Full id.
            expected: The ref's value over there, `None` when it must not exist.

        Raises:
            NotAuthorisedError: The credential or a rule over there forbids it.
            ForgeUnavailableError: It could not be reached, or somebody held the ref all the time.
            GitError: Another refusal; and the other errors of `refs`.
        """
        lease = f"--force-with-lease={checked_ref(ref)}:{expected or ''}"
        spec = f"{checked_object_id(commit)}:{ref}"
        operands = ("--porcelain", "--no-follow-tags", lease, self.url, spec)
        return self._persist(lambda: self._pushed(git, bare, operands, ref))

    def _pushed(self, git: Plumbing, bare: Path, operands: Sequence[str], ref: str) -> PushEnding:
        ending = self._once(git, bare, "push", *operands, accepted=(0, 1), ref=ref)
        report = ending.stdout.decode(errors="replace")
        if ending.exit_code == 0:
            return PushEnding.UNCHANGED if _UNCHANGED.search(report) else PushEnding.PUSHED
        said = self._said(ending)
        if _MOVED.search(said):
            return PushEnding.MOVED
        raise translated(said, url=self.url, ref=ref)

    def try_push(self, git: Plumbing, bare: Path, *, ref: str, commit: str) -> None:
        """Ask whether a ref could be set over there; nothing is sent and nothing changes.

        What a hook or a rule over there would say to the commits is not asked.

        Raises:
            NotAuthorisedError: The credential may not push.
            GitError: Another refusal; and the other errors of `refs`.
        """
        spec = f"+{checked_object_id(commit)}:{checked_ref(ref)}"
        operands = ("--porcelain", "--no-follow-tags", "--dry-run", self.url, spec)
        self._call(git, bare, "push", *operands, ref=ref)

    def _call(
        self, git: Plumbing, bare: Path, verb: str, *arguments: str, ref: str | None = None
    ) -> Ending:
        return self._persist(lambda: self._once(git, bare, verb, *arguments, ref=ref))

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try again while that may help; whatever is asked for here may be done twice."""
        for pause_s in _PAUSES_S:
            started_s = self.clock.monotonic() if self.clock is not None else 0.0
            try:
                return attempt()
            except ForgeUnavailableError:
                if self.clock is None or self.clock.monotonic() - started_s > _LONG_S:
                    raise
                self.clock.sleep(pause_s)
        return attempt()

    def _once(
        self,
        git: Plumbing,
        bare: Path,
        verb: str,
        *arguments: str,
        accepted: Sequence[int] = (0,),
        ref: str | None = None,
    ) -> Ending:
        with self._environment() as environment:
            ending = git.call(
                verb,
                *arguments,
                git_dir=bare,
                configuration=(
                    f"protocol.{transport_of(self.url)}.allow=always",
                    "http.lowSpeedLimit=1",
                    f"http.lowSpeedTime={self.silent_s}",
                ),
                environment=environment,
                accepted=_EVERYTHING,
            )
        if ending.limit is LimitKind.TIME:
            raise ForgeUnavailableError(
                f"The repository {self.url!r} took longer than {ending.duration_s:.0f} s to answer "
                f"`git {verb}`.",
                hint="Run again later; commits that were made are kept in the run's folder.",
            )
        if ending.limit is LimitKind.OUTPUT:
            raise GitError(
                f"The repository {self.url!r} answers `git {verb}` with too much.",
                hint="It has more branches and tags than a run can look at.",
            )
        if ending.exit_code not in accepted:
            raise translated(self._said(ending), url=self.url, ref=ref)
        return ending

    @contextlib.contextmanager
    def _environment(self) -> Iterator[Mapping[str, str]]:
        if transport_of(self.url) != "file":
            yield self._header()
            return
        # A checkout may belong to another user, and git's other half asks its own configuration.
        folder = self.url.removeprefix("file://").rstrip("/")
        with tempfile.NamedTemporaryFile("w", suffix=".gitconfig") as file:
            file.write("[safe]\n")
            for trusted in (folder, f"{folder}/.git", str(Path(folder).resolve())):
                file.write(f"\tdirectory = {_quoted(trusted)}\n")
            file.flush()
            yield {"GIT_CONFIG_GLOBAL": file.name}

    def _header(self) -> Mapping[str, str]:
        if self.credential is None:
            return {}
        address = urlsplit(self.url)
        # The empty value first takes away headers that a configuration may have added.
        key = f"http.{address.scheme}://{address.netloc}/.extraheader"
        return {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": key,
            "GIT_CONFIG_VALUE_0": "",
            "GIT_CONFIG_KEY_1": key,
            "GIT_CONFIG_VALUE_1": f"Authorization: Basic {self._encoded()}",
        }

    def _encoded(self) -> str:
        secret = self.credential.get_secret_value() if self.credential else ""
        return base64.b64encode(f"x-access-token:{secret}".encode()).decode()

    def _said(self, ending: Ending) -> str:
        said = (ending.stdout + b"\n" + ending.stderr).decode(errors="replace").strip()
        if self.credential is not None:
            for secret in (self.credential.get_secret_value(), self._encoded()):
                said = said.replace(secret, "***") if secret else said
        return said


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def transport_of(url: str) -> str:
    """Return git's name of the transport that `url` needs: https, http or file.

    Raises:
        UsageError: It needs any other, or holds a user name, password or option.
    """
    if url.startswith("/"):
        return "file"
    try:
        address = urlsplit(url)
    except ValueError as exc:
        raise _unreachable(url) from exc
    if address.scheme in {"http", "https"} and "@" in address.netloc:
        raise UsageError(
            f"The URL of the repository on {address.hostname!r} holds a credential.",
            hint="Pass the token separately; it must not stand in a URL.",
        )
    if address.scheme == "file" and not address.netloc:
        return "file"
    if address.scheme == "https" and address.hostname:
        return "https"
    if address.scheme == "http" and address.hostname in _LOOPBACK:
        return "http"
    raise _unreachable(url)


def _unreachable(url: str) -> UsageError:
    return UsageError(
        f"{url!r} is not a URL that git may reach.",
        hint="Use https://…, or the absolute path of a repository on this machine.",
    )
