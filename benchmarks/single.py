"""Our loop with one or several agents: real window, tools, ledger, journal, prompts.

    python -m benchmarks.single URL FOLDER KEY [AGENTS]

Prints the seconds of processor time from the first reply to the end, those between replies, and
how each agent ended. Secrets are looked for in the journal as in a real run.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

from pydantic import SecretStr

from orchestrator.agents.agent import Agent
from orchestrator.agents.assignment import Assignment
from orchestrator.agents.ledger import Ledger
from orchestrator.agents.roles import BUILT_IN
from orchestrator.app.sidecar import make_sidecar, through
from orchestrator.domain.event import Event, ModelReplied
from orchestrator.domain.message import Effort
from orchestrator.domain.work import WorkReport
from orchestrator.llm.claude import Claude
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.signin import ApiKey
from orchestrator.rendering.prompts import render_role, render_system
from orchestrator.rendering.templates import Templates
from orchestrator.scheduling.traffic import SharedTraffic
from orchestrator.scheduling.workers import lock, map_parallel
from orchestrator.telemetry.clock import SystemClock
from orchestrator.telemetry.journal import Journal
from orchestrator.telemetry.redaction import Redactor
from orchestrator.tools.outfit import Wanted, outfit
from tests.unit.tools.workshop import make_workspace

ROLE = BUILT_IN["python-pro"]
TURNS = 1_000


def main(url: str, tree: Path, key: str, agents: int) -> None:
    """Let so many agents do the same trajectory at once."""
    sidecar = make_sidecar()
    sidecar.start()
    clock, templates = SystemClock(), Templates()
    model = Claude(
        sign_in=ApiKey(key=SecretStr(key)),
        clock=clock,
        jitter=random.random,
        base_url=url,
        traffic=SharedTraffic(clock),
        connect=through(sidecar, os.environ),
    )
    began: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(
            Path(folder) / "journal.jsonl", clock=clock, redactor=Redactor([key]), lock=lock()
        )

        def emit(event: Event) -> None:
            if isinstance(event, ModelReplied):
                began.append(_processor_s())
            journal.write(event)

        agent = Agent(
            model=model, ledger=Ledger(lock=lock()), prices=LIST_PRICES, clock=clock, emit=emit
        )
        system = render_system(templates, ROLE.kind)
        role = render_role(templates, ROLE, turns=TURNS)

        def work(number: int) -> str:
            toolbox = outfit(
                role=ROLE,
                wanted=Wanted(shape=WorkReport),
                clock=clock,
                emit=emit,
                workspace=make_workspace(tree),
            )
            assignment = Assignment(
                conversation=f"work/{number}",
                role=ROLE,
                stage="implementation",
                model="opus",
                effort=Effort.MEDIUM,
                system=system,
                brief="The repository.",
                task=f"{role}\nDo task {number}.",
                toolbox=toolbox,
                shape=WorkReport,
                max_turns=TURNS,
            )
            return type(agent.run(assignment)).__name__

        ends = map_parallel([partial(work, number) for number in range(agents)], agents)
        journal.close()
    whole_s = _processor_s() - began[0]
    gaps = [(later - earlier) * 1_000 for earlier, later in pairwise(began)]
    sidecar.end()
    print(json.dumps({"cpu_s": whole_s, "cpu_gaps_ms": gaps, "ends": ends}))


def _processor_s() -> float:
    """Return what this process and the sidecar, its only child that stays, have used."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    # Linux has a clock of every process; its number is made of the process id.
    clocks = [(~int(pid) << 3) | 2 for pid in children]
    assert clocks, "the sidecar is not there: its processor time would not be counted"
    return time.process_time() + sum(map(time.clock_gettime, clocks))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int((sys.argv[4:] or ["1"])[0]))
