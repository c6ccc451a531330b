"""An installer's own credential in setup's home goes to no agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, Outcome
from orchestrator.stages.setup import set_up
from orchestrator.stages.setup_home import credential_left
from tests.end_to_end import project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.stages.house import Furnish

MIXED = "a1B2c3D4e5F6g7H8i9J0"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        (".npmrc", f"//r.test/:_authToken={MIXED}\n", "credential"),
        (".npmrc", f"//r.test/:_authToken=npm_{MIXED}{MIXED[:16]}\n", "npm token"),
        (".yarnrc.yml", f'npmAuthToken: "{MIXED}"\n', "credential"),
        (".netrc", f"machine r.test login me password {MIXED}\n", "credential"),
        (".git-credentials", f"https://me:{MIXED}@r.test\n", "password in an address"),
        (".config/gh/hosts.yml", f"github.com:\n  oauth_token: gho_{MIXED * 2}\n", "GitHub token"),
        (".docker/config.json", '{"auths": {"r.test": {"auth": "bWU6czNjcmV0"}}}', "credential"),
        (".m2/settings.xml", f"<server><password>{MIXED}</password></server>", "credential"),
        (".cargo/credentials.toml", f'[registry]\ntoken = "{MIXED}"\n', "credential"),
        (".ssh/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n", "private key"),
        (".profile", f"export GH=ghp_{MIXED * 2}\n", "GitHub token"),
        ("a/b/c/seen", f"ghp_{MIXED * 2}", "GitHub token"),
    ],
)
def test_credential__of_an_installer_is_found(
    tmp_path: Path, path: str, text: str, kind: str
) -> None:
    """Files for signing in are read with their names in mind, all others by known shapes."""
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)

    assert credential_left(tmp_path) == (kind, path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".npmrc", "//r.test/:_authToken=${NPM_TOKEN}\nprefix=/home/me/.local\n"),
        (".npmrc", "//r.test/:_authToken=your-token-goes-here\n"),
        (".netrc", "machine r.test login me\n"),
        (".config/telemetry.json", f'{{"anonymousId": "{MIXED}", "token": "none"}}'),
        (".cache/pip/wheel/metadata", f"token = ghp_{MIXED * 2}"),
        ("a/b/c/d/deep", f"ghp_{MIXED * 2}"),
        (".large", f"ghp_{MIXED * 2}\n" + "x" * 70_000),
    ],
)
def test_credential__is_not_seen_where_there_is_none(tmp_path: Path, path: str, text: str) -> None:
    """A name in its place, an example, a cache's content and what is large stop no run."""
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)

    assert credential_left(tmp_path) is None


def test_credential__behind_a_link_is_not_read(tmp_path: Path) -> None:
    """What a link leads to is not setup's."""
    (tmp_path / "outside").write_text(f"ghp_{MIXED * 2}")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".npmrc").symlink_to(tmp_path / "outside")
    (home / ".config").symlink_to(tmp_path)

    assert credential_left(home) is None


def test_setup__that_signs_in_ends_the_run(furnish: Furnish) -> None:
    """Nothing is passed on, and the reader learns the file and the remedy, not the credential."""
    command = f"printf '%s' '//r.test/:_authToken={MIXED}' > $HOME/.npmrc"
    settings = f'project:\n  commands:\n    setup: "{command}"\n    test: "true"\n'
    house = furnish(settings=settings, files=project.files(settings))

    stop = set_up(house.context)

    assert isinstance(stop, Outcome)
    assert stop.conclusion is Conclusion.BLOCKED
    assert "left something like a credential in `~/.npmrc`" in stop.summary
    assert "project.setup_secrets" in stop.hint
    assert MIXED not in stop.hint
