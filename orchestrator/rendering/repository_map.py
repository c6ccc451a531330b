"""The repository on one page: its folders and files, as much as fits."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from orchestrator.rendering.invisible import without_invisible
from orchestrator.rendering.markdown import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_CHARACTERS = 5_600
"""About 2,000 tokens at 2.8 characters each."""

_WIDTHS = (200, 40, 20, 12, 6, 3, 0)


def repository_map(paths: Iterable[str], *, limit: int = MAX_CHARACTERS) -> str:
    """Return one line per folder with its files, shortened evenly until it fits.

    Args:
        paths: Tracked paths, relative to the repository root.
        limit: Characters the map may have.
    """
    folders = _folders(paths)
    total = sum(len(files) for files in folders.values())
    heading = f"Files: {total:,}, folders: {len(folders):,}\n"
    text = ""
    for depth in (99, 6, 5, 4, 3, 2, 1):
        merged = _merged(folders, depth)
        for width in _WIDTHS:
            text = heading + "\n".join(_line(name, merged[name], width) for name in sorted(merged))
            if len(text) <= limit:
                return text
    return text[:limit].rsplit("\n", 1)[0] + "\n… and more folders"


def _folders(paths: Iterable[str]) -> Mapping[str, list[str]]:
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted({line(without_invisible(path, Counter())) for path in paths}):
        folder, _, name = path.rpartition("/")
        folders[folder].append(name)
    return folders


def _merged(folders: Mapping[str, Sequence[str]], depth: int) -> Mapping[str, list[str]]:
    """Fold folders below `depth` into their ancestor, their files named by the rest of the path."""
    merged: defaultdict[str, list[str]] = defaultdict(list)
    for folder, files in folders.items():
        parts = folder.split("/")
        kept, rest = "/".join(parts[:depth]), "/".join(parts[depth:])
        merged[kept] += [f"{rest}/{name}" if rest else name for name in files]
    return merged


def _line(folder: str, files: Sequence[str], width: int) -> str:
    where = f"{folder}/" if folder else "./"
    shown = " ".join(files[:width])
    more = len(files) - width
    if more <= 0:
        return f"{where} {shown}"
    return f"{where} {shown} … {more:,} more" if shown else f"{where} {more:,} files"
