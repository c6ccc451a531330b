"""What a run needs after its first request, loaded while the reply to that is awaited.

Not before: two threads that import share one interpreter lock, and together take half as long
again as one after the other. And not when it is needed: a checkout of ours that is moved during
a run would put two versions of us into one process.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from orchestrator.llm.llm import nobody, whatever_it_costs
from orchestrator.scheduling.workers import background

if TYPE_CHECKING:
    from orchestrator.domain.message import ModelRequest, Reply
    from orchestrator.llm.llm import Arrivals, MayRepeat, Model

LATER: Final = (
    "orchestrator.stages.mentions",
    "orchestrator.stages.planning",
    "orchestrator.stages.preflight.neighbours",
    "orchestrator.stages.implementation",
    "orchestrator.stages.testing",
    "orchestrator.stages.reviewing",
    "orchestrator.stages.verdict",
    "orchestrator.stages.publish",
    "orchestrator.stages.reports",
    "orchestrator.gates.registry",
    "orchestrator.metrics.outputs",
    "orchestrator.app.tidying",
)
"""Modules that begin what comes later; each brings its own."""


class LoadingModel:
    """A model whose first request loads the rest of us."""

    def __init__(self, model: Model) -> None:
        """Pass everything on to the model."""
        self._model = model
        self._is_loading = False

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,
    ) -> Reply:
        """Return the model's reply; see `llm.Model`."""
        if not self._is_loading:
            self._is_loading = True
            background(_load)
        return self._model.reply(request, arrivals, may_repeat)


def _load() -> None:
    for name in LATER:
        importlib.import_module(name)
