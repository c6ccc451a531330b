"""What a path is to the project."""

from __future__ import annotations

import pytest

from orchestrator.domain.path_classes import PathClass, classify


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_theme.py",
        "src/app/test_views.py",
        "pkg/server_test.go",
        "src/theme.test.ts",
        "src/theme.spec.tsx",
        "src/__tests__/theme.js",
        "spec/models/user_spec.rb",
        "src/test/java/org/example/ThemeTest.java",
        "app/ThemeTests.cs",
        "e2e/login.cy.ts",
        "crates/core/tests/it.rs",
        "test.js",
        "TESTS/Case.py",
        "fixtures/users.json",
        "lib/test_theme.rb",
        "src/theme-test.js",
    ],
)
def test_classify__knows_tests_of_many_languages(path: str) -> None:
    """An implementer cannot slip into a test by the language's habits of naming."""
    assert classify(path) is PathClass.TEST


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/__snapshots__/theme.test.ts.snap", PathClass.SNAPSHOT),
        ("docs/out.approved.txt", PathClass.SNAPSHOT),
        (".github/workflows/ci.yml", PathClass.CI),
        ("sgconfig.yml", PathClass.CHECK_CONFIG),
        ("Rakefile", PathClass.MANIFEST),
        ("apps/web/mix.exs", PathClass.MANIFEST),
        ("src/latest.py", PathClass.SOURCE),
        (".GitHub/Workflows/ci.yml", PathClass.CI),
        (".gitlab-ci.yml", PathClass.CI),
        ("CODEOWNERS", PathClass.CI),
        (".eslintrc.json", PathClass.CHECK_CONFIG),
        (".eslintrc", PathClass.CHECK_CONFIG),
        (".prettierignore", PathClass.CHECK_CONFIG),
        ("web/eslint.config.mjs", PathClass.CHECK_CONFIG),
        ("jest.config.js", PathClass.CHECK_CONFIG),
        ("conftest.py", PathClass.CHECK_CONFIG),
        ("tests/conftest.py", PathClass.CHECK_CONFIG),
        (".coveragerc", PathClass.CHECK_CONFIG),
        ("pytest.ini", PathClass.CHECK_CONFIG),
        (".husky/pre-commit", PathClass.CHECK_CONFIG),
        ("CLAUDE.md", PathClass.AGENT_CONFIG),
        ("web/AGENTS.md", PathClass.AGENT_CONFIG),
        (".claude/agents/own.md", PathClass.AGENT_CONFIG),
        (".github/orchestrator.yml", PathClass.AGENT_CONFIG),
        ("package.json", PathClass.MANIFEST),
        ("go.sum", PathClass.MANIFEST),
        ("requirements-dev.txt", PathClass.MANIFEST),
        ("Makefile", PathClass.MANIFEST),
    ],
)
def test_classify__knows_what_judges_the_work(path: str, expected: PathClass) -> None:
    """What decides over green and red is told apart from what is judged."""
    assert classify(path) is expected


@pytest.mark.parametrize(
    "path",
    [
        "src/theme.js",
        "src/contest.py",
        "src/latest.py",
        "lib/prettier-output.js",
        "src/testament.md",
        "assets/css/_variables.scss",
        ".github/ISSUE_TEMPLATE/bug.md",
        "docs/testing.md",
        "Contest.java",
        "src/attestation/index.ts",
        "protest/app.rb",
    ],
)
def test_classify__leaves_source_alone(path: str) -> None:
    """A name that only resembles a test is source, or work would be refused for nothing."""
    assert classify(path) is PathClass.SOURCE
