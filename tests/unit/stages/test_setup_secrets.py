"""Credentials of private registries: setup has them, nobody after it, and nothing keeps them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckKind
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.sandbox.sandbox import Access, Command
from orchestrator.stages.checking import check_head
from orchestrator.stages.setup import set_up
from tests.builders_git import commit_files, git
from tests.end_to_end import project

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish, House

NAME = "NPM_TOKEN"
VALUE = "registry-token-of-octo"
SETTINGS = """\
project:
  setup_secrets: [NPM_TOKEN]
  commands:
    setup: {setup}
    test: env
"""


def _house(furnish: Furnish, setup: str) -> House:
    settings = SETTINGS.format(setup=json.dumps(setup))
    files = {**project.files(settings), ".gitignore": "/kept/\n"}
    return furnish(files=files, secrets={NAME: VALUE})


def test_setup__gets_the_secret_and_says_so(furnish: Furnish) -> None:
    """An installer can sign in, and the reader sees which variables it had."""
    house = _house(furnish, "test ${#NPM_TOKEN} -eq 22 && mkdir kept")

    said = set_up(house.context)

    assert isinstance(said, str)
    assert "It alone had NPM_TOKEN" in said


def test_setup_secret__reaches_no_command_after_setup(furnish: Furnish) -> None:
    """Neither checks nor agents find it: not in the environment, /proc, the tree or the home."""
    house = _house(furnish, "mkdir kept && echo ready > kept/state")
    assert isinstance(set_up(house.context), str)
    look = (
        'env; cat /proc/*/environ 2>/dev/null; grep -r . "$HOME" . 2>/dev/null; '
        'ls -aR "$HOME" .; cat kept/state'
    )

    with house.context.workplaces.open(house.base.commit, access=Access.WRITE) as place:
        assert place.cell is not None
        seen = place.cell.run(Command(argv=("bash", "-c", look))).output
    checked = house.context.commands.check(house.base.commit, only=(CheckKind.TEST,))

    assert "ready" in seen
    assert VALUE not in seen
    assert NAME not in checked[0].output_tail
    assert VALUE not in house.journal.path.read_text()


def test_setup__that_prints_the_secret_is_redacted(furnish: Furnish) -> None:
    """What a script of a dependency prints, in whatever spelling, is not kept."""
    house = _house(furnish, 'echo "$NPM_TOKEN"; echo -n "$NPM_TOKEN" | base64; exit 3')

    stop = set_up(house.context)

    assert isinstance(stop, Outcome)
    coded = base64.b64encode(VALUE.encode()).decode()
    assert "***" in stop.summary
    assert VALUE not in stop.summary
    assert coded not in stop.summary


@pytest.mark.parametrize(
    ("setup", "place"),
    [
        ('mkdir kept; echo "$NPM_TOKEN" > kept/.npmrc', "kept/.npmrc"),
        ('echo "//r.test/:_authToken=$NPM_TOKEN" > "$HOME/.npmrc"', "~/.npmrc"),
        ('mkdir -p "$HOME/.cache/d"; env > "$HOME/.cache/d/env"', "~/.cache/d/env"),
        ('mkdir kept; echo -n "$NPM_TOKEN" | base64 > kept/coded', "kept/coded"),
        ('mkdir kept; echo -n "me:$NPM_TOKEN" | base64 -w0 > kept/basic', "kept/basic"),
        ('mkdir kept; echo -n "$NPM_TOKEN" | rev > kept/back', "kept/back"),
        ('mkdir kept; ln -s "/$NPM_TOKEN" kept/link', "kept/link"),
        ('git config http.extraheader "Bearer $NPM_TOKEN"', ".git/config"),
        ('echo "$NPM_TOKEN" >> greeter/greet.py', "greeter/greet.py"),
    ],
)
def test_setup__that_leaves_the_secret_ends_the_run(
    furnish: Furnish, setup: str, place: str
) -> None:
    """A credential in a place that agents read is found before there is one, and named."""
    house = _house(furnish, setup)

    stop = set_up(house.context)

    assert isinstance(stop, Outcome)
    assert (stop.conclusion, stop.failure_class) == (
        Conclusion.BLOCKED,
        FailureClass.ENVIRONMENT_BROKEN,
    )
    assert f"left the value of `{NAME}` in `{place}`" in stop.summary
    assert VALUE not in stop.summary + stop.hint
    with house.context.workplaces.checkout(house.base.commit) as worktree:
        assert not (worktree.root / "kept").exists()


def test_setup__on_a_changed_manifest_runs_without_the_secret(furnish: Furnish) -> None:
    """A script that an agent wrote into a manifest is run, if at all, with nothing to steal."""
    house = _house(furnish, "bash ./install.sh")
    branch = house.context.branch
    checkout = house.folder / "checkout"
    theirs = {"package.json": "{}", "install.sh": "env > stolen; cat stolen\n"}
    commit_files(checkout, theirs, message="Depend on more")
    git(checkout, "push", "--quiet", str(branch.git.bare), "HEAD:refs/heads/theirs")
    branch.advance(git(checkout, "rev-parse", "HEAD"))

    for _ in range(2):
        check_head(house.context)

    reports = {report.kind: report for report in house.journal.record.head_checks}
    assert reports[CheckKind.SETUP].is_green
    assert "CI=1" in reports[CheckKind.SETUP].output_tail
    assert NAME not in reports[CheckKind.SETUP].output_tail
    assert house.notes().count("without NPM_TOKEN") == 1
