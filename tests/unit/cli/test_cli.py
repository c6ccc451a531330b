"""Words in, an exit code out, and nothing said that should not be."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator import __version__
from orchestrator.app import grace
from orchestrator.cli import INTERRUPTED, main
from tests.builders_git import git, make_repository
from tests.end_to_end import faulty, project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[3]
ISSUE = "# Greet people loudly\n\nIn capitals.\n"
TOO_LONG = "7" * 300
HEAVY = ("anthropic", "github", "jinja2", "rich")


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Leave the test process's signals as they were, and no alarm for a later test."""
    heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in heard}
    yield
    grace.end()
    for number, known in before.items():
        signal.signal(number, known)


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_cli__answers_without_heavy_imports(words: list[str]) -> None:
    """Help and version are there at once."""
    code = (
        "import sys\nfrom orchestrator.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit as end: assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.rstrip().endswith("[]")


def test_cli__tells_its_version_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """The codes that a script has to know are in the help."""
    for words in (["--version"], ["--help"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 0

    said = capsys.readouterr().out
    assert __version__ in said
    for number in (0, 1, 2, 3, 4, 5, 6, INTERRUPTED):
        assert re.search(rf"\b{number} ", said)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["dance"], "invalid choice"),
        (["run", "1", "--max-cost-usd", "much"], "is not an amount"),
        (["run", "1", "--max-cost-usd", "0"], "more than 0"),
        (["run", "1", "--max-cost-usd", "nan"], "more than 0"),
        (["run", "1", "--sandbox", "none"], "invalid choice"),
        (["run", "1", "--max-costs-usd=5"], "--max-costs-usd=5; did you mean --max-cost-usd?"),
        (["validate", "--confg", "x.yml"], "did you mean --config?"),
        (["sandbox", "--nosetup"], "did you mean --no-setup?"),
        (["sandbox", "--timeout", "nan", "--", "ls"], "more than 0"),
        (["sandbox", "--timeout", "-1", "--", "ls"], "more than 0"),
        (["withdraw", "1", "--forge", "f", "--repository", "a/b"], "not allowed with"),
        (["run", "1", "--output", TOO_LONG], "argument --output: "),
        (["validate", TOO_LONG], "argument file: "),
        (["run", "1", "--loud"], "unrecognized arguments: --loud\n"),
    ],
)
def test_cli__refuses_words_it_does_not_know(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    """A wrong word ends with 2 before anything is done."""
    with pytest.raises(SystemExit) as end:
        main(words)

    assert end.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "without a verb"),
        (["run"], "There is no issue to work on."),
        (["run", "-3"], "-3"),
        (["run", "seven"], "seven"),
        (["run", "1", "--repo", "nowhere", "--forge", "f"], "'nowhere'"),
        (["run", "--issue-file", "no.md"], "no.md"),
        (["run", "1", "--forge", "f", "--repository", "a/b"], "--repository"),
        (["validate", "no.yml"], "no.yml"),
        (["replay", "no.jsonl"], "no.jsonl"),
        (["matrix", "1", "x"], "'x'"),
    ],
)
def test_cli__ends_with_2_when_a_person_must_act(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """What is wrong is named, with a next step, and nothing is left behind."""
    try:
        code = main(words)
    except SystemExit as end:
        code = int(str(end.code))

    captured = capsys.readouterr()
    assert code == 2
    assert said in captured.out + captured.err
    assert "Traceback" not in captured.out + captured.err
    assert not Path("nowhere").exists()


def test_cli__names_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An `extends` that no file can be called is told by name."""
    file = tmp_path / "conf.yml"
    file.write_text(f"extends: ./{TOO_LONG}\n")

    assert main(["validate", str(file)]) == 2
    assert f"{TOO_LONG}' cannot be read" in capsys.readouterr().out


def test_cli__makes_a_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers separated by blanks or commas become one sorted matrix."""
    assert main(["matrix", "7,3", "7", "12"]) == 0
    assert json.loads(capsys.readouterr().out) == {"issue": [3, 7, 12]}


def test_cli__validates_a_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration can be checked without a repository; errors name file, line and key."""
    good, bad = tmp_path / "good.yml", tmp_path / "bad.yml"
    good.write_text("limits: {usd: 3}\n")
    bad.write_text("limits:\n  usd: free\n")

    assert main(["validate", str(good)]) == 0
    assert 'limits.usd = "3"' in capsys.readouterr().out
    assert main(["validate", str(bad)]) == 2
    said = capsys.readouterr()
    assert "bad.yml:2" in said.out + said.err


def test_cli__validates_a_file_where_it_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a file may extend in its repository, it may extend when it is checked alone."""
    checkout = make_repository(tmp_path / "checkout", {"base.yml": "limits: {usd: 3}\n"})
    file = checkout / ".github" / "orchestrator.yml"
    file.parent.mkdir()
    file.write_text("extends: ../base.yml\n")

    assert main(["validate", str(file)]) == 0
    assert 'limits.usd = "3"  [base.yml:1]' in capsys.readouterr().out


def _dry_run(folder: Path, files: Mapping[str, str] | None = None) -> list[str]:
    """Return the words of a dry run on `checkout` and `42.md`, which are made in the folder."""
    checkout = make_repository(folder / "checkout", project.files() if files is None else files)
    issue = folder / "42.md"
    issue.write_text(ISSUE)
    return ["run", "--issue-file", str(issue), "--repo", str(checkout), "--dry-run"]


def test_cli__runs_dry_and_leaves_only_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run checks issue, base and settings, and the checkout stays as it was."""
    words = _dry_run(tmp_path)

    assert main([*words, "--output", str(tmp_path / "out")]) == 0

    assert "Dry run" in capsys.readouterr().out
    assert git(tmp_path / "checkout", "status", "--porcelain", "--ignored") == ""
    assert (tmp_path / "out" / "journal.jsonl").exists()

    assert main([*words, "--output", str(tmp_path / "out")]) == 2
    assert "holds a run already" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["a file", "a file/below", "a folder"])
def test_cli__refuses_an_output_that_is_somebody_elses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """A run folder that cannot be made, or holds other files, is named and left as it was."""
    words = _dry_run(tmp_path)
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / "mine.txt").write_text("mine")

    assert main([*words, "--output", str(tmp_path / place)]) == 2

    said = capsys.readouterr().out
    assert place in said
    assert "--output" in said
    assert (tmp_path / "a file").read_text() == "mine"
    assert [path.name for path in (tmp_path / "a folder").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("was_there", [False, True])
def test_cli__leaves_no_folder_of_a_run_that_did_not_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, was_there: bool
) -> None:
    """A run that is refused before it has a journal leaves nothing in its folder."""
    words = _dry_run(tmp_path, project.files("limits: {usd: free}\n"))
    output = tmp_path / "out"
    if was_there:
        output.mkdir()

    assert main([*words, "--output", str(output)]) == 2

    assert "limits.usd" in capsys.readouterr().out
    assert output.exists() is was_there
    assert not was_there or list(output.iterdir()) == []


def test_cli__says_where_replayed_reports_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An output that is a file is named, instead of a trace; it stays as it was."""
    words = _dry_run(tmp_path)
    assert main([*words, "--output", str(tmp_path / "out")]) == 0
    journal, issue = str(tmp_path / "out" / "journal.jsonl"), tmp_path / "42.md"

    assert main(["replay", journal, "--output", str(issue)]) == 2

    said = capsys.readouterr().out
    assert f"cannot be written to '{issue}'" in said
    assert "Traceback" not in said
    assert issue.read_text() == ISSUE


def test_cli__calls_a_full_disk_by_its_name(tmp_path: Path) -> None:
    """Reports that find no room are no defect of ours; what to free is said."""
    words = [*_dry_run(tmp_path), "--output", str(tmp_path / "out")]

    played = subprocess.run(
        ["bash", "-c", 'ulimit -f 16; exec "$0" -m orchestrator "$@"', sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )

    assert played.returncode == 4, played.stdout
    assert "reports cannot be written" in played.stdout
    assert "Traceback" not in played.stdout + played.stderr


@pytest.mark.parametrize("verb", ["validate", "run"])
def test_cli__names_an_agent_that_does_not_exist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    """`validate` and a dry run find a stage's unknown agent; the repository's own are known."""
    settings = "workflow: {stages: [{name: implementation, agents: [our-own, vue-guru]}]}\n"
    own = {".claude/agents/our-own.md": "---\nname: our-own\ndescription: ours\n---\nDo.\n"}
    words = [
        *_dry_run(tmp_path, {**project.files(settings), **own}),
        "--output",
        str(tmp_path / "out"),
    ]
    if verb == "validate":
        words = ["validate", "--repo", str(tmp_path / "checkout")]

    assert main(words) == 2

    said = capsys.readouterr().out
    assert "There is no agent 'vue-guru'; there are" in said
    assert ".claude/agents/vue-guru.md" in said


NOTED = {"kind": "noted", "level": "notice", "text": "Something."}


@pytest.mark.parametrize("events", [(), (NOTED,)], ids=["empty", "no beginning"])
def test_cli__replays_no_journal_without_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], events: tuple[dict[str, str], ...]
) -> None:
    """A journal in which no run begins is refused; no report is made of it."""
    journal = tmp_path / "empty.jsonl"
    at = {"seq": 1, "at": "2026-01-01T00:00:00.000Z", "elapsed_s": 0.0}
    journal.write_text("".join(json.dumps({**at, "event": event}) + "\n" for event in events))

    assert main(["replay", str(journal)]) == 2

    assert str(journal) in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["empty.jsonl"]


