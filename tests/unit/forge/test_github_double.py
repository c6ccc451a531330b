"""The GitHub stand-in itself: it must refuse what GitHub refuses, or tests prove nothing."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.doubles.github import GithubDouble
from tests.doubles.github_faults import Fault
from tests.doubles.github_repository import BareRepository, run_git
from tests.doubles.github_state import Settings, StoredIssue, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from orchestrator.domain.json import JsonObject

SECRET = Token().value


@pytest.fixture
def double(tmp_path: Path) -> Iterator[GithubDouble]:
    """Open a GitHub with one issue and one branch."""
    repository = BareRepository.create(tmp_path / "site.git")
    issue = StoredIssue(number=42, title="Dark mode", body="Please.")
    with GithubDouble(git_root=repository.path, issues=[issue]) as opened:
        yield opened
        assert opened.failures == ()


def asked(
    double: GithubDouble,
    method: str,
    path: str,
    *,
    body: JsonObject | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], object]:
    """Send one request as any client would."""
    connection = http.client.HTTPConnection(urlsplit(double.server_url).netloc)
    sent = {"User-Agent": "test", "Authorization": f"Bearer {SECRET}", **(headers or {})}
    payload = None if body is None else json.dumps(body)
    connection.request(
        method, path, payload, {name: value for name, value in sent.items() if value}
    )
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    received = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, received, json.loads(text) if text[:1] in {b"{", b"["} else text


def cloned(double: GithubDouble, folder: Path) -> Path:
    """Clone with real git, and put a commit on top."""
    run_git(folder, "clone", "--quiet", double.clone_url, "work")
    work = folder / "work"
    (work / "page.txt").write_text("changed", encoding="utf-8")
    run_git(work, "commit", "--quiet", "--all", "--message=Change")
    return work


def pushed(
    double: GithubDouble, work: Path, ref: str, *, secret: str = SECRET
) -> subprocess.CompletedProcess[str]:
    """Push the work with a token."""
    address = double.clone_url.replace("http://", f"http://x-access-token:{secret}@")
    return run_git(work, "push", address, f"HEAD:{ref}")


def test_git__clones_without_a_token(double: GithubDouble, tmp_path: Path) -> None:
    """A public repository is there for everybody, whole and shallow."""
    whole = run_git(tmp_path, "clone", double.clone_url, "whole")
    shallow = run_git(tmp_path, "clone", "--depth=1", double.clone_url, "shallow")

    assert (whole.returncode, shallow.returncode) == (0, 0)
    assert (tmp_path / "whole" / "page.txt").read_text(encoding="utf-8") == "first"


@pytest.mark.parametrize("ref", ["refs/heads/topic", "refs/orchestrator/issue-42"])
def test_git__pushes_with_a_token(double: GithubDouble, tmp_path: Path, ref: str) -> None:
    """Branches and refs of our own arrive in the bare repository."""
    work = cloned(double, tmp_path)

    done = pushed(double, work, ref)

    assert done.returncode == 0, done.stderr
    assert double.state.git("rev-parse", ref) == run_git(work, "rev-parse", "HEAD").stdout.strip()


def test_git__pushes_with_a_header(double: GithubDouble, tmp_path: Path) -> None:
    """The header that actions/checkout sets works as well."""
    work = cloned(double, tmp_path)
    header = f"http.extraheader=Authorization: Bearer {SECRET}"

    done = run_git(work, "-c", header, "push", double.clone_url, "HEAD:refs/heads/topic")

    assert done.returncode == 0, done.stderr


def test_git__takes_a_large_push(double: GithubDouble, tmp_path: Path) -> None:
    """A push that git sends in chunks arrives whole."""
    work = cloned(double, tmp_path)
    noise = "".join(f"{n * 7919 % 104729}\n" for n in range(400_000))
    (work / "page.txt").write_text(noise, encoding="utf-8")
    run_git(work, "commit", "--quiet", "--all", "--message=Much")

    assert pushed(double, work, "refs/heads/topic").returncode == 0


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_git__needs_a_token_to_push(double: GithubDouble, tmp_path: Path, secret: str) -> None:
    """Without a token or with a wrong one nothing arrives."""
    done = pushed(double, cloned(double, tmp_path), "refs/heads/topic", secret=secret)

    assert done.returncode != 0
    assert double.state.commit("topic") is None


@pytest.mark.parametrize(
    ("ref", "path", "reason"),
    [
        ("refs/pull/1/head", "page.txt", "hidden ref"),
        ("refs/heads/topic", ".github/workflows/ci.yml", "without `workflows` permission"),
    ],
)
def test_git__refuses_what_a_workflow_may_not_push(
    double: GithubDouble, tmp_path: Path, ref: str, path: str, reason: str
) -> None:
    """Pull request refs and workflow files stay out, and the reason reaches the pusher."""
    work = cloned(double, tmp_path)
    (work / path).parent.mkdir(parents=True, exist_ok=True)
    (work / path).write_text("on: push", encoding="utf-8")
    run_git(work, "add", "--all")
    run_git(work, "commit", "--quiet", "--message=Workflow")

    done = pushed(double, work, ref)

    assert done.returncode != 0
    assert reason in done.stderr


def test_git__without_the_permission_is_forbidden(tmp_path: Path) -> None:
    """`contents: read` is not enough to push."""
    repository = BareRepository.create(tmp_path / "site.git")
    with GithubDouble(git_root=repository.path, tokens=[Token(contents="read")]) as double:
        done = pushed(double, cloned(double, tmp_path), "refs/heads/topic")

    assert done.returncode != 0
    assert "403" in done.stderr


def test_git__private_asks_for_a_token(tmp_path: Path) -> None:
    """A private repository is not even read without one."""
    repository = BareRepository.create(tmp_path / "site.git")
    with GithubDouble(git_root=repository.path, settings=Settings(is_private=True)) as double:
        assert run_git(tmp_path, "ls-remote", double.clone_url).returncode != 0
        status, _, _ = asked(double, "GET", "/repos/octo/site", headers={"Authorization": ""})

    assert status == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/repos/octo/site", None, {}, 200),
        ("GET", "/repos/octo/site", None, {"Authorization": ""}, 200),
        ("GET", "/repos/octo/site", None, {"Authorization": "Bearer wrong"}, 401),
        ("GET", "/repos/octo/site", None, {"Authorization": "Basic ???"}, 401),
        ("GET", "/repos/octo/site", None, {"Authorization": "Digest x"}, 401),
        ("GET", "/repos/octo/other", None, {}, 404),
        ("GET", "/user", None, {}, 403),
        ("POST", "/repos/octo/site/issues/42/comments", {"body": "x"}, {}, 201),
        (
            "POST",
            "/repos/octo/site/issues/42/comments",
            {"body": "x"},
            {"Authorization": ""},
            401,
        ),
        ("POST", "/repos/octo/site/issues/42/comments", {"body": ""}, {}, 422),
        ("POST", "/repos/octo/site/issues/42/comments", {"body": "x" * 65_537}, {}, 422),
        ("POST", "/repos/octo/site/issues/42/comments", None, {}, 400),
        ("POST", "/repos/octo/site/issues/7/comments", {"body": "x"}, {}, 404),
        ("PATCH", "/repos/octo/site/issues/comments/1", {"body": "x"}, {}, 404),
        ("GET", "/repos/octo/site/issues/comments/1", None, {}, 404),
        ("POST", "/repos/octo/site/labels", {"name": "x" * 51}, {}, 422),
        ("POST", "/repos/octo/site/issues/42/labels", {"labels": "bug"}, {}, 422),
        ("GET", "/repos/octo/site/branches/main", None, {}, 200),
        ("GET", "/repos/octo/site/branches/none", None, {}, 404),
        ("GET", "/repos/octo/site/git/ref/heads/main", None, {}, 200),
        ("GET", "/repos/octo/site/git/ref/heads/none", None, {}, 404),
        ("GET", "/repos/octo/site/rules/branches/main", None, {}, 200),
        ("POST", "/repos/octo/site/pulls", {"title": "T", "head": "x", "base": "main"}, {}, 422),
        ("POST", "/repos/octo/site/pulls", {"head": "x", "base": "main"}, {}, 422),
        ("GET", "/repos/octo/site/pulls/42", None, {}, 404),
        ("POST", "/api/graphql", {"query": "query { rateLimit { cost } }"}, {}, 200),
    ],
)
def test_api__answers_as_github_does(
    double: GithubDouble,
    *,
    method: str,
    path: str,
    body: JsonObject | None,
    headers: dict[str, str],
    status: int,
) -> None:
    """Each status is the one GitHub's documentation gives."""
    prefixed = path if path.startswith("/api") else f"/api/v3{path}"

    answered, received, _ = asked(double, method, prefixed, body=body, headers=headers)

    assert answered == status
    assert received["x-ratelimit-limit"] == "1000"


