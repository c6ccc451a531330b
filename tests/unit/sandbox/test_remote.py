"""Push and fetch: to a bare repository on disk, and over HTTP to a stand-in with real git."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ForgeUnavailableError,
    GitError,
    NotAuthorisedError,
    NotFoundError,
    OrchestratorError,
    UsageError,
)
from orchestrator.sandbox.checkout import read_checkout
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.plumbing import find_git
from orchestrator.sandbox.refusals import translated
from orchestrator.sandbox.remote import PushEnding, Remote, transport_of
from orchestrator.sandbox.repository import RunRepository
from orchestrator.sandbox.trees import TreeEntry
from tests.builders_git import commit_files, git, make_bare, make_repository, make_run
from tests.doubles.github import GithubDouble
from tests.doubles.github_state import Settings, Token
from tests.doubles.http_server import Answer, LoopbackServer

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.repository import Base
    from tests.doubles.http_server import Received

_BRANCH = "refs/heads/orchestrator/issue-7"
_ADA = Identity(name="Ada", email="ada@example.com")
_TOKEN = "ghs_of_the_workflow"


def _commit(repository: RunRepository, base: Base, path: str = "new.txt") -> str:
    entries = repository.git.list_paths(base.commit)
    blob = repository.git.write_blob(path.encode())
    added = TreeEntry(mode="100644", object_id=blob, path=path)
    return repository.git.commit_tree(
        repository.git.write_tree_from([*entries, added]),
        parents=[base.commit],
        message=f"Add {path}",
        author=_ADA,
        committer=_ADA,
        at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_push__creates_moves_and_leaves_alone(tmp_path: Path) -> None:
    """A branch appears, moves on, and is not pushed twice."""
    repository, base = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare", tmp_path / "checkout")
    remote = Remote(url=str(bare))
    first, second = _commit(repository, base, "1"), _commit(repository, base, "2")

    created = repository.push(remote, ref=_BRANCH, commit=first, expected=None)
    again = repository.push(remote, ref=_BRANCH, commit=first, expected=first)
    moved = repository.push(remote, ref=_BRANCH, commit=second, expected=first)

    assert (created, again, moved) == (
        PushEnding.PUSHED,
        PushEnding.UNCHANGED,
        PushEnding.PUSHED,
    )
    assert repository.remote_refs(remote, _BRANCH) == {_BRANCH: second}


def test_push__never_overwrites_what_it_has_not_seen(tmp_path: Path) -> None:
    """Somebody else's commit on the branch is kept, and the caller knows."""
    repository, base = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare", tmp_path / "checkout")
    remote = Remote(url=str(bare))
    mine, theirs = _commit(repository, base, "mine"), _commit(repository, base, "theirs")
    repository.push(remote, ref=_BRANCH, commit=theirs, expected=None)

    endings = [
        repository.push(remote, ref=_BRANCH, commit=mine, expected=expected)
        for expected in (None, base.commit)
    ]

    assert endings == [PushEnding.MOVED, PushEnding.MOVED]
    assert git(bare, "rev-parse", _BRANCH) == theirs


def test_push__keeps_state_outside_of_branches(tmp_path: Path) -> None:
    """The state ref is pushed and fetched like any other and is not a branch."""
    repository, base = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare", tmp_path / "checkout")
    remote, ref = Remote(url=str(bare)), "refs/orchestrator/issue-7"

    repository.push(remote, ref=ref, commit=base.commit, expected=None)
    repository.fetch(remote, {ref: "refs/orchestrator/found"})

    assert repository.git.resolve("refs/orchestrator/found") == base.commit
    assert git(bare, "branch", "--format=%(refname:short)") == "main"


def test_push__runs_no_hook_of_ours(tmp_path: Path) -> None:
    """A hook planted in the run's repository never starts."""
    repository, base = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare")
    trap = tmp_path / "sprung"
    hook = repository.git.bare / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)

    repository.push(Remote(url=str(bare)), ref=_BRANCH, commit=base.commit, expected=None)

    assert not trap.exists()


def test_fetch__of_a_missing_ref_names_it(tmp_path: Path) -> None:
    """A branch that vanished is named."""
    repository, _ = make_run(tmp_path)
    remote = Remote(url=str(tmp_path / "checkout"))

    with pytest.raises(GitError, match="'refs/heads/gone'"):
        repository.fetch(remote, {"refs/heads/gone": "refs/heads/x"})


def test_remote__that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """A wrong path or address is told apart from a missing permission."""
    repository, _ = make_run(tmp_path)

    with pytest.raises(NotFoundError, match="no repository"):
        repository.remote_refs(Remote(url=str(tmp_path / "absent")))


