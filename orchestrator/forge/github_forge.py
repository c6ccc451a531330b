"""The window onto GitHub: the one module that knows PyGithub.

PyGithub is the client (authentication, connections, GitHub Enterprise addresses, GraphQL);
how often to repeat and what a failure means is decided here, because its defaults repeat
creations after a lost answer. It is imported when a connection is made, never before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from orchestrator.domain.errors import ForgeRejectedError, UsageError
from orchestrator.forge.exchange import (
    Answer,
    Attempt,
    Failure,
    Pace,
    Patience,
    persist,
)
from orchestrator.forge.github_failures import read_failure
from orchestrator.forge.refusals import Place, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from github import Github
    from pydantic import SecretStr

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.telemetry.clock import Clock

_PAGE_SIZE = 100
_MOST_PAGES = 100
_TIMEOUT_S = 30
_USER_AGENT = "orchestrator-action"
_API_VERSION = "2022-11-28"
_INSTALLATION = "ghs_"
"""How tokens of app installations begin, the workflow's own among them."""
_FULL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-_]*/[A-Za-z0-9._-]+")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9]")
_UNREADABLE = (OSError, ValueError, RuntimeError, AttributeError, TypeError, AssertionError)
"""What PyGithub lets through: broken lines, and answers that are not GitHub's."""


def connect(
    *,
    token: SecretStr,
    repository: str,
    api_url: str,
    clock: Clock,
    patience: Patience | None = None,
    timeout_s: int = _TIMEOUT_S,
    say: Callable[[str], None] = lambda _: None,
) -> GithubConnection:
    """Prepare to talk to one repository; nothing is sent yet.

    Args:
        token: A workflow, app or personal token.
        repository: `owner/name`.
        api_url: What GITHUB_API_URL says; GitHub Enterprise Server's ends in `/api/v3`.
        clock: What waits between tries.
        patience: How long to keep trying; the default suits a workflow.
        timeout_s: How long a line may say nothing before it is given up.
        say: Told in one sentence whatever was done in another way than asked.

    Raises:
        UsageError: The token is empty, or name or address are none.
    """
    _check(token.get_secret_value(), repository, api_url)
    from github import Auth, Github  # noqa: PLC0415 -- costs start-up time only where it is used

    client = Github(
        auth=Auth.Token(token.get_secret_value()),
        base_url=api_url.rstrip("/"),
        timeout=timeout_s,
        user_agent=_USER_AGENT,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        api_version=_API_VERSION,
    )
    return GithubConnection(
        client=client,
        place=Place(full_name=repository, server_url=_server_url(api_url)),
        clock=clock,
        patience=patience or Patience(),
        pace=Pace(clock=clock),
        say=say,
        is_installation=token.get_secret_value().startswith(_INSTALLATION),
    )


def _check(token: str, repository: str, api_url: str) -> None:
    if not _ADDRESS.match(api_url):
        raise UsageError(
            f"{api_url!r} is not the address of GitHub's API.",
            hint="Set GITHUB_API_URL to an address such as https://api.github.com.",
        )
    if not _FULL_NAME.fullmatch(repository) or repository.endswith(("/.", "/..")):
        raise UsageError(
            f"{repository!r} is not the name of a repository.",
            hint="Name it as owner/name: with --repository, or in GITHUB_REPOSITORY.",
        )
    if not token:
        raise UsageError(
            "There is no GitHub token.",
            hint="In a workflow, leave the input `github-token` at its default, or give it a "
            "secret that is set; on the command line, set GITHUB_TOKEN.",
        )


