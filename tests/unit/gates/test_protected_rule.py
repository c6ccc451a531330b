"""What is not an agent's to change waits for a person, or does not get in at all."""

from __future__ import annotations

import pytest

from orchestrator.domain.change import FileStatus
from orchestrator.domain.file_class import USUAL_POLICIES, FileClass, FilePolicy
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.gates.gates import Evidence
from orchestrator.gates.protected_rule import ProtectedPaths
from tests.unit.gates.evidence import change, diff, evidence

LABEL = "looked-at"

# How each class looks in a change: paths, then the diff.
CHANGES = {
    FileClass.CI: (".circleci/config.yml", diff(".circleci/config.yml", "+jobs: {}")),
    FileClass.CONTAINER: ("Dockerfile", diff("Dockerfile", "+RUN true")),
    FileClass.LOCK_FILE_ALONE: ("yarn.lock", diff("yarn.lock", '+left-pad@1.0.0: "x"')),
    FileClass.LIFECYCLE_SCRIPT: (
        "package.json",
        diff("package.json", '+    "postinstall": "node steal.js",'),
    ),
    FileClass.PACKAGE_SOURCE: (".npmrc", diff(".npmrc", "+strict-ssl=false")),
    FileClass.EXECUTABLE: ("run.sh", diff("run.sh", "+true", is_new=True, mode="100755")),
    FileClass.LARGE: ("data.csv", diff("data.csv", "+" + "1," * 150_000)),
    FileClass.LARGE_FILE_POINTER: (
        "model.bin",
        diff("model.bin", "+version https://git-lfs.github.com/spec/v1", "+oid sha256:00"),
    ),
    FileClass.LINK: ("link", diff("link", "+/etc/passwd", is_new=True, mode="120000")),
    FileClass.SUBMODULE: ("sub", diff("sub", "+Subproject", is_new=True, mode="160000")),
}


def _judged(*paths: str, text: str, approved_by: str = "", **policies: FilePolicy) -> GateResult:
    known = evidence(of=change(text, *paths))
    return ProtectedPaths().judge(
        Evidence(
            change=known.change,
            base_checks=(),
            head_checks=(),
            reviews=(),
            conflicts=(),
            protected_paths=known.protected_paths,
            max_changed_lines=None,
            max_files=None,
            file_policies={FileClass(name): policy for name, policy in policies.items()},
            approval_label=LABEL,
            approved_by=approved_by,
        )
    )


@pytest.mark.parametrize(
    "path", [".github/workflows/ci.yml", ".GitHub/Workflows/ci.yml", ".github/CODEOWNERS"]
)
def test_protected_paths__touched(path: str) -> None:
    """A protected path is protected in every letter case, and no label opens it."""
    found = _judged("src/a.js", path, text=diff("src/a.js", "+x"), approved_by="mona")

    assert found.verdict is GateVerdict.FAILED
    assert path in found.reason


@pytest.mark.parametrize(("count", "tail"), [(5, "4.yml."), (6, "4.yml and 1 more.")])
def test_protected_paths__are_named_as_far_as_people_read(count: int, tail: str) -> None:
    """The first few are enough to see what happened, and what is left out is counted."""
    paths = [f".github/{number}.yml" for number in range(count)]

    found = _judged(*paths, text=diff(paths[0], "+x"))

    assert (
        found.reason
        == f"The change touches protected paths: {', '.join(paths[:4])}, .github/{tail}"
    )


@pytest.mark.parametrize("kind", CHANGES, ids=str)
def test_file_class__is_recognised_and_dealt_with(kind: FileClass) -> None:
    """Each delicate kind of file is named, and what nobody approved does not pass."""
    path, text = CHANGES[kind]

    found = _judged(path, text=text)

    assert found.verdict is GateVerdict.FAILED
    assert path in found.reason
    assert (f"`{LABEL}`" in found.reason) is (USUAL_POLICIES[kind] is FilePolicy.NEEDS_APPROVAL)


@pytest.mark.parametrize("kind", CHANGES, ids=str)
def test_file_class__follows_the_policy(kind: FileClass) -> None:
    """The repository decides for each class: never, after a look, or only told."""
    path, text = CHANGES[kind]

    verdicts = [
        _judged(path, text=text, **{kind: FilePolicy.BLOCK}, approved_by="mona").verdict,
        _judged(path, text=text, **{kind: FilePolicy.NEEDS_APPROVAL}).verdict,
        _judged(path, text=text, **{kind: FilePolicy.NEEDS_APPROVAL}, approved_by="mona").verdict,
        _judged(path, text=text, **{kind: FilePolicy.REPORT}).verdict,
    ]

    assert verdicts == [
        GateVerdict.FAILED,
        GateVerdict.FAILED,
        GateVerdict.PASSED,
        GateVerdict.PASSED,
    ]


