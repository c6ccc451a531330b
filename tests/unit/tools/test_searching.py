"""Grep and Glob, with the real ripgrep on a real tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from orchestrator.domain.errors import CommandUnavailableError, ToolError
from orchestrator.sandbox.sandbox import Command, CommandResult, LimitKind
from orchestrator.tools.globbing import GlobTool
from orchestrator.tools.grepping import GrepTool
from tests.unit.tools.workshop import FixedCell, make_cell, make_tree, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json

FILES = {
    "src/theme.js": "const theme = 1;\nfunction toggle() {\n  return theme;\n}\n",
    "src/page.html": "<button>Theme</button>\n",
    "docs/theme.md": "the theme\n",
    ".hidden/rules.txt": "theme\n",
    ".git/config": "theme\n",
    ".gitignore": "dist/\n",
    "dist/theme.js": "const theme=1\n",
}


def grep(folder: Path, pattern: str, **more: Json) -> str:
    """Search the sample tree."""
    tree = make_tree(folder, FILES)
    tool = GrepTool(make_workspace(tree), make_cell(tree))
    return tool.call({"pattern": pattern, **more})


def glob(folder: Path, pattern: str, **more: Json) -> list[str]:
    """List files of the sample tree."""
    tree = make_tree(folder, FILES)
    tool = GlobTool(make_workspace(tree), make_cell(tree))
    return tool.call({"pattern": pattern, **more}).splitlines()


def test_grep__lists_files_in_path_order(tmp_path: Path) -> None:
    """The same question has the same answer, without ignored files and git's own."""
    assert grep(tmp_path, "theme") == ".hidden/rules.txt\ndocs/theme.md\nsrc/theme.js"


def test_grep__shows_lines_with_numbers_and_context(tmp_path: Path) -> None:
    """Content mode gives places to read on at."""
    shown = grep(tmp_path, "return", output_mode="content", **{"-B": 1, "-A": 1})

    assert shown == snapshot(
        """\
src/theme.js-2-function toggle() {
src/theme.js:3:  return theme;
src/theme.js-4-}\
"""
    )


def test_grep__counts(tmp_path: Path) -> None:
    """Count mode counts matches per file."""
    assert grep(tmp_path, "theme", output_mode="count", path="src") == "src/theme.js:2"


def test_grep__can_ignore_case_and_filter(tmp_path: Path) -> None:
    """Claude Code's parameters do what they do there."""
    shown = grep(
        tmp_path, "THEME", glob="*.html", output_mode="content", **{"-i": True, "-n": False}
    )

    assert shown == "src/page.html:<button>Theme</button>"


def test_grep__spans_lines_when_asked(tmp_path: Path) -> None:
    """Multiline finds what stands across lines."""
    assert grep(tmp_path, "toggle.*return", multiline=True, type="js") == "src/theme.js"


def test_grep__pages_with_offset_and_head_limit(tmp_path: Path) -> None:
    """A part of the results says how to get the next one."""
    shown = grep(tmp_path, "theme", head_limit=1, offset=1, **{"-C": 2})

    assert shown.startswith("docs/theme.md\n\n[Entries 2-2 of 3.")
    assert "offset 2" in shown


def test_grep__head_limit_of_zero_shows_all(tmp_path: Path) -> None:
    """As in the tools that models know; the size of an answer is bounded all the same."""
    assert len(grep(tmp_path, "theme", head_limit=0).splitlines()) == 3


def test_grep__past_the_last_entry_says_how_many_there_are(tmp_path: Path) -> None:
    """The model learns that it has seen everything."""
    assert grep(tmp_path, "theme", offset=9) == "No entries at this offset: there are 3."


@pytest.mark.parametrize(
    ("more", "said"),
    [({}, "No match for `gone`."), ({"type": "py"}, "widen it if you expected one")],
)
def test_grep__without_a_match_says_so(more: dict[str, Json], said: str, tmp_path: Path) -> None:
    """Nothing found is an answer."""
    assert said in grep(tmp_path, "gone", **more)


@pytest.mark.parametrize("pattern", ["(", "[z-a]"])
def test_grep__bad_pattern_returns_ripgreps_diagnosis(pattern: str, tmp_path: Path) -> None:
    """The model corrects its expression from the first answer."""
    with pytest.raises(ToolError, match="ripgrep refused the search"):
        grep(tmp_path, pattern)


