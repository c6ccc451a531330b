"""Foreign words made harmless: fences for the model, neutral Markdown for people."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from orchestrator.rendering.invisible import without_invisible

_BREAK = "\u200b"
"""Zero-width space: the one break that works in Markdown, code, titles and plain text alike."""

_TRIGGER = re.compile(r"(?<![\w.])/(?=orchestrate)", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_MAIL = re.compile(r"(?<=\w)@(?=\w)")
_REFERENCE = re.compile(r"(#|(?<![a-z0-9])GH-)(?=\d)", re.IGNORECASE)
# GitHub asks for no boundary before a scheme, and takes an underscore for one before `www`.
_ADDRESS = re.compile(
    r"(?i)(?<![a-z])(https?|ftp|ftps|data|javascript|vbscript|file):|(?<![a-z])www(?=\.)"
)
SWITCH = r"\s*(?:skip[\s-]+(?:ci|actions)|(?:ci|actions)[\s-]+skip|no[\s-]+ci)\s*\]"
"""What keeps the project's checks from running, behind a bracket: titles become commits."""
_SWITCH = re.compile(rf"\[(?={SWITCH})", re.IGNORECASE)
_CODE_SPAN = re.compile(r"(?<!`)`[^`\n]+`(?!`)")
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$&!]")
_LINE_START = re.compile(r"^(\s*)([-+=#]|\d{1,9}[.)](?=\s|$))")
_BAR = re.compile(r"(?<!\\)\|")
_SPACES = re.compile(r"\s+")
_ATTRIBUTE = re.compile(r"[^\w .,:;#/@()'+-]")
_CUT_NOTE = "… [cut: {more} more characters]"


def defuse(text: str) -> str:
    """Take the effect out of mentions, references, addresses, switches and our trigger phrase.

    Invisible characters go. Nobody is notified, no other issue is linked or closed, nothing
    becomes clickable, no check is switched off and no run is set off; to the eye the text stays
    the same.
    """
    text = _SWITCH.sub(f"[{_BREAK}", _unheard(text))
    text = _REFERENCE.sub(rf"\1{_BREAK}", _MAIL.sub(f"@{_BREAK}", text))
    return _ADDRESS.sub(lambda found: f"{found.group(0)}{_BREAK}", text)


def inline(text: object) -> str:
    """Return foreign text as one harmless line of Markdown; plain code spans stay code."""
    words = plain(text)
    parts: list[str] = []
    position = 0
    for span in _CODE_SPAN.finditer(words):
        parts += [_escaped(words[position : span.start()]), span.group(0)]
        position = span.end()
    parts.append(_escaped(words[position:]))
    return _LINE_START.sub(_escape_start, "".join(parts))


def advice(text: object) -> str:
    """Return advice as harmless Markdown: its first line as words, the rest as it is, as code."""
    first, _, rest = str(text).strip().partition("\n")
    return f"{inline(first)}\n\n{code_block(rest)}\n" if rest.strip() else inline(first)


def plain(text: object) -> str:
    """Return foreign text as one harmless line for places without Markdown, such as titles."""
    return defuse(line(text))


def line(text: object) -> str:
    """Return text on one line and otherwise as it is, for prompts."""
    return _SPACES.sub(" ", str(text)).strip()


def quoted(text: object) -> str:
    """Return text on one line as a code span, otherwise as it is, for prompts."""
    words = line(text)
    if not words:
        return "—"
    runs = [len(run) for run in re.findall(r"`+", words)]
    ticks = "`" * (max(runs, default=0) + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{ticks}{pad}{words}{pad}{ticks}"


def code(text: object) -> str:
    """Return foreign text, such as a path or a command, as one harmless code span."""
    return quoted(_unheard(line(text)))


def cell(rendered: str) -> str:
    """Return Markdown of one line, as `inline` and `code` make it, fit for a table's cell."""
    return _BAR.sub(r"\\|", rendered)


def code_block(text: object, language: str = "text") -> str:
    """Return foreign text as a code block whose fence is longer than any inside it."""
    body = _unheard(str(text)).rstrip("\n")
    runs = [len(run) for run in re.findall(r"`{3,}", body)]
    ticks = "`" * (max(runs, default=2) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def fenced(text: object, source: str) -> str:
    """Return text as data for the model, in a tagged block that its content cannot close.

    The tag carries a digest of the content, so equal content gives equal bytes, and a text
    that holds its own closing tag gets another one.

    Args:
        text: What somebody or something else wrote, kept as it is.
        source: Whose words they are; shown in the opening tag.
    """
    body = str(text).strip("\n")
    boundary = boundary_of(body)
    return (
        f'<data-{boundary} from="{_ATTRIBUTE.sub("?", source)[:160]}">\n{body}\n</data-{boundary}>'
    )


def boundary_of(text: str, *, digits: int = 12) -> str:
    """Return a hexadecimal code that the text determines and does not hold.

    Args:
        text: What the code is to enclose.
        digits: Length of the code.
    """
    salt = 0
    while True:
        seed = f"{salt}\0{text}".encode("utf-8", "surrogatepass")
        boundary = hashlib.sha256(seed).hexdigest()[:digits]
        if boundary not in text:
            return boundary
        salt += 1


def usd(amount: Decimal) -> str:
    """Return money with its unit: whole cents, or four digits where it is less than one."""
    digits = Decimal("0.0001") if Decimal(0) < amount < Decimal("0.01") else Decimal("0.01")
    return f"{amount.quantize(digits, rounding=ROUND_HALF_UP):,} USD"


def duration(seconds: float) -> str:
    """Return a span of time in the two largest fitting units."""
    if seconds < 10:  # noqa: PLR2004 -- tenths only matter for short spans
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def cut(text: object, limit: int) -> str:
    """Return the first `limit` characters, and say how many are missing."""
    whole = str(text)
    if len(whole) <= limit:
        return whole
    return whole[:limit].rstrip() + _CUT_NOTE.format(more=f"{len(whole) - limit:,}")


def _unheard(text: str) -> str:
    """Break what programs listen for even inside of code, and drop what nobody can see.

    `actions/checkout@v7` and a path stay as they are: they call nobody and are there to copy.
    """
    text = without_invisible(text, Counter())
    return _MENTION.sub(f"@{_BREAK}", _TRIGGER.sub(f"/{_BREAK}", text))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found.group(0), text)


def _escape_start(found: re.Match[str]) -> str:
    marker = found.group(2)
    if len(marker) == 1:
        return f"{found.group(1)}\\{marker}"
    return f"{found.group(1)}{marker[:-1]}\\{marker[-1]}"
