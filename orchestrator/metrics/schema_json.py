"""The JSON schema of `metrics.json`, for whoever reads many; `python -m` this to write it anew."""

from __future__ import annotations

import json
from pathlib import Path

from orchestrator.metrics.run_metrics import RunMetrics

SCHEMA_FILE = Path("schema/metrics.schema.json")


def schema_text() -> str:
    """Return the schema as the file holds it."""
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RunMetrics.model_json_schema(mode="serialization"),
        "title": "Orchestrator metrics of one run",
    }
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
