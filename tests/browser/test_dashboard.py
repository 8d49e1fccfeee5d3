"""The dashboard in JupyterLab in a real browser, on a real model and real text."""

from __future__ import annotations

import re
import statistics
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import (
    FIRST_START_S,
    STEER,
    TRAINING,
    agreed_value,
    drag,
    eventually,
    line,
    number,
    settle,
    wait_for_other_line,
    wait_for_step,
    wait_until_applied,
)

STEER_ONE_STEP = """
import mixviz as mv
corpus = mv.datasets.load_docstrings()
dash = mv.steer(mv.LDA(n_components=32, random_state=0), corpus, batch_size=500, start=False)
@dash.session.metric
def broken(state, batch):
    raise LookupError("no such topic")
dash.session.step()
dash
"""
OVERFLOWING = """[...document.querySelectorAll(".mixviz, .mixviz :is(aside, main, .card, .scroller)")]
    .filter((panel) => panel.scrollWidth > panel.clientWidth).map((panel) => panel.className || panel.tagName)"""
READABLE = 4.5
"""Contrast that WCAG 2 asks of text."""


@pytest.fixture
def notebook(open_notebook: Any) -> LabNotebook:
    return open_notebook([STEER], TRAINING, FIRST_START_S)


def test_a_dragged_slider_moves_the_line_and_reaches_python(notebook):
    page = notebook.page
    page.wait_for_selector("[data-metric='density'] path.line[d*='L']", state="attached")
    wait_for_step(page, 20)
    before = line(page, "density")
    drag(page, "l1", 0.6)
    applied = wait_until_applied(page, "l1")
    assert agreed_value(page, notebook, "l1") > 0
    wait_for_step(page, applied + 10)
    wait_for_other_line(page, "density", before)
    began = notebook.value("next(change.step for change in dash.session.log if change.name == 'l1')")
    mark = page.locator("[data-metric='density'] .marks i").first
    expect(mark).to_have_attribute("data-step", str(began + 1))
    expect(mark).to_have_attribute("title", re.compile("^l1 0 → "))
    expect(page.locator(".log li").first).to_contain_text(re.compile(rf"^{began}\s*l1 0 → "))
    page.set_viewport_size({"width": 1400, "height": 1250})
    for theme in ("light", "dark"):
        show_readably(notebook, theme)
        notebook.screenshot(f"dashboard_{theme}", ".mixviz")


def show_readably(notebook: LabNotebook, theme: str) -> None:
    """Switch to a theme and wait until what is drawn in its colours can be read."""

    def is_readable() -> None:
        assert min(contrasts(notebook)) >= READABLE, theme

    notebook.set_theme(theme)
    eventually(notebook.page, is_readable)


def contrasts(notebook: LabNotebook) -> list[float]:
    """Contrast (WCAG 2, 1 to 21) of the topics card with its heading, and with the words drawn on its canvas."""
    background, *texts = notebook.page.evaluate(
        """() => {
            const card = document.querySelector(".topic-matrix"), canvas = card.querySelector("canvas");
            const rgb = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
            const { data } = canvas.getContext("2d").getImageData(0, 0, 90 * devicePixelRatio, canvas.height);
            const inked = Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 4));
            const full = inked.reduce((most, pixel) => (pixel[3] > most[3] ? pixel : most));
            const [style, heading] = [card, card.querySelector("h3")].map((element) => getComputedStyle(element));
            return [rgb(style.backgroundColor), rgb(heading.color), full[3] > 200 ? [...full.slice(0, 3)] : []];
        }"""
    )
    assert all(texts), "nothing is written on the canvas"
    light = luminance(background)
    return [(max(light, ink) + 0.05) / (min(light, ink) + 0.05) for ink in map(luminance, texts)]


def luminance(colour: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_looks_paused_in_both_themes_and_at_every_width(open_notebook):
    """One step only: a single recorded value, and a metric that failed."""
    notebook = open_notebook([STEER_ONE_STEP], ".mixviz[data-step='1'] .bar[data-state='paused']", FIRST_START_S)
    page = notebook.page
    page.wait_for_selector("[data-metric='likelihood'].single path.line[d^='M']", state="attached")
    dot = page.locator("[data-metric='likelihood'] path.line").first
    assert dot.evaluate("line => getComputedStyle(line).strokeWidth") == "6px"
    failed = page.locator("[data-metric='broken']")
    assert failed.locator(".error p").inner_text() == "metric broken disabled: LookupError: no such topic"
    assert not failed.locator(".body").is_visible()
    for theme in ("dark", "light"):
        show_readably(notebook, theme)
    for width in (700, 1100, 1600):
        page.set_viewport_size({"width": width, "height": 1000})
        settle(page)
        eventually(page, lambda: nothing_overflows(page))
    assert page.evaluate("document.querySelector('.topic-matrix').offsetHeight") > 300
    page.add_style_tag(content=".mixviz { width: 300px !important }")  # 32 topics want more, however short the words
    scrolls = """() => {
        const el = document.querySelector(".topic-matrix .scroller");
        return el.scrollWidth > el.clientWidth && getComputedStyle(el).backgroundImage.includes("gradient");
    }"""
    page.wait_for_function(scrolls)


def nothing_overflows(page: Page) -> None:
    assert page.evaluate(OVERFLOWING) == [], page.viewport_size


def test_verbs_and_numbers_by_keyboard_and_mouse(notebook):
    page = notebook.page
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector(".bar[data-state='paused']")
    at = number(page, "step")
    page.get_by_role("button", name="Step", exact=True).click()
    page.wait_for_function("at => Number(document.querySelector('.mixviz').dataset.step) === at + 1", arg=at)
    page.get_by_label("alpha, as a number").fill("0.5")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-control='alpha'][data-value='0.5']")
    page.get_by_label("l1", exact=True).focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector(\"[data-control='l1']\").dataset.value === '10'")
    page.get_by_role("button", name="Reset l1 to 0").click()
    page.wait_for_selector("[data-control='l1'][data-value='0']")
    page.locator(".rail .kept").first.click()
    page.get_by_role("button", name="Rewind", exact=True).click()
    page.wait_for_function("at => Number(document.querySelector('.mixviz').dataset.step) < at", arg=at)
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(".bar[data-state='running']")
    assert notebook.value("dash.session.status.state.value") == "running"


def test_from_slider_to_frame(notebook):
    """Slider release to the first frame drawn with the change applied: 300 ms at most.

    In the median, with nothing else to do; in the lower quartile on a machine that is busy otherwise.
    """
    watch = """name => new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`no frame shows ${name} as applied`)), 5000);
        const row = document.querySelector(`[data-control="${name}"]`), root = document.querySelector(".mixviz");
        const before = row.dataset.appliedStep;
        let released = 0;
        const release = () => (released = performance.now());
        row.querySelector("input[type=range]").addEventListener("change", release, { once: true });
        const seen = new MutationObserver(() => {
            if (!released || row.dataset.appliedStep === before || row.classList.contains("pending")) return;
            seen.disconnect();
            resolve(performance.now() - released);
        });
        seen.observe(root, { attributes: true, attributeFilter: ["data-seq"] });
    })"""
    times = []
    for i in range(9):
        notebook.page.evaluate(f"name => {{ window.latency = ({watch})(name) }}", "cosine")
        drag(notebook.page, "cosine", 0.2 + 0.08 * i)
        times.append(notebook.page.evaluate("window.latency"))
        notebook.page.wait_for_timeout(200)
    assert statistics.quantiles(times, n=4)[0] <= 300, times
