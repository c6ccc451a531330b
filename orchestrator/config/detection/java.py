"""Java and Kotlin projects with Maven or Gradle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.detection.clues import Clue, Ecosystem, Setting, clue

if TYPE_CHECKING:
    from orchestrator.config.detection.repository import Repository

_FRAMEWORKS = (("testng", "testng"), ("spock", "spock"), ("junit", "junit"), ("kotest", "kotest"))
_MAVEN_LINTERS = (
    ("checkstyle", "maven-checkstyle-plugin", "checkstyle:check"),
    ("spotless", "spotless-maven-plugin", "spotless:check"),
    ("pmd", "maven-pmd-plugin", "pmd:check"),
)
_GRADLE_LINTERS = (
    ("spotless", r"com\.diffplug\.spotless", "spotlessCheck"),
    ("ktlint", r"org\.jlleitschuh\.gradle\.ktlint", "ktlintCheck"),
    ("detekt", r"io\.gitlab\.arturbosch\.detekt", "detekt"),
    ("checkstyle", r"\bcheckstyle\b", "checkstyleMain checkstyleTest"),
)


def find(repository: Repository) -> Ecosystem | None:
    """Return what pom.xml or build.gradle tells."""
    manifest = repository.first("pom.xml", "build.gradle", "build.gradle.kts")
    if manifest is None:
        return None
    java, kotlin = repository.count(".java"), repository.count(".kt")
    own = _maven(repository) if manifest == "pom.xml" else _gradle(repository, manifest)
    manager = "maven" if manifest == "pom.xml" else "gradle"
    framework = next((name for name, word in _FRAMEWORKS if repository.says(manifest, word)), None)
    return Ecosystem(
        name="java",
        weight=java + kotlin,
        clues={
            Setting.LANGUAGE: clue("kotlin" if kotlin > java else "java", manifest),
            Setting.PACKAGE_MANAGER: clue(manager, manifest),
            Setting.TEST_FRAMEWORK: clue(framework, manifest) if framework else None,
            **own,
        },
    )


def _maven(repository: Repository) -> dict[Setting, Clue | None]:
    run = "./mvnw -B" if repository.has("mvnw") else "mvn -B"
    linter = next((row for row in _MAVEN_LINTERS if repository.says("pom.xml", row[1])), None)
    has_jacoco = repository.says("pom.xml", "jacoco-maven-plugin")
    return {
        Setting.SETUP: clue(f"{run} -DskipTests dependency:go-offline", "pom.xml"),
        Setting.BUILD: clue(f"{run} -DskipTests package", "pom.xml"),
        Setting.TEST: clue(f"{run} test", "pom.xml"),
        Setting.LINTER: clue(linter[0], "pom.xml") if linter else None,
        Setting.LINT: clue(f"{run} {linter[2]}", "pom.xml") if linter else None,
        Setting.COVERAGE: clue(f"{run} verify", "pom.xml jacoco") if has_jacoco else None,
    }


def _gradle(repository: Repository, manifest: str) -> dict[Setting, Clue | None]:
    run = "./gradlew" if repository.has("gradlew") else "gradle"
    linter = next((row for row in _GRADLE_LINTERS if repository.says(manifest, row[1])), None)
    has_jacoco = repository.says(manifest, r"\bjacoco\b")
    return {
        Setting.SETUP: clue(f"{run} testClasses", manifest),
        Setting.BUILD: clue(f"{run} assemble", manifest),
        Setting.TEST: clue(f"{run} test", manifest),
        Setting.LINTER: clue(linter[0], manifest) if linter else None,
        Setting.LINT: clue(f"{run} {linter[2]}", manifest) if linter else None,
        Setting.COVERAGE: clue(f"{run} test jacocoTestReport", f"{manifest} jacoco")
        if has_jacoco
        else None,
    }
