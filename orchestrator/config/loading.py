"""The one way to the settings of a run: found, merged, checked, with the source of each value."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.config.address import Address, Shelf, resolve
from orchestrator.config.detection import detect
from orchestrator.config.document import BUILT_IN, Document, Source, dotted, leaves, one_value
from orchestrator.config.inheritance import Family, Fetch, Shelves, read_document, read_family
from orchestrator.config.inputs import NO_INPUTS, Inputs
from orchestrator.config.merge import merge_all
from orchestrator.config.problems import Problem, config_error
from orchestrator.config.settings import Settings
from orchestrator.config.validation import validate
from orchestrator.config.workflow import MergeRequirement
from orchestrator.domain.plan import StageName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.config.sources import Files
    from orchestrator.domain.errors import ConfigError

OWN_FILES = (".github/orchestrator.yml", ".github/orchestrator.yaml")
SHARED_FILES = ("CLAUDE.md", ".claude/CLAUDE.md")
"""Files that people write for agents; configuration only if they say so themselves."""


_ROOT = Address(shelf=Shelf.REPOSITORY, path="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings of a run and how they came about."""

    settings: Settings
    provenance: Mapping[str, Source]
    """One entry for each effective setting, by its dotted key."""
    digest: str
    """SHA-256 of the effective settings: equal settings have equal digests."""
    notices: tuple[str, ...]
    """What a person should know although it is no error, one sentence each."""
    file: str | None
    """The configuration file of the repository; `None`: there is none, defaults are used."""


def load_settings(
    files: Files,
    *,
    tracked_paths: Sequence[str],
    config_path: str | None = None,
    inputs: Inputs = NO_INPUTS,
    home: Files | None = None,
    fetch: Fetch | None = None,
) -> Loaded:
    """Find the configuration, follow what it extends and return the effective settings.

    From weak to strong: built-in defaults, what was detected, the last ancestor in
    `extends` up to the file itself, inputs.

    Args:
        files: The repository at the base commit.
        tracked_paths: Every path of that commit, for detection.
        config_path: The one file to use; unset: the usual places, in order.
        inputs: The action's inputs, or what the command line was told.
        home: The person's home folder; only on a laptop.
        fetch: Reads shared presets of other repositories.

    Raises:
        ConfigError: Anything about the configuration is wrong; all problems at once.
    """
    shelves = Shelves(files=files, home=home, fetch=fetch)
    found = _find(shelves, config_path or inputs.config_path, tracked_paths)
    family = read_family(shelves, *found) if found else Family()
    if family.problems:
        raise config_error(family.problems)
    detected = detect(tracked_paths, files)
    merged = merge_all(
        (
            *(one_value(each.path, each.value, each.source) for each in detected.values),
            *family.documents,
            inputs.as_layer(),
        )
    )
    settings = validate(merged)
    if not isinstance(settings, Settings):
        raise config_error(settings)
    settings = _with_own_files_protected(settings, family)
    effective = settings.model_dump(mode="json")
    missing = {dotted(path): source for path, source in detected.missing.items()}
    return Loaded(
        settings=settings,
        provenance={
            dotted(path): merged.sources.get(path) or missing.get(dotted(path), BUILT_IN)
            for path, _ in leaves(effective)
        },
        digest=hashlib.sha256(json.dumps(effective, sort_keys=True).encode()).hexdigest(),
        notices=(*detected.notices, *_notices(settings)),
        file=str(found[0]) if found else None,
    )


def _find(
    shelves: Shelves, config_path: str | None, tracked: Sequence[str]
) -> tuple[Address, Document] | None:
    """Return the file to use; one that is named, or has our own name, has to be a file."""
    names = (config_path,) if config_path else (*OWN_FILES, *SHARED_FILES)
    for name in names:
        address = resolve(name, within=_ROOT)
        if isinstance(address, Problem) or address.shelf is not Shelf.REPOSITORY:
            what = f"{name!r} is not allowed; allowed: a path inside the repository"
            raise config_error([Problem(source=Source(note="config-path"), what=what)])
        document = read_document(shelves, address)
        if document is not None:
            return address, document
        if not (config_path or name in OWN_FILES):
            continue
        is_there = shelves.files.read(address.path) is not None
        if not is_there and address.path in tracked:
            what = "is no regular file, and links are not followed"
            hint = "Commit the configuration itself under that name, or share it with `extends`."
            raise config_error([Problem(source=Source(file=name), what=what)], hint=hint)
        if config_path:
            raise _no_configuration(name, is_there=is_there)
    return None


def _no_configuration(path: str, *, is_there: bool) -> ConfigError:
    if is_there:
        what = f"{path!r} has no configuration: Markdown counts with `mode: orchestrator` only."
        return config_error([Problem(what=what)], hint="Add that, or name another file.")
    what = f"{path!r} does not exist at the base commit."
    hint = "Commit it to the base branch first, or correct --config or the input `config-path`."
    return config_error([Problem(what=what)], hint=hint)


def _with_own_files_protected(settings: Settings, family: Family) -> Settings:
    """Protect the files that these settings came from, wherever they are kept."""
    own = (each.path for each in family.addresses if each.shelf is Shelf.REPOSITORY)
    paths = tuple(dict.fromkeys((*settings.constraints.protected_paths, *own)))
    constraints = settings.constraints.model_copy(update={"protected_paths": paths})
    return settings.model_copy(update={"constraints": constraints})


def _notices(settings: Settings) -> tuple[str, ...]:
    stages = {stage.name for stage in settings.workflow.stages}
    notices = []
    if (
        MergeRequirement.APPROVED_REVIEW in settings.constraints.required_gates
        and StageName.REVIEW not in stages
    ):
        notices.append(
            "constraints.merge_requirements asks for approved_review, but workflow.stages has no "
            "review: the pull request will stay a draft."
        )
    image = settings.project.image
    if image is not None and "@sha256:" not in image:
        notices.append(
            f"project.image {image!r} is not named by digest: what runs may change without notice."
        )
    return tuple(notices)
