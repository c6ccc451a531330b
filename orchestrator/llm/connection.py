"""One client of the vendor's library per process, and its exceptions turned into values.

The library is imported with the first call, or ahead of it by `warm.preload`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from orchestrator.domain.errors import MalformedReplyError, ModelRejectedError, Rejection
from orchestrator.llm.failure import Failure, FailureKind, status_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from anthropic import Anthropic
    from pydantic import SecretStr

T = TypeVar("T")

DEFAULT_BASE_URL = "https://api.anthropic.com"
_KEY_HINT = (
    "Give a Claude API key in the input `anthropic-api-key`, from a repository secret: "
    "`anthropic-api-key: ${{ secrets.ANTHROPIC_API_KEY }}`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds without progress before an attempt is given up."""

    connect_s: float = 10.0
    read_s: float = 180.0
    """Between two parts of a stream; the service pings well within that."""
    write_s: float = 60.0
    pool_s: float = 30.0


class Connection:
    """The way to the service: address, key and one pool of connections for all threads."""

    def __init__(self, *, api_key: SecretStr, base_url: str, timeouts: Timeouts) -> None:
        """Check the key's form; nothing is imported, opened or sent yet.

        Raises:
            ModelRejectedError: The key is empty or cannot be a key.
        """
        self._key = _checked_key(api_key)
        self._base_url = base_url
        self._timeouts = timeouts
        # A queue of one place: who has the client out is alone with it, so that threads that
        # start together do not each open a pool.
        self._place: SimpleQueue[Anthropic | None] = SimpleQueue()
        self._place.put(None)

    def client(self) -> Anthropic:
        """Return the one client; safe to call and to use from several threads."""
        client = self._place.get()
        try:
            client = client or self._opened()
        finally:
            self._place.put(client)
        return client

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        client = self._place.get()
        self._place.put(None)
        if client is not None:
            client.close()

    def guarded(self, call: Callable[[], T | Failure]) -> T | Failure:
        """Run one call and return what went wrong with it as a value."""
        import httpx2
        from anthropic import APIConnectionError, APIStatusError

        try:
            return call()
        except APIStatusError as error:
            failure = status_failure(error.status_code, error.body, error.response.headers)
            return self._kept(failure, error)
        except APIConnectionError as error:
            reason = str(error.__cause__ or error)
            failure = Failure(
                kind=FailureKind.BUSY, what=f"no connection to the service ({reason})"
            )
            return self._kept(failure, error)
        except httpx2.RequestError as error:
            reason = str(error) or type(error).__name__
            what = f"the connection broke in the middle of the reply ({reason})"
            return self._kept(Failure(kind=FailureKind.BROKEN, what=what), error)
        except (MalformedReplyError, UnicodeDecodeError) as error:
            return self._kept(Failure(kind=FailureKind.BROKEN, what=str(error)), error)

    def _kept(self, failure: Failure, cause: Exception) -> Failure:
        """Return the failure with its cause, unless that would spread the key."""
        key = self._key.get_secret_value()
        if key in f"{failure.what} {cause} {cause.__cause__}":
            return replace(failure, what=failure.what.replace(key, "***"))
        return replace(failure, cause=cause)

    def _opened(self) -> Anthropic:
        import anthropic
        import httpx2

        timeout = httpx2.Timeout(
            connect=self._timeouts.connect_s,
            read=self._timeouts.read_s,
            write=self._timeouts.write_s,
            pool=self._timeouts.pool_s,
        )
        # The library drops idle connections after 5 s; most tool calls take longer.
        limits = httpx2.Limits(
            max_connections=64, max_keepalive_connections=32, keepalive_expiry=120
        )
        return anthropic.Anthropic(
            api_key=self._key.get_secret_value(),
            base_url=self._base_url,
            timeout=timeout,
            max_retries=0,
            open_telemetry=False,
            http_client=anthropic.DefaultHttpxClient(limits=limits, timeout=timeout),
        )


def _checked_key(api_key: SecretStr) -> SecretStr:
    key = api_key.get_secret_value().strip()
    if not key:
        what = "The Claude API key is empty."
    elif not key.isascii() or not key.isprintable() or " " in key:
        what = "The Claude API key holds characters that no key has (it is not shown here)."
    else:
        return type(api_key)(key)
    raise ModelRejectedError(what, hint=_KEY_HINT, reason=Rejection.KEY)
