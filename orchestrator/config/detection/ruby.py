"""Ruby projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.detection.clues import Clue, Ecosystem, Setting, clue

if TYPE_CHECKING:
    from orchestrator.config.detection.repository import Repository


def find(repository: Repository) -> Ecosystem | None:
    """Return what the Gemfile, a gemspec and the folders spec and test tell."""
    weight = repository.count(".rb", ".gemspec", ".rake")
    if not weight:
        return None
    has_gemfile = repository.has("Gemfile")
    run = "bundle exec " if has_gemfile else ""
    linter = ".rubocop.yml" if repository.has(".rubocop.yml") else _naming(repository, "rubocop")
    manifest = "Gemfile" if has_gemfile else repository.named("*.rb", "*.gemspec", "*.rake")[0]
    framework, test = _tests(repository, run)
    return Ecosystem(
        name="ruby",
        weight=weight,
        clues={
            Setting.LANGUAGE: clue("ruby", manifest),
            Setting.PACKAGE_MANAGER: clue("bundler", "Gemfile") if has_gemfile else None,
            Setting.TEST_FRAMEWORK: framework,
            Setting.LINTER: clue("rubocop", linter) if linter else None,
            Setting.SETUP: clue("bundle install", "Gemfile") if has_gemfile else None,
            Setting.TEST: test,
            Setting.LINT: clue(f"{run}rubocop", linter) if linter else None,
        },
        no_tests="neither spec/*_spec.rb nor test/*_test.rb was found",
    )


def _naming(repository: Repository, gem: str) -> str | None:
    """Return the first manifest that names a gem."""
    manifests = ("Gemfile", *repository.named("*.gemspec"))
    return next((path for path in manifests if repository.says(path, rf"['\"]{gem}['\"]")), None)


def _tests(repository: Repository, run: str) -> tuple[Clue | None, Clue | None]:
    specs = [path for path in repository.named("*_spec.rb") if path.startswith("spec/")]
    reason = ".rspec" if repository.has(".rspec") else specs[0] if specs else None
    if reason:
        return clue("rspec", reason), clue(f"{run}rspec", reason)
    tests = [
        path for path in repository.named("*_test.rb", "test_*.rb") if path.startswith("test/")
    ]
    if not tests:
        return None, None
    framework = clue("minitest", tests[0])
    if repository.has("bin/rails"):
        return framework, clue("bin/rails test", "bin/rails")
    if repository.says("Rakefile", r"TestTask|Minitest"):
        return framework, clue(f"{run}rake test", "Rakefile")
    files = "Dir['./test/**/{*_test,test_*}.rb'].each { |file| require file }"
    return framework, clue(f'{run}ruby -Ilib -Itest -e "{files}"', tests[0])
