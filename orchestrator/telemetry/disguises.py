"""The forms in which a secret can turn up in a text."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

from orchestrator.telemetry.credentials import PREFIXES

SHORTEST_DISGUISED = 8
"""Below this length only the plain form is sought: short encodings match by accident."""


def disguises_of(secret: str) -> frozenset[str]:
    """Return the secret itself and every encoding of it that we look for.

    Plain, without a known prefix, reversed, hexadecimal, Base64 at each of its three
    shifts in both alphabets, percent-encoded, and escaped for JSON and HTML.
    """
    if len(secret) < SHORTEST_DISGUISED:
        return frozenset({secret})
    forms: set[str] = set()
    for core in _cores(secret):
        forms |= {core, core[::-1]}
        forms |= _escaped(core)
        forms |= _encoded(core.encode("utf-8", "surrogatepass"))
    return frozenset(form for form in forms if len(form) >= SHORTEST_DISGUISED)


def _cores(secret: str) -> tuple[str, ...]:
    rests = (secret.removeprefix(prefix) for prefix in PREFIXES if secret.startswith(prefix))
    return (secret, *(rest for rest in rests if len(rest) >= SHORTEST_DISGUISED))


def _escaped(core: str) -> set[str]:
    readable = core.encode("utf-8", "replace").decode("utf-8")
    percent = {
        quote(readable, safe=""),
        quote(readable),
        quote_plus(readable),
        "".join(f"%{byte:02X}" for byte in readable.encode()),
    }
    return {
        json.dumps(core)[1:-1],
        json.dumps(core, ensure_ascii=False)[1:-1],
        json.dumps(core)[1:-1].replace("/", "\\/"),
        html.escape(core),
        html.escape(core, quote=False),
        html.escape(core, quote=False).replace('"', "&#34;").replace("'", "&#39;"),
        *percent,
        *(_lower_percent(form) for form in percent),
    }


def _lower_percent(form: str) -> str:
    parts = form.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def _encoded(raw: bytes) -> set[str]:
    forms = {raw.hex(), raw.hex().upper(), raw.hex(" "), raw.hex(":")}
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw + bytes(2)).decode("ascii")
        first = -(-shift * 8 // 6)
        last = (shift + len(raw)) * 8 // 6
        inner = whole[first:last]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return forms
