"""What a newcomer stumbled over on a page as narrow as JupyterLab with its file browser: panels, forks, hints."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, drag, eventually

CELL = """
import mixviz as mv
corpus = mv.datasets.load_docstrings()
dash = mv.steer(mv.LDA(n_components=12, random_state=0), corpus, batch_size=500, start=False)
dash.session.step(30)
dash.session.wait(60)
dash
"""
IN_VIEW = """element => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && Math.min(bottom, top + 200) <= innerHeight;
}"""


@pytest.fixture(scope="module")
def notebook(open_for_module):
    """A paused run on a dashboard of about 750 pixels, which is higher than the window."""
    notebook = open_for_module([CELL, "1"], "[data-panel='lines:cosine'] path.line", FIRST_START_S)
    notebook.page.set_viewport_size({"width": 918, "height": 700})
    eventually(notebook.page, lambda: assert_narrow(notebook.page.locator(".mixviz").first))
    return notebook


def assert_narrow(board: Locator) -> None:
    assert 700 <= board.evaluate("board => board.offsetWidth") <= 780


def places(notebook: LabNotebook) -> dict[str, tuple[int, ...]]:
    """Return x, y, w, h of each panel."""
    return {entry["id"]: tuple(entry[edge] for edge in "xywh") for entry in notebook.value("dash.layout")}


def pull(notebook: LabNotebook, part: str, right: float, down: float) -> None:
    """Drag a part of a panel by the mouse."""
    notebook.page.locator(part).first.scroll_into_view_if_needed()
    box = notebook.page.locator(part).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = notebook.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + right, y + down, steps=6)
    mouse.up()


def test_a_panel_dragged_onto_its_neighbour_changes_places_with_it_alone(notebook):
    before = places(notebook)
    one, other = "lines:cosine", "lines:density"
    notebook.page.locator(f"[data-panel='{other}']").scroll_into_view_if_needed()
    left = notebook.page.locator(f"[data-panel='{other}']").bounding_box()
    right = notebook.page.locator(f"[data-panel='{one}']").bounding_box()
    assert left is not None
    assert right is not None
    pull(notebook, f"[data-panel='{one}'] header .value", left["x"] - right["x"], left["y"] - right["y"])
    swapped = before | {one: before[other], other: before[one]}
    eventually(notebook.page, lambda: assert_equal(places(notebook), swapped))
    assert notebook.page.evaluate("String(getSelection())") == ""


def test_a_corner_changes_width_and_height(notebook):
    x, y, w, h = places(notebook)["lines:coherence"]
    column = notebook.page.locator(".grid").first.evaluate("grid => (grid.clientWidth + 10) / 12")
    pull(notebook, "[data-panel='lines:coherence'] .corner", -column, 2 * 34)
    eventually(notebook.page, lambda: assert_equal(places(notebook)["lines:coherence"], (x, y, w - 1, h + 2)))


def test_a_new_panel_comes_into_view_with_the_focus(notebook):
    page = notebook.page
    page.get_by_role("button", name="+ Panel").click()
    page.get_by_role("menuitem", name="topic map", exact=True).click()
    added = page.locator(".card:focus")
    expect(added).to_have_attribute("aria-label", "topic map")
    eventually(page, lambda: assert_equal(added.evaluate(IN_VIEW), True))


def test_a_fork_comes_into_view_and_the_tip_goes(notebook):
    page = notebook.page
    page.locator(".things .kept").nth(1).click()
    page.get_by_role("dialog").get_by_role("button", name="Fork").click()
    fork = page.locator(".fork")
    expect(fork).to_be_focused()
    eventually(page, lambda: assert_equal(fork.evaluate(IN_VIEW), True))
    expect(page.locator(".tip").first).to_be_hidden()
    fork.get_by_role("button", name="Close this fork").click()
    expect(fork).to_have_count(0)


def test_a_control_moved_while_paused_says_what_it_waits_for_and_keeps_its_name_whole(notebook):
    page = notebook.page
    drag(page, "temperature", 0.7)
    row = page.locator("[data-control='temperature']")
    expect(row.locator(".hint")).to_have_text("acts once you press Resume")
    row.hover()
    assert row.locator("label").evaluate("label => label.scrollWidth <= label.clientWidth")


def assert_equal(value: object, wanted: object) -> None:
    assert value == wanted
