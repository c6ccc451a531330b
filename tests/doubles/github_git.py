"""Git over HTTP as GitHub speaks it: the machine's own `git http-backend`, behind its doors.

GitHub asks for a token before anything is pushed, wants `contents: write` for it, keeps
`refs/pull` to itself, takes no workflow files from a workflow's own token, and has rules.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
from typing import TYPE_CHECKING

from tests.doubles.http_server import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.github_state import GithubState, Token
    from tests.doubles.http_server import Received

_PRE_RECEIVE = """#!/bin/sh
while read -r old new ref; do
  case "$ref" in
    refs/pull/*) echo "deny updating a hidden ref" >&2; exit 1 ;;
    refs/heads/*) [ "$REFUSE_BRANCHES" = 0 ] || {
      echo "error: GH013: Repository rule violations found for $ref." >&2; exit 1; } ;;
  esac
  case "$new" in *[!0]*) ;; *) continue ;; esac
  [ "$REFUSE_WORKFLOWS" = 1 ] || continue
  touched=$(git log --format= --name-only "$new" --not --all -- .github/workflows | head -n 1)
  if [ -n "$touched" ]; then
    echo "refusing to allow a GitHub App to create or update workflow" \\
      "\\`$touched\\` without \\`workflows\\` permission" >&2
    exit 1
  fi
done
"""


def write_hooks(folder: Path) -> Path:
    """Write the hooks that refuse what GitHub refuses, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    hook = folder / "pre-receive"
    hook.write_text(_PRE_RECEIVE)
    hook.chmod(0o755)
    return folder


def token_of(state: GithubState, received: Received) -> Token | str | None:
    """Return the token of a request, `None` without one, or what is wrong with it."""
    kind, _, value = received.headers.get("authorization", "").partition(" ")
    if not kind:
        return None
    if kind.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return "Bad credentials"
    elif kind.lower() not in {"bearer", "token"}:
        return "Bad credentials"
    return state.tokens.get(value, "Bad credentials")


def serve_git(state: GithubState, hooks: Path, received: Received, path: str) -> Answer:
    """Answer one request of a git client; `path` is what follows the repository's name."""
    services = (*received.query.get("service", ()), path.rpartition("/")[2])
    is_push = "git-receive-pack" in services
    token = token_of(state, received)
    if isinstance(token, str) or (token is None and (is_push or state.settings.is_private)):
        challenge = {"www-authenticate": 'Basic realm="GitHub"'}
        return Answer(status=401, headers=challenge, body=b"Invalid username or token.\n")
    if is_push and token is not None and not token.may_write("contents"):
        words = f"Permission to {state.full_name}.git denied to {token.login}.\n"
        return Answer(status=403, body=words.encode())
    if is_push and state.settings.is_archived:
        return Answer(status=403, body=b"This repository was archived so it is read-only.\n")
    refuses_workflows = token is not None and token.is_workflow_token
    return _backend(state, hooks, received, path, refuses_workflows=refuses_workflows)


def _backend(
    state: GithubState, hooks: Path, received: Received, path: str, *, refuses_workflows: bool
) -> Answer:
    settings = {
        "http.receivepack": "true",
        "core.hooksPath": str(hooks),
        "safe.directory": "*",
        "uploadpack.allowAnySHA1InWant": "true",
        "uploadpack.allowFilter": "true",
        "receive.denyCurrentBranch": "ignore",
    }
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(hooks),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
        **{f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(settings)},
        **{f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(settings.values())},
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": received.method,
        "PATH_TRANSLATED": f"{state.git_root}{path}",
        "PATH_INFO": path,
        "QUERY_STRING": received.target.partition("?")[2],
        "CONTENT_TYPE": received.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(received.body)),
        "HTTP_CONTENT_ENCODING": received.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": received.headers.get("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
        "REFUSE_WORKFLOWS": "1" if refuses_workflows else "0",
        "REFUSE_BRANCHES": "1" if state.settings.refuses_branches else "0",
    }
    done = subprocess.run(
        ["git", "http-backend"],
        input=received.body,
        capture_output=True,
        env=environment,
        check=False,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    pairs = (line.partition(": ") for line in head.decode().splitlines())
    headers = {name.lower(): value for name, _, value in pairs}
    status = int(headers.pop("status", "200").split()[0])
    return Answer(status=status, headers=headers, body=body)