def test_grep__unknown_type_is_explained(tmp_path: Path) -> None:
    """A wrong option is not the same as no match."""
    with pytest.raises(ToolError, match="nonsense"):
        grep(tmp_path, "theme", type="nonsense")


def test_grep__pattern_that_looks_like_an_option_is_a_pattern(tmp_path: Path) -> None:
    """No word of the model becomes an option of the program."""
    assert grep(tmp_path, "--files").startswith("No match")


@pytest.mark.parametrize("path", ["../", "/etc", ".git", ".orchestrator-scratch/output-1.txt"])
def test_grep__outside_the_tree_is_refused(path: str, tmp_path: Path) -> None:
    """Searching reaches as far as reading does."""
    with pytest.raises(ToolError):
        grep(tmp_path, "theme", path=path)


def test_grep__glob_cannot_bring_git_back(tmp_path: Path) -> None:
    """The repository's own store stays closed, whatever the filter says."""
    assert ".git/" not in grep(tmp_path, "theme", glob="**/config")


def test_grep__result_is_bounded(tmp_path: Path) -> None:
    """However much matches, the answer fits."""
    lines = "\n".join(f"./src/{number}.py\0001:{'x' * 400}" for number in range(200))
    cell = FixedCell(CommandResult(exit_code=0, output=lines, limit=None, duration_s=0.1))
    workspace = make_workspace(make_tree(tmp_path, {}))

    shown = GrepTool(workspace, cell).call({"pattern": "x", "output_mode": "content"})

    assert len(shown) < 25_000
    assert "of 200. Narrow the pattern" in shown


def test_glob__lists_newest_first(tmp_path: Path) -> None:
    """What was touched last is most likely what matters."""
    tree = make_tree(tmp_path, FILES)
    for number, path in enumerate(("src/theme.js", "src/page.html", "docs/theme.md")):
        os.utime(tree / path, (1_000_000 + number, 1_000_000 + number))
    tool = GlobTool(make_workspace(tree), make_cell(tree))

    assert tool.call({"pattern": "{src,docs}/**"}).splitlines() == [
        "docs/theme.md",
        "src/page.html",
        "src/theme.js",
    ]


def test_glob__star_stays_in_its_folder(tmp_path: Path) -> None:
    """The pattern begins at the root, or at the given folder."""
    assert glob(tmp_path, "*.js")[0].startswith("No file matches")
    assert glob(tmp_path, "*.js", path="src") == ["src/theme.js"]
    assert glob(tmp_path, "**/*.js") == ["src/theme.js"]


def test_glob__shows_ignored_files_only_when_nothing_else_matches(tmp_path: Path) -> None:
    """Built and installed files do not bury the source, and can still be found."""
    assert glob(tmp_path, "dist/*") == ["dist/theme.js", "", "[Git ignores all of these.]"]


def test_glob__shows_a_file_with_a_hostile_name_too(tmp_path: Path) -> None:
    """A name that no tool will open stops no listing."""
    tree = make_tree(tmp_path, {"a/back\\slash.txt": "", "a/plain.txt": ""})
    tool = GlobTool(make_workspace(tree), make_cell(tree))

    assert {*tool.call({"pattern": "a/*"}).splitlines()} == {"a/plain.txt", "a/back\\slash.txt"}


def test_glob__stops_at_a_hundred(tmp_path: Path) -> None:
    """A wide pattern says that it was too wide."""
    tree = make_tree(tmp_path, {f"many/{number}.txt": "" for number in range(130)})
    tool = GlobTool(make_workspace(tree), make_cell(tree))

    lines = tool.call({"pattern": "many/*"}).splitlines()

    assert len(lines) == 102
    assert lines[-1].startswith("[Truncated: the first 100 of 130 files")


@pytest.mark.parametrize("pattern", ["../*", "/etc/*", "~/*", "src/../../*"])
def test_glob__outside_the_tree_is_refused(pattern: str, tmp_path: Path) -> None:
    """Looking for names reaches as far as reading does."""
    with pytest.raises(ToolError, match="leaves the repository"):
        glob(tmp_path, pattern)


def test_search__without_a_sandbox_names_the_reason(tmp_path: Path) -> None:
    """The tools stay in the list, whose bytes never change, and say why they cannot."""
    workspace = make_workspace(make_tree(tmp_path, {}))

    for tool in (GrepTool(workspace, None), GlobTool(workspace, None)):
        with pytest.raises(ToolError, match="offers no sandbox"):
            tool.call({"pattern": "x"})


