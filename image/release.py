"""Make the commit that a released version of the action is: it names a built image.

A release has two halves. `make release VERSION=1.2.3` collects the changelog and sets the
version, for a pull request like any other. When the tag `release/1.2.3` is pushed, the release
workflow builds the image and runs this program, whose result is tagged `v1.2.3`.

    python release.py --version 1.2.3 --image NAME@sha256:… --notes FILE
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT_HERE = "  image: Dockerfile\n"
BY_DIGEST = re.compile(r"[a-z0-9./_-]+@sha256:[0-9a-f]{64}")


def pinned(action: str, image: str) -> str:
    """Return the action's description with the image named by its digest.

    Raises:
        ValueError: The image has no digest, or the action does not build its image itself.
    """
    if not BY_DIGEST.fullmatch(image):
        raise ValueError(f"{image!r} is not an image by digest, such as NAME@sha256:…")
    if action.count(BUILT_HERE) != 1:
        raise ValueError("action.yml does not say `image: Dockerfile` once: was it pinned before?")
    return action.replace(BUILT_HERE, f"  image: docker://{image}\n")


def notes(changelog: str, version: str) -> str:
    """Return what the changelog says about one version.

    Raises:
        ValueError: It says nothing about that version.
    """
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)
    found = [text for text in sections[1:] if text.split(maxsplit=1)[0] == version]
    if len(found) != 1:
        raise ValueError(f"CHANGELOG.md has no section {version}; make release writes it")
    return found[0].split("\n", 1)[1].strip() + "\n"


def _same_version(project: str, version: str) -> None:
    found = tomllib.loads(project)["project"]["version"]
    if found != version:
        raise ValueError(
            f"pyproject.toml is at {found}, the tag says {version}: "
            f"run make release VERSION={version} and merge it before tagging"
        )


def main(arguments: list[str]) -> int:
    """Pin the action's image and write the notes; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--version", required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--notes", required=True, type=Path)
    options = parser.parse_args(arguments)
    action = ROOT / "action.yml"
    try:
        _same_version((ROOT / "pyproject.toml").read_text(encoding="utf-8"), options.version)
        written = pinned(action.read_text(encoding="utf-8"), options.image)
        text = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), options.version)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    action.write_text(written, encoding="utf-8")
    options.notes.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
