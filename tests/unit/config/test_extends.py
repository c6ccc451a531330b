"""`extends` leads where it should, and nowhere else."""

from __future__ import annotations

import pytest

from orchestrator.config.inheritance import MAX_ANCESTORS
from tests.unit.config.builders import OWN, load, refused

ORGANISATION = "github:acme/standards/presets/base.yml@v3"


def test_extends__layers_files_in_order() -> None:
    """The file itself is stronger than its parent, the parent stronger than its own."""
    loaded = load(
        "extends: shared/team.yml\nlimits: {usd: 3}\n",
        others={
            ".github/shared/team.yml": "extends: ../base.yml\nlimits: {usd: 4, minutes: 40}\n",
            ".github/base.yml": "extends: default\nlimits: {usd: 5, minutes: 50, parallel: 2}\n",
        },
    )

    assert {
        key: str(loaded.provenance[f"limits.{key}"])
        for key in ("usd", "minutes", "parallel", "agents")
    } == {
        "usd": ".github/orchestrator.yml:2",
        "minutes": ".github/shared/team.yml:2",
        "parallel": ".github/base.yml:2",
        "agents": "built-in default",
    }
    assert str(loaded.settings.limits.usd) == "3"
    assert loaded.settings.limits.minutes == 40
    assert loaded.settings.limits.parallel == 2


def test_extends__reads_a_shared_preset_with_what_it_extends() -> None:
    """A preset's relative path stays in the preset's repository, at the same ref."""
    asked: list[tuple[str, str, str]] = []

    def fetch(repository: str, path: str, ref: str) -> bytes | None:
        asked.append((repository, path, ref))
        texts = {
            "presets/base.yml": b"extends: ../root.yml\nmemory: {issues: 5}\n",
            "root.yml": b"memory: {issues: 1}\nlimits: {usd: 2}\n",
        }
        return texts.get(path)

    loaded = load(f"extends: {ORGANISATION}\n", fetch=fetch)

    assert asked == [
        ("acme/standards", "presets/base.yml", "v3"),
        ("acme/standards", "root.yml", "v3"),
    ]
    assert loaded.settings.memory.issues == 5
    assert str(loaded.provenance["limits.usd"]) == "github:acme/standards/root.yml@v3:2"


def test_extends__takes_a_markdown_preset() -> None:
    """A parent may be a CLAUDE.md as well as the file itself."""
    loaded = load(
        "extends: ../team.md\n",
        others={"team.md": "# Team\n\n```yaml\nmode: orchestrator\nlimits: {usd: 2}\n```\n"},
    )

    assert str(loaded.provenance["limits.usd"]) == "team.md:5"


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            "extends: ../../etc/passwd\n",
            (
                f"{OWN}:1: extends: '../../etc/passwd' leads out of its repository; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            "extends: /etc/passwd\n",
            (
                f"{OWN}:1: extends: '/etc/passwd' is not allowed; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            "extends: https://example.com/a.yml\n",
            (
                f"{OWN}:1: extends: 'https://example.com/a.yml' is not allowed; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            "extends: github:acme/standards/base.yml\n",
            (
                f"{OWN}:1: extends: 'github:acme/standards/base.yml' is not complete; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            "extends: github:acme/../b.yml@main\n",
            (
                f"{OWN}:1: extends: 'github:acme/../b.yml@main' is not complete; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            'extends: "a\\0b.yml"\n',
            (
                f"{OWN}:1: extends: 'a\\x00b.yml' holds control characters; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            "extends: github:acme/a/../b.yml@main\n",
            (
                f"{OWN}:1: extends: 'github:acme/a/../b.yml@main' leads out of its repository; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            "extends: ~/../other/a.yml\n",
            (
                f"{OWN}:1: extends: '~/../other/a.yml' leads out of its home folder; "
                "allowed: default, a relative path, github:owner/repo/path@ref, or ~/path"
            ),
        ),
        (
            "\nextends: missing.yml\n",
            (
                f"{OWN}:2: extends: '.github/missing.yml' does not exist, "
                "or is Markdown without `mode: orchestrator`"
            ),
        ),
        (
            "extends: [a, b]\n",
            (
                f"{OWN}:1: extends: ['a', 'b'] is not allowed; "
                "allowed: text; quote it if it looks like a number"
            ),
        ),
    ],
)
def test_extends__refuses_what_leads_nowhere(own: str, message: str) -> None:
    """A reference that cannot be followed ends the run at its line."""
    error = refused(lambda: load(own, home={}))

    assert str(error) == message


def test_extends__refuses_a_circle() -> None:
    """Two files that extend each other are told as the circle they are."""
    error = refused(
        lambda: load("extends: a.yml\n", others={".github/a.yml": "extends: orchestrator.yml\n"})
    )

    assert str(error) == (
        ".github/a.yml:1: extends: 'orchestrator.yml' leads in a circle: "
        ".github/orchestrator.yml → .github/a.yml → .github/orchestrator.yml"
    )


def _line(length: int) -> dict[str, str]:
    """Return a line of ancestors, each extending the next."""
    return {
        f".github/{number}.yml": f"extends: {number + 1}.yml\n" if number < length else "version: 2"
        for number in range(1, length + 1)
    }


def test_extends__follows_eight_ancestors() -> None:
    """The longest line that is allowed works."""
    loaded = load("extends: 1.yml\n", others=_line(MAX_ANCESTORS))

    assert str(loaded.provenance["version"]) == ".github/8.yml:1"


def test_extends__refuses_a_ninth_ancestor() -> None:
    """A line without end is stopped before it costs anything."""
    error = refused(lambda: load("extends: 1.yml\n", others=_line(MAX_ANCESTORS + 1)))

    assert str(error) == (".github/8.yml:1: extends: '9.yml' is one ancestor too many; allowed: 8")


def test_extends__refuses_home_in_ci() -> None:
    """A runner has no home folder worth reading, and the hint names what to write instead."""
    error = refused(lambda: load("extends: ~/.claude/CLAUDE.md\n"))

    assert str(error) == (
        f"{OWN}:1: extends: '~/.claude/CLAUDE.md' is in a home folder, "
        "which only the command line reads"
    )
    assert "extends: github:owner/repo/path/to/orchestrator.yml@main" in error.hint


def test_extends__refuses_home_in_a_shared_preset() -> None:
    """A stranger's preset cannot make a laptop read its owner's files."""
    error = refused(
        lambda: load(
            f"extends: {ORGANISATION}\n",
            home={"a.yml": "version: 2"},
            fetch=lambda *_: b"extends: ~/a.yml",
        )
    )

    assert str(error) == (
        f"{ORGANISATION}:1: extends: '~/a.yml' stands in a shared preset, which has no home folder"
    )


def test_extends__refuses_a_shared_preset_that_cannot_be_fetched() -> None:
    """Without a way to fetch, the preset is not silently left out."""
    error = refused(lambda: load(f"extends: {ORGANISATION}\n"))

    assert str(error) == (
        f"{OWN}:1: extends: '{ORGANISATION}' is in another repository, which this run cannot read"
    )


def test_extends__tells_problems_of_all_files_at_once() -> None:
    """Mistakes in the file and in its parent come in one error, each with its file."""
    error = refused(
        lambda: load("extends: a.yml\nlimits: {usd: 0}\n", others={".github/a.yml": "memry: {}\n"})
    )

    lines = str(error).splitlines()
    assert lines[0] == "The configuration has 2 problems:"
    assert lines[1].startswith(f"  {OWN}:2: limits.usd: 0 is not allowed")
    assert lines[2].startswith(
        "  .github/a.yml:1: memry: is not a known key; did you mean 'memory'?"
    )
