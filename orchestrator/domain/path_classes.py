"""What a path is to the project: source, test, or something that judges the work.

An agent may not change its own judge, so the classes that matter are tests, recorded
expectations, workflows, and the configuration of linters, coverage and test runners.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class PathClass(StrEnum):
    """What a path is to the project."""

    SOURCE = "source"
    TEST = "test"
    SNAPSHOT = "recorded expectation"
    CI = "continuous integration"
    CHECK_CONFIG = "linter, coverage or test configuration"
    AGENT_CONFIG = "instructions for agents"
    MANIFEST = "package manifest or lock file"


_CI: Final = re.compile(
    r"""
    \.(github/(workflows|actions)|gitlab|circleci|buildkite|forgejo|gitea|woodpecker|azure-pipelines)/
    | (^|/)(\.gitlab-ci\.ya?ml|\.travis\.yml|\.drone\.ya?ml|azure-pipelines\.ya?ml|jenkinsfile
        |bitbucket-pipelines\.ya?ml|appveyor\.yml|\.cirrus\.yml|cloudbuild\.ya?ml|codeowners)$
    """,
    re.VERBOSE,
)
_AGENT_CONFIG: Final = re.compile(
    r"(^|/)(claude(\.local)?\.md|agents\.md|\.mcp\.json)$|(^|/)\.claude/|^\.github/orchestrator\.ya?ml$"
)
_CHECK_CONFIG: Final = re.compile(
    r"""
    (^|/)(
        \.(eslint|stylelint|prettier|jshint|xo-config|htmlhint|markdownlint)(rc|ignore)?(\.[^/]*)?
        | (eslint|stylelint|prettier|jest|vitest|vite|karma|playwright|cypress|ava|nyc|wdio)
            \.(config|conf|setup)\.[^/]+
        | web-test-runner\.config\.[^/]+ | (biome|tslint|oxlintrc)\.jsonc? | \.oxlintrc\.json
        | \.mocharc[^/]* | \.nycrc[^/]* | \.c8rc[^/]*
        | \.?ruff\.toml | \.?flake8 | \.?pylintrc | \.?mypy\.ini | \.bandit | \.coveragerc
        | pytest\.ini | \.?pytest\.toml | tox\.(ini|toml) | noxfile\.py | conftest\.py
        | sitecustomize\.py | pyrightconfig\.json | \.pre-commit-config\.yaml
        | \.?codecov\.ya?ml | sonar-project\.properties | \.golangci\.[^/]+ | clippy\.toml
        | \.?rustfmt\.toml | tarpaulin\.toml | nextest\.toml | \.rubocop[^/]* | \.rspec
        | \.simplecov | (checkstyle|pmd|spotbugs)[^/]*\.xml | \.clang-(tidy|format)
        | sgconfig\.ya?ml | \.?phpcs\.xml[^/]* | phpunit\.xml[^/]* | phpstan\.neon[^/]*
    )$
    | (^|/)\.husky/
    """,
    re.VERBOSE,
)
_SNAPSHOT: Final = re.compile(
    r"(^|/)(__(image_)?snapshots__|snapshots|golden|cassettes)/"
    r"|\.(snap|golden|(approved|verified)\.[^/]+)$"
)
_TEST: Final = re.compile(
    r"""
    (^|/)(tests?|__tests__|__mocks__|specs?|e2e|testdata|test-data|fixtures|cypress|playwright
        |integration[-_]tests?|unit[-_]tests?|src/(test|it|androidtest|integrationtest))/
    | (^|/)test_[^/]*\.(py|rb|cc?|cpp|lua)$ | _tests?\.(py|go|rb|exs?|cc|cpp|c|dart|lua|clj)$
    | _spec\.(rb|lua)$ | -(test|spec)\.[cm]?[jt]sx?$
    | \.(test|tests|spec|cy|e2e)\.[^/]+$ | (^|/)tests?\.(py|rs|[cm]?[jt]sx?|rb|sh)$ | \.bats$
    """,
    re.VERBOSE,
)
_CLASS_NAMED: Final = re.compile(r"(Tests?|Spec|IT)\.(java|kts?|scala|groovy|cs|swift|php)$")
_MANIFEST: Final = re.compile(
    r"""
    (^|/)(
        package(-lock)?\.json | npm-shrinkwrap\.json | yarn\.lock | pnpm-(lock|workspace)\.yaml
        | bun\.lockb? | deno\.(jsonc?|lock) | \.npmrc | \.yarnrc(\.yml)?
        | pyproject\.toml | setup\.(py|cfg) | requirements[^/]*\.(txt|in) | poetry\.lock | uv\.lock
        | pdm\.lock | pipfile(\.lock)? | constraints[^/]*\.txt
        | go\.(mod|sum|work) | cargo\.(toml|lock) | gemfile(\.lock)? | [^/]+\.gemspec
        | pom\.xml | (build|settings)\.gradle(\.kts)? | gradle\.(properties|lockfile)
        | composer\.(json|lock) | mix\.(exs|lock) | build\.(sbt|xml) | meson\.build
        | (gnu)?makefile | rakefile | justfile | taskfile\.ya?ml | cmakelists\.txt | dockerfile
        | [^/]+\.csproj
    )$
    """,
    re.VERBOSE,
)
_LOCK: Final = re.compile(
    r"(^|/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock"
    r"|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|requirements[^/]*\.lock|go\.sum|cargo\.lock"
    r"|gemfile\.lock|composer\.lock|gradle\.lockfile|packages\.lock\.json|flake\.lock)$"
)
_GENERATED: Final = re.compile(
    r"\.min\.(m?js|css)$|\.(m?js|css)\.map$|_pb2(_grpc)?\.pyi?$|\.pb\.(go|cc|h|swift)$"
    r"|\.g\.dart$|\.freezed\.dart$|[._]generated\.[^/.]+$|\.designer\.cs$"
    r"|(^|/)(node_modules|__generated__)/"
)
_IN_ORDER: Final = (
    (_CI, PathClass.CI),
    (_AGENT_CONFIG, PathClass.AGENT_CONFIG),
    (_CHECK_CONFIG, PathClass.CHECK_CONFIG),
    (_SNAPSHOT, PathClass.SNAPSHOT),
    (_TEST, PathClass.TEST),
    (_MANIFEST, PathClass.MANIFEST),
)


def classify(path: str) -> PathClass:
    """Return what the path, relative to the repository root, is; letter case does not hide it."""
    folded = path.casefold()
    for pattern, found in _IN_ORDER:
        if pattern.search(folded):
            return found
    return PathClass.TEST if _CLASS_NAMED.search(path) else PathClass.SOURCE


def is_lock_file(path: str) -> bool:
    """Tell whether a path is a lock file, which programs write; letter case does not hide it."""
    return _LOCK.search(path.casefold()) is not None


def is_generated(path: str) -> bool:
    """Tell whether a name says that a program wrote the file; its text is not looked at."""
    return _GENERATED.search(path.casefold()) is not None
