"""What a page shows to be typed or copied works as it stands there."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from orchestrator.agents.agent_files import AgentFile, load_agent_file
from orchestrator.agents.roles import tools_of
from orchestrator.cli import parser
from orchestrator.config.environment import is_reserved
from orchestrator.config.settings import Settings
from orchestrator.domain.role import RoleKind
from tests.architecture.source import ROOT, project_files, read
from tests.unit.config.builders import load

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = tuple(
    path for path in project_files() if path.suffix == ".md" and "tests" not in path.parts
)
SAYING = (
    *PAGES,
    *(path for path in project_files() if path.parts[0] in {"orchestrator", "templates"}),
)
ACTION = yaml.safe_load(read(Path("action.yml")))
MAKEFILE = read(Path("Makefile"))
TOP = frozenset(Settings.model_fields) | {"extends", "mode"}
PINNED = re.compile(r"[\w.-]+/[\w./-]+@(?:[0-9a-f]{40}|COMMIT)")

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"(?:\.venv/bin/)?python -m orchestrator((?: [^\s`#;<\"'\\…]+)+)")
_TARGETS = re.compile(r"(?:`|^ *)make ([a-z][a-z-]*)", re.MULTILINE)
_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|yml|j2|json))`")
# What is named as somebody else's, or as what a run leaves.
_ELSEWHERE = (".claude/", ".cargo/", "shared/", "../")
_PLACEHOLDERS = {"NUMBER": "7", "SECONDS": "7", "USD": "7"}
_LINK = re.compile(r"\]\(([^)#\s]*)#([^)\s]+)\)")
_DOTTED = re.compile(r"`([a-z_]+(?:\.[\w*…<>\[\]]+)+)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _blocks(language: str) -> list[tuple[Path, str]]:
    return [
        (page, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))
        for page in PAGES
        for indent, word, text in _FENCE.findall(read(page))
        if word == language
    ]


@cache
def _commands() -> tuple[tuple[Path, str], ...]:
    """Return each command line of ours that anything says, with who says it."""
    found = {
        (path, " ".join(words.split()).rstrip(".,:)"))
        for path in SAYING
        if path.suffix in {".md", ".py", ".j2"}
        for words in _COMMAND.findall(read(path))
    }
    return tuple(sorted(found))


@pytest.mark.parametrize(("page", "words"), _commands(), ids=str)
def test_command__is_understood(page: Path, words: str) -> None:
    """A line that is copied from a page, a hint or a report is one that the program takes."""
    given = [_PLACEHOLDERS.get(word, word) for word in shlex.split(words)]

    try:
        parser().parse_args(given)
    except SystemExit as ended:
        if ended.code:
            pytest.fail(f"{page} says: {words}")


def test_commands__are_found() -> None:
    """The search sees the verbs that people need most."""
    verbs = {words.split()[0] for _, words in _commands()}

    assert verbs >= {"run", "plan", "validate", "replay", "sandbox"}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page__names_make_targets_that_exist(page: Path) -> None:
    """Nobody is sent to a target that make does not know."""
    known = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))

    assert set(_TARGETS.findall(read(page))) <= known


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page__names_files_that_exist(page: Path) -> None:
    """A path in a page leads to a file, from the top, the package or the tests."""
    paths = (path for path in _PATH.findall(read(page)) if not path.startswith(_ELSEWHERE))
    places = (ROOT, ROOT / page.parent, ROOT / "orchestrator", ROOT / "tests")

    assert [path for path in paths if not any((place / path).exists() for place in places)] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page__links_to_headings_that_exist(page: Path) -> None:
    """A link into a page ends at the section that it means."""
    links = [
        (page if not target else Path(page.parent, target), anchor)
        for target, anchor in _LINK.findall(read(page))
        if "://" not in target
    ]

    assert [
        f"{target}#{anchor}" for target, anchor in links if anchor not in _anchors(target)
    ] == []


def _anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to a page's headings."""
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


@cache
def _keys() -> tuple[tuple[str, ...], ...]:
    """Return each key of the configuration in its parts, as the generated tables name it."""
    tables = read(Path("docs/configuration.md")).partition("## All keys")[2]
    names = re.findall(r"^\| `([\w.<>\[\]]+)` \|", tables, re.MULTILINE)
    return tuple(tuple(name.replace("[]", "").split(".")) for name in names)


def _is_key(word: str) -> bool:
    parts = word.replace("[]", "").split(".")
    return any(
        len(parts) <= len(key)
        and all(
            a == b or b.startswith("<") or a in {"*", "<name>"}
            for a, b in zip(parts, key, strict=False)
        )
        for key in _keys()
    )


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parts[0] != "changelog.d"], ids=str
)
def test_page__names_settings_that_exist(page: Path) -> None:
    """A setting that a page advises is one that the program takes."""
    tops = {key[0] for key in _keys()}
    words = {word.rstrip(".…") for word in _DOTTED.findall(read(page))}

    wrong = [word for word in words if word.split(".")[0] in tops and not _is_key(word)]

    # The two that the page names as other spellings.
    assert set(wrong) <= {"workflow.branch_strategy", "workflow.merge_strategy"}


