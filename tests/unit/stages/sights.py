"""What a look of pre-flight is shown: a forge that answers as told, and a scene around it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.domain.issue import Permission
from orchestrator.forge.forge import PullRequest, Rights
from tests.unit.stages.house import an_issue
from tests.unit.stages.readers import ToldReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.stages.preflight.scene import Scene
    from tests.unit.stages.house import House


@dataclass(kw_only=True)
class ToldSurvey:
    """Satisfies `ForgeSurvey`; an error in place of an answer is raised."""

    merged: Sequence[PullRequest] | Exception = ()
    reopened: str = ""
    paths: Mapping[int, Sequence[str]] | Exception = field(default_factory=dict)
    known: Rights | Exception = field(default_factory=Rights)

    def merged_requests(self) -> Sequence[PullRequest]:
        if isinstance(self.merged, Exception):
            raise self.merged
        return self.merged

    def reopened_at(self, number: int) -> str:
        return self.reopened

    def changed_paths(self, request: PullRequest) -> Sequence[str]:
        if isinstance(self.paths, Exception):
            raise self.paths
        return self.paths.get(request.number, ())

    def rights(self, branch: str) -> Rights:
        if isinstance(self.known, Exception):
            raise self.known
        return self.known


def a_request(number: int, body: str = "", **changes: object) -> PullRequest:
    """Return an open one by bob; `changes` are fields of it."""
    usual: dict[str, object] = {
        "number": number,
        "url": "",
        "title": "",
        "body": body,
        "head_branch": "topic",
        "head_commit": "",
        "base_branch": "main",
        "is_draft": False,
        "is_open": True,
        "author": "bob",
    }
    return PullRequest(**{**usual, **changes})  # type: ignore[arg-type]  # named by the test


def a_scene(house: House, **changes: object) -> Scene:
    """Return what the house stands in; `changes` are fields of it."""
    usual: dict[str, object] = {
        "survey": ToldSurvey(),
        "forge": ToldReader(permissions={"bob": Permission.WRITE}),
        "issue": an_issue(created_at="2026-01-01T00:00:00Z"),
    }
    return replace(house.context.scene, **{**usual, **changes})  # type: ignore[arg-type]  # named by the test
