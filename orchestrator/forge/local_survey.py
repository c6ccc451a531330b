"""What pre-flight asks a forge in a folder: whoever may write there may do everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.forge.forge import LabelAdded, Rights
from orchestrator.forge.local_forge import LocalReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.forge.forge import PullRequest
    from orchestrator.forge.local_forge import LocalForge


@dataclass(frozen=True, slots=True)
class LocalSurvey:
    """A `ForgeSurvey` on a folder, which keeps no history of merges and reopenings."""

    forge: LocalForge
    changed: Callable[[str, str], Sequence[str]]
    """Paths that differ between the point where two branches parted and the second."""

    def merged_requests(self) -> Sequence[PullRequest]:
        """Return nothing: people merge with git here, and its commits are looked at anyway."""
        return ()

    def reopened_at(self, number: int) -> str:  # noqa: ARG002 -- the port's signature
        """Return nothing: an issue file is open or closed, and no time is kept."""
        return ""

    def label_added(self, number: int, label: str) -> LabelAdded | None:
        """Return the person at the keyboard, who approves what is there now."""
        labels = LocalReader(self.forge).issue(number).labels
        if label.casefold() not in {each.casefold() for each in labels}:
            return None
        return LabelAdded(by=self.forge.user, at=self.forge.clock.now_iso())

    def changed_paths(self, request: PullRequest) -> Sequence[str]:
        """Return the paths that an open pull request changes."""
        return self.changed(request.base_branch, request.head_branch)

    def rights(self, branch: str) -> Rights:  # noqa: ARG002 -- the port's signature
        """Return that everything is allowed."""
        return Rights(can_push=True)
