"""Take the README's pictures anew: what `make demo` leaves, as a browser shows it.

The demo's forge is a folder, so nobody but this program has rendered the body of its pull
request: Markdown by markdown-it, styles below, much as GitHub would. The report is its own page.

Needs Chromium and a font with pictograms: `.venv/bin/python docs/pictures.py`.
"""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 200_000
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--hide-scrollbars")
_STYLE = """
body { font: 16px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; color: #1f2328; margin: 0 }
main { max-width: 900px; margin: 0 auto; padding: 24px 32px }
h1 { font-size: 28px; font-weight: 400; margin: 0 0 8px }
h1 small, .meta { color: #59636e; font-weight: 400 }
.state { background: #1f883d; color: #fff; border-radius: 2em; padding: 5px 12px }
.state { font-size: 14px; margin-right: 8px }
.draft { background: #59636e }
article { border: 1px solid #d1d9e0; border-radius: 6px; padding: 8px 16px; margin-top: 20px }
article { font-size: 14px }
article h2 { font-size: 20px; border-bottom: 1px solid #d1d9e0; padding-bottom: 4px }
article h3 { font-size: 17px; margin: 8px 0 }
code { background: #818b981f; border-radius: 6px; padding: 2px 5px }
code { font: 12px "DejaVu Sans Mono", monospace }
pre code { display: block; padding: 12px; overflow: hidden }
table { border-collapse: collapse }
th, td { border: 1px solid #d1d9e0; padding: 4px 12px }
a { color: #0969da; text-decoration: none }
ul { padding-left: 24px; margin: 6px 0 }
p { margin: 8px 0 }
"""


def main() -> int:
    """Play the demo, take both pictures, and return an exit code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("pictures: no program named chromium", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        played = subprocess.run(
            [sys.executable, "-m", "demo", "--output", str(kept)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if played.returncode:
            print(played.stdout + played.stderr, file=sys.stderr)
            return played.returncode
        page = Path(folder) / "pull-request.html"
        page.write_text(pull_request_page(kept / "forge" / "pull-requests"), encoding="utf-8")
        IMAGES.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
            _take(browser, page, IMAGES / "pull-request.png", width=960, height=1100)
            report = kept / "run-47" / "report.html"
            _take(browser, report, IMAGES / "report.png", width=1200, height=1000)
            browser.close()
    sizes = {image.name: image.stat().st_size for image in sorted(IMAGES.glob("*.png"))}
    print("\n".join(f"{name}: {size:,} bytes" for name, size in sizes.items()))
    return int(max(sizes.values()) > LARGEST_BYTES)


def pull_request_page(folder: Path) -> str:
    """Return a page that shows the one pull request of a local forge."""
    (file,) = folder.glob("*.json")
    facts = json.loads(file.read_text(encoding="utf-8"))
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    body = markdown.render(file.with_suffix(".md").read_text(encoding="utf-8"))
    state, kind = ("Draft", "draft") if facts["is_draft"] else ("Open", "open")
    title, head, base = (html.escape(facts[key]) for key in ("title", "head", "base"))
    return (
        f'<!doctype html><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style><main>'
        f"<h1>{title} <small>#{facts['number']}</small></h1>"
        f'<span class="state {kind}">{state}</span><span class="meta">wants to merge '
        f"<code>{head}</code> into <code>{base}</code></span><article>{body}</article></main>"
    )


def _take(browser: Browser, page: Path, image: Path, *, width: int, height: int) -> None:
    """Photograph the top of a page."""
    tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    tab.goto(page.as_uri())
    tab.screenshot(path=image)
    tab.close()


if __name__ == "__main__":
    sys.exit(main())
