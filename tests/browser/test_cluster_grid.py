"""Clusters as images in a real browser: drawn, walked through by keyboard, and changed by hand."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, TRAINING, eventually, wait_until_whole
from tests.browser.test_accessibility import axe_finds_nothing, load_axe

STEER_DIGITS = """
import mixviz as mv
dash = mv.steer(mv.KMeans(32, random_state=0), mv.datasets.load_digits(), batch_size=200)
dash
"""


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    return open_for_module([STEER_DIGITS], TRAINING, FIRST_START_S)


def panel(notebook: LabNotebook, id: str) -> Locator:
    return notebook.page.locator(f".grid [data-panel='{id}']")


def options(notebook: LabNotebook, id: str) -> dict:
    return next(entry["options"] for entry in notebook.value("dash.layout") if entry["id"] == id)


def wait_for_option(notebook: LabNotebook, id: str, name: str, value: object) -> None:
    """Wait until Python says so of a panel: the page may show what was chosen before the kernel hears of it."""

    def is_set() -> None:
        assert options(notebook, id).get(name) == value

    eventually(notebook.page, is_set)


def choose_none(notebook: LabNotebook) -> None:
    """Give up what is chosen, and take the pointer away: in a run clusters change places below it."""
    found = panel(notebook, "cluster_grid")
    notebook.page.mouse.move(0, 0)
    if found.get_by_role("button", name="Split").is_visible():
        found.locator("canvas").press("Escape")
    expect(found.locator(".about")).to_contain_text("Choose a cluster")


def edits(notebook: LabNotebook) -> list:
    """The edits in the log: their names and arguments."""
    lines = notebook.value("[change.name for change in dash.session.log if change.kind == 'edit']")
    return [(name, json.loads(arguments)) for name, _, arguments in (line.partition(" ") for line in lines)]


def edited(notebook: LabNotebook, n: int) -> tuple:
    """The newest edit, once there are `n`."""

    def are_logged() -> None:
        assert len(edits(notebook)) == n

    eventually(notebook.page, are_logged)
    return edits(notebook)[-1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1464, 700])
def test_a_dashboard_of_clusters_of_images(notebook, theme, width):
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 1600})
    notebook.set_theme(theme)
    wait_until_whole(page, notebook.value("len(dash.layout)"))
    label = panel(notebook, "cluster_grid").locator("canvas").get_attribute("aria-label")
    assert label.startswith("32 clusters, the largest first.")
    load_axe(page)
    eventually(page, lambda: axe_finds_nothing(page))
    notebook.screenshot(f"clusters-{width}-{theme}", ".mixviz")


OUTSIDE = """board => {
    const { right } = board.getBoundingClientRect();
    const buttons = [...board.querySelectorAll("button")].filter((one) => one.checkVisibility());
    return buttons.filter((one) => one.getBoundingClientRect().right > right).map((one) => one.textContent);
}"""


@pytest.mark.parametrize("width", [400, 520])
def test_on_a_narrow_page_controls_stand_above_the_panels_and_every_button_can_be_reached(notebook, width):
    page, found = notebook.page, panel(notebook, "cluster_grid")
    page.set_viewport_size({"width": width, "height": 1600})
    board = page.locator(".mixviz").first
    eventually(page, lambda: controls_are_above(board))
    found.locator("canvas").click(position={"x": 40, "y": 40})
    expect(found.get_by_role("button", name="Drop")).to_be_visible()
    assert board.evaluate(OUTSIDE) == []
    notebook.screenshot(f"clusters-{width}", ".mixviz")
    choose_none(notebook)
    page.set_viewport_size({"width": 1464, "height": 1600})


def controls_are_above(board: Locator) -> None:
    box, controls, grid = (part.bounding_box() for part in (board, board.locator("aside"), board.locator(".grid")))
    assert box["width"] < 460
    assert controls["y"] + controls["height"] <= grid["y"]
    assert grid["width"] > 0.9 * box["width"]


def test_by_keyboard_a_cluster_is_chosen_and_split(notebook):
    page, found = notebook.page, panel(notebook, "cluster_grid")
    choose_none(notebook)
    n_edits = len(edits(notebook))
    canvas = found.locator("canvas")
    height = canvas.bounding_box()["height"]
    canvas.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    said = found.locator(".spoken")
    expect(said).to_have_text(re.compile(r"^cluster \d+: [\d.]+ %, about \d+ images$"))
    cluster = int(re.search(r"\d+", said.inner_text())[0])
    page.keyboard.press("Enter")
    expect(found.locator(".about")).to_have_text(re.compile(f"^Cluster {cluster} · "))
    expect(panel(notebook, "members").locator("header h3")).to_have_text(f"members of cluster {cluster}")
    wait_for_option(notebook, "cluster_grid", "cluster", cluster)
    assert canvas.bounding_box()["height"] == height, "the images stay where they are"
    page.keyboard.press("Tab")
    expect(found.get_by_role("button", name="Split")).to_be_focused()
    page.keyboard.press("Enter")
    assert edited(notebook, n_edits + 1) == ("split", {"cluster": cluster})
    expect(panel(notebook, "log").locator("li").first).to_contain_text(f"split cluster {cluster}")
    expect(panel(notebook, "silhouette").locator(".note")).to_have_text(re.compile(f"^cluster {cluster}: mean "))
    wait_for_option(notebook, "silhouette", "cluster", cluster)
    notebook.screenshot("clusters-chosen", ".mixviz")


def test_by_mouse_a_cluster_is_merged_moved_and_dropped(notebook):
    found = panel(notebook, "cluster_grid")
    choose_none(notebook)
    n_edits = len(edits(notebook))
    canvas = found.locator("canvas")
    canvas.click(position={"x": 40, "y": 40})
    expect(found.locator(".note")).to_have_text(re.compile(r"^cluster \d+: .*, chosen$"))
    cluster = int(re.search(r"\d+", found.locator(".about").inner_text())[0])
    found.get_by_role("button", name="Merge into").click()
    expect(found.locator(".about")).to_have_text(f"Now choose the cluster that takes cluster {cluster}.")
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] - 40, "y": 40})
    name, arguments = edited(notebook, n_edits + 1)
    assert (name, arguments["cluster"]) == ("merge", cluster)
    into = arguments["into"]
    assert into != cluster
    expect(found.locator(".about")).to_have_text(re.compile(f"^Cluster {into} · "))
    found.get_by_role("button", name="Move to image").click()
    number = found.get_by_label("Image number")
    number.fill("1797")
    number.press("Enter")  # there is none: it stays
    number.fill("1795")
    found.get_by_role("button", name="Cancel").click()
    found.get_by_role("button", name="Move to image").click()
    number.fill("1796")
    number.press("Enter")
    assert edited(notebook, n_edits + 2) == ("move", {"cluster": into, "row": 1796})
    expect(canvas).to_be_focused()
    found.get_by_role("button", name="Drop").click()
    assert edited(notebook, n_edits + 3) == ("drop", {"cluster": into})


def test_an_image_that_there_is_none_of_is_told_of_where_it_was_typed(notebook):
    found, n_edits = panel(notebook, "cluster_grid"), len(edits(notebook))
    choose_none(notebook)
    found.locator("canvas").click(position={"x": 40, "y": 40})
    found.get_by_role("button", name="Move to image").click()
    number = found.get_by_label("Image number")
    number.fill("99999999")
    found.get_by_role("button", name="Move", exact=True).click()
    assert "1796" in number.evaluate("box => box.validationMessage")
    expect(number).to_be_visible()
    number.press("Escape")
    assert len(edits(notebook)) == n_edits


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("'merge', cluster=3, into=3", "merge refused: into must be another cluster than 3"),
        ("'move', cluster=3, row=99_999_999", "move refused: row must be "),
    ],
)
def test_an_edit_that_is_refused_when_its_turn_comes_is_shown_and_changes_nothing(notebook, edit, words):
    n_edits = len(edits(notebook))
    notebook.execute(f"dash.session.edit({edit})")
    expect(notebook.page.locator(".mixviz > .notice")).to_contain_text(words)
    expect(panel(notebook, "log").locator("li[data-kind='error']").first).to_contain_text(words)
    assert len(edits(notebook)) == n_edits
