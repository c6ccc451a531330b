"""The vendor's library at work: one client per process, its exceptions turned into values.

The library is imported with the first call, or ahead of it by `warm.preload`.
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from orchestrator.domain.errors import ModelRejectedError, UsageError
from orchestrator.llm.advice import advised
from orchestrator.llm.clients import open_client
from orchestrator.llm.exchange import Began, Event
from orchestrator.llm.failure import (
    Failure,
    FailureKind,
    event_failure,
    exchange_failure,
    status_failure,
)
from orchestrator.llm.signin import Bedrock, Federation, SignIn, Vertex
from orchestrator.telemetry.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from typing import TypeGuard

    import httpx2
    from anthropic import Anthropic

    from orchestrator.llm.exchange import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds without progress before an attempt is given up."""

    connect_s: float = 10.0
    read_s: float = 180.0
    """Between two parts of a stream; the service pings well within that."""
    write_s: float = 60.0
    pool_s: float = 30.0
    keep_alive_s: float = 300.0
    """Without a request: as long as a test suite takes. What the other end closed is replaced."""
    quiet_s: float = 1_800.0
    """Between two parts that are more than a ping: a long thought shows nothing else."""
    look_up_s: float = 15.0
    """For the answer whether a model is known."""


class Connection:
    """The way to the service: address, sign-in and one pool of connections for all threads."""

    def __init__(self, sign_in: SignIn, base_url: str | None, timeouts: Timeouts) -> None:
        """Keep where and who; nothing is imported, opened or sent yet."""
        self._sign_in = sign_in
        self._base_url = base_url
        self._timeouts = timeouts
        # A queue of one place: who has the client out is alone with it, so that threads that
        # start together do not each open a pool.
        self._pool: httpx2.Client | None = None
        self._renewals = 0
        self._place: SimpleQueue[Anthropic | None] = SimpleQueue()
        self._place.put(None)

    def send(self, body: bytes, headers: Mapping[str, str]) -> Generator[Part]:
        """Send a message; see `exchange.Service`.

        A key that was refused stays refused. An access token may have ended before its time;
        the library replaces it only where it may repeat requests, which here it may not.
        """
        renewals, has_begun = self._renewals, False
        with closing(self._sent(body, headers)) as parts:
            for part in parts:
                has_begun = has_begun or isinstance(part, Began)
                if not _is_refused(part) or not self._renew(renewals):
                    yield part
                elif has_begun:
                    # What was heard is billed, and the next attempt is let in.
                    yield replace(part, kind=FailureKind.BUSY)
                else:
                    yield from self._sent(body, headers)

    def look_up(self, model: str) -> Failure | None:
        """Ask whether the service knows the model; see `exchange.Service`."""
        try:
            known = self._client().models.with_raw_response
            known.retrieve(model, timeout=self._timeouts.look_up_s)
        except _outside(self._sign_in) as error:
            return self._failure(error)
        return None

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        client = self._place.get()
        self._pool = None
        self._place.put(None)
        if client is not None:
            client.close()

    def _sent(self, body: bytes, headers: Mapping[str, str]) -> Generator[Part]:
        try:
            with self._posted(body, headers) as response:
                yield Began(dict(response.headers))
                for event in _events(response, self._timeouts.quiet_s):
                    if event.name == "error":
                        yield event_failure(event.data, response.headers)
                        return
                    yield event
        except _outside(self._sign_in) as error:
            yield self._failure(error)

    @contextmanager
    def _posted(self, body: bytes, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """Send a message as it is written and give its stream; leaving the block closes it.

        The library would copy a body that it is given as a value, part by part and before each
        request: a millisecond for each ten turns of history.
        """
        from anthropic import Stream

        # Vertex has the model in the address, and takes it out of the value.
        given: dict[str, Any] = (  # two of the library's own parameters
            {"body": json.loads(body)} if isinstance(self._sign_in, Vertex) else {"content": body}
        )
        with self._client().post(
            "/v1/messages",
            **given,
            options={"headers": headers},
            cast_to=object,
            stream=True,
            stream_cls=Stream[object],
        ) as stream:
            yield stream.response

    def _client(self) -> Anthropic:
        """Return the one client; safe to call and to use from several threads."""
        client = self._place.get()
        try:
            client = client or self._opened()
        finally:
            self._place.put(client)
        return client

    def _opened(self) -> Anthropic:
        try:
            self._pool = self._pool or _pool(self._timeouts)
        except OSError as error:
            raise UsageError(
                f"The certificates by which servers are known cannot be read: {error}.",
                hint="Correct or drop the variables `SSL_CERT_FILE` and `SSL_CERT_DIR`.",
            ) from error
        return open_client(self._sign_in, base_url=self._base_url, http_client=self._pool)

    def _renew(self, renewals: int) -> bool:
        """Sign in anew with the next call, and tell whether that can make a difference.

        Of many requests that were refused with the same token, one makes it be replaced.

        Args:
            renewals: How often that had been done before the refused request was sent.
        """
        if not isinstance(self._sign_in, Federation):
            return False
        client = self._place.get()
        if self._renewals == renewals:
            self._renewals += 1
            client = None
        self._place.put(client)
        return True

    def _failure(self, error: Exception) -> Failure:
        """Return what an error means, or raise it again if it is our own refusal."""
        ours = error.__cause__
        if isinstance(ours, ModelRejectedError):
            raise ours from None
        return advised(_meaning(error), self._sign_in, error)


class _Lively:
    """A response whose bytes end once they have not made up an event for too long.

    Comments, which some gateways send to keep a stream open, are bytes like others.
    """

    def __init__(self, response: httpx2.Response, quiet_s: float) -> None:
        self._response = response
        self._quiet_s = quiet_s
        self._clock = SystemClock()
        self._heard_s = self._clock.monotonic()

    def heard(self) -> None:
        self._heard_s = self._clock.monotonic()

    def iter_bytes(self) -> Iterator[bytes]:
        import httpx2

        for piece in self._response.iter_bytes():
            yield piece
            if self._clock.monotonic() - self._heard_s > self._quiet_s:
                raise httpx2.ReadTimeout(f"nothing but comments came for {self._quiet_s:.0f} s")


def _events(response: httpx2.Response, quiet_s: float) -> Iterator[Event]:
    from anthropic import Stream

    lively = _Lively(response, quiet_s)
    # All that it reads of a response are its bytes.
    for sse in Stream.raw_events(cast("httpx2.Response", lively)):
        if sse.data:
            lively.heard()
        yield Event(sse.event, sse.data)


def _is_refused(part: Part) -> TypeGuard[Failure]:
    return isinstance(part, Failure) and part.kind is FailureKind.KEY


def _outside(sign_in: SignIn) -> tuple[type[Exception], ...]:
    """Return what is raised where the service, the way there or the sign-in fail."""
    import httpx2
    from anthropic import APIConnectionError, APIStatusError, WorkloadIdentityError

    ours = (APIStatusError, APIConnectionError, WorkloadIdentityError)
    return (*ours, httpx2.RequestError, UnicodeDecodeError, *_cloud_errors(sign_in))


def _cloud_errors(sign_in: SignIn) -> tuple[type[Exception], ...]:
    """Return what a cloud's own library raises when it cannot sign a request."""
    match sign_in:
        case Vertex():
            from google.auth.exceptions import GoogleAuthError

            return (GoogleAuthError,)
        case Bedrock():
            from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

            return (BotoCoreError,)
        case _:
            return ()


def _meaning(error: Exception) -> Failure:
    import httpx2
    from anthropic import APIConnectionError, APIStatusError, WorkloadIdentityError

    match error:
        case APIStatusError():
            return status_failure(error.status_code, error.body, dict(error.response.headers))
        case APIConnectionError():
            what = f"no connection to the service ({error.__cause__ or error})"
            return Failure(kind=FailureKind.BUSY, what=what)
        case WorkloadIdentityError():
            return exchange_failure(str(error), error.status_code)
        case httpx2.RequestError():
            reason = str(error) or type(error).__name__
            what = f"the connection broke in the middle of the reply ({reason})"
            return Failure(kind=FailureKind.BROKEN, what=what)
        case UnicodeDecodeError():
            return Failure(kind=FailureKind.BROKEN, what=str(error))
        case _:
            return _cloud_failure(error)


def _cloud_failure(error: Exception) -> Failure:
    # Google's library says what may pass, but of a connection that failed it only keeps the cause.
    is_passing = getattr(error, "retryable", False) or isinstance(error.__cause__, OSError)
    return Failure(
        kind=FailureKind.BUSY if is_passing else FailureKind.KEY,
        what=f"signing in to the cloud failed ({error})",
    )


def _pool(timeouts: Timeouts) -> httpx2.Client:
    import anthropic
    import httpx2

    timeout = httpx2.Timeout(
        connect=timeouts.connect_s,
        read=timeouts.read_s,
        write=timeouts.write_s,
        pool=timeouts.pool_s,
    )
    # The library drops idle connections after 5 s; most tool calls take longer.
    limits = httpx2.Limits(
        max_connections=64, max_keepalive_connections=32, keepalive_expiry=timeouts.keep_alive_s
    )
    return anthropic.DefaultHttpxClient(limits=limits, timeout=timeout)