def test_search__without_ripgrep_names_another_way(tmp_path: Path) -> None:
    """An image without ripgrep costs comfort, not the run."""
    cell = FixedCell(CommandUnavailableError("no rg", hint="install"))

    with pytest.raises(ToolError, match="grep -rn"):
        GrepTool(make_workspace(make_tree(tmp_path, {})), cell).call({"pattern": "x"})


def test_search__that_takes_too_long_is_ended_with_advice(tmp_path: Path) -> None:
    """A limit is named, and how to stay below it."""
    cell = FixedCell(
        CommandResult(exit_code=None, output="", limit=LimitKind.TIME, duration_s=60.0)
    )

    with pytest.raises(ToolError, match="met the time limit"):
        GrepTool(make_workspace(make_tree(tmp_path, {})), cell).call({"pattern": "x"})


def test_search_tools__name_their_subject(tmp_path: Path) -> None:
    """The log says what was looked for."""
    workspace = make_workspace(make_tree(tmp_path, {}))

    assert GrepTool(workspace, None).subject({"pattern": "x+"}) == "x+"
    assert GlobTool(workspace, None).subject({"pattern": "*.js"}) == "*.js"


def test_grep__takes_a_line_as_ripgrep_does(tmp_path: Path) -> None:
    """Characters that end a line elsewhere do not: every entry begins with its place."""
    tree = make_tree(tmp_path, {"a.js": "const a = 'one\u2028two\u0085three';\n"})

    shown = GrepTool(make_workspace(tree), make_cell(tree)).call(
        {"pattern": "const", "output_mode": "content"}
    )

    assert shown == "a.js:1:const a = 'one\u2028two\u0085three';"


def test_grep__below_a_path_that_is_not_there_says_so(tmp_path: Path) -> None:
    """A slip in the path is not taken for an answer about the code."""
    with pytest.raises(ToolError, match=r"`src/thmes` does not exist, so nothing was searched"):
        grep(tmp_path, "theme", path="src/thmes")
    with pytest.raises(ToolError, match="does not exist"):
        glob(tmp_path, "*", path="sources")


def test_grep__shows_what_a_terminal_would_overwrite(tmp_path: Path) -> None:
    """A line that hides behind a carriage return is found and seen."""
    tree = make_tree(tmp_path, {"a.py": "steal()\r# harmless\n"})

    found = GrepTool(make_workspace(tree), make_cell(tree)).call(
        {"pattern": "harmless", "output_mode": "content"}
    )

    assert found == "a.py:1:steal()␍# harmless"


def test_grep__takes_the_words_that_models_know(tmp_path: Path) -> None:
    """`context` is another name of `-C`, and a limit of 0 is none."""
    shown = grep(tmp_path, "return", output_mode="content", context=1, head_limit=0)

    assert len(shown.splitlines()) == 3


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("app/[id]/*.tsx", None), ("*.tsx", "app/[id]"), ("**/[id]/page.tsx", "app")],
)
def test_glob__finds_folders_with_brackets(tmp_path: Path, pattern: str, path: str | None) -> None:
    """Frameworks name folders `[id]`; whoever writes that means the folder."""
    tree = make_tree(tmp_path, {"app/[id]/page.tsx": "x", "app/other/page.tsx": "x"})

    found = GlobTool(make_workspace(tree), make_cell(tree)).call({"pattern": pattern, "path": path})

    assert found == "app/[id]/page.tsx"


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ({}, ["-l"]),
        ({"output_mode": "count"}, ["--count-matches"]),
        ({"output_mode": "content"}, ["-n"]),
        ({"output_mode": "content", "-n": False}, ["-N"]),
        ({"output_mode": "content", "-C": 1}, ["-n", "-C=1"]),
        ({"output_mode": "content", "-C": 0}, ["-n", "-C=0"]),
        ({"output_mode": "content", "-A": 2, "-B": 1}, ["-n", "-A=2", "-B=1"]),
        ({"output_mode": "content", "-A": 2, "-n": False}, ["-N", "-A=2"]),
        ({"output_mode": "content", "-B": 1, "multiline": True}, ["-n", "-B=1", "-U"]),
    ],
)
def test_grep__answers_as_ripgrep_does_in_path_order(
    tmp_path: Path, more: dict[str, Json], options: list[str]
) -> None:
    """Our own sorting, which lets ripgrep use every core, changes no word of the answer."""
    lines = ("needle 1-2:3\n", "hay\n", "-- \n", "\n", "needle 1-2:3\n", "hay\n", "hay\n")
    names = ("a/b.py", "a/b/c.py", "a.py", "a/b-1.py", "z:1:x.py", "a/12-x", "é.py", "--", "a-b/c")
    files = {
        name: "".join(lines[at * (at + part) % 7] for at in range(60)) + "needle"
        for part, name in enumerate(names)
    }
    tree = make_tree(tmp_path, {**files, "a/data.bin": "needle\nneedle\0\n"})
    pattern = r"needle 1.2:3\nhay" if "multiline" in more else "needle"
    cell = make_cell(tree)

    found = GrepTool(make_workspace(tree), cell).call({"pattern": pattern, "head_limit": 0, **more})

    fixed = ("--sort=path", "--hidden", "--no-heading", "--with-filename", f"--regexp={pattern}")
    alone = cell.run(Command(argv=("rg", *fixed, *options, "./"), timeout_s=60.0))
    assert found == alone.output.replace("./", "").removesuffix("\n")
    assert len(found.splitlines()) >= len(names) - 1


