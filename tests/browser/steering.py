"""A run in a cell, and what a person does to its dashboard, in whatever page shows it."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.kernel import Kernel
from tests.browser.lab import LabNotebook

STEER = """
import mixviz as mv
corpus = mv.datasets.load_docstrings()
dash = mv.steer(mv.LDA(n_components=12, random_state=0), corpus, batch_size=500)
dash
"""
TRAINING = ".mixviz[data-step]:not([data-step='0']):not([data-step='1'])"
PATIENCE_S = 30
"""What is waited for comes sooner: the machine may have other things to do."""
FIRST_START_S = 180
"""The first run of all harvests the docstrings and compiles the kernels."""
IS_WHOLE = """([count, index, isLive]) => {
    const dashboard = document.querySelectorAll(".mixviz")[index];
    if (!dashboard?.dataset.seq || dashboard.classList.contains("silent") === isLive) return false;
    const panels = [...dashboard.querySelectorAll("[data-panel]")];
    const isInked = (canvas) => {
        const { width, height } = canvas;
        return width * height > 0 && canvas.getContext("2d").getImageData(0, 0, width, height).data.some(Boolean);
    };
    const isDrawn = (panel) => {
        if (panel.querySelector(".error")) return false;
        const lines = panel.querySelectorAll("[data-metric] path.line");
        if (panel.dataset.kind === "lines") return [...lines].some((line) => line.getAttribute("d")?.startsWith("M"));
        const canvases = [...panel.querySelectorAll("canvas")];
        return canvases.length ? canvases.some(isInked) : panel.querySelector(".body").textContent.trim() !== "";
    };
    const chrome = ["button", "[data-control]"].every((part) => dashboard.querySelector(part));
    return chrome && panels.length === count && panels.every(isDrawn);
}"""


def drag(page: Page, name: str, share: float) -> None:
    """Drag a control's slider with the mouse to `share` of its width."""
    slider = page.locator(f"[data-control='{name}'] input[type=range]").first
    slider.hover()  # scrolls to it, and waits until it stands still
    box = slider.bounding_box()
    assert box is not None
    mouse, travel = page.mouse, box["width"] - 14
    y = box["y"] + box["height"] / 2
    mouse.move(box["x"] + 7 + float(slider.input_value()) / 1000 * travel, y)
    mouse.down()
    mouse.move(box["x"] + 7 + share * travel, y, steps=6)
    mouse.up()


def wait_until_applied(page: Page, name: str, before: str = "", timeout_s: float = PATIENCE_S) -> int:
    """Wait until a control reports another first step that its value acted on than `before`; return that step."""
    is_applied = """([name, before]) => {
        const row = document.querySelector(`[data-control="${name}"]`);
        return !row.classList.contains("pending") && row.dataset.appliedStep !== before && row.dataset.appliedStep;
    }"""
    page.wait_for_function(is_applied, arg=[name, before], timeout=timeout_s * 1000)
    return int(page.locator(f"[data-control='{name}']").first.get_attribute("data-applied-step") or 0)


def agreed_value(page: Page, kernel: Kernel | LabNotebook, name: str) -> float:
    """Wait until page and kernel say the same of a control; return that value."""

    def shown() -> float:
        return float(page.locator(f"[data-control='{name}']").first.get_attribute("data-value") or "nan")

    def agree() -> None:
        assert kernel.value(f"dash.session.controls[{name!r}].value") == shown()

    eventually(page, agree)
    return shown()


def wait_for_step(page: Page, after: int, index: int = 0) -> None:
    """Wait until the page's dashboard of this index shows a later step than `after`."""
    ahead = "([after, index]) => Number(document.querySelectorAll('.mixviz')[index]?.dataset.step) > after"
    page.wait_for_function(ahead, arg=[after, index], timeout=PATIENCE_S * 1000)


def eventually(page: Page, check: Callable[[], None], timeout_s: float = PATIENCE_S) -> None:
    """Call `check` until it raises no AssertionError; after `timeout_s` the last one is raised."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        page.wait_for_timeout(100)


def settle(page: Page) -> None:
    """Wait for two paints: what observes sizes has heard of a new one, and has drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_until_whole(
    page: Page, n_panels: int, index: int = 0, timeout_s: float = PATIENCE_S, *, is_live: bool = True
) -> None:
    """Wait until a dashboard has run bar, controls and so many panels drawn, and knows whether a kernel answers."""
    page.wait_for_function(IS_WHOLE, arg=[n_panels, index, is_live], timeout=timeout_s * 1000)


def number(page: Page, name: str, index: int = 0) -> int:
    """Return what the dashboard of this index carries as ``data-NAME``."""
    return int(page.locator(".mixviz").nth(index).get_attribute(f"data-{name}") or 0)


def line(page: Page, metric: str) -> str:
    """Return what bqplot draws of a metric."""
    return page.locator(f"[data-metric='{metric}'] path.line").first.get_attribute("d") or ""


def wait_for_other_line(page: Page, metric: str, before: str) -> None:
    """Wait until bqplot draws something else of a metric than `before`."""
    expect(page.locator(f"[data-metric='{metric}'] path.line").first).not_to_have_attribute("d", before)
