"""Architecture decisions, as the base commit holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.config.project import ProjectSettings
from orchestrator.stages.decisions import MAX_NAMES, read_decisions
from orchestrator.stages.reading import CommitFiles
from tests.builders_git import make_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

USUAL = ProjectSettings().decisions


def _files(folder: Path, contents: Mapping[str, str]) -> CommitFiles:
    repository, base = make_run(folder, contents)
    return CommitFiles(git=repository.git, commit=base.commit)


def test_decisions__are_found_where_projects_keep_them(tmp_path: Path) -> None:
    """The usual folders and ARCHITECTURE.md are looked into; index pages and templates are not."""
    found = (
        "ARCHITECTURE.md",
        "adr/1.md",
        "doc/adr/1.md",
        "doc/architecture/decisions/1.md",
        "docs/adr/deep/1.md",
        "docs/adrs/1.md",
        "docs/architecture.md",
        "docs/decisions/1.md",
    )
    others = (
        "README.md",
        "docs/adr/README.md",
        "docs/adr/adr-template.md",
        "docs/adr/index.md",
        "docs/decisions/0000-template.md",
        "docs/guide.md",
    )
    files = _files(tmp_path, dict.fromkeys((*found, *others), "# One\n"))

    assert sorted(each.path for each in read_decisions(files, USUAL)) == list(found)


@pytest.mark.parametrize(
    ("text", "title", "status", "binds"),
    [
        ("# 1. Serve scripts\n\n## Status\n\nAccepted\n", "1. Serve scripts", "Accepted", True),
        ("# Keep\n\n* Status: accepted\n* Date: 2026\n", "Keep", "accepted", True),
        ("---\nstatus: rejected\ndate: 2026\n---\n# No\n", "No", "rejected", False),
        ("# Old\n\n**Status:** Superseded by [2](2.md)\n", "Old", "Superseded by [2](2.md)", False),
        ("no heading\n\n## Status\n", "adr/1.md", "", True),
        ("intro\n\n# First\n\n# More\n", "First", "", True),
    ],
)
def test_decision__says_how_it_stands(
    text: str, title: str, status: str, *, binds: bool, tmp_path: Path
) -> None:
    """Title and status are read in each of the usual spellings; a dropped record does not bind."""
    (decision,) = read_decisions(_files(tmp_path, {"adr/1.md": text}), USUAL)

    assert (decision.title, decision.status) == (title, status)
    assert decision.is_in_force is binds


def test_decision__names_the_paths_that_it_speaks_of(tmp_path: Path) -> None:
    """Code spans that are paths here count, each once; versions, calls and other sites do not."""
    text = (
        "# One\n\nIn `src/js/`, as `./src/js/nav.js` or `src/**/*.ts`, never `https://x`.\n"
        "Again `src/js/`; not `node/20`, `v1.2`, `a.b()`, `../etc/passwd`, `none.js`, `adr/1.md`.\n"
        "All of `*/skins/*.css` and `main.css`.\n"
    )
    files = _files(tmp_path, {"adr/1.md": text, "src/js/nav.js": "\n", "main.css": "\n"})

    (decision,) = read_decisions(files, USUAL)

    assert decision.names == (
        "src/js/",
        "src/js/nav.js",
        "src/**/*.ts",
        "*/skins/*.css",
        "main.css",
    )


def test_decision__names_so_many_at_most(tmp_path: Path) -> None:
    """A record that lists the whole tree does not fill the prompt."""
    text = "# All\n\n" + "\n".join(f"`src/{number}/`" for number in range(90))
    files = _files(tmp_path, {"adr/1.md": text, "src/a.js": "\n"})

    (decision,) = read_decisions(files, USUAL)

    assert len(decision.names) == MAX_NAMES
