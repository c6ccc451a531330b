"""Go, Rust and C or C++ projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.detection.clues import Ecosystem, Setting, clue
from orchestrator.config.detection.repository import MOST_READ

if TYPE_CHECKING:
    from orchestrator.config.detection.repository import Repository

_CMAKE = "cmake -S . -B build && cmake --build build"
_CMAKE_TESTS = r"(?i)^\s*(?:enable_testing\s*\(|include\s*\(\s*CTest\s*\))"
_C = (".c", ".h")
_CPP = (".cc", ".cpp", ".cxx", ".hpp", ".hh")


def find_go(repository: Repository) -> Ecosystem | None:
    """Return what go.mod tells."""
    if not repository.has("go.mod"):
        return None
    linter = repository.first(".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json")
    return Ecosystem(
        name="go",
        weight=repository.count(".go"),
        clues={
            Setting.LANGUAGE: clue("go", "go.mod"),
            Setting.PACKAGE_MANAGER: clue("go", "go.mod"),
            Setting.TEST_FRAMEWORK: clue("go test", "go.mod"),
            Setting.LINTER: clue("golangci-lint", linter) if linter else clue("go vet", "go.mod"),
            Setting.SETUP: clue("go mod download", "go.mod"),
            Setting.BUILD: clue("go build ./...", "go.mod"),
            Setting.TEST: clue("go test ./...", "go.mod"),
            Setting.LINT: clue("golangci-lint run", linter)
            if linter
            else clue("go vet ./...", "go.mod"),
            Setting.COVERAGE: clue("go test -coverprofile=coverage.out ./...", "go.mod"),
        },
    )


def find_rust(repository: Repository) -> Ecosystem | None:
    """Return what Cargo.toml tells."""
    if not repository.has("Cargo.toml"):
        return None
    locked = " --locked" if repository.has("Cargo.lock") else ""
    return Ecosystem(
        name="rust",
        weight=repository.count(".rs"),
        clues={
            Setting.LANGUAGE: clue("rust", "Cargo.toml"),
            Setting.PACKAGE_MANAGER: clue("cargo", "Cargo.toml"),
            Setting.TEST_FRAMEWORK: clue("cargo test", "Cargo.toml"),
            Setting.LINTER: clue("clippy", "Cargo.toml"),
            Setting.SETUP: clue(f"cargo fetch{locked}", "Cargo.toml"),
            Setting.BUILD: clue("cargo build", "Cargo.toml"),
            Setting.TEST: clue("cargo test", "Cargo.toml"),
            Setting.LINT: clue("cargo clippy --all-targets -- -D warnings", "Cargo.toml"),
        },
    )


def find_c(repository: Repository) -> Ecosystem | None:
    """Return what CMakeLists.txt or meson.build tells."""
    manifest = repository.first("CMakeLists.txt", "meson.build")
    if manifest is None:
        return None
    c_files, cpp_files = repository.count(*_C), repository.count(*_CPP)
    if manifest == "meson.build":
        build = "meson setup build --reconfigure && meson compile -C build"
        has_tests = repository.says(manifest, r"^\s*test\s*\(") or any(
            "test" in path for path in repository.named("meson.build")
        )
        test, framework = "meson test -C build --print-errorlogs", "meson"
    else:
        build = _CMAKE
        lists = repository.named("CMakeLists.txt")[:MOST_READ]
        has_tests = any(repository.says(path, _CMAKE_TESTS) for path in lists)
        test, framework = "ctest --test-dir build --output-on-failure", "ctest"
    return Ecosystem(
        name="c",
        weight=c_files + cpp_files,
        clues={
            Setting.LANGUAGE: clue("c++" if cpp_files else "c", manifest),
            Setting.TEST_FRAMEWORK: clue(framework, manifest) if has_tests else None,
            Setting.BUILD: clue(build, manifest),
            Setting.TEST: clue(f"{build} && {test}", manifest) if has_tests else None,
        },
        no_tests=f"{manifest} declares no tests",
    )
