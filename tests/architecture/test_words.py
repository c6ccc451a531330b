"""What no file of the project may say."""

from __future__ import annotations

import ast
import io
import re
import tokenize

import pytest

from tests.architecture.source import ROOT, parse, place, project_files, python_files, read

# Taken apart, so that this file may be searched like any other.
INDEXES = ("pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "deb." + "debian.org")
MACHINE = re.compile(r"(?<![\w.])/(?:work|farm|root)/[a-z.]")
UNNUMBERED = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))")
PROMPT = re.compile(r"\byou are (?:an?|the) \w+", re.IGNORECASE)
LONGEST_STRING = 1500


def _texts() -> list[tuple[str, str]]:
    """Read every text file of the project."""
    texts = []
    for path in project_files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            texts.append((str(path), content.decode("utf-8", errors="replace")))
    return texts


@pytest.mark.parametrize("host", INDEXES)
def test_files__name_no_package_index(host: str) -> None:
    """Whoever installs the project uses the index of their own choice."""
    assert [path for path, text in _texts() if host in text] == []


def test_files__name_no_path_of_one_machine() -> None:
    """What works here works wherever the repository is cloned."""
    found = [
        f"{path}:{number}"
        for path, text in _texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE.search(line)
    ]

    assert found == []


def test_todo__has_an_issue_number() -> None:
    """What is left to do is found in the tracker and not only in a comment."""
    unnumbered = [
        f"{path}:{token.start[0]}"
        for top in ("orchestrator", "tests", "demo", "benchmarks")
        for path in python_files(top)
        for token in tokenize.generate_tokens(io.StringIO(read(path)).readline)
        if token.type == tokenize.COMMENT and UNNUMBERED.search(token.string)
    ]

    assert unnumbered == []


def test_prompts__are_not_written_in_code() -> None:
    """Every word that instructs a model stands in templates/, where it is reviewed as prose."""
    in_code = [
        place(path, node)
        for path in python_files("orchestrator")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (PROMPT.search(node.value) or len(node.value) > LONGEST_STRING)
        and node.value != ast.get_docstring(parse(path), clean=False)
    ]

    assert in_code == []
