"""Dependencies from a private registry: installed with its credential, and worked on without."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.doubles.registry import PACKAGE, USER, Registry
from tests.end_to_end import project
from tests.end_to_end.play import play
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SECRET = "octo-registry-2f9c41"
_LOOK = "env; cat /proc/self/environ; grep -rs . $HOME . | head -c 100000"


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry that asks for the secret."""
    with Registry(SECRET) as server:
        yield server


def _npm(registry: Registry) -> Mapping[str, str]:
    host = registry.url.removeprefix("http:")
    manifest = {"name": "greeter", "version": "1.0.0", "dependencies": {PACKAGE: "1.0.0"}}
    setup = "npm ci --no-audit --no-fund --registry " + registry.url
    return {
        "package.json": json.dumps(manifest),
        "package-lock.json": json.dumps(registry.lock()),
        ".npmrc": f"{host}/:_authToken=${{NPM_TOKEN}}\n",
        ".gitignore": "/node_modules/\n",
        project.CONFIG: _settings("NPM_TOKEN", setup),
    }


def _pip(registry: Registry) -> Mapping[str, str]:
    setup = (
        f"{sys.executable} -m pip install --quiet --disable-pip-version-check --no-deps "
        f"--target kept {PACKAGE}"
    )
    return {".gitignore": "/kept/\n", project.CONFIG: _settings("PIP_INDEX_URL", setup)}


def _settings(name: str, setup: str) -> str:
    return f"project:\n  setup_secrets: [{name}]\n  commands:\n    setup: {json.dumps(setup)}\n"


@pytest.mark.parametrize("client", ["npm", "pip"])
def test_setup__installs_from_a_private_registry(
    tmp_path: Path, registry: Registry, client: str
) -> None:
    """Npm and pip sign in during setup; the command after it has the package and no credential."""
    files = {"npm": _npm, "pip": _pip}[client](registry)
    variable = {
        "npm": ("NPM_TOKEN", SECRET),
        "pip": (
            "PIP_INDEX_URL",
            f"{registry.url.replace('://', f'://{USER}:{SECRET}@')}/simple/",
        ),
    }[client]
    with world(tmp_path, contents=files) as place:
        words = ("sandbox", "--backend", "unconfined", "--", f"ls node_modules kept; {_LOOK}")
        without = place.command(*words)
        place.environment = dict([variable])
        played = place.command(*words)

    assert without.exit_code == 2
    assert f"{variable[0]}: ${{{{ secrets.{variable[0]} }}}}" in without.stdout
    assert played.exit_code == 0, played.stdout + played.stderr
    assert "greeter" in played.stdout.partition("HOME=")[0]
    assert registry.served
    assert SECRET not in played.everything_said
    assert f"{variable[0]}=" not in played.stdout


def test_run__works_without_the_credential_that_setup_had(
    tmp_path: Path, registry: Registry
) -> None:
    """A whole run signs in once, before its first request, and nothing it leaves holds it."""
    fetch = (
        "import os, urllib.request as u; "
        f"r = u.Request('{registry.url}/simple/{PACKAGE}/'); "
        "r.add_header('Authorization', 'Bearer ' + os.environ['WORDS_PASS']); "
        "os.mkdir('kept'); open('kept/page', 'wb').write(u.urlopen(r).read())"
    )
    setup = json.dumps(f'python3 -c "{fetch}"')
    added = f"  setup_secrets: [WORDS_PASS]\n  commands:\n    setup: {setup}\n"
    settings = project.SETTINGS.replace("  commands:\n", added)
    files = {**project.files(settings), ".gitignore": "/kept/\n"}
    with world(tmp_path, contents=files) as place:
        place.environment = {"WORDS_PASS": SECRET}
        played = place.dispatch(play())
        kept = [file for file in played.folder.rglob("*") if file.is_file()]

    assert played.exit_code == 0, played.stdout + played.stderr
    assert registry.served == [f"/simple/{PACKAGE}/"]
    assert registry.refused == []
    assert SECRET not in played.everything_said
    assert not [file for file in kept if SECRET.encode() in file.read_bytes()]
