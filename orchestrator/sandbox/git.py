"""Trusted git on one bare repository: typed questions and changes, no free command lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import GitError
from orchestrator.sandbox import trees
from orchestrator.sandbox.diffs import read_change
from orchestrator.sandbox.merges import merge_trees
from orchestrator.sandbox.plumbing import find_git
from orchestrator.sandbox.refnames import checked_object_id, checked_ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from orchestrator.domain.change import Change
    from orchestrator.sandbox.merges import MergeResult
    from orchestrator.sandbox.plumbing import Plumbing
    from orchestrator.sandbox.trees import TreeEntry

_LOG_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%cI%x00%B"
_LOG_FIELDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a commit is from."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit as the log shows it."""

    id: str
    parents: tuple[str, ...]
    author: Identity
    committed_at: str
    """ISO 8601 with its offset."""
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class Git:
    """One bare repository that belongs to the orchestrator alone; safe for several threads."""

    def __init__(self, bare: Path, *, plumbing: Plumbing | None = None) -> None:
        """Look at git's version; the repository itself may come later.

        Args:
            bare: The repository's folder.
            plumbing: How git is started; the machine's own git when left out.

        Raises:
            CommandUnavailableError: Git is missing or too old.
        """
        self.bare = bare
        self.plumbing = plumbing or find_git()
        self._trees: dict[str, str] = {}
        """Commit → its tree: neither ever changes."""
        self._sides: dict[tuple[str, ...], str] = {}

    def resolve(self, name: str) -> str | None:
        """Return the commit of a full ref or full object id, or `None`.

        Raises:
            GitError: The name is not acceptable, see `refnames.checked_ref`.
        """
        checked = checked_ref(name) if name.startswith("refs/") else checked_object_id(name)
        ending = self._call(
            *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{checked}^{{commit}}"),
            accepted=(0, 1, 128),
        )
        return ending.decode().strip() or None

    def tree_of(self, commit: str) -> str:
        """Return the id of a commit's tree.

        Raises:
            GitError: There is no such commit.
        """
        if commit not in self._trees:
            expression = f"{checked_object_id(commit)}^{{tree}}"
            found = self._call("rev-parse", "--verify", "--end-of-options", expression)
            self._trees[commit] = found.decode().strip()
        return self._trees[commit]

    def list_paths(self, commit: str) -> tuple[TreeEntry, ...]:
        """Return every path of a commit in git's order; names that are not UTF-8 are left out.

        Raises:
            GitError: There is no such commit.
        """
        entries = trees.read_entries(self.plumbing, self.bare, commit)
        return tuple(entry for entry in entries if _is_text(entry.path))

    def blob(self, commit: str, path: str) -> bytes | None:
        """Return a regular file's bytes, or `None` for anything else: links are not followed.

        Raises:
            GitError: There is no such commit.
        """
        entry = trees.find_entry(self.plumbing, self.bare, commit, path)
        return None if entry is None else self.content(entry)

    def content(self, entry: TreeEntry) -> bytes | None:
        """Return a regular file's bytes, or `None` for anything else: links are not followed.

        Raises:
            GitError: There is no such object.
        """
        if not entry.is_file:
            return None
        return trees.read_blob(self.plumbing, self.bare, entry.object_id)

    def diff(self, base: str, head: str) -> Change:
        """Return what differs from `base` to `head`; renames are a deletion and an addition.

        Raises:
            GitError: There is no such commit.
        """
        return read_change(
            self.plumbing,
            self.bare,
            base=checked_object_id(base),
            head=checked_object_id(head),
            tree=self.tree_of(head),
        )

    def merge(self, *, base: str, ours: str, theirs: str) -> MergeResult:
        """Merge what two commits or trees each changed since `base`.

        Raises:
            GitError: There is no such object.
        """
        return merge_trees(
            self.plumbing,
            self.bare,
            base=self.tree_of(base),
            ours=self.tree_of(ours),
            theirs=self.tree_of(theirs),
            sides=self._sides,
        )

    def write_blob(self, content: bytes) -> str:
        """Store bytes and return the blob's id."""
        return trees.write_blob(self.plumbing, self.bare, content)

    def write_tree_from(self, entries: Iterable[TreeEntry]) -> str:
        """Write a tree with exactly these paths and return its id.

        Raises:
            GitError: Git refuses a path, or an object is missing.
        """
        return trees.write_entries(self.plumbing, self.bare, entries)

    def commit_tree(
        self,
        tree: str,
        *,
        parents: Sequence[str],
        message: str,
        author: Identity,
        committer: Identity,
        at: datetime,
    ) -> str:
        """Write a commit and return its id; no ref moves.

        Args:
            tree: What the commit holds.
            parents: None for a first commit.
            message: With trailers, if any, as its last paragraph.
            author: Control characters and angle brackets are taken out of names.
            committer: As `author`.
            at: Date of both; must know its time zone.

        Raises:
            GitError: There is no such tree or parent.
        """
        date = f"@{int(at.timestamp())} +0000"
        operands = [word for parent in parents for word in ("-p", checked_object_id(parent))]
        written = self._call(
            *("commit-tree", *operands, checked_object_id(tree)),
            stdin=message.encode(errors="replace"),
            environment={
                **_identity("AUTHOR", author, date),
                **_identity("COMMITTER", committer, date),
            },
        )
        commit = written.decode().strip()
        self._trees[commit] = tree
        return commit

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Return whether `older` is `newer` or in its history.

        Raises:
            GitError: There is no such commit.
        """
        ending = self.plumbing.call(
            *("merge-base", "--is-ancestor", checked_object_id(older), checked_object_id(newer)),
            git_dir=self.bare,
            accepted=(0, 1),
        )
        return ending.exit_code == 0

    def log(
        self, head: str, *, since: str | None = None, besides: str | None = None, limit: int = 100
    ) -> tuple[Commit, ...]:
        """Return commits reachable from `head` and not from the other two, newest first.

        Raises:
            GitError: There is no such commit.
        """
        span = [checked_object_id(head)]
        span += [f"^{checked_object_id(each)}" for each in (since, besides) if each is not None]
        output = self._call(
            *("log", "-z", f"--format={_LOG_FORMAT}", f"--max-count={limit}", *span, "--")
        )
        # Nothing in a commit can hold a NUL, which ends each record as well.
        fields = iter(output.decode(errors="replace").split("\0"))
        return tuple(map(_commit, zip(*(fields,) * _LOG_FIELDS, strict=False)))

    def _call(
        self,
        verb: str,
        *arguments: str,
        stdin: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        accepted: Sequence[int] = (0,),
    ) -> bytes:
        return self.plumbing.call(
            verb,
            *arguments,
            git_dir=self.bare,
            stdin=stdin,
            environment=environment,
            accepted=accepted,
        ).stdout


def _commit(record: Sequence[str]) -> Commit:
    commit_id, parents, name, email, committed_at, message = record
    return Commit(
        id=commit_id,
        parents=tuple(parents.split()),
        author=Identity(name=name, email=email),
        committed_at=committed_at,
        message=message.strip("\n"),
    )


def _identity(role: str, identity: Identity, date: str) -> Mapping[str, str]:
    return {
        f"GIT_{role}_NAME": _harmless(identity.name),
        f"GIT_{role}_EMAIL": _harmless(identity.email),
        f"GIT_{role}_DATE": date,
    }


def _harmless(text: str) -> str:
    kept = "".join(letter for letter in text if letter.isprintable() and letter not in "<>").strip()
    if not kept:
        raise GitError(
            f"{text!r} cannot stand as a name or address in a commit.",
            hint="Pass a name and an address with visible characters.",
        )
    return kept


def _is_text(path: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in path)