def test_cli__dry_run_warns_of_a_model_that_nobody_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt model is found before it is asked, and before it is paid at the dearest price."""
    words = _dry_run(tmp_path)

    assert main([*words, "--output", str(tmp_path / "out"), "--model", "opsu"]) == 0

    said = capsys.readouterr().out
    assert "The model 'opsu' is not in the capability table" in said
    assert "No price is known for the model 'opsu'" in said


def test_cli__names_no_plan_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever follows the last lines of a run finds something there."""
    words = _dry_run(tmp_path)[1:]

    assert main(["plan", *words, "--output", str(tmp_path / "out")]) == 0

    assert "plan.json" not in capsys.readouterr().out


def test_cli__dry_runs_on_a_forge_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An issue that lies on a local forge is found, and the forge gets no branch."""
    checkout = make_repository(tmp_path / "checkout", project.files())
    issue = tmp_path / "42.md"
    issue.write_text(ISSUE)
    place = ["--repo", str(checkout), "--forge", str(tmp_path / "forge")]
    assert main(["plan", "--issue-file", str(issue), *place, "--output", str(tmp_path / "a")]) == 2
    assert "There is no key" in capsys.readouterr().out
    git(tmp_path / "forge" / "repository.git", "update-ref", "-d", "refs/heads/main")

    assert main(["run", "42", *place, "--dry-run", "--output", str(tmp_path / "b")]) == 0
    assert git(tmp_path / "forge" / "repository.git", "for-each-ref") == ""


def test_cli__says_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is a secret in the environment is in no message, whatever repeats it."""
    secret = "sk-ant-api03-invented-and-repeated"
    monkeypatch.setenv("ANTHROPIC_API_KEY", secret)

    assert main(["validate", str(tmp_path / f"{secret}.yml")]) == 2

    said = capsys.readouterr()
    assert secret not in said.out + said.err