def test_file_class__binary_files_wait() -> None:
    """A blob that no diff shows is not waved through."""
    blob_header = "diff --git a/tests/blob.bin b/tests/blob.bin\nnew file mode 100644\n"
    known = change(diff("src/a.js", "+x") + blob_header)
    blob = known.files[1].model_copy(update={"is_binary": True, "status": FileStatus.ADDED})
    whole = known.model_copy(update={"files": (known.files[0], blob)})

    found = ProtectedPaths().judge(evidence(of=whole))

    assert found.verdict is GateVerdict.FAILED
    assert "tests/blob.bin is binary" in found.reason


def test_file_class__lock_file_with_its_manifest_is_told() -> None:
    """A new dependency passes, and whoever reads the gates is pointed to the lock file."""
    text = diff("package.json", '+    "left-pad": "1.0.0"') + diff("yarn.lock", "+left-pad@1.0.0:")

    found = _judged("package.json", "yarn.lock", text=text)

    assert found.verdict is GateVerdict.PASSED
    assert "yarn.lock is a lock file" in found.reason


def test_file_class__who_approved_is_told() -> None:
    """The gate says on whose word a delicate file passed."""
    path, text = CHANGES[FileClass.CONTAINER]

    assert "mona approved: Dockerfile" in _judged(path, text=text, approved_by="mona").reason


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("package.json", ('+    "post\\u0069nstall": "node steal.js",',)),
        ("package.json", ('+    "postinstall"', '+      : "node steal.js",')),
        ("pyproject.toml", ('+build-system = {requires = [], build-backend = "steal"}',)),
        ("pyproject.toml", ('+"backend-path" = ["."]',)),
        ("native/Cargo.toml", ('+build = "steal.rs"',)),
    ],
)
def test_file_class__lifecycle_scripts_have_many_spellings(
    path: str, lines: tuple[str, ...]
) -> None:
    """What the package manager would run is seen as the package manager reads it."""
    found = _judged(path, text=diff(path, " before", *lines))

    assert f"{path} runs by itself" in found.reason


@pytest.mark.parametrize(
    ("path", "line"),
    [("package.json", '+    "build": "vite build",'), ("Cargo.toml", '+cc = { version = "1" }')],
)
def test_file_class__ordinary_lines_of_manifests_are_none(path: str, line: str) -> None:
    """A script that people call, or a dependency, does not wait for anybody."""
    assert _judged(path, text=diff(path, " before", line)).verdict is GateVerdict.PASSED


def test_protected_paths__unreadable_diff() -> None:
    """A changed file that the diff does not show may be anything: that is no pass."""
    found = _judged("src/a.js", "src/b.js", text=diff("src/a.js", "+a"))

    assert found.verdict is GateVerdict.NO_EVIDENCE
    assert "src/b.js" in found.reason


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        (r'"a/say \"hi\".py"', r'"b/say \"hi\".py"', 'say "hi".py'),
        ("a/x b/y.py", "b/x b/y.py", "x b/y.py"),
        (r'"a/two\tlines"', r'"b/two\tlines"', "two\tlines"),
    ],
)
def test_file_class__is_seen_whatever_the_file_is_called(
    first: str, second: str, path: str
) -> None:
    """A name that git quotes, or that reads like two, does not hide a link."""
    text = f"diff --git {first} {second}\nnew file mode 120000\n--- /dev/null\n+++ {second}\n"

    found = _judged(path, text=f"{text}@@ -0,0 +1,1 @@\n+/etc/passwd\n")

    assert found.verdict is GateVerdict.FAILED
    assert f"{path} is a symbolic link" in found.reason


def test_file_class__link_that_points_elsewhere() -> None:
    """A link of before that leads to another place is as delicate as a new one."""
    found = _judged("a", text=diff("a", "-b", "+/etc/passwd", mode="120000"))

    assert found.verdict is GateVerdict.FAILED
    assert "a is a symbolic link" in found.reason


def test_protected_paths__ordinary_change() -> None:
    """Everything else may change, executable files that were so before among them."""
    found = _judged("run.sh", text=diff("run.sh", "+true", mode="100755"))

    assert found.verdict is GateVerdict.PASSED
    assert found.reason == "No protected path was changed."
