"""`make demo`: the article's dark mode case, played as a process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from orchestrator.domain import event as ev
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.record import fold
from orchestrator.domain.review import Lens, Severity, Standing, Verdict
from orchestrator.llm.scenario import Scenario
from orchestrator.telemetry.replay import load_journal
from tests.builders_git import git
from tests.doubles.messages_api import MessagesApi

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord

ROOT = Path(__file__).parents[2]
BRANCH = "orchestrator/issue-47"
NEW_TESTS = "tests/theme.test.mjs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What one demonstration left behind."""

    exit_code: int
    stdout: str
    folder: Path
    entries: tuple[ev.Entry, ...]
    record: RunRecord

    @property
    def forge(self) -> Path:
        return self.folder / "forge"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play the demonstration once for all tests; none of them changes what it left."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    done = _demo("--output", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    entries = load_journal(folder / "run-47" / "journal.jsonl").entries
    return Played(
        exit_code=done.returncode,
        stdout=done.stdout,
        folder=folder,
        entries=entries,
        record=fold(entries),
    )


def _demo(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def _node_tests(folder: Path, *paths: str) -> dict[str, int]:
    """Return node's own counts of tests that passed and failed."""
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", *paths],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return {word: int(count) for word, count in re.findall(r"# (pass|fail) (\d+)", done.stdout)}


def test_demo__shows_branch_page_and_cost(played: Played) -> None:
    """Whoever runs it sees the commits, the tests, where the page lies, and what it cost."""
    page = played.folder / "run-47" / "report.html"

    assert "Add localStorage persistence" in played.stdout
    assert "the dark theme shows the colours of _dark.scss" in played.stdout
    assert page.as_uri() in played.stdout
    text = page.read_text(encoding="utf-8")
    assert "Add a dark mode toggle" in text
    assert "A script played the model: tokens and cost are estimates" in text
    assert re.search(r"Simulated: [\d,]+ tokens in, [\d,]+ out", played.stdout)


def test_demo__costs_what_the_pages_say(played: Played) -> None:
    """A figure in README and docs/cost.md is that of this very command, or nearly."""
    metrics = json.loads((played.folder / "run-47" / "metrics.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `?([\w ]+)`? \| (\d+) \| ([\d,]+) \| ([\d.]+) \|", page, re.MULTILINE)
    shown = {name: (int(n), int(t.replace(",", "")), float(usd)) for name, n, t, usd in rows}
    measured = {
        part["name"]: (part["replies"], sum(part["usage"].values()), float(part["usd"]))
        for part in metrics["by_stage"]
    }
    measured["whole run"] = tuple(sum(column) for column in zip(*measured.values(), strict=True))
    replies, tokens, usd = measured["whole run"]
    told = re.search(r"about ([\d,]+) tokens in (\d+) replies, ([\d.]+) USD", readme)

    estimate = re.compile(
        r"([\d.]+)–([\d.]+) USD more; ([\d.]+) of 5 USD were spent by then \(.*\)"
    )
    (said, shown_before) = (estimate.search(text) for text in (played.stdout, page))
    (body,) = (file.read_text("utf-8") for file in played.forge.glob("pull-requests/*.md"))
    checks = re.findall(r"^\| (?:test|lint) \| .*$", readme, re.MULTILINE)

    assert said is not None
    assert shown_before is not None
    assert [float(word) for word in shown_before.groups()] == pytest.approx(
        [float(word) for word in said.groups()], rel=0.1, abs=0.02
    )
    assert len(checks) == 2
    assert [row for row in checks if row not in body] == []
    assert shown.keys() == measured.keys()
    for name, figures in measured.items():
        assert shown[name] == pytest.approx(figures, rel=0.1, abs=0.02), name
    assert told is not None
    assert [float(word.replace(",", "")) for word in told.groups()] == pytest.approx(
        [tokens, replies, usd], rel=0.1
    )


def test_demo__looks_at_what_the_page_says(played: Played) -> None:
    """Each line that pre-flight prints is explained, in the order in which a reader meets it."""
    page = (ROOT / "docs" / "failure-classes.md").read_text(encoding="utf-8")
    table = page.partition("## Pre-flight")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)

    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]

    assert told == [look.look for look in played.record.looks]


