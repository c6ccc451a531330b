"""JavaScript and TypeScript projects with a package.json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.config.detection.clues import Clue, Ecosystem, Setting, clue
from orchestrator.config.detection.repository import MOST_READ, Repository, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.json import JsonObject

_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_RUN = {"npm": "npm run", "pnpm": "pnpm run", "yarn": "yarn run", "bun": "bun run"}
_EXEC = {"npm": "npx --no-install", "pnpm": "pnpm exec", "yarn": "yarn run", "bun": "bun x"}
_LOCKED_INSTALL = {
    "npm": "npm ci",
    "pnpm": "pnpm install --frozen-lockfile",
    "yarn": "yarn install --frozen-lockfile",
    "bun": "bun install --frozen-lockfile",
}
_RUNNERS = {"vitest": "vitest run", "jest": "jest", "mocha": "mocha", "ava": "ava", "tap": "tap"}
_FRAMEWORKS = (*_RUNNERS, "jasmine", "karma", "playwright", "cypress")
_COVERAGE = {"vitest": "vitest run --coverage", "jest": "jest --coverage"}
_LINTERS = ("eslint", "biome", "oxlint", "standard", "xo", "stylelint", "tslint")
_ESLINT_FILES = ("eslint.config.*", ".eslintrc", ".eslintrc.*")
_SAYS_NOTHING = re.compile(r"^\s*(?:echo\b[^&|;]*|true|exit 0|:)\s*(?:&&\s*exit [01])?\s*$")
_NODE_TEST = re.compile(r"\bnode\b[^&|;]*--test\b")
_TEST_FILES = ("*.test.js", "*.test.mjs", "*.test.cjs", "test.js", "test-*.js")


def find(repository: Repository) -> Ecosystem | None:
    """Return what package.json and its neighbours tell."""
    if not repository.has("package.json"):
        return None
    return _Package(repository).ecosystem()


class _Package:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._manifest = repository.json("package.json")
        self._scripts = table(self._manifest, "scripts")
        self._dependencies = _names(
            table(self._manifest, kind) for kind in ("dependencies", "devDependencies")
        )
        self._manager, self._manager_reason = self._find_manager()

    def ecosystem(self) -> Ecosystem:
        test = self._test()
        lint = self._lint()
        return Ecosystem(
            name="node",
            weight=self._repository.count(".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue"),
            clues={
                Setting.LANGUAGE: self._language(),
                Setting.PACKAGE_MANAGER: clue(self._manager, self._manager_reason),
                Setting.TEST_FRAMEWORK: self._framework(test),
                Setting.LINTER: self._linter(lint),
                Setting.SETUP: self._setup(),
                Setting.BUILD: self._script("build"),
                Setting.TEST: test,
                Setting.LINT: lint,
                Setting.COVERAGE: self._coverage(),
            },
            no_tests=self._no_tests(),
        )

    def _language(self) -> Clue:
        if self._repository.has("tsconfig.json"):
            return clue("typescript", "tsconfig.json")
        if "typescript" in self._dependencies:
            return clue("typescript", "package.json devDependencies.typescript")
        return clue("javascript", "package.json")

    def _find_manager(self) -> tuple[str, str]:
        declared = str(self._manifest.get("packageManager", "")).split("@")[0]
        if declared in _RUN:
            return declared, "package.json packageManager"
        lock = self._repository.first(*_LOCKS)
        return (_LOCKS[lock], lock) if lock else ("npm", "package.json")

    def _setup(self) -> Clue | None:
        lock = next(
            (
                name
                for name, manager in _LOCKS.items()
                if manager == self._manager and self._repository.has(name)
            ),
            None,
        )
        if lock and self._manager == "yarn" and self._repository.has(".yarnrc.yml"):
            return clue("yarn install --immutable", ".yarnrc.yml")
        if lock:
            return clue(_LOCKED_INSTALL[self._manager], lock)
        if not self._dependencies:
            return None
        return clue(f"{self._manager} install", "package.json dependencies")

    def _script(self, *names: str) -> Clue | None:
        """Return the command for the first of these scripts that does something."""
        for name in names:
            text = self._scripts.get(name)
            if isinstance(text, str) and text.strip() and not _SAYS_NOTHING.match(text):
                run = f"{self._manager} test" if name == "test" else f"{_RUN[self._manager]} {name}"
                command = "bun run test" if run == "bun test" else run
                return clue(command, f"package.json scripts.{name}")
        return None

    def _test(self) -> Clue | None:
        script = self._script("test")
        if script:
            return script
        runner = next((name for name in _RUNNERS if name in self._dependencies), None)
        if runner:
            command = f"{_EXEC[self._manager]} {_RUNNERS[runner]}"
            return clue(command, f"package.json devDependencies.{runner}")
        for path in self._repository.named(*_TEST_FILES)[:MOST_READ]:
            if "node:test" in self._repository.text(path):
                return clue("node --test", path)
        return None

    def _no_tests(self) -> str:
        if isinstance(self._scripts.get("test"), str):
            return "package.json scripts.test runs no tests"
        return "package.json has no scripts.test and no test runner among its dependencies"

    def _framework(self, test: Clue | None) -> Clue | None:
        text = str(self._scripts.get("test", ""))
        if _NODE_TEST.search(text):
            return clue("node:test", "package.json scripts.test")
        if test and test.value == "node --test":
            return clue("node:test", test.reason)
        return _mentioned(_FRAMEWORKS, text, "package.json scripts.test") or _mentioned(
            _FRAMEWORKS, " ".join(self._dependencies), "package.json devDependencies"
        )

    def _lint(self) -> Clue | None:
        script = self._script("lint")
        config = self._repository.named(*_ESLINT_FILES)
        if script or "eslint" not in self._dependencies:
            return script
        if not config and "eslintConfig" not in self._manifest:
            return None
        reason = config[0] if config else "package.json eslintConfig"
        return clue(f"{_EXEC[self._manager]} eslint .", reason)

    def _linter(self, lint: Clue | None) -> Clue | None:
        if lint is None:
            return None
        text = f"{self._scripts.get('lint', '')} {lint.value}"
        return _mentioned(_LINTERS, text, lint.reason)

    def _coverage(self) -> Clue | None:
        script = self._script("coverage", "test:coverage", "test:cov", "cover")
        if script:
            return script
        has_provider = any(name.startswith("@vitest/coverage") for name in self._dependencies)
        for runner, command in _COVERAGE.items():
            if runner in self._dependencies and (runner == "jest" or has_provider):
                reason = f"package.json devDependencies.{runner}"
                return clue(f"{_EXEC[self._manager]} {command}", reason)
        return None


def _names(tables: Iterable[JsonObject]) -> tuple[str, ...]:
    return tuple(name for each in tables for name in each)


def _mentioned(words: Iterable[str], text: str, reason: str) -> Clue | None:
    found = (word for word in words if re.search(rf"(?<![\w-]){word}(?![\w])", text))
    word = next(found, None)
    return None if word is None else clue(word, reason)