def test_migration__ends_at_names_that_exist() -> None:
    """What another action's input is called here is an input, an output or an agent of ours."""
    known = {*ACTION["inputs"], *ACTION["outputs"]}
    rows = re.findall(r"^\| .* \| (.*) \|$", read(Path("docs/migration.md")), re.MULTILINE)
    words = {word for row in rows for word in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", row)}

    assert words >= {"anthropic-api-key", "journal-file"}
    assert words - known == set()


def _examples() -> Iterator[tuple[Path, str]]:
    yield from ((page, text) for page, text in _blocks("yaml") if "jobs:" not in text)


@pytest.mark.parametrize(("page", "text"), list(_examples()), ids=str)
def test_yaml__of_a_page_is_what_it_looks_like(page: Path, text: str) -> None:
    """A configuration loads; a piece of a workflow gives inputs that exist and pins actions."""
    shown = yaml.safe_load(text)
    if isinstance(shown, dict) and set(shown) <= TOP:
        own = text if "version:" in text else f"version: 2.0\n{text}"
        assert load(own).settings is not None
        return

    steps = shown if isinstance(shown, list) else [shown]
    ours = [step for step in steps if "uses" not in step]
    assert {name for step in ours for name in step.get("with", {})} <= set(ACTION["inputs"]), page
    assert [
        step["uses"] for step in steps if "uses" in step and not PINNED.fullmatch(step["uses"])
    ] == []


def test_schema__of_a_page_is_found_from_another_repository() -> None:
    """An editor finds the schema of a configuration that was copied from a page."""
    shown = {found for _, text in _blocks("yaml") for found in re.findall(r"\$schema=(\S+)", text)}
    address = "https://raw.githubusercontent.com/OWNER/orchestrator/COMMIT/"

    assert shown
    assert [one for one in shown if not one.startswith(address)] == []
    assert [one for one in shown if not (ROOT / one.removeprefix(address)).is_file()] == []


@pytest.mark.parametrize(("page", "text"), _blocks("markdown"), ids=str)
def test_agent__of_a_page_loads(page: Path, text: str) -> None:
    """An agent file that is copied from a page is taken without a notice."""
    loaded = load_agent_file(AgentFile(path=".claude/agents/shown.md", text=text))

    assert loaded.role is not None, page
    assert loaded.notices == ()


def test_limits__of_the_pages_are_the_defaults() -> None:
    """A number that somebody plans a budget with is the one that holds."""
    cost, readme = read(Path("docs/cost.md")), read(Path("README.md"))
    rows = re.findall(r"^\| `limits\.[^|]*\| ([\d,]+)(?:, (\d+))? \|", cost, re.MULTILINE)
    limits = Settings().limits

    shown = [int(word.replace(",", "")) for row in rows for word in row if word]

    assert shown == [
        *(limits.usd, limits.tokens, limits.minutes, limits.agents),
        *(limits.task.usd, limits.task.turns, limits.agent.turns),
    ]
    assert f"`limits.usd` ({limits.usd})" in readme
    assert f"`limits.task.usd` ({limits.task.usd})" in readme


def test_kinds__may_do_what_the_page_says() -> None:
    """Who writes an agent knows which tools it can have at most."""
    rows = re.findall(
        r"^\| (\w+) \| ([\w, ]+) \|", read(Path("docs/writing-agents.md")), re.MULTILINE
    )
    shown = {kind: set(tools.split(", ")) for kind, tools in rows if kind in set(RoleKind)}
    shown[RoleKind.TESTER] = shown[RoleKind.IMPLEMENTER] - {"Task"}

    assert shown == {kind.value: set(tools_of(kind)) for kind in RoleKind}


def test_setup_secrets__can_have_the_names_of_the_page() -> None:
    """A variable that an installer wants is accepted; the ones that are ours are not."""
    page, _, refused = read(Path("docs/private-registries.md")).partition("Names that belong to")
    rows = re.findall(r"^\| (?!-).* \| .* \| (.*) \|$", page.partition("\n## ")[0], re.MULTILINE)
    wanted = re.findall(r"`(\w+)`", " ".join(rows[1:]))
    ours = [name.replace("…", "ANY") for name in refused.split("\n\n")[0].split("`")[1::2]]

    assert (len(wanted), len(ours)) == (14, 7)
    assert [name for name in wanted if is_reserved(name)] == []
    assert [name for name in ours if not is_reserved(name)] == []


def test_refusal__of_the_page_is_the_one_that_is_printed() -> None:
    """The sample of an error differs from a real one in its line at most."""
    ((_, text),) = [each for each in _blocks("text") if "is not allowed" in each[1]]
    told = read(Path("tests/unit/config/problems.txt"))

    assert text.strip().partition("yml:")[2].partition(":")[2] in told
