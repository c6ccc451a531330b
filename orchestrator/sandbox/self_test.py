"""A look at a backend's walls from the inside: real attempts, harmless where they succeed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.sandbox import Access, Command

if TYPE_CHECKING:
    from orchestrator.sandbox.sandbox import Sandbox

_TIMEOUT_S = 20.0
_OUTPUT_BYTES = 20_000
_BEFORE = "before"
_SYSTEM_FOLDER = Path("/etc")

# What cannot be attempted is not held back: without these programs there is no verdict.
_ATTEMPTS = """
for tool in cat grep sha256sum; do
  command -v "$tool" >/dev/null || { echo "There is no $tool."; exit 1; }
done
attempt() { name=$1; shift; ("$@") >/dev/null 2>&1 && echo "did $name"; }
write() { echo x > "$1"; }
connect() { exec 3<> "/dev/tcp/127.0.0.1/$1"; }
attempt own-tree write ./written
attempt "" write "$OUTSIDE"
attempt "" write "$SYSTEM"
attempt secret cat "$SECRET"
same() { test "$(sha256sum < "$1")" = "$2  -"; }
attempt environment same "/proc/$ORCHESTRATOR_PID/environ" "$ENVIRONMENT"
attempt docker test -w /var/run/docker.sock
attempt network connect "$PORT"
grep -q '^NoNewPrivs:[[:space:]]*1' /proc/self/status || echo "did privileges"
grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status || echo "did capabilities"
echo finished
"""

_MEANINGS = {
    "secret": "A command could read a file that is the orchestrator's alone.",
    "environment": "A command could read the orchestrator's environment.",
    "docker": "A command could use the Docker socket.",
    "network": "A command could reach a service on this machine.",
    "privileges": "A command could gain privileges (no_new_privs is off).",
    "capabilities": "A command has capabilities.",
}


def try_walls(sandbox: Sandbox, scratch: Path) -> tuple[str, ...]:
    """Return what a command could do that it must not, one sentence each.

    Leaves nothing behind. A listening port is open for as long as the attempts take.

    Args:
        sandbox: The backend.
        scratch: A folder where trees for this backend may lie.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="self-test-", dir=scratch))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        outside, secret = folder / "outside", folder / "secret"
        # The name is this trial's alone: another may be going on beside it.
        system = _SYSTEM_FOLDER / f"orchestrator-{folder.name}"
        outside.write_text(_BEFORE)
        secret.write_text("secret")
        secret.chmod(0o600)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        environment = {
            "OUTSIDE": str(outside),
            "SYSTEM": str(system),
            "SECRET": str(secret),
            "PORT": str(listener.getsockname()[1]),
            "ORCHESTRATOR_PID": str(os.getpid()),
            "ENVIRONMENT": _environment_digest(),
        }
        try:
            writing = _attempted(sandbox, folder / "writing", Access.WRITE, environment)
            reading = _attempted(sandbox, folder / "reading", Access.READ, environment)
        except SandboxError as exc:
            return (f"The walls could not be built: {exc}",)
        # Judged from outside: a wall may also let a write happen where it harms nobody.
        failures = []
        if outside.read_text() != _BEFORE:
            failures.append("A command could change a file outside its tree.")
        if system.exists():
            system.unlink()
            failures.append("A command could write to /etc.")
    failures += [_MEANINGS[name] for name in _MEANINGS if name in writing | reading]
    if "own-tree" not in writing:
        failures.append("A command could not write to its own tree.")
    if "own-tree" in reading:
        failures.append("A command could write to a tree that it may only read.")
    return tuple(failures)


def _environment_digest() -> str:
    # Behind walls of its own, our process id is somebody else's: what is read must be ours.
    try:
        content = Path("/proc/self/environ").read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(content).hexdigest()


def _attempted(
    sandbox: Sandbox, tree: Path, access: Access, environment: dict[str, str]
) -> set[str]:
    tree.mkdir(mode=0o700)
    with contextlib.closing(sandbox.open(tree, access=access)) as cell:
        result = cell.run(
            Command(
                argv=("bash", "-c", _ATTEMPTS),
                timeout_s=_TIMEOUT_S,
                output_bytes=_OUTPUT_BYTES,
                environment=environment,
            )
        )
    lines = result.output.splitlines()
    if "did own-tree" in lines and not (tree / "written").exists():
        raise SandboxError(
            "what a command wrote did not arrive: the backend sees another folder.",
            hint="Keep the run's folder where the backend's host sees it under the same name.",
        )
    if result.exit_code != 0 or "finished" not in lines:
        raise SandboxError(
            f"the attempts did not run to their end ({result.limit or result.exit_code}): "
            f"{result.output.strip()!r}",
            hint="Run the same backend by hand to see more.",
        )
    return {line.removeprefix("did ") for line in lines if line.startswith("did ")}
