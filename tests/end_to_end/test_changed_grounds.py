"""What work rests on changes between two runs: what rests on it is done again, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tests.builders_git import commit_files, git
from tests.end_to_end import project
from tests.end_to_end.play import play
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.world import Played, World

ALL = ["analysis", "planning", "implementation", "testing", "review"]
STATE = f"refs/orchestrator/issue-{project.NUMBER}"


def _run(place: World) -> Played:
    """Start the command line with a script for a model, and see that all goes well."""
    script = place.folder / "script.yml"
    script.write_text(yaml.safe_dump(play().model_dump(mode="json")))
    output = place.folder / f"laptop-{place.attempts + 1}" / "run"
    words = ("--repository", project.REPOSITORY, "--script", str(script), "--output", str(output))
    played = place.command("run", str(project.NUMBER), "--sandbox", "unconfined", *words)
    assert played.exit_code == 0, played.stdout
    assert len(played.pull_requests) == len(played.comments) == 1
    assert not played.pull_requests[0].draft
    return played


def _push(place: World, files: Mapping[str, str]) -> None:
    """Let somebody change the base branch, and bring the workspace up to date."""
    author = place.folder / f"author-{place.attempts}"
    git(place.folder, "clone", "--quiet", str(place.folder / "forge.git"), str(author))
    commit_files(author, files)
    git(author, "push", "--quiet", "origin", "main")
    git(place.workspace, "-c", "safe.directory=*", "pull", "--quiet")


def _bought(played: Played) -> list[str]:
    """Return the stages in which this run, and none before it, paid for a reply."""
    kinds = [event["kind"] for event in played.events]
    begun = len(kinds) - kinds[::-1].index("run_started")
    replies = (event for event in played.events[begun:] if event["kind"] == "model_replied")
    return list(dict.fromkeys(str(event["stage"]) for event in replies))


def _measured(played: Played) -> int:
    """Return how often the journal says what the commands showed on the base, in the last run."""
    kinds = [event["kind"] for event in played.events]
    begun = len(kinds) - kinds[::-1].index("run_started")
    checks = (event for event in played.events[begun:] if event["kind"] == "checks_run")
    return sum(event["where"] == "base" for event in checks)


def test_changes__cost_what_rests_on_them_and_no_more(tmp_path: Path) -> None:
    """Each change between two runs is weighed: what stays is not paid for, and people are told."""
    louder = project.SETTINGS.replace("[security]", "[security]\n  blocking: advisory")
    with world(tmp_path) as place:
        assert _bought(_run(place)) == ALL

        raised = project.SETTINGS + "limits:\n  usd: 30\nmodels:\n  review: {effort: low}\n"
        _push(place, {"README.md": "# Greeter!\n", project.CONFIG: raised})
        moved = _run(place)
        assert _bought(moved) == ["review"]
        assert "`main` has moved. Kept: the requirements, the plan, tasks 1, 2" in moved.stdout
        assert "Done again: the commands on the base" in moved.comments[0].body
        subjects = place.github.state.git(
            "log", "--format=%s", f"main..refs/heads/{project.BRANCH}"
        )
        assert len((subjects or "").splitlines()) == 2

        _push(place, {project.CONFIG: louder})
        stricter = _run(place)
        assert _bought(stricter) == ["review"]
        assert "`review` has changed" in stricter.stdout

        _push(place, {project.SOURCE: f"# To greet.\n{project.GREET}"})
        touched = _run(place)
        assert _bought(touched) == ["implementation", "testing", "review"]
        assert f"`{project.SOURCE}` has changed there, which task 1 is about" in touched.stdout
        source = place.github.state.git("show", f"refs/heads/{project.BRANCH}:{project.SOURCE}")
        assert source == f"# To greet.\n{project.GREET}{project.SHOUT}".strip()

        _push(place, {"CONTRIBUTING.md": "Be brief.\n"})
        ruled = _run(place)
        assert _bought(ruled) == ["planning", "implementation", "testing", "review"]
        assert "`CONTRIBUTING.md` has changed there" in ruled.stdout
        assert "Kept: the requirements. Done again: the plan," in ruled.comments[0].body

        place.github.state.issues[project.NUMBER].body = f"{project.BODY}\nAlways.\n"
        edited = _run(place)
        assert _bought(edited) == ALL
        assert _measured(edited) == 1
        assert "the issue or its comments have changed" in edited.comments[0].body

        assert place.github.state.git("ls-tree", "--name-only", STATE) == "journal.jsonl"
