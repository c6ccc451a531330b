"""Projects of four languages run their tests beside us with the host's own toolchain."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.image.job import Job

pytestmark = pytest.mark.image

_SERVER = """
import http.server, threading, unittest, urllib.request
class Loopback(unittest.TestCase):
    def test_server(self):
        server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        threading.Thread(target=server.handle_request).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            self.assertEqual(answer.status, 200)
        server.server_close()
"""
_NODE = """
const test = require('node:test'), http = require('node:http');
test('server', (t, done) => {
  const server = http.createServer((_, answer) => answer.end('hi')).listen(0, '127.0.0.1', () =>
    http.get({port: server.address().port, host: '127.0.0.1'}, () => { server.close(); done(); }));
});
"""
_JAVA = """
public class Check {
  public static void main(String[] words) throws Exception {
    try (var server = new java.net.ServerSocket(0)) {
      new java.net.Socket("127.0.0.1", server.getLocalPort()).close();
      if (2 + 2 != 4) throw new AssertionError();
      System.out.println("tests passed");
    }
  }
}
"""
_C = "#include <assert.h>\nint main(void) { assert(2 + 2 == 4); return 0; }\n"
_PROJECTS = {
    "python": ({"test_it.py": _SERVER}, "python3 -m unittest -v", "python3"),
    "node": ({"it.test.js": _NODE}, "node --test", "node"),
    "java": ({"Check.java": _JAVA}, "javac Check.java && java -cp . Check", "javac"),
    "c": (
        {"check.c": _C, "Makefile": "test: check\n\t./check && echo tests passed\n"},
        "make test",
        "make",
    ),
}


@pytest.mark.parametrize("language", sorted(_PROJECTS))
def test_sibling__runs_a_projects_tests(job: Job, language: str) -> None:
    """Tests that start local servers pass, with programs that no image of ours holds."""
    files, command, program = _PROJECTS[language]
    if shutil.which(program, path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip(f"this host has no {program}")
    sample = job.folder / "sample"
    sample.mkdir()
    for name, text in files.items():
        (sample / name).write_text(text)

    said = job.start(
        ("sandbox", "--backend", "sibling", "--worktree", "/sample", "--", command),
        *("-v", f"{sample}:/sample:ro"),
    )

    assert "command: exit code 0" in said.stdout, said.stdout + said.stderr
    assert said.returncode == 0


def test_local__says_why_a_local_server_cannot_start(job: Job) -> None:
    """Whoever wonders why such a test fails reads the reason above it."""
    sample = job.folder / "sample"
    sample.mkdir()
    (sample / "test_it.py").write_text(_SERVER)

    said = job.start(
        ("sandbox", "--backend", "local", "--worktree", "/sample", "--", "python3 -m unittest"),
        *("-v", f"{sample}:/sample:ro"),
    )

    assert "There is no loopback network, so tests that start a local server fail." in said.stdout
    assert "command: exit code 1" in said.stdout, said.stdout + said.stderr


def _project(job: Job, configuration: str) -> Path:
    """Return a repository that ignores `vendor/`, with this configuration."""
    sample = job.folder / "sample"
    (sample / ".github").mkdir(parents=True)
    (sample / ".gitignore").write_text("vendor/\n")
    (sample / ".github" / "orchestrator.yml").write_text(configuration)
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        ("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "Begin"),
    ):
        subprocess.run(["git", "-C", str(sample), *words], check=True)
    return sample


def test_setup__runs_once_with_a_network_and_reaches_the_command(job: Job) -> None:
    """What setup installs into an ignored folder and into its home is there for a command."""
    setup = "mkdir vendor && ip=$(cat /proc/net/route | wc -l) && echo routes $ip > vendor/out"
    sample = _project(
        job, f"project:\n  commands:\n    setup: {setup} && echo cached > $HOME/cache\n"
    )

    said = job.start(
        (
            *("sandbox", "--backend", "sibling", "--worktree", "/sample"),
            *("--", "cat vendor/out $HOME/cache; wc -l < /proc/net/route"),
        ),
        *("-v", f"{sample}:/sample:ro"),
    )

    assert "setup `" in said.stdout, said.stdout + said.stderr
    lines = said.stdout.splitlines()
    routes = next(int(line.split()[1]) for line in lines if line.startswith("routes "))
    assert routes > 1
    assert lines[lines.index("cached") + 1] == "1"


@pytest.mark.parametrize("backend", ["sibling", "local"])
def test_setup_secret__stays_with_setup(job: Job, backend: str) -> None:
    """A registry's credential reaches setup; a later command finds it nowhere it can look."""
    secret = f"registry-orch-{job.folder.name}"
    setup = "mkdir vendor && echo had ${#WORDS_PASS} > vendor/out && echo kept > $HOME/cache"
    sample = _project(
        job, f"project:\n  setup_secrets: [WORDS_PASS]\n  commands:\n    setup: {setup}\n"
    )
    # By its beginning, and without printing it: what is printed would be hidden from us as well.
    # The one file that is found shows that the search works.
    look = (
        "cat vendor/out $HOME/cache; word=registry-; echo ${word}orch > $HOME/control; "
        "echo named $(env | grep -c WORDS_PASS); "
        "echo found $(grep -rlsa 'regis[t]ry-orch' /proc/[0-9]*/environ . $HOME /tmp | wc -l)"
    )

    said = job.start(
        ("sandbox", "--backend", backend, "--worktree", "/sample", "--", look),
        *("-v", f"{sample}:/sample:ro", "--env", f"WORDS_PASS={secret}"),
    )

    lines = said.stdout.splitlines()
    at = lines.index(f"had {len(secret)}")
    assert lines[at + 1 : at + 4] == ["kept", "named 0", "found 1"], said.stdout + said.stderr
    assert secret not in said.stdout + said.stderr


def test_setup_secret__that_is_left_behind_is_named(job: Job) -> None:
    """What setup wrote down in a home that agents get ends everything before there is one."""
    setup = "echo $WORDS_PASS > $HOME/.npmrc"
    sample = _project(
        job, f"project:\n  setup_secrets: [WORDS_PASS]\n  commands:\n    setup: {setup}\n"
    )

    said = job.start(
        ("sandbox", "--backend", "sibling", "--worktree", "/sample", "--", "cat $HOME/.npmrc"),
        *("-v", f"{sample}:/sample:ro", "--env", "WORDS_PASS=registry-word-1"),
    )

    assert said.returncode == 6
    assert "left the value of `WORDS_PASS` in `~/.npmrc`" in said.stdout
    assert "registry-word-1" not in said.stdout + said.stderr
