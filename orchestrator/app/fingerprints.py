"""Fingerprints of what a run is told, so that a later one knows what has changed since."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from orchestrator.domain.work_loss import Lost

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.config.settings import Settings
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.stages.intake import Admitted

_NOTHING: Final = None
RESTS_ON: Final[Mapping[str, Lost | None]] = MappingProxyType(
    {
        "": Lost.ALL,
        "version": _NOTHING,
        "mode": _NOTHING,
        "extends": _NOTHING,
        "project": Lost.ALL,
        "project.commands": Lost.CHECKS,
        "project.setup_secrets": Lost.CHECKS,
        "project.image": Lost.CHECKS,
        "project.conventions": Lost.PLAN,
        "project.decisions": Lost.PLAN,
        "project.patterns": _NOTHING,
        "project.mutants": _NOTHING,
        "workflow": _NOTHING,
        "workflow.stages": Lost.PLAN,
        "constraints": _NOTHING,
        "constraints.protected_paths": Lost.PLAN,
        "orchestrator": Lost.PLAN,
        "agents": Lost.PLAN,
        "agent_capabilities": Lost.PLAN,
        "review": Lost.REVIEWS,
        "limits": _NOTHING,
        "models": _NOTHING,
        "preflight": _NOTHING,
        "memory": _NOTHING,
        "sandbox": Lost.CHECKS,
        "network": Lost.CHECKS,
        "merge": _NOTHING,
    }
)
"""What finished work is worth nothing any more when a setting changes; the longest key counts.

A key that is not named costs everything. Gates are asked anew in every run, so that what only
they look at costs nothing; nor does who does the rest, for how much.
"""
_OF_ONE_AGENT = ("prompt", "restrictions")
"""What binds the work of an agent; who it is and what it is for binds the plan."""
_OF_NO_WORK = ("model", "effort", "max_turns")


def settings_digests(settings: Settings) -> dict[str, str]:
    """Return key → fingerprint for every setting that finished work rests on."""
    whole = cast("JsonObject", settings.model_dump(mode="json"))
    agents = cast("dict[str, JsonObject]", whole["agents"])
    words = {
        f"agents.{name}": _digest({key: agent[key] for key in _OF_ONE_AGENT})
        for name, agent in agents.items()
    }
    apart = (*_OF_ONE_AGENT, *_OF_NO_WORK)
    who = {name: _without(agent, apart) for name, agent in agents.items()}
    stages = cast("dict[str, list[JsonObject]]", whole["workflow"])["stages"]
    order: Json = [_without(stage, ("parallel", "output")) for stage in stages]
    parts = {**_parts(whole), "agents": who, "workflow.stages": order}
    return {**words, **{key: _digest(part) for key, part in parts.items()}}


def changed_settings(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, Lost]:
    """Return key → what its change costs, for each setting that is not what it was."""
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return {key: lost for key in keys if (lost := lost_by(key)) is not None}


def lost_by(key: str) -> Lost | None:
    """Return what a change of one setting costs; `None`: nothing."""
    while key not in RESTS_ON:
        key = key.rpartition(".")[0]
    return RESTS_ON[key]


def issue_digest(admitted: Admitted) -> str:
    """Return a fingerprint of every word that agents are shown of the issue."""
    parts = [admitted.issue.title, admitted.issue.body]
    parts += [f"{comment.author.login}: {comment.body}" for comment in admitted.comments]
    return hashlib.sha256("\x00".join(parts).encode(errors="replace")).hexdigest()[:16]


def _parts(whole: JsonObject) -> dict[str, Json]:
    """Return the settings that count by key: whole sections, or what they are listed by."""
    found: dict[str, Json] = {}
    for name, section in whole.items():
        listed = [key for key in RESTS_ON if key.startswith(f"{name}.")]
        if not listed or not isinstance(section, dict):
            found[name] = section
            continue
        found |= {f"{name}.{key}": value for key, value in section.items()}
    return {key: value for key, value in found.items() if lost_by(key) is not None}


def _digest(value: Json) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without(section: JsonObject, keys: Collection[str]) -> JsonObject:
    return {key: value for key, value in section.items() if key not in keys}
