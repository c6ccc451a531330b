"""Who may write what, and what a refusal says."""

from __future__ import annotations

import pytest

from orchestrator.domain.role import Restriction, RoleKind
from orchestrator.tools.write_rules import WriteRules


def refusal(
    path: str,
    *,
    kind: RoleKind = RoleKind.IMPLEMENTER,
    task_files: tuple[str, ...] = ("**",),
    protected: tuple[str, ...] = (),
    restrictions: frozenset[Restriction] = frozenset(),
    is_new: bool = False,
) -> str | None:
    """Ask one question of one rule set."""
    rules = WriteRules(
        kind=kind, task_files=task_files, protected=protected, restrictions=restrictions
    )
    return rules.refusal(path, is_new=is_new)


def test_rules__let_an_implementer_write_its_files() -> None:
    """What the plan gave an agent it can do without friction."""
    assert refusal("src/theme.js", task_files=("src/**",), is_new=True) is None


@pytest.mark.parametrize("kind", [RoleKind.ORCHESTRATOR, RoleKind.READER, RoleKind.REVIEWER])
def test_rules__let_no_other_kind_write(kind: RoleKind) -> None:
    """Who plans, reads or reviews cannot change what it judges."""
    assert "changes no file" in (refusal("src/a.py", kind=kind) or "")


def test_rules__no_code_modification_holds_for_everything() -> None:
    """The restriction wins over a kind that may write."""
    said = refusal("src/a.py", restrictions=frozenset({Restriction.NO_CODE_MODIFICATION}))

    assert "no_code_modification" in (said or "")


def test_rules__no_file_creation_still_allows_changes() -> None:
    """The restriction is about new files only."""
    only = frozenset({Restriction.NO_FILE_CREATION})

    assert "no_file_creation" in (refusal("a.py", restrictions=only, is_new=True) or "")
    assert refusal("a.py", restrictions=only) is None


def test_rules__protected_paths_hold_in_any_letter_case() -> None:
    """A file system that ignores case opens no door."""
    said = refusal("Secrets/Key.pem", protected=("secrets/**",))

    assert "constraints.protected_paths" in (said or "")


@pytest.mark.parametrize(
    ("path", "task_files", "restrictions"),
    [
        ("src/other.py", ("src/a.py",), frozenset()),
        ("package.json", ("**",), frozenset()),
        ("src/new.py", ("src/**",), frozenset({Restriction.NO_FILE_CREATION})),
    ],
)
def test_rules__what_a_plan_can_allow_is_a_reason_to_be_blocked(
    path: str, task_files: tuple[str, ...], restrictions: frozenset[Restriction]
) -> None:
    """`blocked` has the rest planned anew; `spec_conflict` would end the run with a person."""
    said = refusal(path, task_files=task_files, restrictions=restrictions, is_new=True) or ""

    assert "`blocked`" in said
    assert "spec_conflict" not in said


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", "secrets/key.pem"])
def test_rules__what_no_plan_can_allow_is_for_a_person(path: str) -> None:
    """Another plan would be refused there, too."""
    said = refusal(path, task_files=("**",), protected=("secrets/**",)) or ""

    assert "`spec_conflict`" in said
    assert "blocked" not in said


@pytest.mark.parametrize("path", ["tests/test_a.py", "src/__snapshots__/a.snap"])
def test_rules__implementer_cannot_write_its_own_judge(path: str) -> None:
    """Also a task that names the file gives no right to tests and snapshots."""
    said = refusal(path, task_files=(path,))

    assert "implementers do not write what judges their work" in (said or "")


@pytest.mark.parametrize(
    "path", [".github/workflows/ci.yml", ".eslintrc.json", "conftest.py", "CLAUDE.md"]
)
@pytest.mark.parametrize("kind", [RoleKind.IMPLEMENTER, RoleKind.TESTER])
def test_rules__no_agent_writes_what_configures_the_checks(path: str, kind: RoleKind) -> None:
    """Workflows, linters, coverage and agents' instructions belong to people."""
    said = refusal(path, kind=kind, task_files=(path,)) or ""

    assert "no agent changes it" in said
    assert ("into a test file" in said) is (kind is RoleKind.TESTER)


def test_rules__tester_writes_tests_and_no_source() -> None:
    """Who writes the tests cannot bend the source to them."""
    assert refusal("tests/test_a.py", kind=RoleKind.TESTER, is_new=True) is None
    assert "writes tests and their fixtures only" in (
        refusal("src/a.py", kind=RoleKind.TESTER) or ""
    )


def test_rules__manifest_has_to_be_named_by_the_task() -> None:
    """A wildcard does not bring a new dependency along."""
    assert "does not name it" in (refusal("package.json", task_files=("**",)) or "")
    assert refusal("package.json", task_files=("package.json",)) is None


def test_rules__outside_the_task_shows_what_is_inside() -> None:
    """The refusal tells the agent where it may work."""
    said = refusal("src/other.py", task_files=("src/a.py", "docs/**"))

    assert "(`src/a.py`, `docs/**`)" in (said or "")


def test_rules__a_task_without_files_may_write_nothing() -> None:
    """Nothing declared means nothing allowed, never everything."""
    assert "(none)" in (refusal("src/a.py", task_files=()) or "")
