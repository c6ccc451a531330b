"""Ast-grep on copies: nothing but the files in question, the rules, and a configuration of ours.

A configuration of the repository could name libraries to load, so none is ever used. Ours and
the rules bear a name that nobody could know before: no file of a change takes their place.
"""

from __future__ import annotations

import json
import secrets
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.files import TreeFiles
from orchestrator.sandbox.programs import SYSTEM_PATH, find_program
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.json import JsonObject


_TIMEOUT_S = 120.0
_OUTPUT_BYTES = 16_000_000
_SAID_CHARS = 500
_FOUND = 1


def scan(
    texts: Mapping[str, bytes], rules: Mapping[str, bytes]
) -> tuple[tuple[JsonObject, ...], str]:
    """Return ast-grep's matches in a copy of these files, and why there are none to be had.

    Args:
        texts: Files by their path in the repository.
        rules: Rule files by a name below `rules/` or `utils/`.
    """
    program = find_program("ast-grep", path=(*SYSTEM_PATH, Path(sysconfig.get_path("scripts"))))
    if program is None:
        return (), "The program ast-grep is not installed here."
    with tempfile.TemporaryDirectory(prefix="orchestrator-patterns-") as place:
        files = TreeFiles(Path(place))
        ours = f".orchestrator-{secrets.token_hex(16)}"
        folders = {"ruleDirs": [f"{ours}/rules"]}
        if any(name.startswith("utils/") for name in rules):
            folders["utilDirs"] = [f"{ours}/utils"]
        config = f"{ours}.yml"
        files.write(config, json.dumps(folders).encode())
        for name, content in rules.items():
            files.write(f"{ours}/{name}", content)
        for path, content in texts.items():
            try:
                files.write(path, content)
            except FileRefusedError as error:
                return (), str(error)
        ending = launch(
            Launch(
                argv=(
                    *(str(program), "scan", f"--config={config}", "--json=stream"),
                    *("--no-ignore=hidden", *(f"./{path}" for path in sorted(texts))),
                ),
                timeout_s=_TIMEOUT_S,
                output_bytes=_OUTPUT_BYTES,
                environment={"HOME": place, "LC_ALL": "C.UTF-8"},
                cwd=Path(place),
            )
        )
    if ending.exit_code is None or ending.exit_code > _FOUND:
        said = ending.stderr.decode(errors="replace").strip()[:_SAID_CHARS]
        return (), f"ast-grep could not try the rules ({ending.limit or ending.exit_code}): {said}"
    rows = ending.stdout.decode(errors="replace").splitlines()
    return tuple(json.loads(row) for row in rows if row.startswith("{")), ""