def test_demo__ends_with_every_required_gate_green(played: Played) -> None:
    """The run is a success because the gates say so."""
    outcome = played.record.outcome

    assert outcome is not None
    assert outcome.conclusion is Conclusion.SUCCESS
    assert [gate.gate for gate in played.record.gates if not gate.lets_through] == []


def test_plan__is_the_one_of_the_article(played: Played) -> None:
    """The five tasks, their agents and their order are those of the published case."""
    plan = json.loads((played.folder / "run-47" / "plan.json").read_text(encoding="utf-8"))

    tasks = [
        (task["id"], task["title"], task["agent"], task["dependencies"]) for task in plan["tasks"]
    ]

    assert (plan["issue_id"], plan["complexity"]) == (47, "medium")
    assert tasks == [
        (1, "Analyze existing theme architecture", "search-specialist", []),
        (2, "Implement theme toggle component", "frontend-developer", [1]),
        (3, "Add localStorage persistence", "javascript-pro", [2]),
        (4, "Write integration tests", "test-automator", [2, 3]),
        (5, "Security and performance review", "code-reviewer", [4]),
    ]


def test_forge__holds_one_ready_pull_request_and_one_comment(played: Played) -> None:
    """However many stages there are, people get one place to look at."""
    (request,) = (played.forge / "pull-requests").glob("*.json")
    (comment,) = (played.forge / "comments").rglob("*.md")

    told = json.loads(request.read_text(encoding="utf-8"))

    assert (told["head"], told["base"], told["is_draft"]) == (BRANCH, "main", False)
    assert "Closes #47" in request.with_suffix(".md").read_text(encoding="utf-8")
    assert "Ready for review" in comment.read_text(encoding="utf-8")


def test_branch__passes_all_tests(played: Played, tmp_path: Path) -> None:
    """What is offered for merging works on a machine that has only the branch."""
    _clone(played, tmp_path)

    assert _node_tests(tmp_path / "site") == {"pass": 10, "fail": 0}


def test_new_tests__fail_without_the_change(played: Played, tmp_path: Path) -> None:
    """The tests that were written blind really ask for the new behaviour."""
    _clone(played, tmp_path)
    site = tmp_path / "site"
    git(site, "checkout", "--quiet", "origin/main")
    git(site, "checkout", "--quiet", BRANCH, "--", NEW_TESTS)

    assert _node_tests(site, NEW_TESTS) == {"pass": 0, "fail": 6}


def test_branch__has_a_commit_of_the_agent_for_each_task(played: Played, tmp_path: Path) -> None:
    """Every change can be traced to the task and the agent that made it."""
    _clone(played, tmp_path)

    trailers = "%(trailers:key=Orchestrator-Task,key=Orchestrator-Agent,valueonly,separator=%x20)"
    log = git(
        tmp_path / "site", "log", "--reverse", f"--format={trailers}", f"origin/main..{BRANCH}"
    )

    assert log.splitlines() == [
        "2 frontend-developer",
        "3 javascript-pro",
        "4 test-automator",
        "6 javascript-pro",
        "7 javascript-pro",
    ]


def test_review__goes_through_the_lenses_again_after_each_fix(played: Played) -> None:
    """Security comes first, and no verdict outlives the tree that it was given for."""
    looks = [(item.lens, item.round, item.verdict) for item in played.record.reviews]

    assert looks == [
        (Lens.TASK, 1, Verdict.APPROVE),
        (Lens.TASK, 1, Verdict.APPROVE),
        (Lens.SECURITY, 1, Verdict.CHANGES),
        (Lens.SECURITY, 2, Verdict.APPROVE),
        (Lens.PERFORMANCE, 1, Verdict.CHANGES),
        (Lens.SECURITY, 3, Verdict.APPROVE),
        (Lens.PERFORMANCE, 2, Verdict.APPROVE),
        (Lens.ARCHITECTURE, 1, Verdict.APPROVE),
        (Lens.STYLE, 1, Verdict.APPROVE),
    ]
    assert len({item.tree for item in played.record.reviews[-4:]}) == 1


