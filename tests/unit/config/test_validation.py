"""Every mistake is told with file, line, key, value and what is allowed."""

from __future__ import annotations

import pytest
from inline_snapshot import external_file

from tests.unit.config.builders import OWN, load, refused

EVERYTHING_WRONG = """\
version: 3
mode: autopilot
projct: {}
project:
  language: 5
  commnds: {}
  image: -rm
  setup_secrets: [GITHUB_TOKEN, Path, 'A B', 1]
workflow:
  trigger: cron
  stages: [analysis, testign]
  merge_strategy: squash
constraints:
  merge_requirements: [all_tests_passing, nope]
  protected_paths: [../x, 'a\\b', 'C:/x', '~/x', '']
  max_files: 0
limits: {usd: -1, tokens: many, minutes: 1.5, parallel: 99, agents: true, task:}
agents:
  Bad Name: {}
  x: {tools: [Read, Edt], effort: huge, files: docs, max_turns: 3000}
agent_capabilities: {orchestrator: {tools: [Edit]}}
review: {order: [task], rounds: 9, blocking: fatal}
models: {plan: opus, review: {model: 'rm -rf'}, prices: {mine: {input: .inf, output: free}}}
memory: 3
preflight: {baseline: 1}
sandbox: {backend: none}
network: allow-list
merge: {automatic: true}
"""


def test_problems__are_told_all_at_once_in_the_order_of_lines() -> None:
    """One look at one error is enough to correct the whole file."""
    error = refused(lambda: load(EVERYTHING_WRONG))

    assert f"{error}\n" == external_file("problems.txt")
    assert error.hint == "Correct this and check it with: python -m orchestrator validate"


def test_problem__that_stands_alone_is_one_sentence() -> None:
    """A single mistake needs no list."""
    error = refused(lambda: load("limits:\n  usd: ten\n"))

    assert str(error) == (
        f"{OWN}:2: limits.usd: 'ten' is not allowed; allowed: a number, such as 12.5"
    )


def test_problem__quotes_a_long_value_only_in_part() -> None:
    """A message stays readable whatever somebody pasted."""
    error = refused(lambda: load(f"mode: {'x' * 500}\n"))

    assert f"'{'x' * 58}… is not allowed" in str(error)


ALLOWED_STAGES = "allowed: analysis, implementation, testing, review"


@pytest.mark.parametrize(
    ("text", "key", "what"),
    [
        ("workflow: {stages: []}", "workflow.stages", "[] lists no stage"),
        ("models: {prices: {mine: {input: 1}}}", "models.prices.mine.output", "is missing"),
        ("workflow: {stages: [{agents: [a]}]}", "workflow.stages[0].name", "is missing"),
        (
            "workflow: {stages: [5]}",
            "workflow.stages[0]",
            "5 is not allowed; allowed: keys with values",
        ),
        (
            "workflow: {stages: [{name: [a]}]}",
            "workflow.stages[0].name",
            f"['a'] is not allowed; {ALLOWED_STAGES}",
        ),
        (
            "workflow: {stages: [{name: review, agent: x}]}",
            "workflow.stages[0].agent",
            (
                "is not a known key; did you mean 'agents'? "
                "allowed: name, agents, parallel, requires, output"
            ),
        ),
        ("extends: ''", "extends", "'' is not allowed; allowed: text that is not empty"),
        ("agents: []", "agents", "[] is not allowed; allowed: keys with values"),
        ("review: {order: []}", "review.order", "[] lists no pass"),
        (
            "merge: {automatic: true}",
            "merge.automatic",
            "true is not available yet: merging stays with people; allowed: false",
        ),
        (
            "network: allow-list",
            "network",
            "'allow-list' comes later: commands have no network after setup; allowed: none",
        ),
    ],
)
def test_problem__says_what_is_allowed(text: str, key: str, what: str) -> None:
    """The sentence after the key tells how to make it right."""
    error = refused(lambda: load(text))

    assert str(error) == f"{OWN}:1: {key}: {what}"


@pytest.mark.parametrize(
    ("stages", "what"),
    [
        ("[analysis, analysis]", "lists the stage 'analysis' twice"),
        (
            "[{name: testing, requires: [implementation]}, implementation]",
            "the stage 'testing' requires 'implementation', which is not listed before it",
        ),
        ("[review, implementation]", "'review' has to come after 'implementation'"),
    ],
)
def test_stages__out_of_order_are_refused(stages: str, what: str) -> None:
    """An order that cannot be executed is not accepted as one."""
    error = refused(lambda: load(f"workflow: {{stages: {stages}}}"))

    assert what in str(error)


@pytest.mark.parametrize(
    ("order", "what"),
    [
        ("[security, security]", "lists a pass twice"),
        ("[security, task]", "lists 'task', which every task gets anyway"),
    ],
)
def test_review_order__names_each_pass_once(order: str, what: str) -> None:
    """A review pass runs once for the whole change."""
    error = refused(lambda: load(f"review: {{order: {order}}}"))

    assert what in str(error)


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        (
            (
                "workflow: {merge_strategy: merge_commit}\n"
                "constraints: {merge_strategy: squash_and_merge}\n"
            ),
            "1: workflow.merge_strategy",
            (
                "'merge_commit' contradicts constraints.merge_strategy, "
                "which says 'squash_and_merge'; keep one of the two"
            ),
        ),
        (
            "agents: {a: {scope: [x]}}\nspecialized_agents: {a: {scope: [y]}, b: {}}\n",
            "2: specialized_agents.a",
            (
                "{'scope': ['y']} contradicts agents.a, which says {'scope': ['x']}; "
                "keep one of the two"
            ),
        ),
    ],
)
def test_other_spellings__may_not_contradict(text: str, place: str, what: str) -> None:
    """Whoever says one thing twice and differently has to choose."""
    error = refused(lambda: load(text))

    assert str(error) == f"{OWN}:{place}: {what}"


def test_other_spellings__that_agree_are_taken() -> None:
    """Saying the same twice is harmless, and agents of both keys come together."""
    settings = load(
        "workflow: {merge_strategy: merge_commit}\n"
        "constraints: {merge_strategy: merge_commit}\n"
        "agents: {a: {}}\n"
        "specialized_agents: {b: {}}\n"
    ).settings

    assert sorted(settings.agents) == ["a", "b"]
    assert settings.constraints.merge_strategy == "merge_commit"


def test_other_spellings__of_the_wrong_kind_are_refused() -> None:
    """A workflow that is no mapping is told as such."""
    error = refused(lambda: load("workflow: [analysis]\n"))

    assert str(error) == (
        f"{OWN}:1: workflow: ['analysis'] is not allowed; allowed: keys with values"
    )


def test_problem__of_a_glob_with_too_many_braces_is_told_at_once() -> None:
    """What no program can spell out is refused where it stands, not when a run needs it."""
    bomb = "{a,b}" * 12

    error = refused(lambda: load(f"constraints:\n  protected_paths: ['{bomb}']\n"))

    assert str(error).startswith(f"{OWN}:2: constraints.protected_paths[0]: ")
    assert "stands for more than 100 alternatives" in str(error)
