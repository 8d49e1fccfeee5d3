"""Topic map, histogram and heat map in a real browser: drawn, walked through by keyboard, and at work together."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, STEER, TRAINING, eventually
from tests.browser.test_accessibility import axe_finds_nothing, load_axe

PANELS = [
    {"id": "map", "kind": "topic_map", "x": 0, "y": 0, "w": 6, "h": 12},
    {"id": "bars", "kind": "histogram", "x": 6, "y": 0, "w": 6, "h": 6},
    {"id": "heat", "kind": "heat_map", "x": 6, "y": 6, "w": 6, "h": 12},
    {"id": "topics", "kind": "topic_matrix", "x": 0, "y": 12, "w": 6, "h": 12},
]
IS_DRAWN = """panel => {
    const canvas = document.querySelector(`[data-panel=${panel}] canvas`);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 20;
}"""


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    notebook = open_for_module([STEER], TRAINING, FIRST_START_S)
    notebook.execute(f"dash.layout = {PANELS!r}; dash.session.start()")
    return notebook


def panel(notebook: LabNotebook, id: str) -> Locator:
    return notebook.page.locator(f".grid [data-panel='{id}']")


def test_the_map_ranks_the_words_of_the_matrix(notebook):
    found = panel(notebook, "map")
    n_topics = notebook.value("dash.session.published.state.phi_vk.shape[1]")
    expect(found.locator(".topic")).to_have_count(n_topics)
    found.locator("svg").focus()
    for _ in range(3):
        notebook.page.keyboard.press("ArrowRight")
    expect(found.locator(".note")).to_have_text(re.compile("^2 "))
    expect(found.locator(".detail")).to_contain_text("near: ")
    notebook.page.keyboard.press("Enter")
    menu = panel(notebook, "topics").locator(".more")
    menu.focus()
    notebook.page.keyboard.press("Enter")
    expect(panel(notebook, "topics").locator("select[name='rank_by'] option:checked")).to_contain_text("2")
    notebook.page.keyboard.press("Escape")
    assert next(entry for entry in notebook.value("dash.layout") if entry["id"] == "topics")["options"]["rank_by"] == 2


def test_the_bars_of_a_histogram_follow_its_settings(notebook):
    found = panel(notebook, "bars")
    expect(found.locator(".bars")).to_have_attribute("d", re.compile("^M"))
    notebook.execute("dash.configure('bars', of='word weights (log)', n_bins=7, axis='log')")
    expect(found.locator("h3")).to_have_text("word weights (log)")
    found.locator("svg").focus()
    notebook.page.keyboard.press("End")
    expect(found.locator(".note")).to_contain_text(" to ")


def test_the_cells_of_a_heat_map_are_walked_through(notebook):
    notebook.page.wait_for_function(IS_DRAWN, arg="heat")
    found = panel(notebook, "heat")
    found.locator("canvas").first.focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(found.locator(".note")).to_contain_text(": 1")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(notebook, theme):
    load_axe(notebook.page)
    notebook.set_theme(theme)
    eventually(notebook.page, lambda: axe_finds_nothing(notebook.page))
    notebook.screenshot(f"maps-{theme}", ".mixviz")
