"""A CLAUDE.md is configuration only where it says so."""

from __future__ import annotations

import pytest

from orchestrator.config.markdown import Excerpt, find_configuration
from tests.unit.config.builders import load, refused

CONFIGURED = "mode: orchestrator\nlimits:\n  usd: 3\n"


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        (CONFIGURED, Excerpt(text=CONFIGURED, first_line=1)),
        (
            f"# ~/.claude/CLAUDE.md\n{CONFIGURED}",
            Excerpt(text=f"# ~/.claude/CLAUDE.md\n{CONFIGURED}", first_line=1),
        ),
        (
            f"---\n{CONFIGURED}---\n\n# How we work\n\nTalk to us.\n",
            Excerpt(text=CONFIGURED, first_line=2),
        ),
        (
            f"# How we work\n\n```yaml\n{CONFIGURED}```\n\nMore.\n",
            Excerpt(text=CONFIGURED, first_line=4),
        ),
        (f"Text.\n\n~~~~yml\n{CONFIGURED}~~~~\n", Excerpt(text=CONFIGURED, first_line=4)),
        (
            f"Text.\n```sh\nmake\n```\n```yaml\n{CONFIGURED}```\n",
            Excerpt(text=CONFIGURED, first_line=6),
        ),
        (
            "mode: 'orchestrator' # ours\r\nlimits:\r\n",
            Excerpt(text="mode: 'orchestrator' # ours\nlimits:\n", first_line=1),
        ),
        (
            "extends: default\nproject: {}\n",
            Excerpt(text="extends: default\nproject: {}\n", first_line=1),
        ),
    ],
)
def test_find_configuration__knows_three_forms(text: str, excerpt: Excerpt) -> None:
    """Whole file, front matter and first fenced block are found with their first line."""
    assert find_configuration(text) == excerpt


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# How we work\n\nWrite tests first.\n",
        "---\ntitle: Rules\n---\n\nText.\n",
        "Text.\n\n```yaml\nextends: default\nrules: {}\n```\n",
        f"Text.\n\n```yaml\na: 1\n```\n\n```yaml\n{CONFIGURED}```\n",
        f"Text.\n\n```text\n{CONFIGURED}```\n",
        "Text first.\nextends: default\n",
        "mode: something-else\n",
        "Set `mode: orchestrator` to switch it on.\n",
    ],
)
def test_find_configuration__leaves_other_texts_alone(text: str) -> None:
    """Rules for agents and YAML examples of other programs are not taken for settings."""
    assert find_configuration(text) is None


def test_claude_md__with_configuration_is_used() -> None:
    """The excerpt's values count, and messages name the lines of the Markdown file."""
    loaded = load(others={"CLAUDE.md": f"# Us\n\n```yaml\n{CONFIGURED}```\n"})

    assert loaded.file == "CLAUDE.md"
    assert str(loaded.provenance["limits.usd"]) == "CLAUDE.md:6"


def test_claude_md__without_configuration_is_no_error() -> None:
    """Most repositories have a CLAUDE.md that is none of our business."""
    loaded = load(others={"CLAUDE.md": "# Us\n\nWrite tests first.\n"})

    assert loaded.file is None


def test_claude_md__in_its_folder_is_found() -> None:
    """The second usual place counts like the first."""
    loaded = load(others={".claude/CLAUDE.md": CONFIGURED})

    assert loaded.file == ".claude/CLAUDE.md"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Text before\nmode: orchestrator\n",
            (
                "CLAUDE.md:1: 'Text before mode' stands at the top; "
                "allowed: keys with values, such as `mode: orchestrator`"
            ),
        ),
        (
            "---\nmode: orchestrator\nlimits: [\n---\nText.\n",
            "CLAUDE.md:4: not valid YAML: expected the node content, but found '<stream end>'",
        ),
        (
            "Text.\n```yaml\nmode: orchestrator\nlimit: {}\n```\n",
            (
                "CLAUDE.md:4: limit: is not a known key; did you mean 'limits'? allowed: version, "
                "mode, extends, project, workflow, constraints, orchestrator, agents, "
                "agent_capabilities, review, limits, models, preflight, memory, sandbox, network, "
                "merge"
            ),
        ),
    ],
)
def test_claude_md__that_claims_to_be_configuration_fails_closed(text: str, message: str) -> None:
    """Who writes `mode: orchestrator` wants it to count, and hears when it cannot."""
    error = refused(lambda: load(others={"CLAUDE.md": text}))

    assert str(error) == message
