"""The first process of a container beside ours, which only we can speak to.

It runs as the container's root with no power but to end other processes, and ends them all at
once after every command. It also says how often the kernel has refused memory or processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.sandbox import LimitKind
from orchestrator.telemetry.clock import SystemClock

if TYPE_CHECKING:
    from orchestrator.sandbox.channel import Channel

# Nothing but what the shell itself can do: it has to work when no process can be started.
KEEPER = """
count() {
  found=0
  for file in $2; do
    [ -r "$file" ] && while read -r key value rest; do
      [ "$key" = "$1" ] && found=$value
    done < "$file"
  done
}
while read -r asked; do
  count oom_kill "/sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control"
  memory=$found
  count max "/sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events"
  if [ "$asked" = sweep ]; then
    while kill -9 -1 2>/dev/null; set -- /proc/[0-9]*; [ $# -gt 2 ]; do :; done
  fi
  echo "$asked $memory $found"
done
"""

_PATIENCE_S = 15.0
_TICK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """How often the kernel has refused something in a container so far."""

    memory: int = 0
    processes: int = 0


class Keeper:
    """Speaks to one of them."""

    def __init__(self, channel: Channel) -> None:
        """Take over the streams; closing them ends the container."""
        self._channel = channel
        self._clock = SystemClock()
        self._refused = _Refused()

    def look(self) -> LimitKind | None:
        """Return what the kernel has refused since it was last asked.

        Raises:
            SandboxError: The keeper is gone, and the container with it.
        """
        return self._asked("look")

    def sweep(self) -> LimitKind | None:
        """End everything but the keeper; return what the kernel had refused before.

        Raises:
            SandboxError: The keeper is gone, and the container with it.
        """
        return self._asked("sweep")

    def close(self) -> None:
        """Let the container end."""
        self._channel.close()

    def _asked(self, what: str) -> LimitKind | None:
        words = self._answer(what)
        before, self._refused = (
            self._refused,
            _Refused(memory=int(words[1]), processes=int(words[2])),
        )
        if self._refused.memory > before.memory:
            return LimitKind.MEMORY
        if self._refused.processes > before.processes:
            return LimitKind.PROCESSES
        return None

    def _answer(self, what: str) -> list[str]:
        self._channel.send(f"{what}\n".encode())
        until_s = self._clock.monotonic() + _PATIENCE_S
        line = b""
        while not line.endswith(b"\n"):
            piece = self._channel.read(_TICK_S)
            if piece is None or self._clock.monotonic() > until_s:
                raise SandboxError("The container does not answer.", hint="Run the command again.")
            line += piece
        words = line.decode(errors="replace").split()
        if words[:1] != [what] or not all(word.isdigit() for word in words[1:]):
            raise SandboxError(f"The container's keeper said {line!r}.", hint="Try another image.")
        return words
