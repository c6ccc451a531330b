"""Which changed files are of a kind that code runs by itself, or that nobody can read in a diff."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orchestrator.domain.change import FileStatus
from orchestrator.domain.file_class import FileClass
from orchestrator.domain.patch import parse_patch
from orchestrator.domain.path_classes import PathClass, classify, is_lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.change import Change, FileChange
    from orchestrator.domain.patch import FilePatch

_LARGEST_CHARACTERS: Final = 200_000
"""Added text of one file that somebody may still be expected to read."""
_MODE: Final = re.compile(
    r"^(?:new file mode|new mode) (\d{6})$|^index \S+ (1[26]0000)$", re.MULTILINE
)
_BY_MODE: Final = {
    "120000": FileClass.LINK,
    "160000": FileClass.SUBMODULE,
    "100755": FileClass.EXECUTABLE,
}
_CONTAINER: Final = re.compile(
    r"(^|/)((dockerfile|containerfile)[^/]*|[^/]+\.dockerfile|(docker-)?compose[^/]*\.ya?ml"
    r"|\.dockerignore|devcontainer\.json)$|(^|/)\.devcontainer/"
)
_SOURCE: Final = re.compile(
    r"(^|/)(\.npmrc|\.yarnrc(\.yml)?|pip\.conf|\.pypirc|bunfig\.toml|nuget\.config)$"
    r"|(^|/)\.cargo/config(\.toml)?$|(^|/)\.mvn/|(^|/)gradle/wrapper/"
)
_LIFECYCLE: Final = re.compile(
    r"(^|/)(setup\.py|build\.rs|binding\.gyp|\.pnpmfile\.cjs|conanfile\.py|extconf\.rb|configure)$"
    r"|(^|/)\.husky/|(^|/)\.githooks/"
)
_LIFECYCLE_LINE: Final = re.compile(
    r"""["'](?:pre|post)?(?:install|prepare|prepublish\w*|prepack|pack|publish|uninstall)["']\s*:
    |["'](?:pre|post)-(?:install|update|autoload-dump|root-package-install)-cmd["']\s*:
    |\b(?:build-backend|backend-path)["']?\s*=""",
    re.VERBOSE,
)
_CARGO_BUILD: Final = re.compile(r"""^\s*["']?(?:package\.)?build["']?\s*=""", re.MULTILINE)
_JSON_ESCAPE: Final = re.compile(r"\\u00([0-7][0-9a-fA-F])")
_POINTER: Final = re.compile(r"^version https://git-lfs\.github\.com/spec/", re.MULTILINE)


def classes_of(change: Change) -> Iterator[tuple[str, FileClass]]:
    """Yield (path, class) for each reason that a changed file has to be looked at.

    Deleted files are nothing to look at here: that tests and checks are not deleted is another
    gate's business.
    """
    by_path = {patch.path: patch for patch in parse_patch(change.diff)}
    manifests = any(
        classify(file.path) is PathClass.MANIFEST and not is_lock_file(file.path)
        for file in change.files
    )
    for file in change.files:
        if file.status is not FileStatus.DELETED:
            yield from ((file.path, found) for found in _by_path(file, has_manifest=manifests))
            patch = by_path.get(file.path)
            if patch is not None:
                yield from ((file.path, found) for found in _by_content(patch))


def _by_path(file: FileChange, *, has_manifest: bool) -> Iterator[FileClass]:
    path = file.path.casefold()
    if classify(file.path) is PathClass.CI:
        yield FileClass.CI
    if _CONTAINER.search(path):
        yield FileClass.CONTAINER
    if is_lock_file(path):
        yield FileClass.LOCK_FILE if has_manifest else FileClass.LOCK_FILE_ALONE
    if _SOURCE.search(path):
        yield FileClass.PACKAGE_SOURCE
    if _LIFECYCLE.search(path):
        yield FileClass.LIFECYCLE_SCRIPT
    if file.is_binary:
        yield FileClass.BINARY


def _by_content(patch: FilePatch) -> Iterator[FileClass]:
    for new, link in _MODE.findall("\n".join(patch.header)):
        if found := _BY_MODE.get(new or link):
            yield found
    text = patch.added_text
    if len(text) > _LARGEST_CHARACTERS:
        yield FileClass.LARGE
    if _POINTER.search(text):
        yield FileClass.LARGE_FILE_POINTER
    if classify(patch.path) is PathClass.MANIFEST and _runs_by_itself(patch.path, text):
        yield FileClass.LIFECYCLE_SCRIPT


def _runs_by_itself(path: str, added: str) -> bool:
    """Tell whether lines of a manifest name what runs on install or build, however written."""
    plain = _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), added)
    if path.casefold().endswith("cargo.toml") and _CARGO_BUILD.search(plain):
        return True
    return _LIFECYCLE_LINE.search(plain) is not None
