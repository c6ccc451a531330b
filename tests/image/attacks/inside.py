"""What our own steps do around a hostile tree, played as root inside the image.

Started by test_afterwards.py with the image's Python and a backend's name. Prints lines as
attacks.py does: `worked` when an agent reached what it must not, by us or beside us.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app.desk import open_desk
from orchestrator.app.sandboxes import Shelter, sheltered
from orchestrator.config.sandbox import SandboxBackend
from orchestrator.config.settings import Settings
from orchestrator.domain.errors import OrchestratorError
from orchestrator.sandbox.files import TreeFiles
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.repository import RunRepository
from orchestrator.sandbox.sandbox import Access, Cell, Command, Sandbox
from orchestrator.sandbox.tree_paths import FileRefusedError
from orchestrator.sandbox.worktree import open_worktree

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b"canary-" + b"value"
HOME = Path("/github/home")
SPRUNG = HOME / "sprung"
"""Only root can make it: that it is there means that root has run what an agent wrote."""
TREASURE = HOME / ".netrc"
WORKSPACE = Path("/github/workspace")
READS = 20_000
US = Identity(name="us", email="us@example.org")


def main(backend: str) -> None:
    """Play every part behind one backend."""
    with sheltered(
        open_desk(quiet=True), Settings(), asked=SandboxBackend(backend), unconfined=False
    ) as shelter:
        assert shelter.sandbox is not None, shelter.verdicts
        verdicts = {
            **another_agents_tree(shelter.sandbox, shelter.folder),
            **race(shelter.sandbox, shelter.folder),
            **afterwards(shelter),
        }
    for name, worked in verdicts.items():
        sys.stdout.write(f"{'worked' if worked else 'stopped'} {name}\n")


@contextlib.contextmanager
def opened(sandbox: Sandbox, tree: Path) -> Iterator[Cell]:
    """Make a tree and put a cell around it."""
    tree.mkdir(parents=True)
    tree.parent.chmod(0o711)
    with contextlib.closing(sandbox.open(tree, access=Access.WRITE)) as cell:
        yield cell


def sh(cell: Cell, text: str, **variables: str) -> str:
    """Return what shell text prints in a cell."""
    return cell.run(Command(argv=("bash", "-c", text), timeout_s=60, environment=variables)).output


NEIGHBOUR = """
cat "$TREE/work" "$HOUSE/private" 2>&1; ls "$TREE" "$HOUSE" && echo listed
ln "$TREE/work" ./hard && cat ./hard; ln -s "$TREE/work" ./soft && cat ./soft
echo evil > "$TREE/work"; echo evil > "$TREE/.git/hooks/pre-commit"; touch "$TREE/planted"
chmod 777 "$TREE"; mv "$TREE" ./stolen; kill -9 -1; true
"""


def another_agents_tree(sandbox: Sandbox, folder: Path) -> dict[str, bool]:
    """Attack one cell from another while a command runs in it."""
    tree = folder / "trees" / "neighbour"
    with opened(sandbox, tree) as first, opened(sandbox, folder / "trees" / "thief") as second:
        house = sh(first, 'echo canary-value | tee work > "$HOME/private"; echo "$HOME"').strip()
        endings: list[str] = []
        busy = threading.Thread(target=lambda: endings.append(sh(first, "sleep 4; echo alive")))
        busy.start()
        said = sh(second, NEIGHBOUR, TREE=str(tree), HOUSE=house)
        busy.join()
        return {
            "read another agent's tree or home": SECRET.decode() in said,
            "list another agent's tree or home": "listed" in said,
            "change another agent's tree": (tree / "work").read_bytes().strip() != SECRET
            or (tree / "planted").exists(),
            "end another agent's command": endings != ["alive\n"],
        }


SWAP = """
import os, shutil, time
for folder in ("real", "folder"):
    os.mkdir(folder)
    open(f"{folder}/.netrc", "w").write("harmless")
