"""Nothing that leaves carries a secret."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.telemetry.credentials import credentials_in
from orchestrator.telemetry.redaction import MARK, Redactor
from orchestrator.telemetry.tightening import (
    SEPARATOR,
    SPACE,
    without_separators,
    without_space,
)

_REST = "Zk3+9/Qw7eRt5Yu1Io=8Pa_sD-f0"
_SECRET = "sk-ant-api03-" + _REST
_SECRETS = st.text(min_size=8, max_size=40).filter(lambda text: len(text.strip()) >= 8)


def _inside(form: str) -> str:
    return f"before {form} after"


@pytest.mark.parametrize(
    "form",
    [
        _SECRET,
        _REST,
        _SECRET[::-1],
        _REST[::-1],
        _SECRET.encode().hex(),
        _SECRET.encode().hex().upper(),
        _SECRET.encode().hex(" "),
        quote(_SECRET, safe=""),
        quote(_SECRET, safe="").replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d"),
        "".join(f"%{byte:02x}" for byte in _SECRET.encode()),
        json.dumps(_SECRET),
        json.dumps(_SECRET).replace("/", "\\/"),
        html.escape(_SECRET),
        base64.b64encode(_SECRET.encode()).decode(),
        base64.b64encode(b"x" + _SECRET.encode()).decode(),
        base64.b64encode(b"xy" + _SECRET.encode() + b"tail").decode(),
        base64.urlsafe_b64encode(b"x-access-token:" + _SECRET.encode()).decode(),
        base64.b64encode(_REST.encode()).decode(),
        "\n".join(_SECRET[at : at + 5] for at in range(0, len(_SECRET), 5)),
        "\n+".join(_SECRET[at : at + 9] for at in range(0, len(_SECRET), 9)),
        " ".join(_SECRET),
        "\u200b".join(_SECRET),
        '" + "'.join((_SECRET[:20], _SECRET[20:])),
        "\\n".join((_SECRET[:20], _SECRET[20:])),
        "\n".join(
            base64.b64encode(_SECRET.encode()).decode()[at::1][:10]
            for at in (0, 10, 20, 30, 40, 50)
        ),
    ],
)
def test_redact__every_disguise(form: str) -> None:
    """A registered secret is hidden in every form in which it can be smuggled out."""
    redactor = Redactor([_SECRET])

    redacted = redactor.redact(_inside(form))

    assert redactor.knows_secret_in(_inside(form))
    assert form not in redacted
    assert MARK in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")


def test_register__hides_from_then_on() -> None:
    """A secret that is learned late is hidden like the first, and the first still is."""
    redactor = Redactor(["first-secret"])

    redactor.register(["second-secret", " ", "abc"])

    assert redactor.redact("abc first-secret second-secret") == f"abc {MARK} {MARK}"
    assert redactor.knows_secret_in("terces-dnoces")


@given(secrets=st.lists(_SECRETS, min_size=1, max_size=3), before=st.text(), after=st.text())
def test_redact__no_registered_secret_survives(secrets: list[str], before: str, after: str) -> None:
    """Whatever the secrets are and whatever surrounds them, none is left."""
    redactor = Redactor(secrets)
    text = before + after.join(secrets) + after + "".join(secrets)

    redacted = redactor.redact(text)

    assert not [secret for secret in secrets if secret.strip() in redacted]


@given(st.text(alphabet="ab*\n", max_size=30))
def test_redact__joined_by_masking(text: str) -> None:
    """A secret that only arises from the masking itself is hidden as well."""
    redactor = Redactor(["abab", "b***a", "****"])

    redacted = redactor.redact(text)

    assert not [secret for secret in ("abab", "b***a", "****") if secret in redacted]


@given(st.text())
def test_redact__nothing_registered(text: str) -> None:
    """Without secrets and credentials, text passes unchanged."""
    assert Redactor().redact(text) == text


@pytest.mark.parametrize(
    "credential",
    [
        "sk-ant-api03-" + "a1B2" * 8,
        "sk-proj-" + "a1B2" * 10,
        "ghp_" + "a1B2" * 9,
        "ghs_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 8,
        "glpat-" + "a1B2" * 5,
        "AKIA" + "ABCD1234" * 2,
        "xoxb-1234567890-abc",
        "AIza" + "a1B2c" * 7,
        "npm_" + "a1B2c3" * 6,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl-_x",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nnever ends",
    ],
)
def test_redact__credential_shapes(credential: str) -> None:
    """Strangers' credentials are hidden by their shape."""
    redacted = Redactor().redact(f"see {credential}")

    assert redacted == f"see {MARK}"
    assert [found.start for found in credentials_in(f"see {credential}")] == [4]


