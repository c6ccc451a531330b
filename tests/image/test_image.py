"""The image as the runner starts it. Needs a Docker engine: `make image-test`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.image.docker import docker

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.image

# The lock's own packages on the image's Python, started as the entry point is.
PYTHON = ("/opt/orchestrator/venv/bin/python", "-I", "-c")


def _inside(
    command: Sequence[str], *options: str | Path, tag: str
) -> subprocess.CompletedProcess[str]:
    """Run one program of the image."""
    return docker(
        "run", "--rm", "--network", "none", "--entrypoint", command[0], *options, tag, *command[1:]
    )


@pytest.mark.parametrize("program", ["git", "rg", "setpriv", "prlimit", "docker"])
def test_image__carries_the_programs_we_start(image: str, program: str) -> None:
    """Nothing has to be downloaded while a run is going on."""
    said = _inside([program, "--version"], tag=image)

    assert (said.returncode, said.stderr) == (0, "")


def test_image__scans_for_secrets_in_isolation(image: str) -> None:
    """The scanner runs as our own code does, on what it is handed and nothing of the workspace."""
    key = "AKIA" + "Z3MNQ7RTX5WLPK2V"
    scan = f"from detect_secrets.main import main; main(['scan', '--string', 'key={key}'])"

    said = _inside([*PYTHON, scan], tag=image)

    assert (said.returncode, said.stderr) == (0, "")
    assert re.search(r"^AWSKeyDetector *: True", said.stdout, re.MULTILINE), said.stdout


def test_image__signs_requests_to_bedrock(image: str) -> None:
    """What was left out of botocore is not what signing in and signing need."""
    sign = """
import boto3, botocore.auth, botocore.awsrequest
session = boto3.Session("AKIA", "secret", region_name="eu-west-1")
for name in ("sts", "sso", "sso-oidc", "bedrock-runtime"):
    session.client(name)
request = botocore.awsrequest.AWSRequest("POST", "https://example.org/model", data=b"{}")
credentials = session.get_credentials()
botocore.auth.SigV4Auth(credentials, "bedrock", "eu-west-1").add_auth(request)
print(request.headers["Authorization"].split()[0])
"""

    said = _inside([*PYTHON, sign], tag=image)

    assert (said.stdout, said.stderr) == ("AWS4-HMAC-SHA256\n", "")


def test_image__helps_without_network_or_key(image: str) -> None:
    """Whoever tries the image by hand learns what it wants."""
    said = docker("run", "--rm", "--network", "none", image, "--help")

    assert said.returncode == 0, said.stderr
    assert "usage" in said.stdout.lower()


def test_image__ignores_python_from_the_workspace(image: str, tmp_path: Path) -> None:
    """A repository cannot put code in front of ours by a file or by a variable."""
    for name in ("sitecustomize.py", "yaml.py", "orchestrator.py"):
        (tmp_path / name).write_text("raise SystemExit('a stranger ran')\n")

    said = _inside(
        [*PYTHON, "import orchestrator, yaml; print(orchestrator.__file__)"],
        *("--volume", f"{tmp_path}:/github/workspace", "--workdir", "/github/workspace"),
        *("--env", "PYTHONPATH=/github/workspace", "--env", "PYTHONSTARTUP=sitecustomize.py"),
        tag=image,
    )

    assert (said.stdout, said.stderr) == ("/app/orchestrator/__init__.py\n", "")


def test_image__s_second_process_ignores_python_from_the_workspace(
    image: str, tmp_path: Path
) -> None:
    """What is told the key hears of no file and no variable of a repository either."""
    for name in ("sitecustomize.py", "json.py", "pydantic.py", "anthropic.py"):
        (tmp_path / name).write_text("raise SystemExit('a stranger ran')\n")
    ask = """
from pydantic import SecretStr
from orchestrator.app.sidecar import make_sidecar, through
from orchestrator.llm.connection import Timeouts
from orchestrator.llm.signin import ApiKey

sidecar = make_sidecar()
connect = through(sidecar, {})
service = connect(ApiKey(key=SecretStr("invented")), "http://127.0.0.1:9", Timeouts())
print(service.look_up("claude-opus-5-5").what.partition(" (")[0])
sidecar.end()
"""

    said = _inside(
        [*PYTHON, ask],
        *("--volume", f"{tmp_path}:/github/workspace", "--workdir", "/github/workspace"),
        *("--env", "PYTHONPATH=/github/workspace", "--env", "PYTHONHOME=/github/workspace"),
        tag=image,
    )

    assert (said.stdout, said.stderr) == ("no connection to the service\n", "")


def test_image__has_tini_where_no_mount_over_usr_hides_it(image: str) -> None:
    """The first process reaps orphans even when the runner's own programs are mounted in."""
    said = _inside(["/opt/orchestrator/tini", "--version"], "--tmpfs", "/usr:ro", tag=image)

    assert said.stdout.startswith("tini version"), said.stderr


def test_image__is_compiled_ahead(image: str) -> None:
    """No run spends time on compiling, and a read-only image starts as fast."""
    listing = (
        "import pathlib; print(*(path.suffix for path in pathlib.Path('/app').rglob('*.py*')))"
    )

    said = _inside([*PYTHON, listing], "--read-only", tag=image)

    suffixes = said.stdout.split()
    assert suffixes.count(".pyc") == suffixes.count(".py") > 0
