"""The doors of the clouds on loopback: each looks at the credentials as the real one does.

What comes through is answered with one short stream; who stands before a shut door gets the
cloud's own refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.doubles.http_server import Answer, LoopbackServer, Served, json_answer
from tests.doubles.identity import EVENTS, stream_answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.http_server import Received

SECRET_KEY = "an-invented-secret-key"
ACCESS_KEY = "AKIAEXAMPLE"
FOUNDRY_KEY = "an-invented-foundry-key"


class _Door(Served):
    def __init__(self) -> None:
        """Bind a port; requests are answered inside the `with` block."""
        self.received: list[Received] = []
        self._server = LoopbackServer(self._respond)

    @property
    def url(self) -> str:
        """The address of the cloud."""
        return self._server.url

    def _respond(self, received: Received) -> Answer:
        self.received.append(received)
        return stream_answer(EVENTS) if self._is_known(received) else json_answer({}, status=403)

    def _is_known(self, received: Received) -> bool:
        raise NotImplementedError


class AwsDouble(_Door):
    """Checks a request's signature (version 4), worked out from what has arrived."""

    def _is_known(self, received: Received) -> bool:
        scheme, _, fields = received.headers["authorization"].partition(" ")
        parts = dict(part.split("=", 1) for part in fields.replace(",", " ").split())
        key_id, day, region, service, ending = parts["Credential"].split("/")
        scope = f"{day}/{region}/{service}/{ending}"
        to_sign = "\n".join(
            (scheme, received.headers["x-amz-date"], scope, _digest(_canonical(received, parts)))
        )
        key = f"AWS4{SECRET_KEY}".encode()
        for part in (day, region, service, ending):
            key = _signed(key, part)
        return key_id == ACCESS_KEY and parts["Signature"] == _signed(key, to_sign).hex()


class GoogleDouble(_Door):
    """Trades a runner's identity for an access token, and opens to those it gave out."""

    def __init__(self) -> None:
        """Bind a port; requests are answered inside the `with` block."""
        super().__init__()
        self.given: set[str] = set()
        self.trade_status = 200
        """What the token endpoint answers with."""

    def credentials(self, folder: Path) -> Path:
        """Write the file that `google-github-actions/auth` leaves, and return its path."""
        file = folder / "credentials.json"
        document = {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{self.url}/trade",
            "credential_source": {
                "url": f"{self.url}/identity",
                "headers": {"Authorization": "Bearer of-the-runner"},
                "format": {"type": "json", "subject_token_field_name": "value"},
            },
        }
        file.write_text(json.dumps(document))
        return file

    def _respond(self, received: Received) -> Answer:
        match received.path:
            case "/identity":
                return json_answer({"value": "a.b.c"})
            case "/trade":
                return self._trade(received)
            case _:
                return super()._respond(received)

    def _trade(self, received: Received) -> Answer:
        subject = parse_qs(received.body.decode()).get("subject_token")
        if self.trade_status != Answer().status or subject != ["a.b.c"]:
            return json_answer({"error": "invalid_grant"}, status=max(self.trade_status, 400))
        token = f"ya29.{len(self.given)}"
        self.given.add(token)
        return json_answer(
            {
                "access_token": token,
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "token_type": "Bearer",
                "expires_in": 3600,
            }
        )

    def _is_known(self, received: Received) -> bool:
        return received.headers.get("authorization", "").removeprefix("Bearer ") in self.given


class AzureDouble(_Door):
    """Opens to the key of the resource."""

    def _is_known(self, received: Received) -> bool:
        return received.headers.get("x-api-key") == FOUNDRY_KEY


def _canonical(received: Received, parts: dict[str, str]) -> str:
    path, _, query = received.target.partition("?")
    names = parts["SignedHeaders"].split(";")
    headers = [f"{name}:{' '.join(received.headers[name].split())}\n" for name in names]
    body = hashlib.sha256(received.body).hexdigest()
    return "\n".join((received.method, path, query, "".join(headers), ";".join(names), body))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _signed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
