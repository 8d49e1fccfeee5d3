"""Silhouettes and sizes of clusters in a real browser: drawn, walked through by keyboard, moved by the balance."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, TRAINING, drag, eventually
from tests.browser.test_accessibility import axe_finds_nothing, load_axe

STEER = """
import mixviz as mv
dash = mv.steer(mv.KMeans(16, random_state=0), mv.datasets.load_digits())
dash
"""
PANELS = [
    {"id": "silhouette", "kind": "silhouette", "x": 0, "y": 0, "w": 8, "h": 12},
    {"id": "sizes", "kind": "histogram", "x": 8, "y": 0, "w": 4, "h": 12},
]
BELOW_ZERO = """panel => {
    const canvas = document.querySelector(`[data-panel=${panel}] canvas`);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let [n, red] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 200) continue;
        n++;
        if (data[i] > data[i + 2] + 60) red++;
    }
    return [n, red];
}"""


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    return open_for_module([STEER], TRAINING, FIRST_START_S)


def panel(notebook: LabNotebook, id: str) -> Locator:
    return notebook.page.locator(f".grid [data-panel='{id}']")


def has_red_below(notebook: LabNotebook) -> None:
    n_drawn, n_red = notebook.page.evaluate(BELOW_ZERO, "silhouette")
    assert n_drawn > 1000
    assert 0 < n_red < n_drawn / 2


def share_below(notebook: LabNotebook) -> int:
    return int((panel(notebook, "silhouette").locator(".note").text_content() or "").split("%")[0])


def test_silhouettes_are_shown_unasked(notebook):
    found = panel(notebook, "silhouette")
    expect(found.locator(".note")).to_have_text(re.compile(r"^\d+ % below 0, of 1,000$"))
    expect(found.locator(".value")).to_have_text(re.compile(r"^0\.\d{3}$"))
    notebook.execute(f"dash.layout = {PANELS!r}")
    eventually(notebook.page, lambda: has_red_below(notebook))


def test_arrow_keys_say_what_a_cluster_is(notebook):
    found = panel(notebook, "silhouette")
    found.locator("canvas").focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(found.locator(".note")).to_have_text(
        re.compile(r"^cluster \d+: mean −?0?[.\d]+, \d+ % below 0, \d+ of the 1,000 images$")
    )
    notebook.page.keyboard.press("Escape")
    expect(found.locator(".note")).to_contain_text("% below 0, of 1,000")


def test_a_balance_that_is_too_strong_puts_more_below_zero_and_sizes_at_one(notebook):
    found = panel(notebook, "sizes")
    expect(found.locator("h3")).to_have_text("cluster sizes")
    expect(found.locator(".note")).to_have_text("16 clusters, 1 is an equal share")

    before = share_below(notebook)

    def is_worse() -> None:
        assert share_below(notebook) > before + 10

    def is_good_again() -> None:
        assert share_below(notebook) < before + 5

    drag(notebook.page, "size_weight", 1)
    eventually(notebook.page, is_worse)
    notebook.screenshot("silhouette-too-balanced", ".mixviz")
    drag(notebook.page, "size_weight", 0)
    eventually(notebook.page, is_good_again)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(notebook, theme):
    load_axe(notebook.page)
    notebook.set_theme(theme)
    eventually(notebook.page, lambda: axe_finds_nothing(notebook.page))
    notebook.screenshot(f"silhouette-{theme}", ".mixviz")
