"""The shapes of GitHub's answers, read tolerantly, and what they are in our nouns.

GitHub adds keys at any time, so unknown ones are ignored; what a decision hangs on is required.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from orchestrator.domain.errors import ForgeRejectedError
from orchestrator.domain.issue import Actor, Comment, Issue, Permission
from orchestrator.domain.misfits import first_misfit
from orchestrator.forge.forge import PullRequest, Repository
from orchestrator.forge.sizes import DRAFT_PREFIX

if TYPE_CHECKING:
    from orchestrator.domain.json import Json

_GHOST = Actor(login="ghost")
"""What GitHub shows in place of a deleted account."""

AnswerT = TypeVar("AnswerT", bound="GithubAnswer")


class GithubAnswer(BaseModel):
    """What every shape shares."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _or_empty(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_or_empty)]
"""A text that GitHub gives as `null` where it is empty."""


class UserAnswer(GithubAnswer):
    """An account."""

    login: str
    type: str = "User"
    id: int | None = None

    def as_actor(self) -> Actor:
        """Return it as our noun."""
        return Actor(login=self.login, is_bot=self.type == "Bot", id=self.id)


class LabelAnswer(GithubAnswer):
    """A label."""

    name: str


def _as_label(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class AsPullRequestAnswer(GithubAnswer):
    """What an issue that is a pull request says beside its own."""

    merged_at: Text = ""


class IssueAnswer(GithubAnswer):
    """An issue; pull requests have `pull_request` too."""

    number: int
    title: str
    body: Text = ""
    state: str
    user: UserAnswer | None = None
    locked: bool = False
    labels: tuple[Annotated[LabelAnswer, BeforeValidator(_as_label)], ...] = ()
    assignees: tuple[UserAnswer, ...] = ()
    pull_request: AsPullRequestAnswer | None = None
    created_at: Text = ""
    updated_at: Text = ""
    html_url: Text = ""
    repository_url: Text = ""

    def as_issue(self) -> Issue:
        """Return it as our noun."""
        return Issue(
            number=self.number,
            title=self.title,
            body=self.body,
            author=actor_of(self.user),
            is_open=self.state == "open",
            is_pull_request=self.pull_request is not None,
            is_locked=self.locked,
            labels=tuple(label.name for label in self.labels),
            assignees=tuple(user.login for user in self.assignees),
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=self.html_url,
            merged_at="" if self.pull_request is None else self.pull_request.merged_at,
        )


class CommentAnswer(GithubAnswer):
    """A comment on an issue or pull request."""

    id: int
    body: Text = ""
    user: UserAnswer | None = None
    created_at: Text = ""
    updated_at: Text = ""
    html_url: Text = ""

    def as_comment(self) -> Comment:
        """Return it as our noun."""
        return Comment(
            id=self.id,
            author=actor_of(self.user),
            body=self.body,
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=self.html_url,
        )


class RepositoryAnswer(GithubAnswer):
    """A repository."""

    full_name: str
    default_branch: str
    html_url: Text = ""
    clone_url: Text = ""

    def as_repository(self) -> Repository:
        """Return it as our noun."""
        return Repository(
            full_name=self.full_name,
            default_branch=self.default_branch,
            url=self.html_url,
            clone_url=self.clone_url,
        )


class RightsAnswer(GithubAnswer):
    """What a repository says about whoever asks; installation tokens are not told all of it."""

    permissions: Mapping[str, bool] | None = None
    archived: bool = False


class RuleAnswer(GithubAnswer):
    """A rule that is active for a branch."""

    type: str
    ruleset_source: Text = ""
    ruleset_id: int | None = None


class IssueEventAnswer(GithubAnswer):
    """Something that happened to an issue."""

    event: Text = ""
    created_at: Text = ""
    actor: UserAnswer | None = None
    label: LabelAnswer | None = None


class FileAnswer(GithubAnswer):
    """A file that a pull request changes."""

    filename: str
    previous_filename: Text = ""


class HeadRepositoryAnswer(GithubAnswer):
    """The repository that a pull request's branch lives in."""

    full_name: str


class RefAnswer(GithubAnswer):
    """One end of a pull request."""

    ref: str
    sha: Text = ""
    repo: HeadRepositoryAnswer | None = None


class PullAnswer(GithubAnswer):
    """A pull request."""

    number: int
    title: str
    body: Text = ""
    state: str = "open"
    head: RefAnswer
    base: RefAnswer
    draft: bool = False
    user: UserAnswer | None = None
    merged_at: Text = ""
    created_at: Text = ""
    html_url: Text = ""
    node_id: Text = ""

    @property
    def is_stand_in(self) -> bool:
        """Whether it is a normal one that stands for a draft, where there are no drafts."""
        return self.title.startswith(DRAFT_PREFIX) and not self.draft

    def as_pull_request(self) -> PullRequest:
        """Return it as our noun."""
        return PullRequest(
            number=self.number,
            url=self.html_url,
            title=self.title,
            body=self.body,
            head_branch=self.head.ref,
            head_commit=self.head.sha,
            base_branch=self.base.ref,
            is_draft=self.draft or self.is_stand_in,
            is_open=self.state == "open",
            author=actor_of(self.user).login,
            merged_at=self.merged_at,
            created_at=self.created_at,
        )


class PermissionAnswer(GithubAnswer):
    """What somebody may do: `permission` is coarse, `role_name` fine or a custom role."""

    permission: str
    role_name: Text = ""

    def as_permission(self) -> Permission:
        """Return the finer of the two words; where they disagree about writing, the lower one."""
        coarse = _permission(self.permission) or Permission.NONE
        fine = _permission(self.role_name)
        if fine is None:
            return coarse
        if fine.can_write == coarse.can_write:
            return fine
        return coarse if fine.can_write else fine


def actor_of(user: UserAnswer | None) -> Actor:
    """Return the account as our noun, or the ghost where it was deleted."""
    return _GHOST if user is None else user.as_actor()


def read(shape: type[AnswerT], body: Json) -> AnswerT:
    """Return one answer, typed.

    Raises:
        ForgeRejectedError: It does not have GitHub's shape, as when a proxy answered.
    """
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        raise ForgeRejectedError(
            f"GitHub's answer is not {shape.__name__!r}: "
            f"{first_misfit(error, whole='the answer')}.",
            hint="Check that GITHUB_API_URL is the address of GitHub's REST API.",
        ) from error


def read_all(shape: type[AnswerT], body: Json) -> tuple[AnswerT, ...]:
    """Return a list of answers, typed; raises like `read`."""
    if not isinstance(body, list):
        raise ForgeRejectedError(
            f"GitHub's answer is not a list of {shape.__name__!r}.",
            hint="Check that GITHUB_API_URL is the address of GitHub's REST API.",
        )
    return tuple(read(shape, item) for item in body)


def _permission(word: str) -> Permission | None:
    try:
        return Permission(word)
    except ValueError:
        return None
