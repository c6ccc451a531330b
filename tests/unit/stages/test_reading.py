"""What agents are told comes from the base commit, the same bytes for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.agents import OrchestratorSettings
from orchestrator.config.project import CommandSettings, ProjectSettings
from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind, CheckReport, TestCase
from orchestrator.domain.event import ChecksRun
from orchestrator.stages.briefing import brief_once
from orchestrator.stages.intake import Admitted
from orchestrator.stages.reading import (
    CommitFiles,
    read_agent_files,
    read_conventions,
)
from tests.builders_git import make_run
from tests.end_to_end import project
from tests.unit.stages.house import an_issue
from tests.unit.stages.readers import comment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.unit.stages.house import Furnish, House


def _files(folder: Path, files: Mapping[str, str | bytes]) -> CommitFiles:
    repository, base = make_run(folder, files)
    return CommitFiles(git=repository.git, commit=base.commit)


def test_commit_files__ignore_the_checkout(tmp_path: Path) -> None:
    """What lies in the working tree, uncommitted, is not read."""
    files = _files(tmp_path, {"a.txt": "committed\n"})
    (tmp_path / "checkout" / "a.txt").write_text("edited\n")
    (tmp_path / "checkout" / "b.txt").write_text("new\n")

    assert files.read("a.txt") == b"committed\n"
    assert files.read("b.txt") is None
    assert files.paths() == ("a.txt",)


def test_commit_files__have_text_only_of_text(tmp_path: Path) -> None:
    """Missing, large and binary files are no text."""
    files = _files(
        tmp_path, {"ok.md": "ok\n", "large.md": "x" * 200_001, "binary.md": b"\xff\xfe\x00"}
    )

    texts = {name: files.text(name) for name in ("ok.md", "large.md", "binary.md", "none.md")}

    assert texts == {"ok.md": "ok\n", "large.md": None, "binary.md": None, "none.md": None}


def test_reading__follows_no_link(tmp_path: Path) -> None:
    """A link in the place of a rule page shows nothing of where it leads."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "rules.md").symlink_to("/etc/passwd")
    files = _files(tmp_path, {"a.txt": "a\n"})

    assert read_conventions(files, ["*.md"]) == ()


def test_reading__finds_pages_and_agents(tmp_path: Path) -> None:
    """Pages come in the order of the globs, each once; agents only from their own folder."""
    files = _files(
        tmp_path,
        {
            "b.md": "B\n",
            "a.md": "A\n",
            ".claude/agents/deep/one.md": "one\n",
            ".claude/agents/two.txt": "two\n",
        },
    )

    assert [page.path for page in read_conventions(files, ["b.md", "*.md"])] == ["b.md", "a.md"]
    assert read_agent_files(files) == {".claude/agents/deep/one.md": "one\n"}


def _brief(house: House, *, setup: str | None = None) -> Callable[[], str]:
    return brief_once(
        house.templates,
        repository="octo/greeter",
        files=CommitFiles(git=house.repository.git, commit=house.base.commit),
        admitted=Admitted(issue=an_issue(), comments=(comment(1, "alice", "Loudly, please."),)),
        project=ProjectSettings(commands=CommandSettings(setup=setup)),
        guidance=OrchestratorSettings(responsibilities=("keep it short",)),
        decisions=(),
        protected_paths=("secret/**",),
        journal=house.journal,
    )


def test_brief__is_rendered_once_after_the_baseline(furnish: Furnish) -> None:
    """It proves what ran on the base, and stays the same bytes whatever happens later."""
    house = furnish()
    brief = _brief(house)
    reports = house.context.commands.check(house.base.commit)
    house.journal.write(ChecksRun(where="base", reports=reports))

    first = brief()
    house.journal.write(ChecksRun(where="base", reports=()))

    assert brief() is first
    for words in (
        "octo/greeter",
        project.TITLE,
        "Loudly, please.",
        "do: keep it short",
        "exit code 0, 1 tests ran",
        "secret/**",
    ):
        assert words in first


def test_brief__tells_of_a_red_base_once(furnish: Furnish) -> None:
    """A command that ran twice is one command; what fails there has its name, and setup is over."""
    house = furnish()
    cases = [
        TestCase(id="test_loud\u200b", result=CaseResult.FAILED),
        TestCase(id="test_quiet", result=CaseResult.PASSED),
    ]
    red = CheckReport(
        kind=CheckKind.TEST,
        command="pytest -q",
        commit=house.base.commit,
        ending=CheckEnding.FINISHED,
        exit_code=1,
        duration_s=130.0,
        output_tail="",
        cases=tuple(cases),
        tests_run=2,
    )
    house.journal.write(ChecksRun(where="base", reports=(red, red)))

    text = _brief(house, setup="pip install .")()

    assert text.count("pytest -q") == 1
    assert "exit code 1, 2 tests ran; it took 2 minutes: give Bash a `timeout`" in text
    assert 'from="tests that fail on the base commit">\ntest_loud\n</data-' in text
    assert "`pip install .` ran before them" in text


def test_brief__does_not_speak_of_a_setup_that_was_not_run(furnish: Furnish) -> None:
    """Without a sandbox, or without a look at the base, nothing was installed for anybody."""
    assert "pip install" not in _brief(furnish(), setup="pip install .")()
