"""The local forge and the branch that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.app.places import open_folder, seed
from orchestrator.domain.errors import UsageError
from tests.builders_git import commit_files, git, make_run
from tests.unit.app.office import make_desk

if TYPE_CHECKING:
    from pathlib import Path


def test_seed__follows_the_checkout_and_never_goes_back(tmp_path: Path) -> None:
    """What a person has merged on the local forge is not taken away by a run that does not know."""
    repository, base = make_run(tmp_path)
    place, _ = open_folder(tmp_path / "forge", make_desk(), full_name="local/site")
    checkout, forge = tmp_path / "checkout", place.remote.url
    ref = f"refs/heads/{base.branch}"

    seed(place, repository, base)
    seed(place, repository, base)
    before = repository.remote_refs(place.remote, ref)[ref]
    commit_files(checkout, {"merged.txt": "by a person\n"})
    git(checkout, "push", "--quiet", forge, f"HEAD:{ref}")
    with pytest.raises(UsageError, match="has commits that this checkout has not") as refusal:
        seed(place, repository, base)
    after = repository.remote_refs(place.remote, ref)[ref]
    newer = repository.take_base(checkout=checkout, remote=None, branch=None)
    seed(place, repository, newer)

    assert before == base.commit
    assert after == newer.commit
    assert "git pull" in refusal.value.hint
