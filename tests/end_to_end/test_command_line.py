"""The command line, and what may not leave the machine: local forge, dry run, plan, replay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from orchestrator.domain.outcome import Conclusion
from tests.builders_git import commit_files, git, make_repository
from tests.end_to_end import project
from tests.end_to_end.checkouts import state_of
from tests.end_to_end.play import analyst, planner, play
from tests.end_to_end.world import World, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.llm.scenario import Scenario
    from tests.end_to_end.world import Played

ISSUE = f"# {project.TITLE}\n\n{project.BODY}"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A workspace beside a GitHub that counts who asks it."""
    with world(tmp_path) as furnished:
        furnished.github.requests.clear()
        yield furnished


def run_locally(place: World, *words: str, scenario: Scenario | None = None) -> Played:
    """Work on an issue in a file with the forge in a folder, without walls."""
    issue = place.folder / f"{project.NUMBER}-shout.md"
    issue.write_text(ISSUE, encoding="utf-8")
    output = place.folder / f"laptop-{place.attempts + 1}" / "run"
    return place.command(
        "run",
        "--issue-file",
        str(issue),
        "--forge",
        str(place.folder / "forge"),
        "--sandbox",
        "unconfined",
        "--output",
        str(output),
        *words,
        scenario=scenario,
    )


def forge_files(place: World, pattern: str) -> list[Path]:
    """Return files of the local forge."""
    return sorted((place.folder / "forge").glob(pattern))


def test_local_run__leaves_branch_request_and_comment_in_the_forge(place: World) -> None:
    """A laptop without GitHub gets the same branch, pull request and progress as a workflow."""
    before = state_of(place.workspace)
    played = run_locally(place, scenario=play())
    bare = place.folder / "forge" / "repository.git"

    assert played.exit_code == 0, played.stdout + played.stderr
    assert played.model_faults == ()
    assert played.comments == ()
    assert place.github.requests == []
    assert state_of(place.workspace) == before
    changed = git(bare, "diff", "--name-only", f"main..refs/heads/{project.BRANCH}")
    assert changed.split() == [project.SOURCE, project.TESTS]
    pulls = " ".join(path.read_text() for path in forge_files(place, "pull-requests/*.md"))
    assert f"Closes #{project.NUMBER}" in pulls
    assert f"branch: git -C {bare} log refs/heads/{project.BRANCH}\n" in played.stdout


def test_local_run__that_pushed_nothing_names_no_branch(place: World) -> None:
    """Whoever follows the last line of a run finds something there."""
    place.environment = {"ANTHROPIC_API_KEY": ""}
    played = run_locally(place)

    assert played.exit_code == 2
    assert "There is no key for the language model." in played.stdout
    assert "permission_missing" in (place.folder / "laptop-1" / "run" / "metrics.json").read_text()
    assert "report: file://" in played.stdout
    assert "branch:" not in played.stdout


def test_local_run__again_keeps_branch_request_and_comment(place: World) -> None:
    """The local forge promises what GitHub promises: one of each, however often."""
    run_locally(place, scenario=play())
    before = [path.name for path in forge_files(place, "**/*.md")]
    played = run_locally(place, scenario=play())

    assert played.exit_code == 0, played.stdout + played.stderr
    assert [path.name for path in forge_files(place, "**/*.md")] == before


def test_replay__rebuilds_the_same_reports(place: World) -> None:
    """Whoever has the journal has every report, byte for byte."""
    played = run_locally(place, scenario=play())
    again = place.folder / "replayed"
    done = place.command("replay", str(played.journal), "--output", str(again))

    assert done.exit_code == 0, done.stdout + done.stderr
    original = {
        file.name: file.read_bytes()
        for file in played.journal.parent.iterdir()
        if file.is_file() and file.name != played.journal.name
    }
    assert {file.name: file.read_bytes() for file in again.iterdir()} == original
    assert done.requests == ()


def test_replay__of_something_else_is_refused(place: World) -> None:
    """A file that is no journal is named, without a stack trace."""
    other = place.folder / "other.jsonl"
    other.write_text("{}\n")
    done = place.command("replay", str(other))

    assert done.exit_code == 2
    assert "other.jsonl" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_script__plays_the_model_without_key_or_network(place: World) -> None:
    """A scenario file stands in for the model, as in the demo."""
    script = place.folder / "script.yml"
    script.write_text(yaml.safe_dump(play().model_dump(mode="json")))
    place.environment = {"ANTHROPIC_API_KEY": "", "ANTHROPIC_BASE_URL": ""}
    played = run_locally(place, "--script", str(script))

    assert played.exit_code == 0, played.stdout + played.stderr
    assert played.requests == ()


def test_dry_run__costs_nothing_and_writes_nothing(place: World) -> None:
    """Permissions, base and settings are checked; nobody is asked and nothing leaves."""
    played = place.dispatch(dry_run="true")
    written = [sent for sent in place.github.requests if sent.method not in {"GET", "HEAD"}]

    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SKIPPED)
    assert played.requests == ()
    assert [sent.path for sent in written if "git-upload-pack" not in sent.path] == []
    assert set(played.branches) == {"main"}
    assert "Dry run" in played.stdout
    assert "Dry run" in played.summary


