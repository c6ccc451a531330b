"""A GitHub on loopback: REST, a little GraphQL and real git over HTTP, for one repository.

It refuses what GitHub refuses, and breaks when told to. In a test:

    with GithubDouble(repo="octo/site", git_root=bare, issues=[...]) as github:
        github.api_url, github.server_url, github.pull_requests, github.comments

As a program it prints its addresses as one JSON line and serves until its input ends:

    python -m tests.doubles.github --repo octo/site --git-root site.git --issue 42=issue.md
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tests.doubles import github_pulls, github_rest
from tests.doubles.github_call import Call, Denied, moved
from tests.doubles.github_faults import Fault, Faults
from tests.doubles.github_git import serve_git, write_hooks
from tests.doubles.github_shapes import Shapes
from tests.doubles.github_state import GithubState, Settings, StoredIssue, Token
from tests.doubles.http_server import Answer, LoopbackServer, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from tests.doubles.github_state import StoredComment, StoredPull
    from tests.doubles.http_server import Received

_READING = frozenset({"GET", "HEAD"})
_API = "/api/v3"
_RATE = {
    "x-ratelimit-limit": "1000",
    "x-ratelimit-remaining": "999",
    "x-ratelimit-reset": "1767229200",
    "x-github-request-id": "DOUBLE:1",
}


def _carry_on(received: Received) -> None:
    """Do nothing more."""


class GithubDouble:
    """One repository on one loopback port, at the root and, as Enterprise has it, at /api/v3."""

    def __init__(
        self,
        *,
        repo: str = "octo/site",
        git_root: Path | None = None,
        issues: Iterable[StoredIssue] = (),
        users: Mapping[str, str] | None = None,
        tokens: Iterable[Token] = (Token(),),
        settings: Settings | None = None,
        port: int = 0,
    ) -> None:
        """Furnish the repository.

        Args:
            repo: `owner/name`.
            git_root: The bare repository behind it; without one it has no branches.
            issues: What is on its page.
            users: Login → role (`admin` … `read`, `none`); whoever is missing has no account.
            tokens: What opens it.
            settings: The switches a person has.
            port: Where to listen; 0 is any free port.
        """
        self.state = GithubState(
            full_name=repo,
            git_root=git_root,
            users={"alice": "admin"} if users is None else dict(users),
            tokens={token.value: token for token in tokens},
            settings=settings or Settings(),
            issues={issue.number: issue for issue in issues},
        )
        self.state.labels.update(
            {name: "ededed" for issue in self.state.issues.values() for name in issue.labels}
        )
        self.requests: list[Received] = []
        """Every request so far, git's included."""
        self.after_write: Callable[[Received], None] = _carry_on
        """Called when a request has changed something, before the answer leaves."""
        self._guard = threading.RLock()
        self._server = LoopbackServer(self._respond, port=port)
        self._faults = Faults(self._server.closing)
        self._routes = tuple(
            (method, re.compile(pattern.replace("{repo}", re.escape(f"/repos/{repo}"))), serve)
            for method, pattern, serve in (*github_rest.ROUTES, *github_pulls.ROUTES)
        )

    @property
    def server_url(self) -> str:
        """What GITHUB_SERVER_URL would say."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """What GITHUB_API_URL would say."""
        return f"{self._server.url}{_API}"

    @property
    def clone_url(self) -> str:
        """Where git clones from."""
        return f"{self._server.url}/{self.state.full_name}.git"

    @property
    def pull_requests(self) -> Sequence[StoredPull]:
        """All pull requests, closed ones too, oldest first."""
        return tuple(self.state.pulls.values())

    @property
    def comments(self) -> Sequence[StoredComment]:
        """All comments, oldest first."""
        return tuple(self.state.comments.values())

    @property
    def failures(self) -> Sequence[Exception]:
        """Faults of the double itself; a test that ends with one proves nothing."""
        return tuple(self._server.failures)

    def sent(self, method: str, path: str = "") -> Sequence[Received]:
        """Return the requests of a method whose path contains the text."""
        return tuple(r for r in self.requests if r.method == method and path in r.path)

    def break_next(self, fault: Fault) -> None:
        """Let something go wrong with the next request that fits."""
        self._faults.add(fault)

    def __enter__(self) -> Self:
        """Open the door."""
        self._hooks = tempfile.TemporaryDirectory(prefix="github-double-")
        write_hooks(Path(self._hooks.name))
        self._server.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it, and leave nothing behind."""
        self._server.__exit__(exc_type, exc, traceback)
        self._hooks.cleanup()

    def _respond(self, received: Received) -> Answer:
        with self._guard:
            self.requests.append(received)
        answer = self._faults.around(received, self._serve)
        if received.method not in _READING and "upload-pack" not in received.path:
            self.after_write(received)
        return answer

    def _serve(self, received: Received) -> Answer:
        repository = re.match(
            rf"/{re.escape(self.state.full_name)}(?:\.git)?(?=/(?:info|git-|objects|HEAD))",
            received.path,
        )
        if repository is not None and self.state.git_root is not None:
            path = received.path[repository.end() :]
            return serve_git(self.state, Path(self._hooks.name), received, path)
        if not received.headers.get("user-agent"):
            words = b"Request forbidden by administrative rules. Please send a User-Agent header."
            return Answer(status=403, headers={"content-type": "text/plain"}, body=words)
        with self._guard:
            answer = self._api(received)
        return Answer(status=answer.status, headers={**_RATE, **answer.headers}, body=answer.body)

    def _api(self, received: Received) -> Answer:
        path = received.path
        api_url = self.server_url
        if path.startswith(_API):
            path, api_url = path.removeprefix(_API), self.api_url
        path = "/graphql" if path == "/api/graphql" else path
        for number, (before, now) in enumerate(self.state.renamed.items(), start=1):
            if f"{path}/".startswith(f"/repos/{before}/"):
                target = received.target.replace(f"/repos/{before}", f"/repositories/{number}", 1)
                return moved(received, target)
            path = re.sub(rf"^/repositories/{number}(?=/|$)", f"/repos/{now}", path)
        shapes = Shapes(self.state, api_url=api_url, server_url=self.server_url)
        for method, pattern, serve in self._routes:
            match = pattern.fullmatch(path)
            if match is None or method != received.method:
                continue
            call = Call(state=self.state, shapes=shapes, received=received, parts=match.groups())
            return _answered(call, serve)
        return json_answer({"message": "Not Found"}, status=404)


def _answered(call: Call, serve: Callable[[Call], Answer]) -> Answer:
    try:
        if call.received.headers.get("authorization") or call.state.settings.is_private:
            _ = call.token
        return serve(call)
    except Denied as denied:
        return denied.answer


def _main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.github")
    parser.add_argument("--repo", default="octo/site")
    parser.add_argument("--git-root", type=Path)
    parser.add_argument("--issue", action="append", default=[], metavar="NUMBER=FILE")
    parser.add_argument("--user", action="append", default=[], metavar="LOGIN=ROLE")
    parser.add_argument("--token", default=Token().value)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args(arguments)
    issues = []
    for pair in given.issue:
        number, _, file = pair.partition("=")
        title, _, body = Path(file).read_text(encoding="utf-8").partition("\n")
        issues.append(StoredIssue(number=int(number), title=title.lstrip("# "), body=body.strip()))
    users = dict(pair.split("=", 1) for pair in given.user) or None
    with GithubDouble(
        repo=given.repo,
        git_root=given.git_root,
        issues=issues,
        users=users,
        tokens=(Token(value=given.token),),
        port=given.port,
    ) as double:
        addresses = {"api_url": double.api_url, "server_url": double.server_url}
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _main(sys.argv[1:])
