"""What an open dashboard costs run, page and wire, and how soon a slider shows: in a browser."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.report import keep, spread
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.lab import LabNotebook
from tests.browser.server import JupyterServer
from tools.find_chromium import find_chromium

N_RUNS, SPAN_S, N_SLIDES = 7, 8.0, 25

CELLS = [
    "import asyncio, time, mixviz as mv",
    "dash = mv.steer(mv.LDA(n_components=32, random_state=0), mv.datasets.load_docstrings())\nsession = dash.session",
    "dash",
    # A heartbeat on the kernel's main thread: how much later than 50 ms each beat comes, in ms.
    "late = []\n"
    "async def beat():\n"
    "    while True:\n"
    "        due = time.perf_counter() + 0.05\n"
    "        await asyncio.sleep(0.05)\n"
    "        late.append((time.perf_counter() - due) * 1000)\n"
    "task = asyncio.get_event_loop().create_task(beat())",
]
DRAG = """
async (value) => {
  const row = document.querySelector('[data-control="l1"]');
  const before = row.dataset.appliedStep;
  const slider = row.querySelector('input[type=range]');
  slider.value = value;
  const began = performance.now();
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  slider.dispatchEvent(new Event('change', { bubbles: true }));
  const board = document.querySelector('.mixviz[data-seq]');
  while (performance.now() - began < 5000) {
    await new Promise((done) => requestAnimationFrame(done));
    if (row.dataset.appliedStep !== before && Number(board.dataset.step) >= Number(row.dataset.appliedStep))
      return performance.now() - began;
  }
  throw new Error('no frame showed the change');
}
"""


WATCH_TASKS = """
() => {
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: 'longtask' });
}
"""


@contextmanager
def notebook(cells: list[str] = CELLS) -> Iterator[LabNotebook]:
    """Open the cells in a JupyterLab and a Chromium of our own."""
    path = find_chromium()
    if path is None:
        raise SystemExit("no Chromium found: `make test` installs one")
    with (
        tempfile.TemporaryDirectory() as folder,
        JupyterServer(Path(folder) / "jupyter") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1100})
        book = LabNotebook(server, page, "bench.ipynb", cells, Path(folder))
        book.open()
        book.run_all()
        book.wait_for(".mixviz[data-seq]")
        yield book
        book.close()
        browser.close()


def rate(book: LabNotebook) -> float:
    """Return steps a second over a few seconds of training."""
    first, began = book.value("session.status.tick"), time.perf_counter()
    time.sleep(SPAN_S)
    return float((book.value("session.status.tick") - first) / (time.perf_counter() - began))


def headless_rate(book: LabNotebook) -> float:
    """Return steps a second of a session like the dashboard's while that one is paused and its page is quiet."""
    book.execute("session.pause(); session.wait()")
    book.execute("alone = session.fork(); alone.start()")
    time.sleep(1)
    first, began = book.value("alone.status.tick"), time.perf_counter()
    time.sleep(SPAN_S)
    steps = book.value("alone.status.tick") - first
    seconds = time.perf_counter() - began
    book.execute("alone.stop(); alone.wait(); session.resume()")
    time.sleep(1)
    return float(steps / seconds)


class Wire:
    """Counts the bytes that reach the page by websocket, compressed or not."""

    def __init__(self, book: LabNotebook) -> None:
        self.n_bytes = 0
        self.client = book.page.context.new_cdp_session(book.page)
        self.client.on("Network.webSocketFrameReceived", self._count)

    def listen(self, is_on: bool) -> None:
        """Have the browser report every message, which costs it time, or not."""
        self.client.send("Network.enable" if is_on else "Network.disable")

    def _count(self, event: dict[str, Any]) -> None:
        response = event["response"]
        is_text = response["opcode"] == 1
        self.n_bytes += len(response["payloadData"].encode()) if is_text else len(response["payloadData"]) * 3 // 4


