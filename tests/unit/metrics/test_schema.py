"""`metrics.json` is what its schema and its page say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # published without types
import pytest

from orchestrator.domain.record import RunRecord
from orchestrator.metrics.run_metrics import RunMetrics, run_metrics
from orchestrator.metrics.schema_json import SCHEMA_FILE, schema_text
from tests.unit.metrics.story import whole

_ROOT = Path(__file__).parents[3]


def test_schema_file__is_up_to_date() -> None:
    """Whoever reads many runs reads by the schema; `make schema` writes it."""
    assert (_ROOT / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("record", [RunRecord(), whole()], ids=["nothing", "whole"])
def test_schema__accepts_what_is_written(record: RunRecord) -> None:
    """Every ending's file is valid."""
    written = json.loads(run_metrics(record).model_dump_json())

    jsonschema.validate(written, json.loads(schema_text()))


def test_schema__refuses_another_shape() -> None:
    """A file with a number too few or too many is not one of ours."""
    written = json.loads(run_metrics(whole()).model_dump_json())
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))

    assert not validator.is_valid({**written, "karma": 1})
    assert not validator.is_valid({key: written[key] for key in written if key != "size"})


@pytest.mark.parametrize("name", list(RunMetrics.model_fields))
def test_page__defines_every_field(name: str) -> None:
    """A number that nobody has defined says nothing."""
    names_a_run = {
        *("schema_version", "run_id", "version", "repository", "issue_number", "models"),
        *("base_commit", "head_commit", "config_digest", "stages"),
    }
    page = (_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")

    assert name in names_a_run or f"`{name}" in page