def test_grep__of_more_than_it_takes_answers_the_same_each_time(tmp_path: Path) -> None:
    """What is cut off is the end of the list, not what some thread came late with."""
    cut = CommandResult(exit_code=None, output="./a.py\n", limit=LimitKind.OUTPUT, duration_s=0.1)
    cell = FixedCell(cut)

    GrepTool(make_workspace(make_tree(tmp_path, {})), cell).call({"pattern": "x"})

    assert ["--sort=path" in command.argv for command in cell.commands] == [False, True]


def test_grep__of_more_than_it_takes_claims_no_total(tmp_path: Path) -> None:
    """Where matches were cut off, nobody is told that these are all, nor shown half a line."""
    tree = make_tree(tmp_path, {"big.txt": "needle needle\n" * 200_000})
    tool = GrepTool(make_workspace(tree), make_cell(tree))
    wanted: dict[str, Json] = {"pattern": "needle", "output_mode": "content"}

    first = tool.call(wanted)
    past_the_end = tool.call({**wanted, "offset": 199_999})

    taken = int(first.rpartition("of more than ")[2].partition(".")[0])
    assert past_the_end == f"No entries at this offset: there are more than {taken}."
    last_page = tool.call({**wanted, "offset": taken - 1})
    assert last_page.startswith(f"big.txt:{taken}:needle needle\n\n[Entries {taken}-{taken} of")


def test_glob__of_more_than_it_takes_claims_no_total(tmp_path: Path) -> None:
    """The number of files is not made smaller by what no longer fitted."""
    lines = "".join(f"./{number}.py\n" for number in range(150))
    cut = CommandResult(exit_code=None, output=lines, limit=LimitKind.OUTPUT, duration_s=0.1)
    tool = GlobTool(make_workspace(make_tree(tmp_path, {})), FixedCell(cut))

    assert "the first 100 of more than 150 files" in tool.call({"pattern": "**"})


def test_grep__takes_no_line_of_a_file_for_a_refusal(tmp_path: Path) -> None:
    """One file that cannot be searched is told of, and makes no error of what others hold."""
    found = CommandResult(
        exit_code=2, output="./a.py\x001:log('rg: error: x')\n", limit=None, duration_s=0.1
    )
    tool = GrepTool(make_workspace(make_tree(tmp_path, {})), FixedCell(found))

    shown = tool.call({"pattern": "error:", "output_mode": "content"})

    assert shown == "a.py:1:log('rg: error: x')\n\n[Some files or folders could not be read.]"


def test_search__that_could_not_look_everywhere_says_so(tmp_path: Path) -> None:
    """Nothing found where not everything was seen is not the same as nothing there."""
    nothing = CommandResult(exit_code=2, output="", limit=None, duration_s=0.1)
    workspace, cell = make_workspace(make_tree(tmp_path, {})), FixedCell(nothing)

    for tool in (GrepTool(workspace, cell), GlobTool(workspace, cell)):
        assert tool.call({"pattern": "x"}).endswith("[Some files or folders could not be read.]")


@pytest.mark.parametrize(("pattern", "glob"), [("a\0b", None), ("a", "*\0")])
def test_grep__word_that_no_program_can_be_given_is_explained(
    tmp_path: Path, pattern: str, glob: str | None
) -> None:
    """A slip of the model is told to the model; it is no fault of the sandbox."""
    with pytest.raises(ToolError, match="NUL character"):
        grep(tmp_path, pattern, glob=glob)