def test_dry_run__on_a_laptop_needs_no_key(place: World) -> None:
    """The first thing that people try works before they have anything."""
    place.environment = {"ANTHROPIC_API_KEY": ""}
    played = run_locally(place, "--dry-run")

    assert played.exit_code == 0, played.stdout + played.stderr
    assert played.requests == ()
    assert forge_files(place, "**/*.md") == []


def test_plan__is_written_and_nothing_published(place: World) -> None:
    """A plan can be looked at before anything happens to the repository."""
    played = place.dispatch(play(analyst(), planner()), command="plan")
    written = [sent.path for sent in place.github.sent("POST") if "git-upload" not in sent.path]

    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SUCCESS)
    assert played.model_faults == ()
    assert written == []
    assert set(played.branches) == {"main"}
    (plan_file,) = played.folder.rglob("plan.json")
    assert str(plan_file) == played.outputs["plan-file"]
    assert [task["id"] for task in json.loads(plan_file.read_text())["tasks"]] == [1, 2, 3]


def test_plan__on_a_laptop_publishes_nothing(place: World) -> None:
    """The verb is the same on the command line."""
    issue = place.folder / "42.md"
    issue.write_text(ISSUE)
    output = place.folder / "laptop-1" / "run"
    words = ("--issue-file", str(issue), "--output", str(output), "--sandbox", "unconfined")
    played = place.command("plan", *words, scenario=play(analyst(), planner()))

    assert played.exit_code == 0, played.stdout + played.stderr
    assert played.model_faults == ()
    assert (output / "plan.json").exists()
    assert set(played.branches) == {"main"}
    assert place.github.requests == []


def test_validate__shows_every_setting_with_its_source(place: World) -> None:
    """What a run would do with this repository can be read before it runs."""
    played = place.command("validate")

    assert played.exit_code == 0, played.stdout + played.stderr
    assert "review.order" in played.stdout
    assert project.CONFIG in played.stdout
    assert "python3 -m unittest discover" in played.stdout


def test_validate__in_a_workflow_needs_neither_key_nor_event(place: World) -> None:
    """A workflow can check the configuration of a pull request."""
    played = place.act("push", {}, inputs={"command": "validate", "anthropic-api-key": ""})

    assert played.exit_code == 0, played.stdout
    assert "The configuration is valid." in played.stdout
    assert place.github.sent("POST") == ()


def test_validate__of_a_file_names_the_line(place: World) -> None:
    """A wrong file is told with line, key and what is allowed."""
    file = place.folder / "orchestrator.yml"
    file.write_text("review:\n  roundz: 1\n")
    played = place.command("validate", str(file))

    assert played.exit_code == 2
    assert "orchestrator.yml:2" in played.stdout
    assert "rounds" in played.stdout


@pytest.mark.parametrize("how", ["in a workflow", "a checkout", "a file", "sandbox", "dry run"])
def test_shared_preset__is_read_by_whoever_reads_a_configuration(tmp_path: Path, how: str) -> None:
    """What a run on GitHub can extend, can be checked and tried before and beside it."""
    settings = "extends: github:octo/presets/base.yml@v1\n"
    file = tmp_path / "own.yml"
    file.write_text(settings)
    with world(tmp_path, contents=project.files(settings)) as place:
        place.github.state.files["octo/presets", "base.yml", "v1"] = b"memory: {issues: 7}\n"
        match how:
            case "in a workflow":
                played = place.act("push", {}, inputs={"command": "validate"})
            case "a checkout":
                played = place.command("validate")
            case "a file":
                played = place.command("validate", str(file))
            case "sandbox":
                played = place.command("sandbox", "--backend", "unconfined", "--", "true")
            case _:
                played = run_locally(place, "--dry-run")

    assert played.exit_code == 0, played.stdout + played.stderr
    assert how in {"sandbox", "dry run"} or "memory.issues = 7" in played.stdout


def test_matrix__turns_numbers_into_jobs(place: World) -> None:
    """Numbers become a job matrix, each once; a slip is named."""
    played = place.command("matrix", "7,3", "#3")
    refused = place.command("matrix", "seven")

    assert played.exit_code == 0
    assert json.loads(played.stdout) == {"issue": [3, 7]}
    assert refused.exit_code == 2
    assert "'seven'" in refused.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), "no issue to work on"),
        (("run", "abc"), "'abc'"),
        (("run", "--issue-file", "nowhere.md"), "nowhere.md"),
        (("run", "42"), "--repository"),
        ((), "without a verb"),
    ],
    ids=["nothing", "no number", "no file", "no repository", "no verb"],
)
def test_command_line__that_lacks_something_says_what(
    words: tuple[str, ...], said: str, place: World
) -> None:
    """A slip on the command line is one sentence and what to type instead."""
    played = place.command(*words)

    assert played.exit_code == 2
    assert said in played.stdout
    assert "Traceback" not in played.stdout + played.stderr


def test_shallow_clone__without_a_remote_says_how_to_deepen(place: World, tmp_path: Path) -> None:
    """A clone whose history is cut off is refused with the command that mends it."""
    source = make_repository(tmp_path / "source")
    commit_files(source, {"a.txt": "1"})
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{source}", "cut")
    played = run_locally(place, "--repo", str(tmp_path / "cut"))

    assert played.exit_code == 2
    assert "shallow" in played.stdout
    assert "git fetch --unshallow" in played.stdout