open("plain", "w").write("harmless")
os.symlink("/github/home/.netrc", "link")
os.link("plain", "swap")
open("ready", "w").close()
def attempt(function, *words):
    try:
        function(*words)
    except OSError:
        pass
end = time.time() + 120
while time.time() < end and not os.path.exists("enough"):
    for _ in range(100):
        for name in ("swap aside", "link swap", "swap link", "aside swap"):
            os.rename(*name.split())
        attempt(os.rename, "folder", "other")
        attempt(os.symlink, "/github/home", "folder")
        attempt(os.unlink, "folder")
        attempt(os.rename, "other", "folder")
        shutil.rmtree("other", ignore_errors=True)
"""


def race(sandbox: Sandbox, folder: Path) -> dict[str, bool]:
    """Read and write with our file tools while an agent swaps files for links that lead out."""
    tree = folder / "trees" / "race"
    before = TREASURE.read_bytes()
    with opened(sandbox, tree) as cell:
        swapping = threading.Thread(
            target=lambda: cell.run(Command(argv=("python3", "-c", SWAP), timeout_s=300))
        )
        swapping.start()
        while swapping.is_alive() and not (tree / "ready").exists():
            pass
        files = TreeFiles(tree)
        leaks = sum(leaked(files, path) for path in ("swap", "folder/.netrc") * (READS // 2))
        for _ in range(READS // 20):
            with contextlib.suppress(FileRefusedError):
                files.write("folder/.netrc", b"evil")
        naive = 0
        while not naive and swapping.is_alive():
            # The control: checked first and opened then, as one must not.
            naive = sum(leaked_naively(tree / "swap", tree) for _ in range(1_000))
        (tree / "enough").touch()
        swapping.join()
    return {
        "read through a swapped link": bool(leaks),
        "write through a swapped folder": TREASURE.read_bytes() != before,
        "(control) read by a check of the path": bool(naive),
    }


def leaked(files: TreeFiles, path: str) -> bool:
    """Tell whether our reading returns the secret."""
    try:
        return SECRET in files.read(path)
    except (OrchestratorError, FileRefusedError):
        return False


def leaked_naively(path: Path, tree: Path) -> bool:
    """Tell whether reading after a look returns the secret."""
    try:
        return path.resolve().is_relative_to(tree) and SECRET in path.read_bytes()
    except OSError:
        return False


PLANT = r"""
trap_="touch /github/home/sprung"
git config core.fsmonitor "$trap_; false"; git config core.hooksPath evil
for key in core.sshCommand core.editor core.pager diff.external gpg.program; do
  git config "$key" "$trap_"
done
git config alias.status "!$trap_"
git config credential.helper "!$trap_"; git config uploadpack.packObjectsHook "$trap_"
git config filter.evil.clean "$trap_; cat"; git config filter.evil.smudge "$trap_; cat"
git config filter.evil.process "$trap_"; git config diff.evil.textconv "$trap_; cat"
git config diff.evil.command "$trap_"; git config merge.evil.driver "$trap_"
git config include.path ../evil.config; printf '[core]\n\tfsmonitor = %s\n' "$trap_" > evil.config
git remote add origin "ext::sh -c $trap_%"; git config url."ext::sh -c $trap_% ".insteadOf https://
echo '* filter=evil diff=evil merge=evil' > .gitattributes
mkdir evil; for hook in pre-commit post-checkout post-index-change reference-transaction \
    post-merge pre-push pre-receive update post-update fsmonitor-watchman; do
  printf '#!/bin/sh\n%s\n' "$trap_" | tee "evil/$hook" > ".git/hooks/$hook"
  chmod +x "evil/$hook" ".git/hooks/$hook"
done
git init -q nested; git -C nested config core.fsmonitor "$trap_"; touch nested/file
git init -q link; git -C link config core.fsmonitor "$trap_"
git -C link -c user.name=a -c user.email=a@b commit -q --allow-empty -m x
there=$(git -C link rev-parse HEAD)
git -c core.fsmonitor=false update-index --add --cacheinfo "160000,$there,link"
printf '[submodule "link"]\n\tpath = link\n\turl = ext::sh -c %s\n\tupdate = !%s\n' \
  "$trap_" "$trap_" > .gitmodules
