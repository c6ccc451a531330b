"""Reading and writing inside a tree that somebody hostile changes at the same time."""

from __future__ import annotations

import contextlib
import os
import resource
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.files import DEEPEST, FileKind, TreeFiles
from orchestrator.sandbox.hostile_names import folds_to_git
from orchestrator.sandbox.sandbox import LimitKind
from orchestrator.sandbox.tree_paths import FileRefusedError, Refusal, checked_parts
from tests.builders_git import write_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree with a secret beside it."""
    (tmp_path / "secret").write_text("secret")
    tree = tmp_path / "tree"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "app.py").write_text("print()\n")
    return tree


def _refusal(files: TreeFiles, path: str) -> Refusal:
    with pytest.raises(FileRefusedError) as caught:
        files.read(path)
    assert repr(path) in str(caught.value)
    return caught.value.refusal


def test_read__returns_bytes(root: Path) -> None:
    """A plain file is read as it is, however its path is spelled."""
    files = TreeFiles(root)

    assert files.read("src/app.py") == b"print()\n"
    assert files.read("./src//app.py") == b"print()\n"


def test_read__refuses_everything_that_is_not_a_plain_file(root: Path) -> None:
    """Links, folders, pipes and device files each get their own reason."""
    (root / "link").symlink_to("../secret")
    (root / "inside").symlink_to("src")
    os.mkfifo(root / "pipe")
    files = TreeFiles(root)

    assert _refusal(files, "link") is Refusal.LINK
    assert _refusal(files, "inside/app.py") is Refusal.NOT_A_FOLDER
    assert _refusal(files, "pipe") is Refusal.SPECIAL
    assert _refusal(files, "src") is Refusal.FOLDER
    assert _refusal(files, "src/app.py/x") is Refusal.NOT_A_FOLDER
    assert _refusal(files, "absent") is Refusal.ABSENT


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/etc/passwd", Refusal.OUTSIDE),
        ("../secret", Refusal.OUTSIDE),
        ("src/../../secret", Refusal.OUTSIDE),
        ("", Refusal.FOLDER),
        ("./.", Refusal.FOLDER),
        (".git/config", Refusal.BAD_NAME),
        ("src/.GIT/config", Refusal.BAD_NAME),
        ("a\nb", Refusal.BAD_NAME),
        ("a\x00b", Refusal.BAD_NAME),
        ("a\x9bb", Refusal.BAD_NAME),
        ("a\udcff", Refusal.BAD_NAME),
        ("x" * 300, Refusal.BAD_NAME),
    ],
)
def test_read__refuses_paths_that_lead_elsewhere(root: Path, path: str, refusal: Refusal) -> None:
    """Absolute, climbing, hidden and unspeakable paths are refused with a reason."""
    assert _refusal(TreeFiles(root), path) is refusal


def test_read__is_bounded(root: Path) -> None:
    """A huge file is refused before it fills the memory."""
    (root / "big").write_bytes(b"x" * 101)

    assert _refusal(TreeFiles(root, file_bytes=100), "big") is Refusal.TOO_LARGE


def test_read__is_bounded_by_what_comes(root: Path) -> None:
    """A file that grows after the look, as the kernel's do that claim no size, is refused."""
    kernel = TreeFiles(Path(f"/proc/{os.getpid()}"), file_bytes=20)
    assert kernel.facts("status").size_bytes == 0

    assert _refusal(kernel, "status") is Refusal.TOO_LARGE


def test_read__takes_a_second_name_of_its_own_file(root: Path) -> None:
    """Package managers link what they have unpacked once; that leads nowhere else."""
    os.link(root / "src/app.py", root / "src/copy.py")

    assert TreeFiles(root).read("src/copy.py") == b"print()\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_read__refuses_a_second_name_of_a_foreign_file(root: Path, tmp_path: Path) -> None:
    """A hard link to somebody else's file does not lead out of the tree."""
    os.chown(root, 60_099, 60_099)
    os.link(tmp_path / "secret", root / "mine")

    assert _refusal(TreeFiles(root), "mine") is Refusal.SPECIAL