def test_review__has_both_findings_of_the_article_fixed(played: Played, tmp_path: Path) -> None:
    """The inline script and the theme flash are found, verified, and gone from the branch."""
    found = [
        (item.lens, finding.path, finding.quote)
        for item in played.record.reviews
        for finding in item.findings
        if finding.severity is Severity.BLOCKING and finding.standing is Standing.VERIFIED
    ]
    _clone(played, tmp_path)

    assert [(lens, path) for lens, path, _ in found] == [
        (Lens.SECURITY, "_includes/theme-toggle.html"),
        (Lens.PERFORMANCE, "_layouts/default.html"),
    ]
    assert [
        path
        for _, path, quote in found
        if quote in (tmp_path / "site" / path).read_text(encoding="utf-8")
    ] == []


def test_agents__are_never_refused(played: Played) -> None:
    """Every call of the script is one that a well-behaved agent may make, and it works."""
    events = [entry.event for entry in played.entries]

    assert [
        (item.tool, item.subject)
        for item in events
        if isinstance(item, ev.ToolAnswered) and item.is_error
    ] == []
    assert [item for item in events if isinstance(item, ev.AttemptRefused)] == []
    assert [
        item.violations for item in events if isinstance(item, ev.TaskEnded) and item.violations
    ] == []


def test_script__is_played_to_the_last_reply(played: Played) -> None:
    """A reply that nobody asks for any more would tell readers of the script a wrong story."""
    scenario = _scenario()

    replies = [entry.event for entry in played.entries if isinstance(entry.event, ev.ModelReplied)]

    assert len({reply.conversation for reply in replies}) == len(scenario.conversations)
    assert len(replies) == sum(len(item.replies) for item in scenario.conversations)


def test_demo__asks_the_real_model_when_there_is_a_key(tmp_path: Path) -> None:
    """The same command is the real thing: the client, its requests and its stream included."""
    with MessagesApi(_scenario()) as api:
        done = _demo(
            *("--output", str(tmp_path / "kept"), "--sandbox", "unconfined"),
            ANTHROPIC_API_KEY=api.api_key,
            ANTHROPIC_BASE_URL=api.url,
        )
    api.assert_done()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "the real one, because ANTHROPIC_API_KEY is set" in done.stdout
    assert "Simulated" not in done.stdout
    assert api.api_key not in done.stdout


def test_demo__does_not_write_into_a_folder_that_is_in_use(tmp_path: Path) -> None:
    """What somebody kept from an earlier demonstration is not overwritten."""
    (tmp_path / "notes.txt").write_text("mine")

    done = _demo("--keep", str(tmp_path))

    assert done.returncode == 2
    assert f"{str(tmp_path)!r} exists and is not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_demo__names_a_missing_program(tmp_path: Path) -> None:
    """On a machine without git it says so before anything else happens."""
    done = _demo("--output", str(tmp_path / "kept"), PATH=str(tmp_path))

    assert done.returncode == 2
    assert "The program 'git' is not installed." in done.stderr
    assert not (tmp_path / "kept").exists()


def _scenario() -> Scenario:
    text = (ROOT / "demo" / "dark-mode.yml").read_text(encoding="utf-8")
    return Scenario.parse(yaml.safe_load(text), source="demo/dark-mode.yml")


def _clone(played: Played, folder: Path) -> None:
    source = str(played.forge / "repository.git")
    git(folder, "clone", "--quiet", f"--branch={BRANCH}", source, "site")
