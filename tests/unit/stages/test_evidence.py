"""Evidence over whole stages: who may know what, and what is proof of what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckKind
from orchestrator.domain.event import ChecksRun
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.steadiness import unsteady
from orchestrator.stages.checking import check_head
from orchestrator.stages.implementation import implement
from orchestrator.stages.results import Results
from orchestrator.stages.testing import test_change as run_tests_stage
from orchestrator.stages.verdict import judge
from tests.builders_git import commit_files, git
from tests.end_to_end.play import automator, call, edit, implementer, task_words, work
from tests.end_to_end.play import tests_written as handed_in
from tests.end_to_end.project import GREET, SETTINGS, SHOUT, SOURCE, TEST_SHOUT, TESTS
from tests.unit.stages.house import planned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.domain.gate import GateResult
    from tests.unit.stages.house import Furnish, House

_PATCH = f"{SHOUT}\n\n# only the one who wrote this line has seen it\n_LOUDNESS_OF_THE_PATCH = 11\n"
_EVERY_WAY = """\
head=$(cat "$(dirname "$0")/head")
git log --all -p; git reflog --all; git for-each-ref; git stash list; git tag; git remote -v
git fsck --lost-found --no-reflogs; cat .git/objects/info/alternates
for each in $(git cat-file --batch-all-objects --batch-check='%(objectname)'); do
  git cat-file -p $each
done
git cat-file -p $head; git show $head; git checkout $head -- .
grep -r LOUDNESS .
echo searched; true
"""


def _gate(house: House, name: str) -> GateResult:
    (found,) = (result for result in judge(house.context, Results()) if result.gate == name)
    return found


def _theirs(house: House, files: Mapping[str, str]) -> None:
    """Put a commit of somebody's onto the branch."""
    checkout, branch = house.folder / "checkout", house.context.branch
    commit_files(checkout, files, message="Theirs")
    git(checkout, "push", "--quiet", str(branch.git.bare), "HEAD:refs/heads/theirs")
    branch.advance(git(checkout, "rev-parse", "HEAD"))


def _base_checks(house: House) -> None:
    reports = house.context.commands.check(house.base.commit)
    house.journal.write(ChecksRun(where="base", reports=reports))


def test_tester__never_meets_the_patch(furnish: Furnish, tmp_path: Path) -> None:
    """No message to the tester holds a line of the patch, however its worktree is searched."""
    script = tmp_path / "search.sh"
    script.write_text(_EVERY_WAY)
    look = call("Bash", command=f"bash {script}")
    write = call("Write", file_path=TESTS, content=TEST_SHOUT)
    house = furnish(
        implementer(edit(new=GREET + _PATCH), work()), automator(look, write, handed_in())
    )
    results = implement(house.context, planned())
    head = house.context.branch.head
    script.with_name("head").write_text(head)

    run_tests_stage(house.context, results)

    told = [json.dumps(body["messages"]) for body in house.model.bodies]
    heard = [text for text in told if task_words(2) in text]
    searched = "\n".join(heard)
    assert house.read(TESTS) == TEST_SHOUT
    assert f"commit {house.base.commit}" in searched
    assert f"Not a valid object name {head}" in searched
    assert "\\nsearched" in searched
    added = [line.strip() for line in _PATCH.splitlines() if line.strip()]
    assert [line for line in added if line in searched] == []
    assert "The greeting can be loud." not in searched
    assert str(house.context.branch.git.bare) not in searched


_SETUP = SETTINGS.replace("  commands:\n", "  commands:\n    setup: bash ./install.sh\n")
_PROJECT = {
    "install.sh": "grep -q other package.json && exit 9\ntouch installed\n",
    "package.json": "{}",
    "greeter/__init__.py": "",
    SOURCE: GREET,
    "tests/__init__.py": "",
    "tests/test_installed.py": (
        "import pathlib, unittest\n\n\nclass Case(unittest.TestCase):\n"
        "    def test_it(self):\n        self.assertTrue(pathlib.Path('installed').exists())\n"
    ),
}


@pytest.mark.parametrize(
    ("manifest", "verdict", "words"),
    [
        ('{"same": 1}', GateVerdict.PASSED, "1 tests ran, no new failure"),
        ('{"other": 1}', GateVerdict.NO_EVIDENCE, "asks for other dependencies"),
    ],
)
def test_setup__runs_again_when_a_manifest_changed(
    furnish: Furnish, manifest: str, verdict: GateVerdict, words: str
) -> None:
    """Tests of a change that cannot be installed say nothing about it, however they end."""
    house = furnish(files=_PROJECT, settings=_SETUP)
    house.context.commands.set_up(house.base.commit)
    _base_checks(house)
    _theirs(house, {"package.json": manifest})

    check_head(house.context)

    kinds = [report.kind for report in house.journal.record.head_checks]
    assert kinds.count(CheckKind.SETUP) == 1
    found = _gate(house, "all_tests_passing")
    assert (found.verdict, words in found.reason) == (verdict, True), found.reason