def test_write__makes_folders_and_keeps_modes(root: Path) -> None:
    """New files get the folders they need; scripts stay executable."""
    (root / "run.sh").write_text("old")
    (root / "run.sh").chmod(0o755)
    files = TreeFiles(root)

    files.write("run.sh", b"new")
    files.write("a/b/c.txt", b"deep")

    assert (root / "run.sh").read_text() == "new"
    assert stat.S_IMODE((root / "run.sh").stat().st_mode) == 0o755
    assert (root / "a/b/c.txt").read_text() == "deep"
    assert sorted(path.name for path in root.iterdir()) == ["a", "run.sh", "src"]


def test_write__never_goes_through_a_link(root: Path, tmp_path: Path) -> None:
    """A planted link cannot turn an edit into a write outside."""
    (root / "link").symlink_to("../secret")
    (root / "out").symlink_to("..")
    files = TreeFiles(root)

    for path in ("link", "out/secret", "src", ".git/hooks/pre-commit", "../secret"):
        with pytest.raises(FileRefusedError):
            files.write(path, b"overwritten")

    assert (tmp_path / "secret").read_text() == "secret"


def test_write__is_bounded(root: Path) -> None:
    """What could not be read back is not written."""
    with pytest.raises(FileRefusedError) as caught:
        TreeFiles(root, file_bytes=3).write("a", b"four")

    assert caught.value.refusal is Refusal.TOO_LARGE
    assert not (root / "a").exists()


def test_write__that_the_disk_does_not_take_leaves_the_tree_as_it_was(root: Path) -> None:
    """It is the machine's failure, not the path's, and no half of a file is left for git."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))

    try:
        with pytest.raises(SandboxError, match=r"'src/app\.py' could not be .* File too large"):
            TreeFiles(root).write("src/app.py", b"x" * 1_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [path.name for path in (root / "src").iterdir()] == ["app.py"]
    assert (root / "src" / "app.py").read_bytes() == b"print()\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_write__gives_new_files_to_the_owner_of_the_tree(root: Path) -> None:
    """The agent's user can change what the orchestrator wrote for it."""
    os.chown(root, 60_099, 60_098)

    TreeFiles(root).write("new/file", b"")

    for path in (root / "new", root / "new/file"):
        assert (path.stat().st_uid, path.stat().st_gid) == (60_099, 60_098)


def test_entries__show_kinds_and_hide_git(root: Path) -> None:
    """A listing says what each entry is; git's own folder is not part of the tree."""
    (root / ".git").mkdir()
    (root / "link").symlink_to("src")
    os.mkfifo(root / "pipe")
    (root / "bad\nname").write_text("")

    found = {entry.path: entry.kind for entry in TreeFiles(root).entries()}

    assert found == {"link": FileKind.LINK, "pipe": FileKind.SPECIAL, "src": FileKind.FOLDER}


def test_walk__goes_only_so_deep(root: Path) -> None:
    """A chain of folders that a command leaves behind cannot hold a run up for hours."""
    top = root / "chain"
    write_files(top, {f"{'d/' * DEEPEST}lost": "", f"{'d/' * (DEEPEST - 1)}found": ""})

    found = [entry.path for entry in TreeFiles(root).walk("chain")]

    assert found == [f"chain/{'d/' * (DEEPEST - 1)}found"]


def test_walk__finds_files_and_follows_nothing(root: Path) -> None:
    """A link to a folder is an entry, not a way."""
    (root / "src" / "loop").symlink_to("..")
    (root / "z").write_text("")

    assert {entry.path for entry in TreeFiles(root).walk()} == {"src/app.py", "src/loop", "z"}
    assert {entry.path for entry in TreeFiles(root).walk("src")} == {"src/app.py", "src/loop"}


def test_exists__tells_absent_from_forbidden(root: Path) -> None:
    """Whether a file is there is answered; where not to look is an error."""
    files = TreeFiles(root)

    assert files.exists("src/app.py")
    assert not files.exists("src/absent.py")
    with pytest.raises(FileRefusedError):
        files.exists("../secret")


