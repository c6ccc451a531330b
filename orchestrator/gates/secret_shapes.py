"""What detect-secrets knows about other people's keys, line by line.

Its detectors are called one by one and its settings are left alone: neither a file of the
repository nor a comment on the line can switch one off. What guesses from randomness alone
(its entropy detectors) is left out, since hashes and identifiers look the same; it only
confirms what a name like `password` or `api_key` says already.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

_DETECTORS = (
    "artifactory.ArtifactoryDetector",
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "cloudant.CloudantDetector",
    "discord.DiscordBotTokenDetector",
    "ibm_cloud_iam.IbmCloudIamDetector",
    "ibm_cos_hmac.IbmCosHmacDetector",
    "mailchimp.MailchimpDetector",
    "openai.OpenAIDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "softlayer.SoftlayerDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)
"""Vendors' keys beside those whose shapes `telemetry.credentials` knows: those are redacted too."""

_LONGEST = 2_000
_OVERLAP = 200
_SHORTEST_VALUE = 16
_SHORTEST_PASSWORD = 6
"""Of a password in an address, where its place says what it is."""
_THIS_MACHINE = r"@(?:localhost|127\.0\.0\.1|\[::1\])(?![\w.-])"
"""Behind a password that opens nothing anywhere else."""
_LEAST_ENTROPY = 3.5
"""Bits for each character; words of a language and repeated fillers stay below."""
_REFERENCE = re.compile(r"[${}()<>\[\]]|^(?:env|process|os|secrets|vault)[.:]", re.IGNORECASE)


class _Detector(Protocol):
    """What is used of a detector of the library."""

    secret_type: str

    def analyze_string(self, string: str) -> Iterator[str]:
        """Yield each value in one line that looks like a secret."""
        ...


def secrets_in(line: str) -> Iterator[tuple[str, str]]:
    """Yield (what it looks like, the value) for each secret-looking value of one line."""
    for part in _parts(line):
        yield from _of_vendors(part)
        for value in _by_name().analyze_string(part):
            if len(value) >= _SHORTEST_VALUE and _looks_random(value):
                yield "secret with a telling name", value
        for value in _in_address().analyze_string(part):
            is_local = re.search(re.escape(value) + _THIS_MACHINE, part)
            if len(value) >= _SHORTEST_PASSWORD and _is_mixed(value) and not is_local:
                yield "password in an address", value


def _of_vendors(part: str) -> Iterator[tuple[str, str]]:
    """Yield what has the shape of a key; a word of letters alone is a name in code."""
    for detector in _detectors():
        for value in detector.analyze_string(part):
            if not value.strip().isalpha():
                yield detector.secret_type, value


def _parts(line: str) -> Iterator[str]:
    """Yield a long line in overlapping parts: patterns need not be quick on a whole file in one."""
    for start in range(0, max(len(line), 1), _LONGEST):
        yield line[max(0, start - _OVERLAP) : start + _LONGEST]


def _looks_random(value: str) -> bool:
    shares = [count / len(value) for count in Counter(value).values()]
    entropy = -sum(share * math.log2(share) for share in shares)
    return entropy >= _LEAST_ENTROPY and _is_mixed(value)


def _is_mixed(value: str) -> bool:
    """Tell a value from a word and from the name of where the value is kept."""
    has_both = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return has_both and _REFERENCE.search(value) is None


@cache
def _detectors() -> tuple[_Detector, ...]:
    return tuple(_built(name) for name in _DETECTORS)


@cache
def _by_name() -> _Detector:
    return _built("keyword.KeywordDetector")


@cache
def _in_address() -> _Detector:
    return _built("basic_auth.BasicAuthDetector")


def _built(name: str) -> _Detector:
    module, _, kind = name.partition(".")
    # Half a second, and only a run that changed something needs it.
    built: _Detector = getattr(import_module(f"detect_secrets.plugins.{module}"), kind)()
    return built
