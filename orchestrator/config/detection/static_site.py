"""Sites without a program of their own: Jekyll, Hugo, plain HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.config.detection.clues import Ecosystem, Setting, clue

if TYPE_CHECKING:
    from orchestrator.config.detection.repository import Repository

_ADVICE = "a site has no test command of its own; set project.commands.test"
_HUGO = ("hugo.toml", "hugo.yaml", "hugo.json")


def find(repository: Repository) -> Ecosystem | None:
    """Return what a site generator's configuration tells."""
    if repository.has("_config.yml"):
        return _jekyll(repository)
    hugo = repository.first(*_HUGO) or (
        "config.toml" if repository.says("config.toml", r"(?i)^\s*baseurl\s*=") else None
    )
    if hugo:
        return Ecosystem(
            name="hugo",
            weight=0,
            clues={
                Setting.LANGUAGE: clue("html", hugo),
                Setting.BUILD: clue("hugo --minify", hugo),
            },
            no_tests=_ADVICE,
        )
    pages = repository.named("*.html")
    if not pages:
        return None
    return Ecosystem(
        name="html",
        weight=0,
        clues={Setting.LANGUAGE: clue("html", pages[0])},
        no_tests=_ADVICE,
    )


def _jekyll(repository: Repository) -> Ecosystem:
    has_gemfile = repository.has("Gemfile")
    run = "bundle exec " if has_gemfile else ""
    return Ecosystem(
        name="jekyll",
        weight=0,
        clues={
            Setting.LANGUAGE: clue("html", "_config.yml"),
            Setting.PACKAGE_MANAGER: clue("bundler", "Gemfile") if has_gemfile else None,
            Setting.SETUP: clue("bundle install", "Gemfile") if has_gemfile else None,
            Setting.BUILD: clue(f"{run}jekyll build", "_config.yml"),
        },
        no_tests=_ADVICE,
    )
