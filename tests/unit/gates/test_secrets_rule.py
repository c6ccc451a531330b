"""No secret gets into a change."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.gates.secrets_rule import NoSecrets
from orchestrator.telemetry.redaction import Redactor
from tests.unit.gates.evidence import REDACTOR, SECRET, change, diff, evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.change import Change


def _secrets(of: Change) -> GateResult:
    return NoSecrets(REDACTOR).judge(evidence(of=of))


@pytest.mark.parametrize(
    "lines",
    [
        (f"+key = '{SECRET}'",),
        (f"+{SECRET[::-1]}",),
        (f"+{SECRET.encode().hex()}",),
        (f"+{base64.b64encode(SECRET.encode()).decode()}",),
        (f"+{quote(SECRET, safe='')}",),
        (f"+{SECRET[:10]}", f"+{SECRET[10:]}"),
        (f"+a = '{SECRET[:10]}' +", f"+    '{SECRET[10:]}'"),
    ],
)
def test_no_secrets__own_secret_in_every_disguise(lines: tuple[str, ...]) -> None:
    """This run's own secrets are found encoded, reversed and split over lines."""
    found = _secrets(change(diff("tests/snap.txt", *lines), "tests/snap.txt"))

    assert found.verdict is GateVerdict.FAILED
    assert "one of this run's own secrets (tests/snap.txt:" in found.reason
    assert SECRET not in found.reason


@pytest.mark.parametrize("spell", [str, lambda key: key[::-1], lambda key: key.encode().hex()])
def test_no_secrets__own_key_without_its_prefix(spell: Callable[[str], str]) -> None:
    """Leaving out what scanners look for does not help, nor does a disguise; its line is told."""
    redactor = Redactor(["sk-ant-api03-Zq8vTr2LmX9pK4wdAbcD"])
    line = f"+key = '{spell('Zq8vTr2LmX9pK4wdAbcD')}'"

    text = diff("src/a.py", " first", "+second", line)

    found = NoSecrets(redactor).judge(evidence(of=change(text, "src/a.py")))

    assert found.verdict is GateVerdict.FAILED
    assert "one of this run's own secrets (src/a.py:3)" in found.reason


def test_no_secrets__strangers_credential() -> None:
    """Something that looks like a credential is named with its place, and not repeated."""
    token = "ghp_" + "a1B2c3D4e5" * 4

    found = _secrets(change(diff("src/a.js", " first", "+second", f"+x = '{token}'")))

    assert "something like a GitHub token (src/a.js:3)" in found.reason
    assert token not in found.reason


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("+api_key = 'Zq8vTr2LmX9pK4wdAbcD'", "secret with a telling name"),
        ("+api_key = 'Zq8vTr2LmX9pK4wdAbcD'  # pragma: allowlist secret", "telling name"),
        ("+url = 'https://svc:pa55phrase@db.example/x'", "password in an address"),
        ("+TWILIO = 'SK" + "0a1b2c3d" * 4 + "'", "Twilio"),
        ("+" + "x" * 5_000 + " SG." + "Ab1" * 7 + "z." + "Cd2" * 14 + "q", "SendGrid"),
    ],
)
def test_no_secrets__vendors_keys(line: str, kind: str) -> None:
    """Keys of many vendors and telling names are known, whatever a comment on the line says."""
    found = _secrets(change(diff("src/a.py", line), "src/a.py"))

    assert found.verdict is GateVerdict.FAILED
    assert kind in found.reason
    assert "Zq8v" not in found.reason


def test_no_secrets__moved_line() -> None:
    """What stood in the repository before and only moves is nothing that this change brings."""
    line = "api_key = 'Zq8vTr2LmX9pK4wdAbcD'"
    text = diff("src/a.py", f"-{line}", "+import b") + diff("src/b.py", f"+{line}")

    assert _secrets(change(text, "src/a.py", "src/b.py")).verdict is GateVerdict.PASSED


@pytest.mark.parametrize(
    "line",
    [
        "+password = os.environ['SERVICE_PASSWORD_1']",
        "+api_key = config.get_api_key_v2_of_service()",
        '+    "integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrs",',
        "+commit = '0f3c9a1b7d5e8246a9bc0d1e2f3a4b5c6d7e8f90'",
        "+secret = 'correct horse battery staple'",
        "+see https://user:password@host.example/",
        "+key = 'AKIAIOSFODNN7EXAMPLE'",
        "+DATABASE_URL=postgres://app:app1234@localhost:5432/test",
        "+public final class APDUCommandBuilder extends Builder {",
        "+ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "+an ordinary line",
        f"-old = '{SECRET}'",
    ],
)
def test_no_secrets__nothing_new(line: str) -> None:
    """Placeholders, ordinary lines and removed secrets do not block."""
    assert _secrets(change(diff("src/a.js", " x", line))).verdict is GateVerdict.PASSED


def test_no_secrets__in_a_file_name() -> None:
    """A secret hidden in a path is found, and the path is not repeated."""
    found = _secrets(change(diff(f"docs/{SECRET}.md", "+one")))

    assert found.verdict is GateVerdict.FAILED
    assert "a file's name" in found.reason


def test_no_secrets__diff_is_missing() -> None:
    """Changed lines without a diff were not searched."""
    bare = change().model_copy(update={"diff": ""})

    assert _secrets(bare).verdict is GateVerdict.NO_EVIDENCE


def test_no_secrets__nothing_changed() -> None:
    """A change of modes only adds no text."""
    empty = change("diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n", lines=0)

    assert _secrets(empty).verdict is GateVerdict.PASSED