def test_api__without_user_agent_is_forbidden(double: GithubDouble) -> None:
    """GitHub wants to know the program."""
    status, _, text = asked(double, "GET", "/repos/octo/site", headers={"User-Agent": ""})

    assert (status, b"User-Agent" in text if isinstance(text, bytes) else False) == (403, True)


def test_api__gives_pages(double: GithubDouble) -> None:
    """Lists come in pages of at most a hundred, and say where the next one is."""
    for n in range(101):
        double.state.add_comment(42, "alice", str(n))
    path = "/repos/octo/site/issues/42/comments"

    _, first, one = asked(double, "GET", f"{path}?per_page=1000")
    _, second, two = asked(double, "GET", f"{path}?per_page=100&page=2")
    _, _, usual = asked(double, "GET", path)

    assert 'page=2&per_page=100>; rel="next"' in first["link"]
    assert "link" not in second
    assert [len(page) for page in (one, two, usual) if isinstance(page, list)] == [100, 1, 30]


def test_fault__happens_as_often_as_told(double: GithubDouble) -> None:
    """After the last time all is well again."""
    double.break_next(Fault(method="GET", path="/site", times=2, status=503))

    statuses = [asked(double, "GET", "/repos/octo/site")[0] for _ in range(3)]

    assert statuses == [503, 503, 200]


def test_program__serves_until_its_input_ends(tmp_path: Path) -> None:
    """Other programs can stand it up, learn its address and end it."""
    repository = BareRepository.create(tmp_path / "site.git")
    file = tmp_path / "issue.md"
    file.write_text("# Dark mode\n\nPlease.\n", encoding="utf-8")
    command = [sys.executable, "-m", "tests.doubles.github", "--git-root", str(repository.path)]
    command += ["--issue", f"42={file}", "--user", "alice=write", "--repo", "o/r"]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        address = urlsplit(json.loads(program.stdout.readline())["api_url"])
        connection = http.client.HTTPConnection(address.netloc)
        connection.request(
            "GET", f"{address.path}/repos/o/r/issues/42", headers={"User-Agent": "t"}
        )
        issue = json.loads(connection.getresponse().read())
        connection.close()
        program.communicate("")

    assert (issue["title"], issue["body"]) == ("Dark mode", "Please.")
    assert program.returncode == 0
