"""What searches leave out: files that git ignores, and no others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ToolError
from orchestrator.sandbox.sandbox import Command
from orchestrator.tools.globbing import GlobTool
from orchestrator.tools.grepping import GrepTool
from tests.unit.tools.workshop import make_cell, make_tree, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json
    from orchestrator.sandbox.sandbox import Cell, CommandResult


FILES = {
    "src/theme.js": "return theme\n",
    "src/page.txt": "theme\n",
    "src/page.dat": "theme\n" + "x\n" * 70_000 + "\0theme\n",
    "docs/theme.md": "the theme\n",
    ".git/config": "theme\n",
    ".gitignore": "dist/\n*.log\n",
    "dist/theme.js": "return theme\n",
    "src/dist/theme.js": "theme\n",
    "src/page.log": "theme\n",
}


@pytest.mark.parametrize("name", [".ignore", ".rgignore", "../.ignore"])
def test_search__is_kept_from_nothing_that_git_shows(tmp_path: Path, name: str) -> None:
    """No file can hide another one from a reviewer's search, in the tree or above it."""
    tree = make_tree(tmp_path, {**FILES, name: "theme.js\n*.md\n"})
    workspace, cell = make_workspace(tree), make_cell(tree)

    found = GrepTool(workspace, cell).call({"pattern": "return theme"})
    listed = GlobTool(workspace, cell).call({"pattern": "{src,docs}/theme.*"})

    assert found == "src/theme.js"
    assert sorted(listed.splitlines()) == ["docs/theme.md", "src/theme.js"]


@pytest.mark.parametrize("glob", ["**", "**/*", "src/**", "*", "page.*", "src/*"])
@pytest.mark.parametrize("mode", ["content", "count", "files_with_matches"])
def test_grep__glob_brings_back_nothing_that_git_ignores(
    tmp_path: Path, glob: str, mode: str
) -> None:
    """A filter narrows a search; it does not open installed and built files to it."""
    tree = make_tree(tmp_path, FILES)
    tool = GrepTool(make_workspace(tree), make_cell(tree))

    found = tool.call({"pattern": "theme", "glob": glob, "output_mode": mode})

    assert "src/page.txt" in found
    assert ("binary file" in found) is (mode == "content")
    assert "dist/" not in found
    assert ".log" not in found


@pytest.mark.parametrize("pattern", ["**", "**/*", "src/**", "src/*"])
def test_glob__broad_pattern_shows_nothing_that_git_ignores(tmp_path: Path, pattern: str) -> None:
    """The layout of a repository is not buried under what setup has installed."""
    tree = make_tree(tmp_path, FILES)

    found = GlobTool(make_workspace(tree), make_cell(tree)).call({"pattern": pattern})

    assert "src/theme.js" in found.splitlines()
    assert "dist/" not in found
    assert ".log" not in found


@dataclass
class _NarrowCell:
    """A real cell of which little output comes through."""

    cell: Cell

    def run(self, command: Command) -> CommandResult:
        return self.cell.run(replace(command, output_bytes=1_000))

    def close(self) -> None:
        self.cell.close()


@pytest.mark.parametrize(
    ("pattern", "path", "listed"),
    [
        ("**/*.js", None, "src/theme.js"),
        ("**", "src", "src/page.dat src/page.txt src/theme.js"),
        ("{docs,src}/theme.*", None, "docs/theme.md src/theme.js"),
    ],
)
def test_glob__finds_sources_behind_more_ignored_files_than_it_takes(
    tmp_path: Path, pattern: str, path: str | None, listed: str
) -> None:
    """However many files are installed, a broad pattern lists what is the project's own."""
    installed = {f"src/dist/{number}{'x' * 90}.js": "" for number in range(30)}
    tree = make_tree(tmp_path, {**FILES, **installed})
    tool = GlobTool(make_workspace(tree), _NarrowCell(make_cell(tree)))

    found = tool.call({"pattern": pattern, "path": path})

    assert sorted(found.split()) == listed.split()


def test_glob__of_too_many_alternatives_is_explained(tmp_path: Path) -> None:
    """A pattern that stands for thousands of others is a slip, not a defect."""
    tool = GlobTool(make_workspace(tree := make_tree(tmp_path, FILES)), make_cell(tree))

    with pytest.raises(ToolError, match="more than 100 alternatives"):
        tool.call({"pattern": "{s,*}{r,*}{c,*}{d,*}{e,*}{f,*}{g,*}/*.js"})


@pytest.mark.parametrize(
    ("only", "wanted"),
    [
        ({"glob": "!*.{js,dat}"}, {".gitignore", "docs/theme.md", "src/page.txt"}),
        ({"glob": "**/*.js", "type": "js"}, {"src/theme.js"}),
        ({"glob": "src/**", "type": "txt"}, {"src/page.txt"}),
        ({"glob": "*.{js,md}"}, {"docs/theme.md", "src/theme.js"}),
    ],
)
def test_grep__chooses_files_in_every_way_that_it_offers(
    tmp_path: Path, only: dict[str, Json], wanted: set[str]
) -> None:
    """A glob, a glob of what is unwanted, and both with a type: each among what git shows."""
    tree = make_tree(tmp_path, {**FILES, ".gitignore": "dist/\n*.log\n# theme\n"})

    found = GrepTool(make_workspace(tree), make_cell(tree)).call({"pattern": "theme", **only})

    assert {*found.splitlines()} == wanted


_TREE = {
    **FILES,
    "src/deep/er/theme.ts": "",
    "src/deep/theme.tsx": "",
    "src/.hidden/theme.ts": "",
    ".hidden.js": "",
    "app/[id]/page.tsx": "",
    "app/i/page.tsx": "",
    "src/include:x": "",
    "vendor/.git/theme.js": "",
    "module/.git": "gitdir: ../.git/modules/module",
    "a,b.js": "",
}


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "**",
            "*",
            "**/*",
            "src/**",
            "src/*",
            "src",
            "src/**/*",
            "*/*",
            "*/**/*",
            "**/.*",
            "*.{js}",
        ),
        *("**/*.ts", "src/**/*.ts", "src/deep/*.tsx", "src/*/*.tsx", "**/deep/**", "**/er/*"),
        *("{src,docs}/theme.*", "**/*.{ts,tsx}", "**/{theme,page}.t*", "src/{deep/er,.hidden}/*"),
        *("**/theme.??", "**/[a-t]heme.js", "app/i/**/page.tsx", "s*/theme.js", "**/include:x"),
        *(
            "./src/*.js",
            "**/**/*.js",
            ".git/*",
            "**/.git/*",
            "a,b.js",
            "{a,c},b.js",
            "src/**/er/**",
        ),
    ],
)
def test_glob__finds_what_ripgrep_finds(tmp_path: Path, pattern: str) -> None:
    """However a pattern is taken apart to be quick, it means what it meant whole."""
    tree = make_tree(tmp_path, _TREE)
    cell = make_cell(tree)
    whole = ("--hidden", "--files", f"--glob=/{pattern.removeprefix('./')}", "--glob=!.git", "./")
    said = cell.run(Command(argv=("rg", *whole), timeout_s=60.0)).output
    ignored = ("dist/", ".log")

    found = GlobTool(make_workspace(tree), cell).call({"pattern": pattern})

    lines = (line.removeprefix("./") for line in said.splitlines())
    wanted = {line for line in lines if not any(part in line for part in ignored)}
    assert {*found.splitlines()} == (wanted or {found})
    assert bool(wanted) is not found.startswith("No file matches")
