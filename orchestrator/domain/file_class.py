"""Kinds of files that deserve a person's eye, and what the repository wants done about each."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class FileClass(StrEnum):
    """Why a changed file is not like any other."""

    CI = "ci"
    CONTAINER = "container"
    LOCK_FILE = "lock_file"
    LOCK_FILE_ALONE = "lock_file_alone"
    LIFECYCLE_SCRIPT = "lifecycle_script"
    PACKAGE_SOURCE = "package_source"
    EXECUTABLE = "executable"
    BINARY = "binary"
    LARGE = "large"
    LARGE_FILE_POINTER = "large_file_pointer"
    LINK = "link"
    SUBMODULE = "submodule"


class FilePolicy(StrEnum):
    """What happens to a change that holds such a file."""

    BLOCK = "block"
    NEEDS_APPROVAL = "needs_approval"
    REPORT = "report"


USUAL_POLICIES: Final[Mapping[FileClass, FilePolicy]] = MappingProxyType(
    {
        FileClass.CI: FilePolicy.NEEDS_APPROVAL,
        FileClass.CONTAINER: FilePolicy.NEEDS_APPROVAL,
        FileClass.LOCK_FILE: FilePolicy.REPORT,
        FileClass.LOCK_FILE_ALONE: FilePolicy.NEEDS_APPROVAL,
        FileClass.LIFECYCLE_SCRIPT: FilePolicy.NEEDS_APPROVAL,
        FileClass.PACKAGE_SOURCE: FilePolicy.NEEDS_APPROVAL,
        FileClass.EXECUTABLE: FilePolicy.NEEDS_APPROVAL,
        FileClass.BINARY: FilePolicy.NEEDS_APPROVAL,
        FileClass.LARGE: FilePolicy.NEEDS_APPROVAL,
        FileClass.LARGE_FILE_POINTER: FilePolicy.NEEDS_APPROVAL,
        FileClass.LINK: FilePolicy.BLOCK,
        FileClass.SUBMODULE: FilePolicy.BLOCK,
    }
)
"""What holds for a class that the configuration does not name."""