def test_push__over_http_sends_the_token_as_a_header(tmp_path: Path) -> None:
    """The stand-in sees the token, argv and the repository's files do not."""
    repository, base = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare", tmp_path / "checkout")
    with GithubDouble(git_root=bare) as github:
        remote = Remote(url=github.clone_url, credential=SecretStr(_TOKEN))

        ending = repository.push(
            remote, ref=_BRANCH, commit=_commit(repository, base), expected=None
        )

        assert ending is PushEnding.PUSHED
        assert len(repository.remote_refs(remote)) == 2
        sent = {request.headers["authorization"] for request in github.requests}
        assert sent == {f"Basic {base64.b64encode(b'x-access-token:' + _TOKEN.encode()).decode()}"}
        assert github.failures == ()
    written = [path.read_bytes() for path in repository.git.bare.rglob("*") if path.is_file()]
    assert not any(_TOKEN.encode() in content for content in written)


def test_take_base__over_http_needs_no_checkout(tmp_path: Path) -> None:
    """The default branch and its history come from the forge."""
    bare = make_bare(tmp_path / "bare", make_repository(tmp_path / "source"))
    repository, _ = make_run(tmp_path)
    with GithubDouble(git_root=bare) as github:
        remote = Remote(url=github.clone_url, credential=SecretStr(_TOKEN))

        base = repository.take_base(checkout=None, remote=remote, branch=None)

        assert (base.branch, base.commit) == ("main", git(bare, "rev-parse", "main"))


@pytest.mark.parametrize(
    ("token", "credential", "hint"),
    [
        (Token(contents="read"), _TOKEN, "contents: write"),
        (Token(), "ghs_expired", "github-token"),
        (Token(), None, "github-token"),
    ],
    ids=["may only read", "unknown token", "no token"],
)
def test_push__without_the_right_token_says_what_to_paste(
    tmp_path: Path, token: Token, credential: str | None, hint: str
) -> None:
    """A missing permission ends in the lines that grant it, and never shows the token."""
    repository, base = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare", tmp_path / "checkout")
    with GithubDouble(git_root=bare, tokens=[token]) as github:
        secret = SecretStr(credential) if credential else None
        remote = Remote(url=github.clone_url, credential=secret)

        with pytest.raises(NotAuthorisedError) as caught:
            repository.push(remote, ref=_BRANCH, commit=base.commit, expected=None)

    assert hint in caught.value.hint
    assert credential is None or credential not in str(caught.value)


def test_push__of_a_workflow_file_is_explained(tmp_path: Path) -> None:
    """GitHub's refusal of workflow files is told as such."""
    repository, base = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare", tmp_path / "checkout")
    commit = _commit(repository, base, ".github/workflows/ci.yml")
    with GithubDouble(git_root=bare) as github:
        remote = Remote(url=github.clone_url, credential=SecretStr(_TOKEN))

        with pytest.raises(NotAuthorisedError, match=r"\.github/workflows"):
            repository.push(remote, ref=_BRANCH, commit=commit, expected=None)


def test_remote__private_without_a_token_is_refused(tmp_path: Path) -> None:
    """A private repository asks for a token and gets none from this machine's user."""
    repository, _ = make_run(tmp_path)
    bare = make_bare(tmp_path / "bare", tmp_path / "checkout")
    with (
        GithubDouble(git_root=bare, settings=Settings(is_private=True)) as github,
        pytest.raises(NotAuthorisedError),
    ):
        repository.remote_refs(Remote(url=github.clone_url))


def test_remote__that_does_not_listen_is_unavailable(tmp_path: Path) -> None:
    """A forge that is down is worth another try later."""
    repository, _ = make_run(tmp_path)
    with GithubDouble(git_root=tmp_path) as github:
        url = github.clone_url

    with pytest.raises(ForgeUnavailableError):
        repository.remote_refs(Remote(url=url))


@pytest.mark.parametrize(
    ("url", "transport"),
    [
        ("https://github.com/octo/site.git", "https"),
        ("http://127.0.0.1:8080/octo/site.git", "http"),
        ("http://localhost/x", "http"),
        ("/srv/site.git", "file"),
        ("file:///srv/site.git", "file"),
    ],
)
def test_transport_of__knows_what_is_safe(url: str, transport: str) -> None:
    """Three transports are enough."""
    assert transport_of(url) == transport


@pytest.mark.parametrize(
    "url",
    [
        *("ext::sh -c evil", "--upload-pack=evil", "-x", "", "relative/path", "C:\\repo"),
        *("http://example.com/x", "git://example.com/x", "ssh://git@example.com/x"),
        *(
            "git@example.com:octo/site.git",
            "file://server/share",
            "https://",
            "fd::1",
            "https://[::1",
        ),
    ],
)
def test_remote__refuses_other_urls(url: str) -> None:
    """No transport that runs programs, sends tokens in the clear or reads options."""
    with pytest.raises(UsageError, match="not a URL"):
        Remote(url=url)