def test_facts__describe_the_entry_itself(root: Path) -> None:
    """Kind and size come without opening the file."""
    facts = TreeFiles(root).facts("src/app.py")

    assert (facts.kind, facts.size_bytes) == (FileKind.FILE, 8)


_PARTS = st.sampled_from(
    ["..", ".", "", "/", "src", "out", "link", "secret", "app.py", ".git", "~", "*", "\\", "etc"]
)


@given(parts=st.lists(_PARTS | st.text(max_size=5), max_size=8))
def test_path__never_escapes(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    """No path string, however it is put together, reads what is not in the tree."""
    outside = tmp_path_factory.getbasetemp() / "escape"
    tree = outside / "tree"
    if not tree.exists():
        (tree / "src").mkdir(parents=True)
        (tree / "src" / "app.py").write_text("inside")
        (outside / "secret").write_text("outside")
        (tree / "out").symlink_to("..")
        (tree / "link").symlink_to("../secret")

    with contextlib.suppress(FileRefusedError):
        assert TreeFiles(tree).read("/".join(parts)) == b"inside"


@given(path=st.text(max_size=30))
def test_checked_parts__stay_below_the_root(path: str) -> None:
    """What is accepted has only plain components."""
    with contextlib.suppress(FileRefusedError):
        parts = checked_parts(path)

        assert parts
        assert all(part not in {"", ".", ".."} and "/" not in part for part in parts)


_SWAPPER = """
import os, sys
root = sys.argv[1]
print("ready", flush=True)
while True:
    os.rename(root + "/folder", root + "/kept")
    os.symlink("..", root + "/folder")
    os.unlink(root + "/folder")
    os.rename(root + "/kept", root + "/folder")
    try:
        os.symlink("../secret", root + "/draft")
        os.rename(root + "/draft", root + "/file")
        with open(root + "/draft", "w") as file:
            file.write("inside")
        os.rename(root + "/draft", root + "/file")
    except OSError:
        pass
"""


def test_read__wins_every_race(root: Path) -> None:
    """A link that is swapped in at any moment never yields what lies outside."""
    (root / "folder").mkdir()
    (root / "folder" / "secret").write_text("inside")
    (root / "file").write_text("inside")
    files = TreeFiles(root)
    seen: list[bytes] = []

    def read_often(_: int) -> LimitKind:
        for _round in range(3_000):
            for path in ("folder/secret", "file"):
                with contextlib.suppress(FileRefusedError):
                    seen.append(files.read(path))
        return LimitKind.TIME

    launch(
        Launch(argv=(sys.executable, "-c", _SWAPPER, str(root)), timeout_s=60, output_bytes=1_000),
        watch=read_often,
    )

    assert seen
    assert set(seen) <= {b"inside", b""}


@pytest.mark.parametrize(
    "name", [".git", ".GIT", ".git.", ".git ", ".git::$INDEX_ALLOCATION", "git~1", ".g\u200cit"]
)
def test_folds_to_git__knows_the_disguises(name: str) -> None:
    """Every file system's idea of `.git` counts."""
    assert folds_to_git(name)


@pytest.mark.parametrize("name", [".github", ".gitignore", "git", "gitx~1", ".git-blame-ignore"])
def test_folds_to_git__leaves_others_alone(name: str) -> None:
    """Names that merely look related are ordinary files."""
    assert not folds_to_git(name)


def test_modified_ns__leaves_out_what_no_tool_will_open(root: Path) -> None:
    """What vanished, has a hostile name or stands behind a link has no time; all others have."""
    os.utime(root / "src" / "app.py", ns=(5, 5))
    os.utime(root.parent / "secret", ns=(9, 9))
    (root / "top.py").touch()
    os.utime(root / "top.py", ns=(7, 7))
    (root / "back\\slash.py").touch()
    (root / "out").symlink_to("..")
    asked = ["back\\slash.py", "gone.py", "out/secret", "src/app.py", "src/gone.py", "top.py"]

    assert TreeFiles(root).modified_ns(asked) == {"src/app.py": 5, "top.py": 7}