_COUNTED = """\
import pathlib, unittest

COUNT = pathlib.Path({count!r})
HERE = pathlib.Path(__file__).parent.parent


class Case(unittest.TestCase):
    def test_now_and_then(self):
        runs = int(COUNT.read_text()) if COUNT.exists() else 0
        COUNT.write_text(str(runs + 1))
        self.assertFalse(runs % 2 and ({everywhere} or (HERE / "theirs.py").exists()))

    def test_steady(self): ...
"""
"""Every second run fails: on both commits, or on the head alone."""


@pytest.mark.parametrize(
    ("everywhere", "verdict", "told"),
    [
        (
            True,
            GateVerdict.PASSED,
            ("Case.test_now_and_then) (failed in 1/3 runs)", "1/3", "2/3"),
        ),
        (
            False,
            GateVerdict.FAILED,
            ("Case.test_now_and_then) in 2/3 runs)", "0/3", "2/3"),
        ),
    ],
    ids=["on both", "on the head alone"],
)
def test_reruns__tell_flaky_from_broken(
    furnish: Furnish,
    tmp_path: Path,
    everywhere: bool,  # noqa: FBT001 -- a case of the table
    verdict: GateVerdict,
    told: tuple[str, str, str],
) -> None:
    """What newly fails runs three times on both commits; what is unsteady anyway is no fault."""
    test = _COUNTED.format(count=str(tmp_path / "count"), everywhere=everywhere)
    settings = SETTINGS.replace("    lint: python3 -m tabnanny greeter\n", "")
    house = furnish(
        files={SOURCE: GREET, "tests/__init__.py": "", "tests/test_a.py": test}, settings=settings
    )
    _base_checks(house)
    _theirs(house, {"theirs.py": "x = 1\n"})

    problems = check_head(house.context)

    record = house.journal.record
    found = _gate(house, "all_tests_passing")
    (rate,) = unsteady(record.base_checks, record.head_checks)
    words, *rates = told
    assert (found.verdict, words in found.reason) == (verdict, True), found.reason
    assert [str(rate.base), str(rate.head)] == rates
    assert bool(problems) is (verdict is GateVerdict.FAILED)


_COVERAGE = (
    SETTINGS.replace(
        "  commands:\n",
        "  commands:\n    coverage: python3 -m coverage run --source=greeter -m unittest discover "
        "-s tests -t . && python3 -m coverage xml -q\n",
    )
    + "constraints:\n  merge_requirements: [coverage_not_lower]\n"
)
_UNTRIED = (
    f"{SHOUT}\n\ndef untried(name: str) -> str:\n    if name:\n        name = name.lower()\n"
    "        return name\n    name = '?'\n    return name\n"
)


@pytest.mark.parametrize(
    ("patch", "verdict"), [(SHOUT, GateVerdict.PASSED), (_UNTRIED, GateVerdict.FAILED)]
)
def test_coverage__over_the_whole_stage(furnish: Furnish, patch: str, verdict: GateVerdict) -> None:
    """The coverage command runs on base and final head, and lines that no test runs lower it."""
    house = furnish(implementer(edit(new=GREET + patch), work()), automator(), settings=_COVERAGE)
    _base_checks(house)
    run_tests_stage(house.context, implement(house.context, planned()))

    found = _gate(house, "coverage_not_lower")

    assert found.verdict is verdict, found.reason
    assert found.commit == house.context.branch.head


_CHEAT = (
    "\n\ndef shout(name: str) -> str:\n    if name == 'Ada of Lovelace':\n"
    "        return 'HELLO, ADA OF LOVELACE.'\n    return greet(name)\n"
)


def test_special_case__over_the_whole_stage(furnish: Furnish) -> None:
    """A change that passes the new test by knowing its input is held back, with both places."""
    known = TEST_SHOUT.replace("Ada", "Ada of Lovelace").replace("ADA", "ADA OF LOVELACE")
    write = call("Write", file_path=TESTS, content=known)
    house = furnish(
        implementer(edit(new=GREET + _CHEAT), work()),
        automator(write, handed_in()),
        settings=f"{SETTINGS}constraints:\n  merge_requirements: [tests_not_weakened]\n",
    )
    _base_checks(house)
    run_tests_stage(house.context, implement(house.context, planned()))

    found = _gate(house, "tests_not_weakened")

    assert found.verdict is GateVerdict.FAILED
    assert f"{SOURCE}:6 has a case of its own for 'Ada of Lovelace', an input of" in found.reason
    assert f"{TESTS}:8" in found.reason
