"""What every part of `metrics.json` has in common."""

from __future__ import annotations

from pydantic import ConfigDict

from orchestrator.domain.frozen import Frozen


class Measured(Frozen):
    """Numbers of one kind; what was not measured is `None`, never zero.

    The words under each field go into the schema.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)
