"""Typed arguments out of whatever the model sent, and the schema it was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from orchestrator.domain.errors import ToolArgumentsError
from orchestrator.domain.review import ReviewReport, Severity, Verdict
from orchestrator.tools.arguments import parse
from orchestrator.tools.editing import MULTI_EDIT, MultiEditArguments
from orchestrator.tools.grepping import GREP, GrepArguments, OutputMode
from orchestrator.tools.submitting import SUBMIT_REVIEW

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject

FINDING: JsonObject = {
    "severity": "Blocking",
    "path": "a.py",
    "line": 3,
    "quote": "x",
    "claim": "c",
    "scenario": "w",
    "evidence_kind": "Input",
    "evidence": "e",
    "suggestion": "s",
    "confidence": 90,
}


def test_describe__inlines_and_closes_every_object() -> None:
    """A strict schema has no references, no bounds and no open ends."""
    assert MULTI_EDIT.input_schema == snapshot(
        {
            "additionalProperties": False,
            "properties": {
                "file_path": {
                    "description": "Path relative to the repository root.",
                    "type": "string",
                },
                "edits": {
                    "description": "Applied in order, all or none.",
                    "items": {
                        "additionalProperties": False,
                        "properties": {
                            "old_string": {
                                "description": "Exact text to replace, with its white space.",
                                "type": "string",
                            },
                            "new_string": {
                                "description": "The text to put there.",
                                "type": "string",
                            },
                            "replace_all": {
                                "default": False,
                                "description": "Replace every occurrence.",
                                "type": "boolean",
                            },
                        },
                        "required": ["old_string", "new_string"],
                        "type": "object",
                    },
                    "type": "array",
                },
            },
            "required": ["file_path", "edits"],
            "type": "object",
        }
    )


def test_parse__takes_closed_words_in_any_case() -> None:
    """The service does not promise the case of enum values, so we do not ask for it."""
    report = parse(
        SUBMIT_REVIEW,
        ReviewReport,
        {"verdict": "APPROVE", "findings": [FINDING], "checked": [], "not_checked": []},
    )

    assert report.verdict is Verdict.APPROVE
    assert report.findings[0].severity is Severity.BLOCKING


def test_parse__takes_json_text_where_json_was_asked_for() -> None:
    """A list sent as text is a list."""
    report = parse(
        SUBMIT_REVIEW,
        ReviewReport,
        {"verdict": "approve", "findings": "[]", "checked": '["a"]', "not_checked": []},
    )

    assert report.checked == ("a",)


def test_parse__takes_null_for_what_is_optional() -> None:
    """An optional parameter may be left out in both ways."""
    wanted = parse(GREP, GrepArguments, {"pattern": "x", "path": None, "output_mode": "Count"})

    assert wanted.path is None
    assert wanted.output_mode is OutputMode.COUNT


def test_parse__names_every_wrong_parameter_and_what_is_allowed() -> None:
    """One answer is enough to correct the call."""
    with pytest.raises(ToolArgumentsError) as caught:
        parse(GREP, GrepArguments, {"query": "x", "output_mode": "lines", "-C": -1})

    *problems, taken = str(caught.value).splitlines()
    assert problems == snapshot(
        [
            "Grep was not run: its parameters are wrong.",
            "- `pattern` is required and missing.",
            "- `output_mode`: Input should be 'files_with_matches', 'content' or 'count'.",
            "- `-C`: Input should be greater than or equal to 0.",
            "- `query` is not a parameter of this tool.",
        ]
    )
    assert taken.startswith("It takes: pattern (string), path (string, optional), glob")
    assert "output_mode (files_with_matches | content | count, optional)" in taken


def test_parse__shows_eight_problems_at_most() -> None:
    """A hopeless call gets a short answer."""
    with pytest.raises(ToolArgumentsError, match="- and 13 more"):
        parse(GREP, GrepArguments, {f"key{number}": 1 for number in range(20)})


def test_parse__text_that_is_no_json_stays_text() -> None:
    """The problem shown is the one the model made."""
    with pytest.raises(ToolArgumentsError, match="`findings`: Input should be a valid tuple"):
        parse(
            SUBMIT_REVIEW,
            ReviewReport,
            {"verdict": "approve", "findings": "none", "checked": [], "not_checked": []},
        )


def test_parse__of_json_that_is_nested_without_end_is_a_lesson() -> None:
    """Text that no parser can hold is a wrong parameter, not the end of the agent."""
    with pytest.raises(ToolArgumentsError, match="`edits`"):
        parse(MULTI_EDIT, MultiEditArguments, {"file_path": "a.py", "edits": "[" * 200_000})
