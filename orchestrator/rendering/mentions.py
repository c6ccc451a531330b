"""Files, tests and commits that a sentence names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.domain.globs import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_EXTENSIONS = (
    "py|js|jsx|ts|tsx|mjs|cjs|rb|go|rs|java|kt|php|cs|cpp|hpp|vue|svelte|css|scss|sass|less|md|rst|"
    "yml|yaml|toml|json|html|xml|sh|sql|ini|cfg|lock|txt"
)
_FOLDERS = r"(?:[\w@.+-]+/)+"
_FILE = re.compile(
    rf"(?<![\w/:.@#~$*+<-])(?P<path>{_FOLDERS}[\w@+.-]*\.[A-Za-z]\w{{0,7}}|[\w@+][\w@+.-]*\.(?:{_EXTENSIONS}))"
    r"(?![\w/*@-]|\.\w|\()"
)
_NAMED = re.compile(
    r"(?<![\w./-])(?:(?:Make|Docker|Rake|Gem|Proc|Jenkins|Vagrant)file|CODEOWNERS)(?![\w-]|\.\w)"
)
"""Files without an ending that everybody calls by their names."""
_SPAN = re.compile(r"`(?P<path>(?:\./)?(?:[\w@.+-]+/)+[\w@+-]*)`")
"""What stands in a code span with slashes in it; it need not be a path."""
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|app|edu|gov|example|test)")
_NO_FOLDERS = frozenset(
    ("node_modules", "application", "text", "image", "audio", "video", "font", "multipart")
)
_PRODUCTS = re.compile(
    r"(?:node|next|vue|nuxt|three|express|react|d3|ember|backbone|alpine|chart|moment|angular|day|"
    r"socket|discord|solid|require|p5|knockout|underscore|handlebars|web3|ethers)\.(?:js|ts)",
    re.IGNORECASE,
)
_TEST = re.compile(
    r"(?P<full>(?<![\w/.-])[\w./-]+\.\w+(?:::\w+(?:\[[^\]\n]*\])?)+)"
    r"|(?P<rust>\b(?:\w+::)*tests?::\w+)"
    r"|(?P<name>(?<![\w./-])(?:test_\w+|Test[A-Z]\w*(?:/\w+)+)(?![\w./(]))"
)
_TITLE = re.compile(
    r"\btests?\s+(?:named\s+|called\s+)?(?:`(?P<code>[^`\n]{3,200})`"
    r"|[\"“](?P<words>[^\"”\n]{3,200})[\"”])",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"(?:npm|npx|yarn|pnpm|node|deno|bun|python\d?|py\.test|pytest|tox|nox|uv|go|cargo|mvn|\./mvnw|"
    r"gradle|\./gradlew|bundle|rake|rspec|php|composer|phpunit|make|just|dotnet|swift|bash|sh)\s"
)
_ABOUT_TESTS = re.compile(
    r"\b(?:tests?|pass(?:es|ed)?|fail(?:s|ed)?|covers?|asserts?|checks|proves?)\b", re.IGNORECASE
)
_COMMIT = re.compile(r"(?<![\w#/.:@-])(?P<id>[0-9a-f]{7,40})(?![\w/@-]|\.\w)")
_BLANKS = re.compile(r"[\s>\u203a:./\[\]()]+")


class Kind(StrEnum):
    """What is named."""

    FILE = "file"
    TEST = "test"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Something that a sentence names, and where."""

    kind: Kind
    text: str
    start: int
    end: int
    is_guess: bool = False
    """It may be a path, a branch, a package or a word with a slash: only the tree can tell."""

    def is_in(self, paths: Collection[str], globs: Collection[str] = ()) -> bool:
        """Tell whether it is one of the paths or a folder of them, named whole or by its end."""
        wanted = _without_dots(self.text).rstrip("/")
        return any(f"/{wanted}/" in f"/{path}/" for path in paths) or (
            bool(globs) and matches(wanted, globs)
        )

    def is_about(self, paths: Collection[str]) -> bool:
        """Tell whether a guess is one at a path: what it begins with is there."""
        top = _without_dots(self.text).partition("/")[0]
        return not self.is_guess or any(path.startswith(f"{top}/") for path in paths)

    def names(self, test: str) -> bool:
        """Tell whether a test's id is what this names, or holds it."""
        wanted, known = _folded(self.text.rpartition("::")[2]), _folded(test)
        return bool(wanted) and f" {wanted} " in f" {known} "


def mentions_in(sentence: str) -> tuple[Mention, ...]:
    """Return what a sentence names, in order; addresses of the web name nothing of ours."""
    plain = _ADDRESS.sub(lambda found: " " * len(found.group(0)), sentence)
    tests = list(_tests(plain))
    others = (*_files(plain), *_commits(plain))
    apart = [one for one in others if not any(_overlap(one, test) for test in tests)]
    return tuple(sorted((*tests, *apart), key=lambda one: one.start))


def _files(sentence: str) -> Iterator[Mention]:
    for found in _FILE.finditer(sentence):
        path = found["path"].removeprefix("./")
        first, _, rest = path.partition("/")
        if first.startswith("@") or (rest and first in _NO_FOLDERS):
            continue
        if _DOMAIN.fullmatch(first) if rest else _PRODUCTS.fullmatch(path):
            continue
        yield Mention(kind=Kind.FILE, text=path, start=found.start(), end=found.end())
    for found in _NAMED.finditer(sentence):
        yield Mention(kind=Kind.FILE, text=found[0], start=found.start(), end=found.end())
    for found in _SPAN.finditer(sentence):
        path = found["path"].removeprefix("./")
        if path.startswith("@") or path.partition("/")[0] in _NO_FOLDERS:
            continue
        yield Mention(
            kind=Kind.FILE, text=path, start=found.start(), end=found.end(), is_guess=True
        )


def _tests(sentence: str) -> Iterator[Mention]:
    is_about = _ABOUT_TESTS.search(sentence) is not None
    for found in _TEST.finditer(sentence):
        if is_about or not found["name"]:
            yield Mention(kind=Kind.TEST, text=found.group(0), start=found.start(), end=found.end())
    for found in _TITLE.finditer(sentence):
        group = "code" if found["code"] else "words"
        text = found[group].strip()
        if " " not in text or _FILE.search(text) or _TEST.search(text) or _COMMAND.match(text):
            continue
        yield Mention(kind=Kind.TEST, text=text, start=found.start(group), end=found.end(group))


def _commits(sentence: str) -> Iterator[Mention]:
    for found in _COMMIT.finditer(sentence):
        text = found["id"]
        is_told = re.search(r"\bcommit\s+[`\"']?$", sentence[: found.start()], re.IGNORECASE)
        if is_told or (re.search(r"\d", text) and re.search(r"[a-f]", text)):
            yield Mention(kind=Kind.COMMIT, text=text, start=found.start(), end=found.end())


def _overlap(left: Mention, right: Mention) -> bool:
    return left.start < right.end and right.start < left.end


def _without_dots(path: str) -> str:
    while path.startswith(("./", "../")):
        path = path.partition("/")[2]
    return path


def _folded(text: str) -> str:
    return _BLANKS.sub(" ", text).strip().casefold()
