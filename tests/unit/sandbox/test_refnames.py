"""Names that may reach git's command line, and the many that may not."""

from __future__ import annotations

import pytest

from orchestrator.domain.errors import GitError
from orchestrator.sandbox.refnames import branch_ref, checked_object_id, checked_ref


@pytest.mark.parametrize("branch", ["main", "orchestrator/issue-7", "feature/añadir", "v1.2_x"])
def test_branch_ref__accepts_ordinary_names(branch: str) -> None:
    """Names that people use work."""
    assert branch_ref(branch) == f"refs/heads/{branch}"


@pytest.mark.parametrize(
    "branch",
    [
        *("", "-x", "a/-x", "--receive-pack=evil", "../../config", "a..b", "a//b", "/a", "a/"),
        *(".hidden", "a/.b", "a.lock", "a.lock/b", "a.", "@", "a@{1}", "a b", "a~1", "a^", "a:b"),
        *("a?", "a*", "a[b", "a\\b", "a\nb", "a\x7fb", "a\u200bb", "a\u202eb", "x" * 300),
    ],
)
def test_branch_ref__refuses_what_could_mean_something_else(branch: str) -> None:
    """No branch name becomes an option, an expression, a path or something unseen."""
    with pytest.raises(GitError, match="cannot be used as a ref"):
        branch_ref(branch)


@pytest.mark.parametrize(
    "ref", ["main", "HEAD", "refs/pull/1/head", "refs/replace/x", "refs/notes/x"]
)
def test_checked_ref__stays_in_its_namespaces(ref: str) -> None:
    """Only full names in namespaces of ours are moved or read."""
    with pytest.raises(GitError, match="does not start with"):
        checked_ref(ref)


@pytest.mark.parametrize("text", ["", "HEAD", "abc123", "A" * 40, "0" * 41, "-" * 40])
def test_checked_object_id__refuses_all_but_full_ids(text: str) -> None:
    """An abbreviation or expression never stands where an id is expected."""
    with pytest.raises(GitError, match="not a full object id"):
        checked_object_id(text)
