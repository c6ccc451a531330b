"""The verbs that need no model, and a forge for a shared preset at most: validate, replay."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app.crew import read_crew
from orchestrator.app.home import FolderFiles, HomeFiles
from orchestrator.app.places import presets
from orchestrator.config.explain import explain
from orchestrator.config.inputs import Inputs
from orchestrator.config.loading import load_settings
from orchestrator.domain.errors import ConfigError, OutsideError, UsageError
from orchestrator.domain.event import RunStarted
from orchestrator.rendering.templates import Templates
from orchestrator.sandbox.repository import RunRepository
from orchestrator.stages.reading import CommitFiles
from orchestrator.stages.reports import write_reports
from orchestrator.telemetry.replay import read_journal

if TYPE_CHECKING:
    import argparse

    from orchestrator.app.desk import Desk
    from orchestrator.config.loading import Loaded

_SOURCE_WIDTH = 40


def validate(options: argparse.Namespace, desk: Desk) -> int:
    """Check configuration and agents, and print every effective setting with its source.

    Raises:
        ConfigError: Something about them is wrong.
        UsageError: There is no such base.
    """
    inputs = Inputs(config_path=options.config, base_branch=options.base)
    if options.file is not None:
        return _show(desk, _load_file(options.file, desk))
    return show_settings(desk, inputs, options.repo.resolve(), home=HomeFiles())


def show_settings(
    desk: Desk, inputs: Inputs, checkout: Path, *, home: HomeFiles | None = None
) -> int:
    """Print the settings that a run on this checkout would have."""
    with tempfile.TemporaryDirectory(prefix="orchestrator-") as folder:
        repository = RunRepository(Path(folder) / "repository.git")
        base = repository.take_base(checkout=checkout, remote=None, branch=inputs.base_branch)
        files = CommitFiles(git=repository.git, commit=base.commit)
        loaded = load_settings(
            files,
            tracked_paths=files.paths(),
            inputs=inputs,
            home=home,
            fetch=presets(desk),
        )
        desk.console.say(
            f"{loaded.file or 'No configuration file: defaults'} at {base.branch} "
            f"({base.commit[:12]})"
        )
        for notice in base.notices:
            desk.console.say(f"note: {notice}")
        read_crew(loaded.settings, files)
        return _show(desk, loaded)


def replay(options: argparse.Namespace, desk: Desk) -> int:
    """Rebuild the reports from a journal.

    Raises:
        UsageError: The file is no journal of this version, or one in which no run begins; or
            the reports cannot be written.
    """
    entries = read_journal(
        options.journal, on_notice=lambda text: desk.console.say(f"note: {text}")
    )
    if not any(isinstance(entry.event, RunStarted) for entry in entries):
        raise UsageError(
            f"No run begins in the journal {str(options.journal)!r}.",
            hint="Give the path of a journal.jsonl that a run wrote.",
        )
    folder = options.output or options.journal.parent / "replay"
    try:
        files = write_reports(Templates(), entries, folder)
    except OutsideError as error:
        raise UsageError(str(error), hint="Give --output a folder that can be written.") from error
    desk.console.say(f"{len(entries)} events; the reports are in {folder}")
    desk.console.say(f"page: {files.page.resolve().as_uri()}")
    return 0


def _load_file(file: Path, desk: Desk) -> Loaded:
    if not file.is_file():
        raise ConfigError(
            f"There is no file {str(file)!r}.", hint="Give the path of a configuration file."
        )
    place = file.resolve()
    # What it extends may lie anywhere in its repository.
    root = next((each for each in place.parents if (each / ".git").exists()), place.parent)
    return load_settings(
        FolderFiles(root),
        tracked_paths=(),
        config_path=str(place.relative_to(root)),
        home=HomeFiles(),
        fetch=presets(desk),
    )


def _show(desk: Desk, loaded: Loaded) -> int:
    for line in explain(loaded):
        desk.console.say(f"{line.key} = {line.value}  [{line.source}]")
    desk.console.say("The configuration is valid.")
    return 0
