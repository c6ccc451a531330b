"""Schema file, documentation and settings say the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # published without types
import pytest

from orchestrator.config.reference import MARKS, key_tables, with_keys
from orchestrator.config.schema_json import KEYS_FILE, SCHEMA_FILE, schema_text, write
from orchestrator.config.sources import parse_yaml
from tests.unit.config import article
from tests.unit.config.builders import load
from tests.unit.config.test_validation import EVERYTHING_WRONG

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / KEYS_FILE).read_text(encoding="utf-8")


def test_schema_file__is_what_the_settings_say() -> None:
    """Editors complete and check what the program accepts; `make schema` brings it up to date."""
    assert (ROOT / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()


def test_documented_keys__are_what_the_settings_say() -> None:
    """The page lists every key with its present default; `make schema` brings it up to date."""
    assert with_keys(PAGE) == PAGE


def test_write__makes_both_files(tmp_path: Path) -> None:
    """One command writes everything that is made from the settings."""
    for file in (SCHEMA_FILE, KEYS_FILE):
        (tmp_path / file).parent.mkdir()
    (tmp_path / KEYS_FILE).write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n")

    write(tmp_path)

    assert (tmp_path / SCHEMA_FILE).read_text() == schema_text()
    page = (tmp_path / KEYS_FILE).read_text()
    assert page == f"before\n{MARKS[0]}\n\n{key_tables()}\n{MARKS[1]}\nafter\n"


def test_write__is_what_the_module_does(tmp_path: Path) -> None:
    """`make schema` needs no more than the name of the module."""
    for file in (SCHEMA_FILE, KEYS_FILE):
        (tmp_path / file).parent.mkdir()
    (tmp_path / KEYS_FILE).write_text(f"{MARKS[0]}{MARKS[1]}")

    subprocess.run(
        [sys.executable, "-m", "orchestrator.config.schema_json"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
    )

    assert (tmp_path / SCHEMA_FILE).read_text() == schema_text()


@pytest.mark.parametrize(
    "text", [article.FULL, article.BASIC, article.PROJECT, article.ARCHITECTURE, "version: '2.0'"]
)
def test_schema_file__accepts_the_article(text: str) -> None:
    """An editor does not underline what the program accepts."""
    jsonschema.validate(parse_yaml(text, name="f").values, json.loads(schema_text()))


def test_schema_file__refuses_what_the_program_refuses() -> None:
    """An editor underlines unknown keys, wrong kinds and wrong words."""
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))

    errors = list(validator.iter_errors(parse_yaml(EVERYTHING_WRONG, name="f").values))

    assert len(errors) > 20


def test_schema_file__describes_every_key() -> None:
    """A person who hovers over a key learns what it is for."""
    schema = json.loads(schema_text())
    parts = {"top": schema, **schema["$defs"]}

    silent = [
        name
        for name, part in schema["$defs"].items()
        if "properties" in part and not part.get("description")
    ]
    silent += [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, field in part.get("properties", {}).items()
        if not field.get("description") and "$ref" not in field
    ]

    assert silent == []


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_documented_examples__load(block: str) -> None:
    """What the page shows can be copied."""
    assert load(block).settings.limits.minutes == 30
