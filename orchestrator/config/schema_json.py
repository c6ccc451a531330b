"""The JSON schema of the configuration, for editors; `python -m` this to write it anew."""

from __future__ import annotations

import json
from pathlib import Path

from orchestrator.config.dialect import SPELLINGS
from orchestrator.config.reference import with_keys
from orchestrator.config.settings import Settings

SCHEMA_FILE = Path("schema/orchestrator.schema.json")
KEYS_FILE = Path("docs/configuration.md")


def schema_text() -> str:
    """Return the schema as the file holds it."""
    schema = Settings.model_json_schema()
    definitions = schema["$defs"]
    definitions["StageDetails"] = definitions["StageSettings"]
    definitions["StageSettings"] = {
        "anyOf": [{"$ref": "#/$defs/StageName"}, {"$ref": "#/$defs/StageDetails"}]
    }
    schema["properties"]["version"] = {
        "default": "2.0",
        "description": Settings.model_fields["version"].description,
        "enum": ["2.0", "2", 2],
        "title": "Version",
    }
    for written, meant in SPELLINGS.items():
        owner = schema if len(written) == 1 else definitions["WorkflowSettings"]
        target = schema if len(meant) == 1 else definitions["ConstraintSettings"]
        owner["properties"][written[-1]] = {
            **target["properties"][meant[-1]],
            "description": f"Another spelling of {'.'.join(meant)}.",
        }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Orchestrator configuration",
    }
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def write(root: Path) -> None:
    """Write the schema and the tables of keys into a checkout."""
    (root / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
    page = (root / KEYS_FILE).read_text(encoding="utf-8")
    (root / KEYS_FILE).write_text(with_keys(page), encoding="utf-8")


if __name__ == "__main__":
    write(Path())
