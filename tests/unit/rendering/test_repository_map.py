"""The map fits its page and loses detail evenly."""

from __future__ import annotations

from orchestrator.rendering.repository_map import repository_map


def test_repository_map__small_repository_is_complete() -> None:
    """Where there is room, every file is on the map."""
    text = repository_map(["src/b.py", "src/a.py", "README.md"])

    assert text == "Files: 3, folders: 2\n./ README.md\nsrc/ a.py b.py"


def test_repository_map__many_files_are_counted_instead() -> None:
    """A large folder shows some of its files and how many there are."""
    text = repository_map([f"src/{n:03}.py" for n in range(300)], limit=200)

    assert len(text) <= 200
    assert "src/ 000.py" in text
    assert "294 more" in text or "more" in text


def test_repository_map__deep_trees_are_folded() -> None:
    """Where there are too many folders, the deep ones join those above."""
    paths = [f"a/b{n}/c{n}/d/e/f/g/file.py" for n in range(40)]

    text = repository_map(paths, limit=700)

    assert len(text) <= 700
    assert "a/b0/" in text
    assert "/g/" not in text


def test_repository_map__what_never_fits_is_cut_with_a_note() -> None:
    """Even thousands of top folders leave room for the rest of the brief."""
    text = repository_map([f"folder-{n}/x" for n in range(3_000)], limit=300)

    assert len(text) <= 330
    assert text.endswith("… and more folders")


def test_repository_map__empty_repository() -> None:
    """No files is a map too."""
    assert repository_map([]) == "Files: 0, folders: 0\n"


def test_repository_map__names_hold_no_hidden_text() -> None:
    """A file's name cannot smuggle invisible words or lines of its own into a prompt."""
    text = repository_map(["a\U000e0041b.py", "c\n# Heading"])

    assert text == "Files: 2, folders: 1\n./ ab.py c # Heading"