@pytest.mark.parametrize(
    "ordinary",
    [
        "task-ant-hill-is-not-a-key-at-all",
        "AKIA is a prefix",
        "the sk-learn package",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    ],
)
def test_redact__leaves_ordinary_words(ordinary: str) -> None:
    """What only resembles a credential stays readable."""
    assert Redactor(["hunter2hunter2"]).redact(ordinary) == ordinary


def test_redact__text_between_two_keys() -> None:
    """Two keys are two marks; what stands between them stays."""
    key = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"

    assert Redactor().redact(f"{key} and {key}") == f"{MARK} and {MARK}"


def test_redact__short_values() -> None:
    """A value under four characters is no secret; a short one is hidden as it stands."""
    redactor = Redactor(["abc", "pin4", "  ", ""])

    assert redactor.redact("abc pin4 4nip") == f"abc {MARK} 4nip"
    assert repr(redactor) == "Redactor(1 secrets)"


def test_redact__lone_surrogates() -> None:
    """Text that cannot be encoded is made encodable."""
    assert Redactor().redact("a\ud800b") == "a?b"


def test_redact__overlapping_secrets() -> None:
    """The longest secret wins and overlapping ones become one mark."""
    redactor = Redactor(["abcdefgh", "efghijkl", "abcdefghijkl"])

    assert redactor.redact("x abcdefghijkl y") == f"x {MARK} y"


def test_redact__hostile_text_ends() -> None:
    """A large text built against the patterns is still handled."""
    text = "eyJ" * 60_000 + "-----BEGIN PRIVATE KEY-----" * 5_000

    assert Redactor([_SECRET]).redact(text).endswith(MARK)


def test_redact_json__strings_everywhere() -> None:
    """Strings are redacted in lists, values, keys and JSON inside strings."""
    redactor = Redactor([_SECRET])
    inner = json.dumps([{"text": f'say "{_SECRET}"', "n": 1}])

    safe = redactor.redact_json(
        {"a": [_SECRET, 1, None, True, 2.5], _SECRET: inner, "b": "{not json", "c": "[1, 2]"}
    )

    assert safe == {
        "a": [MARK, 1, None, True, 2.5],
        MARK: '[{"text": "say \\"***\\"", "n": 1}]',
        "b": "{not json",
        "c": "[1, 2]",
    }


def test_redact_json__too_deep() -> None:
    """JSON nested beyond reason is redacted as plain text."""
    text = "[" * 200_000 + _SECRET

    assert Redactor([_SECRET]).redact_json(text) == "[" * 200_000 + MARK


TANGLED = st.text(st.sampled_from('aZ9 \\nu0fr",\t\n\x1c\x85\xa0\u200bé'), max_size=60)


@given(TANGLED | st.text())
def test_without__is_what_the_expressions_say(text: str) -> None:
    """The fast ways leave out exactly what the slow ones would, escapes of JSON included."""
    assert without_space(text) == SPACE.sub("", text)
    assert without_separators(text) == SEPARATOR.sub("", text)


def test_redact__short_text_is_remembered_until_a_secret_is_registered() -> None:
    """What was harmless before a secret was known is looked at again."""
    redactor = Redactor(["first-secret-1"])

    before = redactor.redact("second-secret-2")
    redactor.register(["second-secret-2"])

    assert before == "second-secret-2"
    assert redactor.redact("second-secret-2") == MARK
