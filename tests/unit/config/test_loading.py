"""Settings are found, layered and explained."""

from __future__ import annotations

import pytest

from orchestrator.config.explain import Line, explain
from orchestrator.config.loading import load_settings
from orchestrator.config.settings import Settings
from tests.unit.config.builders import OWN, FixedFiles, load, refused


def test_load_settings__without_configuration_are_the_defaults() -> None:
    """A repository without a file of ours runs all the same."""
    loaded = load()

    assert loaded.settings == Settings()
    assert loaded.file is None
    assert str(loaded.provenance["limits.usd"]) == "built-in default"


def test_load_settings__takes_the_first_file_of_the_usual_places() -> None:
    """Our own file goes before a CLAUDE.md."""
    loaded = load("limits: {usd: 2}", others={"CLAUDE.md": "mode: orchestrator\nlimits: {usd: 3}"})

    assert loaded.file == OWN
    assert str(loaded.settings.limits.usd) == "2"


def test_load_settings__takes_the_long_ending_too() -> None:
    """`.yaml` is as good as `.yml`."""
    loaded = load(others={".github/orchestrator.yaml": "limits: {usd: 2}"})

    assert loaded.file == ".github/orchestrator.yaml"


def test_load_settings__takes_only_the_file_that_is_named() -> None:
    """A named file replaces the usual places; a relative parent is beside it."""
    loaded = load(
        "limits: {usd: 2}",
        others={"ci/o.yml": "extends: base.yml", "ci/base.yml": "limits: {usd: 4}"},
        config_path="ci/o.yml",
    )

    assert loaded.file == "ci/o.yml"
    assert str(loaded.provenance["limits.usd"]) == "ci/base.yml:1"


def test_load_settings__protects_the_files_it_read() -> None:
    """A task cannot change the rules of later runs, wherever the rules are kept."""
    loaded = load(
        others={"ci/o.yml": "extends: base.yml", "ci/base.yml": "version: 2"},
        config_path="./ci/o.yml",
    )

    assert loaded.settings.constraints.protected_paths[-2:] == ("ci/base.yml", "ci/o.yml")


@pytest.mark.parametrize("path", ["../o.yml", "~/o.yml", "/o.yml", "github:a/b/c.yml@main"])
def test_load_settings__refuses_a_named_file_elsewhere(path: str) -> None:
    """The configuration of a run lies in the repository it is for."""
    error = refused(lambda: load(config_path=path, home={"o.yml": ""}))

    assert str(error) == (
        f"config-path: {path!r} is not allowed; allowed: a path inside the repository"
    )


def test_load_settings__refuses_a_named_file_that_is_not_there() -> None:
    """Naming a file that the base commit lacks never falls back to another."""
    error = refused(lambda: load("limits: {usd: 2}", config_path="ci/o.yml"))

    assert str(error) == "'ci/o.yml' does not exist at the base commit."
    assert "Commit it to the base branch first" in error.hint


def test_load_settings__refuses_a_named_file_without_a_configuration() -> None:
    """A page for agents that is named is there: what it lacks is said, not that it is missing."""
    error = refused(lambda: load(others={"CLAUDE.md": "# Rules\n"}, config_path="./CLAUDE.md"))

    assert "'./CLAUDE.md' has no configuration" in str(error)
    assert "`mode: orchestrator`" in str(error)


@pytest.mark.parametrize("path", [OWN, ".github/orchestrator.yaml"])
def test_load_settings__refuses_an_own_file_that_is_a_link(path: str) -> None:
    """What cannot be read is not taken for no configuration: that would open what it closes."""
    error = refused(lambda: load_settings(FixedFiles({}), tracked_paths=(path,)))
    named = refused(
        lambda: load_settings(FixedFiles({}), tracked_paths=("conf.yml",), config_path="conf.yml")
    )

    assert "conf.yml: is no regular file" in str(named)
    assert f"{path}: is no regular file" in str(error)
    assert "Commit the configuration itself" in error.hint


def test_load_settings__lets_the_file_overrule_detection() -> None:
    """What is written counts; what is not is detected, and null means nothing at all."""
    loaded = load(
        "project: {language: typescript, commands: {lint: null}}",
        others={"package.json": '{"scripts": {"test": "jest", "lint": "eslint ."}}'},
    )

    project = loaded.settings.project
    assert (project.language, project.commands.test, project.commands.lint) == (
        "typescript",
        "npm test",
        None,
    )
    assert {
        key: str(loaded.provenance[f"project.{key}"])
        for key in ("language", "commands.test", "commands.lint", "commands.build")
    } == {
        "language": f"{OWN}:1",
        "commands.test": "detected from package.json scripts.test",
        "commands.lint": f"{OWN}:1",
        "commands.build": "built-in default",
    }


def test_digest__follows_the_settings_and_nothing_else() -> None:
    """Two ways to say the same have one digest; another limit has another."""
    one = load("limits: {usd: 2.50}")
    same = load("limits:\n  usd: 2.5 # dollars\n")
    other = load("limits: {usd: 3}")

    assert one.settings == same.settings
    assert one.digest == same.digest
    assert one.digest != other.digest


def test_notices__tell_what_will_surprise() -> None:
    """A draft for ever and an image that may change are said before they hurt."""
    loaded = load("workflow: {stages: [implementation]}\nproject: {image: 'node:22'}\n")

    assert loaded.notices == (
        (
            "constraints.merge_requirements asks for approved_review, but workflow.stages has no "
            "review: the pull request will stay a draft."
        ),
        "project.image 'node:22' is not named by digest: what runs may change without notice.",
    )


def test_notices__are_silent_when_all_is_well() -> None:
    """An image by digest and a review stage need no remark."""
    digest = "a" * 64

    assert load(f"project: {{image: 'node@sha256:{digest}'}}").notices == ()


def test_explain__shows_every_setting_with_its_source() -> None:
    """`validate` hides nothing: set, detected and default values stand side by side."""
    lines = explain(load("agents: {a: {scope: [CSS]}}", others={"go.mod": "module a"}))

    assert Line(key="agents.a.scope", value='["CSS"]', source=f"{OWN}:1") in lines
    assert (
        Line(key="project.commands.test", value='"go test ./..."', source="detected from go.mod")
        in lines
    )
    assert Line(key="memory.issues", value="3", source="built-in default") in lines
    assert len({line.key for line in lines}) == len(lines)


def test_explain__tells_why_there_is_no_test_command() -> None:
    """What was looked for in vain is told with the reason."""
    lines = explain(load(others={"index.html": "<p>"}))

    line = next(line for line in lines if line.key == "project.commands.test")
    assert line.source == (
        "not detected: a site has no test command of its own; set project.commands.test"
    )


def test_fixed_files__lack_what_they_were_not_given() -> None:
    """The stand-in keeps the promise of the port."""
    assert FixedFiles({"a": "b"}).read("c") is None
