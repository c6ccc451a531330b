"""One call to the GitHub stand-in's API, and the ways it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.doubles.github_git import token_of
from tests.doubles.http_server import Answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.json import Json, JsonObject
    from tests.doubles.github_shapes import Shapes
    from tests.doubles.github_state import GithubState, Token
    from tests.doubles.http_server import Received

BODY_CHARACTERS = 65_536
TITLE_CHARACTERS = 256
LABEL_CHARACTERS = 50


class Denied(Exception):  # noqa: N818 -- an answer, carried up to where answers are sent
    """The call ends here, with this answer."""

    def __init__(self, status: int, message: str, *errors: JsonObject) -> None:
        super().__init__(message)
        document = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        self.answer = json_answer(
            {**document, **({"errors": list(errors)} if errors else {})}, status=status
        )


def invalid(resource: str, field: str, code: str, message: str = "") -> Denied:
    """Return a 422 that names what is wrong with one field."""
    error: JsonObject = {"resource": resource, "field": field, "code": code}
    if message:
        error = {"resource": resource, "code": "custom", "message": message}
    return Denied(422, "Validation Failed", error)


def moved(received: Received, target: str) -> Answer:
    """Send a caller to where something is now, path and query of the same server."""
    location = f"http://{received.headers.get('host', '')}{target}"
    document: JsonObject = {"message": "Moved Permanently", "url": location}
    return json_answer(document, status=301, headers={"location": location})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, who sent it and what it is about."""

    state: GithubState
    shapes: Shapes
    received: Received
    parts: tuple[str, ...]
    """What the route left open in the path."""

    @property
    def token(self) -> Token:
        """Who is calling, where somebody must be."""
        token = token_of(self.state, self.received)
        if token is None:
            raise Denied(401, "Requires authentication")
        if isinstance(token, str):
            raise Denied(401, token)
        return token

    def demand_write(self, *areas: str) -> None:
        """Refuse a token that may write none of the areas, and everybody in an archive."""
        token = self.token
        if self.state.settings.is_archived:
            raise Denied(403, "Repository was archived so is read-only.")
        if not token.may_write(*areas):
            kind = "personal access token" if not token.login.endswith("[bot]") else "integration"
            raise Denied(403, f"Resource not accessible by {kind}")

    def fields(self) -> JsonObject:
        """Return the body as a JSON object."""
        try:
            document = self.received.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Denied(400, "Problems parsing JSON")
        return document

    def text(self, name: str, resource: str, *, characters: int) -> str:
        """Return a field that must be a text of a permitted size."""
        value = self.fields().get(name)
        if not isinstance(value, str) or not value.strip():
            raise invalid(resource, name, "missing_field")
        return self.sized(value, name, resource, characters=characters)

    def sized(self, value: str, name: str, resource: str, *, characters: int) -> str:
        """Return the text unless it is too long."""
        if len(value) > characters:
            words = f"{name} is too long (maximum is {characters} characters)"
            raise invalid(resource, name, "custom", words)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that must be a list of texts."""
        value = self.fields().get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Denied(422, "Invalid request.")
        return tuple(str(item) for item in value)

    def page(self, items: Sequence[Json]) -> Answer:
        """Answer with one page of a list, and say where the next one is."""
        size = max(1, min(int(self._asked("per_page", "30")), 100))
        number = max(1, int(self._asked("page", "1")))
        begin = (number - 1) * size
        headers = {}
        if begin + size < len(items):
            path = self.received.target.partition("?")[0]
            host = self.received.headers.get("host", "")
            query = f"page={number + 1}&per_page={size}"
            headers["link"] = f'<http://{host}{path}?{query}>; rel="next"'
        return json_answer(list(items[begin : begin + size]), headers=headers)

    def asked(self, name: str) -> str:
        """Return a value of the query, or nothing."""
        return self._asked(name, "")

    def _asked(self, name: str, otherwise: str) -> str:
        values = self.received.query.get(name, ())
        return values[-1] if values else otherwise
