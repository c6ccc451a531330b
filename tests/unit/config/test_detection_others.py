"""Ruby, Go, Rust, Java, Kotlin, C and sites are built and checked as their people do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.config.detecting import values_in

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(
            {"Gemfile": "gem 'rubocop'", "lib/a.rb": "", "spec/a_spec.rb": ""},
            {
                "language": "ruby",
                "package_manager": "bundler",
                "test_framework": "rspec",
                "linter": "rubocop",
                "commands.setup": "bundle install",
                "commands.test": "bundle exec rspec",
                "commands.lint": "bundle exec rubocop",
            },
            id="ruby-rspec",
        ),
        pytest.param(
            {"Gemfile": "", "Rakefile": "Minitest::TestTask.create", "test/a_test.rb": ""},
            {
                "language": "ruby",
                "package_manager": "bundler",
                "test_framework": "minitest",
                "commands.setup": "bundle install",
                "commands.test": "bundle exec rake test",
            },
            id="ruby-rake",
        ),
        pytest.param(
            {"Gemfile": "", "bin/rails": "", "test/a_test.rb": ""},
            {
                "language": "ruby",
                "package_manager": "bundler",
                "test_framework": "minitest",
                "commands.setup": "bundle install",
                "commands.test": "bin/rails test",
            },
            id="rails",
        ),
        pytest.param(
            {"a.rb": "", "test/test_a.rb": ""},
            {
                "language": "ruby",
                "test_framework": "minitest",
                "commands.test": (
                    "ruby -Ilib -Itest -e "
                    "\"Dir['./test/**/{*_test,test_*}.rb'].each { |file| require file }\""
                ),
            },
            id="ruby-without-bundler",
        ),
        pytest.param(
            {"go.mod": "module a", "main.go": "", ".golangci.yml": ""},
            {
                "language": "go",
                "package_manager": "go",
                "test_framework": "go test",
                "linter": "golangci-lint",
                "commands.setup": "go mod download",
                "commands.build": "go build ./...",
                "commands.test": "go test ./...",
                "commands.lint": "golangci-lint run",
                "commands.coverage": "go test -coverprofile=coverage.out ./...",
            },
            id="go",
        ),
        pytest.param(
            {"Cargo.toml": "", "Cargo.lock": "", "src/main.rs": ""},
            {
                "language": "rust",
                "package_manager": "cargo",
                "test_framework": "cargo test",
                "linter": "clippy",
                "commands.setup": "cargo fetch --locked",
                "commands.build": "cargo build",
                "commands.test": "cargo test",
                "commands.lint": "cargo clippy --all-targets -- -D warnings",
            },
            id="rust",
        ),
        pytest.param(
            {
                "pom.xml": "junit-jupiter maven-checkstyle-plugin jacoco-maven-plugin",
                "mvnw": "",
                "src/main/java/A.java": "",
            },
            {
                "language": "java",
                "package_manager": "maven",
                "test_framework": "junit",
                "linter": "checkstyle",
                "commands.setup": "./mvnw -B -DskipTests dependency:go-offline",
                "commands.build": "./mvnw -B -DskipTests package",
                "commands.test": "./mvnw -B test",
                "commands.lint": "./mvnw -B checkstyle:check",
                "commands.coverage": "./mvnw -B verify",
            },
            id="maven",
        ),
        pytest.param(
            {
                "build.gradle.kts": 'plugins { id("com.diffplug.spotless"); jacoco }',
                "gradlew": "",
                "src/A.kt": "",
            },
            {
                "language": "kotlin",
                "package_manager": "gradle",
                "linter": "spotless",
                "commands.setup": "./gradlew testClasses",
                "commands.build": "./gradlew assemble",
                "commands.test": "./gradlew test",
                "commands.lint": "./gradlew spotlessCheck",
                "commands.coverage": "./gradlew test jacocoTestReport",
            },
            id="gradle",
        ),
        pytest.param(
            {"build.gradle": "useJUnitPlatform() // junit", "A.java": ""},
            {
                "language": "java",
                "package_manager": "gradle",
                "test_framework": "junit",
                "commands.setup": "gradle testClasses",
                "commands.build": "gradle assemble",
                "commands.test": "gradle test",
            },
            id="gradle-without-wrapper",
        ),
        pytest.param(
            {
                "CMakeLists.txt": "project(a C)\nenable_testing()\n",
                "src/a.c": "",
                "Makefile": "lint:\n\tcheck\n",
            },
            {
                "language": "c",
                "test_framework": "ctest",
                "commands.build": "cmake -S . -B build && cmake --build build",
                "commands.test": (
                    "cmake -S . -B build && cmake --build build && "
                    "ctest --test-dir build --output-on-failure"
                ),
                "commands.lint": "make lint",
            },
            id="cmake",
        ),
        pytest.param(
            {"meson.build": "test('a', exe)", "a.cpp": ""},
            {
                "language": "c++",
                "test_framework": "meson",
                "commands.build": "meson setup build --reconfigure && meson compile -C build",
                "commands.test": (
                    "meson setup build --reconfigure && meson compile -C build && "
                    "meson test -C build --print-errorlogs"
                ),
            },
            id="meson",
        ),
        pytest.param(
            {
                "Makefile": (
                    "CC := gcc\nall deps: a\n.PHONY: check\ncheck: a\n\t./a\ncov::\n\tgcov\n"
                ),
                "a.c": "",
            },
            {
                "language": "c",
                "test_framework": "make",
                "commands.setup": "make deps",
                "commands.build": "make all",
                "commands.test": "make check",
                "commands.coverage": "make cov",
            },
            id="make",
        ),
        pytest.param(
            {"_config.yml": "", "Gemfile": "gem 'jekyll'", "index.md": ""},
            {
                "language": "html",
                "package_manager": "bundler",
                "commands.setup": "bundle install",
                "commands.build": "bundle exec jekyll build",
            },
            id="jekyll",
        ),
        pytest.param(
            {"_config.yml": ""},
            {"language": "html", "commands.build": "jekyll build"},
            id="jekyll-without-bundler",
        ),
        pytest.param(
            {"config.toml": "baseURL = 'x'\n"},
            {"language": "html", "commands.build": "hugo --minify"},
            id="hugo",
        ),
        pytest.param({"docs/index.html": ""}, {"language": "html"}, id="plain-html"),
        pytest.param({"README.md": "", "config.toml": "a = 1"}, {}, id="nothing-known"),
    ],
)
def test_detect_others__reads_manifests(
    texts: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    """Every setting that the files speak for is found, and no other."""
    assert values_in(texts) == expected
