"""Take the README's pictures of the real thing, JupyterLab in Chromium: light, dark, moving. Usage: make pictures."""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402
from tests.browser.lab import LabNotebook  # noqa: E402
from tests.browser.server import JupyterServer  # noqa: E402
from tools.find_chromium import find_chromium  # noqa: E402

TOPICS = """
import mixviz as mv

corpus = mv.datasets.load_docstrings()
dash = mv.steer(mv.LDA(n_components=20, random_state=0), corpus, batch_size=250, start=False)
dash
"""
CLUSTERS = """
import mixviz as mv

dash = mv.steer(mv.KMeans(n_clusters=32, random_state=0), mv.datasets.load_digits(), batch_size=200, start=False)
dash
"""
GO = """
session = dash.session
def go(n, **values):
    session.set(**values)
    session.step(n)
    session.wait(60)
"""
TOPICS_STORY = (
    GO
    + """
go(120)
session.snapshot("before l1")
go(80, l1=0.05)
go(80, l1=0)
session.add_policy(mv.policies.anneal("temperature", start=1.0, stop=0.01, steps=80))
go(110)
go(60, cosine=0.2)
session.start()
"""
)
CLUSTERS_STORY = (
    GO
    + """
go(200)
go(200, size_weight=1)
go(200, size_weight=10)
go(200, size_weight=0)
session.edit("split", cluster=int(session.published.state.share_k.argmax()))
go(100)
"""
)
AGAIN = "session.stop(); session.wait(); session.restart(); session.set(l1=0, cosine=0); session.wait(0.5)"
PICTURES = ROOT / "docs" / "pictures"
N_PICTURES, PICTURE_MS = 36, 160


def drag(page: Page, control: str, share: float) -> None:
    """Put a slider's handle at `share` of its way, as the mouse would."""
    slider = page.locator(f'[data-control="{control}"] input[type=range]')
    slider.evaluate(
        "(el, share) => { el.value = share * el.max; "
        "for (const kind of ['input', 'change']) el.dispatchEvent(new Event(kind, { bubbles: true })); }",
        share,
    )


def film(page: Page, target: Path) -> None:
    """Write a GIF of a slider going up and the topics following it."""
    board, pictures = page.locator(".mixviz").first, []
    for i in range(N_PICTURES):
        if 8 <= i < 16:
            drag(page, "cosine", 0.7 * (i - 7) / 8)
        began = time.monotonic()
        picture = Image.open(io.BytesIO(board.screenshot()))
        pictures.append(picture.convert("RGB").resize((picture.width * 2 // 3, picture.height * 2 // 3)))
        time.sleep(max(0.0, PICTURE_MS / 1000 - (time.monotonic() - began)))
    palette = pictures[-1].quantize(192, method=Image.Quantize.FASTOCTREE)
    indexed = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    indexed[0].save(target, save_all=True, append_images=indexed[1:], duration=PICTURE_MS, loop=0, optimize=True)


def open_notebook(server: JupyterServer, browser: Browser, cell: str, story: str) -> LabNotebook:
    """Open a notebook of one cell that shows a dashboard, and let the story happen in it."""
    page = browser.new_page(viewport={"width": 1400, "height": 1250})
    book = LabNotebook(server, page, "pictures.ipynb", [cell.strip()], PICTURES)
    book.open()
    book.run_all()
    book.wait_for(".mixviz[data-seq]", 120)
    book.execute(story, timeout_s=180)
    return book


def shoot(book: LabNotebook, name: str) -> None:
    """Write ``<name>-light.png`` and ``<name>-dark.png``."""
    for theme in ("dark", "light"):
        book.set_theme(theme)
        time.sleep(2)
        book.screenshot(f"{name}-{theme}", ".mixviz")


def main() -> None:
    """Write docs/pictures/{dashboard,clusters}-{light,dark}.png and dashboard.gif."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium found: `make test` installs one")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        JupyterServer(Path(folder) / "jupyter") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        book = open_notebook(server, browser, CLUSTERS, CLUSTERS_STORY)
        shoot(book, "clusters")
        book.close()
        book = open_notebook(server, browser, TOPICS, TOPICS_STORY)
        shoot(book, "dashboard")
        book.page.set_viewport_size({"width": 1100, "height": 1000})
        book.execute(AGAIN)
        film(book.page, PICTURES / "dashboard.gif")
        book.close()
        browser.close()


if __name__ == "__main__":
    main()