mkdir -p .GIT 'git~1' $'.g\u200cit' 2>/dev/null; echo x > .GIT/config; echo x > 'git~1/config'
echo x > $'a\nb'; echo x > ./-rf; echo x > './--upload-pack=touch'; echo x > ':(glob)**'
echo x > '::error::x'; echo x > '::set-env name=X::y'; echo x > $'bad\xff'; echo x > '.git '
ln -s /proc/self/environ CLAUDE.md; ln -s /github/home/.netrc AGENTS.md; ln -s ../../.. up
rm -rf docs; ln -s /github/home docs; mkfifo pipe
printf 'import os\nos.system("%s")\n' "$trap_" | tee json.py conftest.py sitecustomize.py > os.py
echo ok > honest.txt; true
"""


def state_of(folder: Path) -> dict[Path, int]:
    """Return every path of a folder with the time it was changed."""
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}


HONEST = {"README.md", "docs/index.md", "honest.txt"}
FORBIDDEN = {
    *("CLAUDE.md", "AGENTS.md", "up", "pipe", "link", "a\nb", ".git ", "nested/file", "docs"),
    *(".GIT/config", "git~1/config", "docs/.netrc"),
}


def afterwards(shelter: Shelter) -> dict[str, bool]:
    """Take a snapshot of a tree full of traps and go on with it, as a run does."""
    assert shelter.sandbox is not None
    repository = RunRepository(Path("/srv/run/repository.git"))
    git = repository.git
    before = state_of(WORKSPACE)
    base = repository.take_base(checkout=WORKSPACE, remote=None, branch="main")
    root = shelter.folder / "trees" / "planted"
    worktree = open_worktree(git, commit=base.commit, root=root)
    with contextlib.closing(shelter.sandbox.open(root, access=Access.WRITE)) as cell:
        sh(cell, PLANT)
        report = worktree.snapshot(cell)
        files = TreeFiles(root)
        read = any(leaked(files, path) for path in ("CLAUDE.md", "AGENTS.md", "docs/.netrc"))
        sh(cell, "rm -rf .git; ln -s /github/workspace/.git .git")
        again = worktree.snapshot(cell)
    commit = git.commit_tree(
        report.tree,
        parents=[base.commit],
        message="Plant\n",
        author=US,
        committer=US,
        at=datetime.now(UTC),
    )
    entries = {entry.path: entry for entry in git.list_paths(report.tree)}
    diff = str(git.diff(base.commit, commit)).encode()
    later = open_worktree(git, commit=commit, root=shelter.folder / "trees" / "later")
    later.remove()
    blobs = b"".join(git.blob(commit, path) or b"" for path in entries)
    sprung, is_same = SPRUNG.exists(), state_of(WORKSPACE) == before
    subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root, "status"], capture_output=True, check=False
    )
    (root / ".git").unlink()
    live = open_worktree(git, commit=base.commit, root=shelter.folder / "trees" / "live")
    with contextlib.closing(shelter.sandbox.open(live.root, access=Access.WRITE)) as cell:
        sh(cell, PLANT)
    subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", live.root, "status"],
        capture_output=True,
        check=False,
    )
    return {
        "run as root by a trap": sprung,
        "read through CLAUDE.md": read,
        "commit a hostile name or link": bool(FORBIDDEN & entries.keys()),
        "lose honest work": not entries.keys() >= HONEST or again.tree != report.tree,
        "commit a secret": SECRET in blobs + diff,
        "hide what was left out": not {"pipe", "nested", ".GIT"}
        <= {skipped.path for skipped in report.skipped},
        "change the checkout": not is_same,
        "(control) root's own git springs the traps": SPRUNG.exists(),
    }


if __name__ == "__main__":
    main(sys.argv[1])