def test_cli__calls_a_defect_a_defect() -> None:
    """What nobody foresaw ends with 1, its trace and where to report it, without secrets."""
    secret = "ghs_" + "A1b2" * 9

    played = subprocess.run(
        [sys.executable, faulty.__file__, "entrypoint.py", "replay", "replay", f"{secret}.jsonl"],
        cwd=ROOT,
        env={**os.environ, "GITHUB_TOKEN": secret},
        capture_output=True,
        check=False,
        text=True,
    )

    said = played.stdout + played.stderr
    assert played.returncode == 1
    assert "This is a defect of Orchestrator" in said
    assert "a defect of ours" in said
    assert secret not in said


@pytest.mark.parametrize("is_runner", [True, False], ids=["runner", "laptop"])
def test_cli__is_interrupted_once_by_a_runner(
    monkeypatch: pytest.MonkeyPatch, *, is_runner: bool
) -> None:
    """SIGTERM after SIGINT does not break off what settles the run; a second Ctrl-C does.

    Only a runner kills who takes longer than its grace: elsewhere there is no alarm.
    """
    monkeypatch.setenv("GITHUB_ACTIONS", str(is_runner).lower())
    assert main(["matrix", "1"]) == 0

    for sent, is_heard in [("SIGINT", True), ("SIGTERM", False), ("SIGINT", True)]:
        if is_heard:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.Signals[sent])
        else:
            signal.raise_signal(signal.Signals[sent])
