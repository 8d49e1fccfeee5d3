"""Memory in the long run: of kernel and server while no page is open, and of a page after an hour's worth of frames."""

from __future__ import annotations

import time

import psutil

from benchmarks.interface import CELLS, TOUCH, notebook
from benchmarks.report import keep
from tests.browser.lab import LabNotebook

CLOSED_S = 600.0
"""For so long the run goes on at full rate with the tab closed."""
EARLY_FRAMES, N_FRAMES = 600, 36_000
"""A minute's and an hour's worth at ten frames a second."""
FASTEST = [
    CELLS[0],
    "import mixviz.relay\nmixviz.relay.SHARE = 1.0  # composing may take all the time it needs",
    "session = mv.Session(mv.LDA(n_components=32, random_state=0), mv.datasets.load_docstrings())\n"
    "session.start()\n"
    "mv.Dashboard(session, interval_ms=1)",
]
SEQ = "Number(document.querySelector('.mixviz[data-seq]').dataset.seq)"


def resident(kernel: psutil.Process) -> list[float]:
    """Return the resident memory of the kernel and of the server that started it, MiB."""
    server = kernel.parent()
    assert server is not None
    return [process.memory_info().rss / 2**20 for process in (kernel, server)]


def closed_tab(span_s: float) -> dict[str, str]:
    """Measure kernel and server after a minute (or a tenth) with the tab closed and after all of `span_s`."""
    with notebook() as book:
        kernel = psutil.Process(book.kernel_pid())
        book.page.wait_for_timeout(5000)
        book.page.close()
        first = book.value("session.status.tick")
        time.sleep(span_s / 10)
        early = resident(kernel)
        time.sleep(span_s * 0.9)
        late, last = resident(kernel), book.value("session.status.tick")
    assert last > first, "the run goes on without a page"
    measured = ", ".join(
        f"{who} {a:.0f} to {b:.0f} ({b / a - 1:+.1%})"
        for who, a, b in zip(("kernel", "server"), early, late, strict=True)
    )
    figure = f"tab closed while {last - first:,} steps ran: resident after {span_s / 10:.0f} and {span_s:.0f} s, MiB"
    return {"figure": figure, "measured": measured, "wanted": "no growth"}


def heap(book: LabNotebook) -> float:
    """Return what the page's scripts hold after a collection, MiB."""
    client = book.page.context.new_cdp_session(book.page)
    client.send("Performance.enable")
    client.send("HeapProfiler.collectGarbage")
    metrics = {metric["name"]: metric["value"] for metric in client.send("Performance.getMetrics")["metrics"]}
    client.detach()
    return float(metrics["JSHeapUsedSize"] / 2**20)


def many_frames(early_frames: int, n_frames: int) -> dict[str, str]:
    """Send frames as fast as the page takes them; measure its memory after the first of them and after all."""
    with notebook(FASTEST) as book:
        book.page.evaluate(TOUCH, True)
        heaps, began = [], time.monotonic()
        for due in (early_frames, n_frames):
            while book.page.evaluate(SEQ) < due:
                book.page.wait_for_timeout(200)
            heaps.append(heap(book))
        seconds = time.monotonic() - began
    early, late = heaps
    figure = f"page: script memory after {early_frames:,} and {n_frames:,} frames (sent in {seconds:.0f} s), MiB"
    return {"figure": figure, "measured": f"{early:.1f}, {late:.1f} ({late / early - 1:+.1%})", "wanted": "no growth"}


def main(closed_s: float = CLOSED_S, early_frames: int = EARLY_FRAMES, n_frames: int = N_FRAMES) -> None:
    """Measure and store the table."""
    rows = [closed_tab(closed_s), many_frames(early_frames, n_frames)]
    text = (
        "Docstrings, K = 32, JupyterLab and headless Chromium. The run goes at full rate. The page's frames come as "
        "fast as it draws them, in the number an hour brings; its memory is read after a forced collection."
    )
    keep("5-endurance", "Memory in the long run", text, rows)


if __name__ == "__main__":
    main()
