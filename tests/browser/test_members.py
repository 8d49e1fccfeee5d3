"""Members of clusters in a real browser: shown in full, and taken for the centre of a cluster."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, TRAINING, eventually
from tests.browser.test_accessibility import axe_finds_nothing, load_axe
from tests.browser.test_cluster_grid import STEER_DIGITS, edited, options, panel, wait_for_option

PANELS = [
    {"id": "members", "kind": "members", "x": 0, "y": 0, "w": 6, "h": 14},
    {"id": "cluster_grid", "kind": "cluster_grid", "x": 6, "y": 0, "w": 6, "h": 14},
    {"id": "log", "kind": "log", "x": 0, "y": 14, "w": 12, "h": 4},
]


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    notebook = open_for_module([STEER_DIGITS], TRAINING, FIRST_START_S)
    notebook.execute(f"dash.layout = {PANELS!r}")
    expect(panel(notebook, "members").locator("canvas").first).to_have_attribute("aria-label", re.compile("^[1-9]"))
    return notebook


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rows_of_images(notebook, theme):
    notebook.set_theme(theme)
    expect(panel(notebook, "members").locator(".caption")).to_contain_text("of 1,000 sampled images")
    load_axe(notebook.page)
    eventually(notebook.page, lambda: axe_finds_nothing(notebook.page))
    notebook.screenshot(f"members-{theme}", ".mixviz")


def test_by_keyboard_an_image_is_shown_in_full_and_put_away(notebook):
    page, found = notebook.page, panel(notebook, "members")
    canvas = found.locator("canvas").first
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    said = re.compile(r"^\d · image [\d,]+ · cluster \d+ · distance \d+$")
    expect(found.locator(".spoken")).to_have_text(said)
    page.keyboard.press("Enter")
    shown = found.get_by_role("dialog")
    expect(shown).to_be_visible()
    expect(shown.locator("h3")).to_have_text(re.compile(r"^Image [\d,]+ · \d$"))
    expect(shown.get_by_role("button", name="Close")).to_be_focused()
    row = int(shown.locator("h3").inner_text().split(" · ")[0].removeprefix("Image ").replace(",", ""))
    wait_for_option(notebook, "members", "enlarged", row)
    page.screenshot(path=notebook.screenshot("members", ".mixviz").with_name("members-enlarged.png"))
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    expect(canvas).to_be_focused()
    wait_for_option(notebook, "members", "enlarged", None)


def test_a_centre_is_moved_to_an_image(notebook):
    found = panel(notebook, "members")
    found.locator("canvas").first.click(position={"x": 80, "y": 20})
    shown = found.get_by_role("dialog")
    row = int(shown.locator("h3").inner_text().split(" · ")[0].removeprefix("Image ").replace(",", ""))
    shown.get_by_label("Cluster").select_option("7")
    shown.get_by_role("button", name="Move").click()
    assert edited(notebook, 1) == ("move", {"cluster": 7, "row": row})
    expect(shown).to_be_hidden()


def test_the_name_of_a_row_shows_all_of_its_cluster(notebook):
    found = panel(notebook, "members")
    found.locator("canvas").first.click(position={"x": 30, "y": 20})
    expect(found.locator("header h3")).to_have_text(re.compile(r"^members of cluster \d+$"))
    cluster = options(notebook, "members")["cluster"]
    wait_for_option(notebook, "cluster_grid", "cluster", cluster)
    notebook.screenshot("members-of-one", ".mixviz")
    found.get_by_role("button", name="All clusters").click()
    expect(found.locator("header h3")).to_have_text("members")
    wait_for_option(notebook, "cluster_grid", "cluster", None)