def test_remote__refuses_a_credential_in_its_url() -> None:
    """A token in a URL would end up in logs; the message does not repeat it."""
    with pytest.raises(UsageError, match="holds a credential") as caught:
        Remote(url="https://x:ghs_secret@github.com/octo/site.git")

    assert "ghs_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("remote: error: GH006: Protected branch update failed", NotAuthorisedError),
        (
            "! [remote rejected] (push declined due to repository rule violations)",
            NotAuthorisedError,
        ),
        ("fatal: unable to access: The requested URL returned error: 403", NotAuthorisedError),
        ("fatal: Authentication failed for 'https://…'", NotAuthorisedError),
        ("remote: Repository not found.", NotFoundError),
        ("fatal: unable to access: The requested URL returned error: 502", ForgeUnavailableError),
        ("fatal: unable to access: Could not resolve host: github.com", ForgeUnavailableError),
        (
            "!\trefs/heads/a:refs/heads/a\t[remote rejected] (Internal Server Error)",
            ForgeUnavailableError,
        ),
        ("!\trefs/heads/a:refs/heads/a\t[remote rejected] (failure)", ForgeUnavailableError),
        (
            "!\ta:a\t[remote failure] (remote failed to report status)",
            ForgeUnavailableError,
        ),
        ("remote: fatal error in commit_refs", ForgeUnavailableError),
        ("fatal: unable to access: gnutls_handshake() failed", ForgeUnavailableError),
        ("error: RPC: transfer closed with outstanding data remaining", ForgeUnavailableError),
        (
            (
                "remote: error: GH001: Large files detected.\n"
                "!\ta:a\t[remote rejected] (pre-receive hook declined)"
            ),
            UsageError,
        ),
        (
            (
                "remote: error: GH013: Repository rule violations found\n"
                "remote: - GITHUB PUSH PROTECTION\nremote: - Push cannot contain secrets"
            ),
            UsageError,
        ),
        (
            (
                "remote: This repository was archived so it is read-only.\n"
                "fatal: The requested URL returned error: 403"
            ),
            UsageError,
        ),
        (
            (
                "remote: The 'acme' organization has enabled or enforced SAML SSO.\n"
                "fatal: The requested URL returned error: 403"
            ),
            NotAuthorisedError,
        ),
        (
            (
                "remote: warning: GH001: Large files detected.\n"
                "remote: warning: a.bin is 60 MB; larger than GitHub's recommended maximum\n"
                "!\ta:a\t[remote rejected] (Internal Server Error)"
            ),
            ForgeUnavailableError,
        ),
        ("fatal: unable to access 'https://github.com/SAML/x': timed out", ForgeUnavailableError),
        ("fatal: something new", GitError),
    ],
)
def test_translated__sorts_what_servers_say(said: str, kind: type[OrchestratorError]) -> None:
    """Each known refusal becomes the error whose advice fits."""
    error = translated(said, url="https://github.com/o/r.git", ref=_BRANCH)

    assert type(error) is kind
    assert said in str(error)
    assert error.hint


def test_push__of_other_refs_is_refused(tmp_path: Path) -> None:
    """Nothing but branches and the orchestrator's own refs is ever pushed."""
    repository, base = make_run(tmp_path)
    remote = Remote(url=str(make_bare(tmp_path / "bare")))

    with pytest.raises(GitError, match="cannot be used as a ref"):
        repository.push(remote, ref="refs/pull/1/head", commit=base.commit, expected=None)


def test_fetch__follows_new_commits(tmp_path: Path) -> None:
    """A base branch that moved is seen by fetching again."""
    repository, _ = make_run(tmp_path)
    newer = commit_files(tmp_path / "checkout", {"later": ""})
    remote = Remote(url=str(tmp_path / "checkout"))

    repository.fetch(remote, {"refs/heads/main": "refs/remotes/base/main"})

    assert repository.git.resolve("refs/remotes/base/main") == newer


def test_refs__are_read_whatever_a_branch_is_called(tmp_path: Path) -> None:
    """Characters that end a line elsewhere may stand in a branch's name, here and over there."""
    repository, base = make_run(tmp_path)
    checkout = tmp_path / "checkout"
    name = "odd\u2028one\u0085two"
    git(checkout, "branch", name)

    refs = Remote(url=str(checkout)).refs(repository.git.plumbing, repository.git.bare)
    here = read_checkout(repository.git.plumbing, checkout)

    assert refs[f"refs/heads/{name}"] == base.commit
    assert name in here.branches


def test_remote__is_reached_through_the_machines_proxy(tmp_path: Path) -> None:
    """Behind a company's proxy, git asks that, as the libraries for model and forge do."""
    asked: list[str] = []

    def proxy(received: Received) -> Answer:
        asked.append(received.target)
        return Answer(status=404)

    with LoopbackServer(proxy) as server:
        plumbing = find_git(network_environment={"http_proxy": server.url})
        repository = RunRepository(tmp_path / "run.git", plumbing=plumbing)
        with pytest.raises(NotFoundError):
            repository.remote_refs(Remote(url="http://127.0.0.1:9/octo/site.git"))

    assert asked == ["http://127.0.0.1:9/octo/site.git/info/refs?service=git-upload-pack"]