@dataclass(frozen=True, kw_only=True)
class GithubConnection:
    """Asks GitHub with patience; to be used by one thread at a time, as PyGithub demands."""

    client: Github = field(repr=False)
    place: Place
    clock: Clock
    patience: Patience
    pace: Pace
    say: Callable[[str], None]
    is_installation: bool = False
    """Whether the token is an app's, as the workflow's own is, and not a person's."""

    @property
    def root(self) -> str:
        """The path of the repository in the API."""
        return f"/repos/{self.place.full_name}"

    def get(self, path: str, attempt: Attempt, *, query: Mapping[str, str] | None = None) -> Json:
        """Return one document; raises the error that the failure means."""
        return self.demand(self.look_up(path, query=query), attempt)

    def pages(
        self, path: str, attempt: Attempt, *, query: Mapping[str, str] | None = None
    ) -> Iterator[Json]:
        """Yield the pages of a list, each a JSON list."""
        for page in range(1, _MOST_PAGES + 1):
            paging = {**(query or {}), "per_page": str(_PAGE_SIZE), "page": str(page)}
            answer = self.look_up(path, query=paging)
            body = self.demand(answer, attempt)
            yield body
            if not (isinstance(answer, Answer) and answer.has_next and body):
                return
        raise ForgeRejectedError(
            f"GitHub has more than {_MOST_PAGES} pages when asked to {attempt.doing}.",
            hint="Close or delete what is no longer needed there.",
        )

    def look_up(self, path: str, *, query: Mapping[str, str] | None = None) -> Answer | Failure:
        """Ask for one document that may be missing."""
        return self._ask("GET", path, query=query)

    def change(self, verb: str, path: str, body: JsonObject) -> Answer | Failure:
        """Send a change that is harmless to repeat."""
        return self._ask(verb, path, body=body)

    def create(
        self, path: str, body: JsonObject, *, look: Callable[[], Answer | None]
    ) -> Answer | Failure:
        """Create something once: after a lost answer, `look` says whether it is there."""
        return self._ask("POST", path, body=body, look=look)

    def graphql(self, query: str, variables: JsonObject) -> Answer | Failure:
        """Send a GraphQL request that is harmless to repeat."""

        def ask() -> tuple[Mapping[str, str], Json]:
            _, document = self.client.requester.graphql_query(query, dict(variables))
            return {}, cast("Json", document.get("data"))

        return self._persist(ask, is_write=query.startswith("mutation"))

    def demand(self, result: Answer | Failure, attempt: Attempt) -> Json:
        """Return what was answered, or raise the error that the failure means."""
        if isinstance(result, Failure):
            raise translate(result, attempt=attempt, place=self.place)
        return result.body

    @cached_property
    def own_login(self) -> str:
        """The login the token writes under; GITHUB_TOKEN's where GitHub does not say.

        `GET /user` is forbidden to installation tokens; GraphQL's `viewer` is not.
        """
        asked = [self.graphql("query { viewer { login } }", {})]
        if isinstance(asked[0], Failure):
            asked.append(self._ask("GET", "/user"))
        *_, result = asked
        if isinstance(result, Failure):
            # A guess is for who was told no: who was not told may be answered the next time.
            for each in asked:
                if isinstance(each, Failure) and (each.may_have_happened or each.is_throttled):
                    self.demand(each, Attempt(doing="say whose token this is"))
        body = result.body if isinstance(result, Answer) else None
        viewer = body.get("viewer", body) if isinstance(body, dict) else None
        login = viewer.get("login") if isinstance(viewer, dict) else None
        return login if isinstance(login, str) and login else "github-actions[bot]"

    def _ask(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonObject | None = None,
        look: Callable[[], Answer | None] | None = None,
    ) -> Answer | Failure:
        def ask() -> tuple[Mapping[str, str], Json]:
            return cast(
                "tuple[Mapping[str, str], Json]",
                self.client.requester.requestJsonAndCheck(
                    verb, path, parameters=dict(query) if query else None, input=body
                ),
            )

        return self._persist(ask, is_write=verb != "GET", look=look)

    def _persist(
        self,
        ask: Callable[[], tuple[Mapping[str, str], Json]],
        *,
        is_write: bool,
        look: Callable[[], Answer | None] | None = None,
    ) -> Answer | Failure:
        from github import GithubException  # noqa: PLC0415 -- see connect

        def once() -> Answer | Failure:
            if is_write:
                self.pace.before_write()
            try:
                headers, body = ask()
            except GithubException as error:
                return read_failure(error.status, error.data, error.headers or {})
            except _UNREADABLE as error:
                return Failure(status=None, message=_reason(error))
            return Answer(body=body, has_next='rel="next"' in headers.get("link", ""))

        return persist(
            once,
            patience=self.patience,
            clock=self.clock,
            look=look,
        )


def _reason(error: Exception) -> str:
    deepest: BaseException = error
    while deepest.args and isinstance(deepest.args[0], BaseException):
        deepest = deepest.args[0]
    return f"{type(error).__name__}: {deepest}"


def _server_url(api_url: str) -> str:
    address = urlsplit(api_url)
    host = address.netloc.rpartition("@")[2].removeprefix("api.")
    return f"{address.scheme}://{host}"