def watch_page(book: LabNotebook, wire: Wire, found: Comparison) -> None:
    """Note frames drawn and bytes received a second, and tasks that held up the page for more than 50 ms."""
    seq = "Number(document.querySelector('.mixviz[data-seq]').dataset.seq)"
    wire.listen(True)
    book.page.evaluate("() => { window.longTasks.length = 0 }")
    first, n_bytes, began = book.page.evaluate(seq), wire.n_bytes, time.perf_counter()
    book.page.wait_for_timeout(SPAN_S / 2 * 1000)  # unlike sleep, lets the wire's events arrive
    tasks, last = book.page.evaluate("window.longTasks"), book.page.evaluate(seq)
    seconds = time.perf_counter() - began
    wire.listen(False)
    found.frames.append((last - first) / seconds)
    found.kilobytes.append((wire.n_bytes - n_bytes) / seconds / 1000)
    found.tasks.append(60 * len(tasks) / seconds)
    found.longest_ms = max([found.longest_ms, *tasks])


@dataclass
class Comparison:
    """Spans with the dashboard open and without, in turn."""

    shares: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)
    tasks: list[float] = field(default_factory=list)
    longest_ms: float = 0.0


TOUCH = """
(isAttended) => {
  clearInterval(window.toucher);
  const touch = () => document.querySelector('.mixviz').dispatchEvent(new Event('pointermove'));
  if (isAttended) window.toucher = setInterval(touch, 1000);
}
"""


def compare(book: LabNotebook, wire: Wire, n_runs: int, *, is_attended: bool) -> Comparison:
    """Measure while somebody moves the pointer over the dashboard, or while nobody does."""
    book.page.evaluate(TOUCH, is_attended)
    time.sleep(12)
    found = Comparison()
    for _ in range(n_runs):
        book.execute("late.clear()")
        with_dashboard = rate(book)
        found.late += book.value("late")
        watch_page(book, wire, found)
        found.shares.append(100 * with_dashboard / headless_rate(book))
    return found


def main(n_runs: int = N_RUNS) -> None:
    """Measure and store the table."""
    with notebook() as book:
        book.page.locator(".mixviz[data-seq]").first.scroll_into_view_if_needed()
        time.sleep(3)
        book.page.evaluate(WATCH_TASKS)
        wire = Wire(book)
        alone = compare(book, wire, n_runs, is_attended=False)
        attended = compare(book, wire, n_runs, is_attended=True)
        delays = [book.page.evaluate(DRAG, 100 + 25 * i) for i in range(N_SLIDES)]
    rows: list[dict[str, Any]] = [
        {"figure": "training rate with the dashboard open and nobody at work in it, % of headless",
         "measured": spread(alone.shares), "wanted": "at least 90"},
        {"figure": "the same while somebody is", "measured": spread(attended.shares), "wanted": "at least 90"},
        {"figure": "frames drawn a second with nobody at work in it", "measured": spread(alone.frames), "wanted": ""},
        {"figure": "the same while somebody is", "measured": spread(attended.frames), "wanted": "10"},
        {"figure": "kilobytes received by the page a second, nobody at work in it", "measured": spread(alone.kilobytes),
         "wanted": ""},
        {"figure": "the same while somebody is", "measured": spread(attended.kilobytes), "wanted": ""},
        {"figure": "tasks of more than 50 ms in the page a minute, nobody at work in it; longest, ms",
         "measured": f"{spread(alone.tasks)}; {alone.longest_ms:.0f}", "wanted": ""},
        {"figure": "the same while somebody is", "measured": f"{spread(attended.tasks)}; {attended.longest_ms:.0f}",
         "wanted": ""},
        {"figure": "50 ms heartbeat on the main thread while somebody is, late by (99th percentile), ms",
         "measured": f"{quantiles(attended.late, n=100)[-1]:.3g} of {len(attended.late)} beats",
         "wanted": "at most 100"},
        {"figure": "slider release to first frame with the applied change, median and 95th percentile, ms",
         "measured": f"{median(delays):.3g}, {quantiles(delays, n=20)[-1]:.3g} of {len(delays)}",
         "wanted": "median at most 300"},
    ]  # fmt: skip
    text = (
        f"Docstrings, K = 32, the estimator's defaults, JupyterLab and headless Chromium on the same machine; {n_runs} "
        f"spans of {SPAN_S:g} s with the dashboard open and without, in turn. Chromium renders in software here, on "
        "the same two cores as the two training threads."
    )
    keep("4-interface", "The open dashboard", text, rows)


if __name__ == "__main__":
    main()
