"""JavaScript and TypeScript projects are checked by their own scripts or runners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.config.detecting import NODE, package, values_in

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(
            NODE,
            {
                "language": "typescript",
                "package_manager": "npm",
                "test_framework": "vitest",
                "linter": "eslint",
                "commands.setup": "npm ci",
                "commands.build": "npm run build",
                "commands.test": "npm test",
                "commands.lint": "npm run lint",
                "commands.coverage": "npm run coverage",
            },
            id="node-scripts",
        ),
        pytest.param(
            {
                "package.json": package(
                    devDependencies={"jest": "30", "eslint": "9"}, packageManager="pnpm@10.1.0"
                ),
                "pnpm-lock.yaml": "",
                "eslint.config.js": "",
            },
            {
                "language": "javascript",
                "package_manager": "pnpm",
                "test_framework": "jest",
                "linter": "eslint",
                "commands.setup": "pnpm install --frozen-lockfile",
                "commands.test": "pnpm exec jest",
                "commands.lint": "pnpm exec eslint .",
                "commands.coverage": "pnpm exec jest --coverage",
            },
            id="node-pnpm-without-scripts",
        ),
        pytest.param(
            {
                "package.json": package(
                    scripts={"test": "bun test"},
                    devDependencies={"vitest": "3", "@vitest/coverage-v8": "3", "eslint": "9"},
                    eslintConfig={},
                ),
                "bun.lock": "",
            },
            {
                "language": "javascript",
                "package_manager": "bun",
                "test_framework": "vitest",
                "linter": "eslint",
                "commands.setup": "bun install --frozen-lockfile",
                "commands.test": "bun run test",
                "commands.lint": "bun x eslint .",
                "commands.coverage": "bun x vitest run --coverage",
            },
            id="node-bun",
        ),
        pytest.param(
            {
                "package.json": package(scripts={"test": "node --test test/"}),
                "index.html": "",
                "assets/main.scss": "",
            },
            {
                "language": "javascript",
                "package_manager": "npm",
                "test_framework": "node:test",
                "commands.test": "npm test",
            },
            id="node-site-without-dependencies",
        ),
        pytest.param(
            {
                "package.json": package(dependencies={"left-pad": "1"}),
                "yarn.lock": "",
                ".yarnrc.yml": "",
                "lib/pad.test.mjs": "import test from 'node:test'",
            },
            {
                "language": "javascript",
                "package_manager": "yarn",
                "test_framework": "node:test",
                "commands.setup": "yarn install --immutable",
                "commands.test": "node --test",
            },
            id="node-yarn-berry",
        ),
        pytest.param(
            {"package.json": package(devDependencies={"eslint": "9"}), "tsconfig.json": "{}"},
            {
                "language": "typescript",
                "package_manager": "npm",
                "commands.setup": "npm install",
            },
            id="node-eslint-without-configuration",
        ),
    ],
)
def test_detect_node__reads_manifests(
    texts: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    """Every setting that the files speak for is found, and no other."""
    assert values_in(texts) == expected
