"""Panels of the dashboard in a real browser: added, moved, resized, set, saved, removed, by mouse and keyboard."""

from __future__ import annotations

import csv
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, STEER, TRAINING, drag, number, wait_for_step, wait_until_applied

PANELS = [
    {"id": "likelihood", "kind": "lines", "x": 0, "y": 0, "w": 4, "h": 6, "options": {"metrics": ["likelihood"]}},
    {"id": "density", "kind": "lines", "x": 4, "y": 0, "w": 4, "h": 6, "options": {"metrics": ["density"]}},
    {"id": "log", "kind": "log", "x": 8, "y": 0, "w": 4, "h": 6},
    {"id": "topics", "kind": "topic_matrix", "x": 0, "y": 6, "w": 8, "h": 8},
]
BREAK_DENSITY = """
from mixviz.views.lines import Lines
whole = Lines.frame
def broken(view, source):
    if view.id == "density":
        raise LookupError("no such line")
    return whole(view, source)
Lines.frame = broken
"""
HIDE = """() => {
    const paint = window.requestAnimationFrame, waiting = [];
    window.requestAnimationFrame = (callback) => waiting.push(callback);
    window.showAgain = () => {
        window.requestAnimationFrame = paint;
        waiting.forEach((callback) => paint(callback));
    };
}"""
"""What calls back before the next paint waits for it, as in a tab that is not in front."""
HAS_POINTS = re.compile("^M.+L")
CELL_PX = 34
"""From one row of the grid to the next."""


@pytest.fixture(scope="module")
def shared(open_for_module: Callable[..., LabNotebook]) -> LabNotebook:
    return open_for_module([STEER], TRAINING, FIRST_START_S)


@pytest.fixture
def notebook(shared: LabNotebook) -> LabNotebook:
    """The same notebook for every test, with the same four panels at the beginning of each."""
    shared.page.keyboard.press("Escape")  # closes what an earlier test that failed left open
    shared.execute(f"dash.maximise(None); dash.layout = {PANELS!r}; dash.session.start()")
    expect(shared.page.locator(".grid [data-panel]")).to_have_count(len(PANELS))
    for entry in PANELS:
        wait_until_at(shared, entry["id"], entry)
    wait_for_frames(shared, 3)  # where nothing seems to change, the panels are others nevertheless
    return shared


def panel(notebook: LabNotebook, id: str) -> Locator:
    return notebook.page.locator(f".grid [data-panel='{id}']")


def placed(notebook: LabNotebook, id: str) -> dict[str, Any]:
    """Return what Python says of a panel."""
    return next(entry for entry in notebook.value("dash.layout") if entry["id"] == id)


def wait_for_frames(notebook: LabNotebook, n: int) -> None:
    """Wait until the page has drawn so many frames more."""
    seq = notebook.page.evaluate("Number(document.querySelector('.mixviz').dataset.seq)")
    notebook.page.wait_for_function("n => Number(document.querySelector('.mixviz').dataset.seq) >= n", arg=seq + n)


def wait_until_at(notebook: LabNotebook, id: str, place: dict[str, Any]) -> None:
    """Wait until the page shows a panel at this place."""
    area = f"{place['y'] + 1} / {place['x'] + 1} / span {place['h']} / span {place['w']}"
    is_there = "([id, area]) => document.querySelector(`.grid [data-panel='${id}']`)?.style.gridArea === area"
    notebook.page.wait_for_function(is_there, arg=[id, area])


def edges(entry: dict[str, Any]) -> tuple[int, ...]:
    return tuple(entry[name] for name in ("x", "y", "w", "h"))


def middle(handle: Locator) -> tuple[float, float]:
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag_by(notebook: LabNotebook, start: tuple[float, float], right: float, down: float) -> None:
    mouse, (x, y) = notebook.page.mouse, start
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + right, y + down, steps=6)
    expect(notebook.page.locator(".ghost").first).to_be_visible()
    mouse.up()


def choose(notebook: LabNotebook, id: str, label: str) -> None:
    """Choose a line of a panel's menu."""
    panel(notebook, id).locator(".more").click()
    panel(notebook, id).get_by_role("menuitem", name=label, exact=True).click()


def test_a_layout_set_in_python_is_shown(notebook):
    wider = [PANELS[0] | {"w": 12, "h": 4}, PANELS[2] | {"x": 0, "y": 4}]
    notebook.execute(f"dash.layout = {wider!r}")
    expect(notebook.page.locator(".grid [data-panel]")).to_have_count(2)
    for entry in wider:
        wait_until_at(notebook, entry["id"], entry)
    assert [edges(entry) for entry in notebook.value("dash.layout")] == [edges(entry) for entry in wider]


def test_a_panel_is_added_from_the_menu_and_removed(notebook):
    page = notebook.page
    page.get_by_role("button", name="+ Panel").click()
    page.get_by_role("menu", name="lines").get_by_role("menuitem", name="likelihood", exact=True).click()
    expect(page.locator(".grid [data-panel]")).to_have_count(len(PANELS) + 1)
    (added,) = {entry["id"] for entry in notebook.value("dash.layout")} - {entry["id"] for entry in PANELS}
    assert placed(notebook, added)["options"]["metrics"] == ["likelihood"]
    expect(panel(notebook, added).locator("path.line").first).to_have_attribute("d", HAS_POINTS)
    choose(notebook, added, "Remove")
    expect(panel(notebook, added)).to_have_count(0)
    assert added not in [entry["id"] for entry in notebook.value("dash.layout")]


def test_a_panel_is_dragged_by_its_head(notebook):
    page = notebook.page
    columns = page.locator(".grid").first.evaluate("grid => (grid.clientWidth + 10) / 12")
    drag_by(notebook, middle(panel(notebook, "likelihood").locator("h3")), 4 * columns, 0)
    wait_until_at(notebook, "likelihood", PANELS[1])
    assert edges(placed(notebook, "likelihood")) == edges(PANELS[1])
    assert notebook.value("dash.session.attachments['dashboard']['panels'] == dash.layout")
    places = [edges(entry) for entry in notebook.value("dash.layout")]
    assert len({(x, y) for x, y, _, _ in places}) == len(PANELS)


def test_a_panel_is_resized_by_its_corner(notebook):
    columns = notebook.page.locator(".grid").first.evaluate("grid => (grid.clientWidth + 10) / 12")
    larger = {"x": 0, "y": 0, "w": 6, "h": 9}
    drag_by(notebook, middle(panel(notebook, "likelihood").locator(".corner")), 2 * columns, 3 * CELL_PX)
    wait_until_at(notebook, "likelihood", larger)
    assert edges(placed(notebook, "likelihood")) == edges(larger)
    box = panel(notebook, "likelihood").bounding_box()
    assert box is not None
    assert abs(box["width"] - (6 * columns - 10)) < 2
    assert abs(box["height"] - (9 * CELL_PX - 10)) < 2


def test_moved_and_resized_by_keyboard(notebook):
    page, topics = notebook.page, panel(notebook, "topics")
    topics.locator(".more").focus()
    page.keyboard.press("Enter")
    topics.get_by_role("menuitem", name="Move", exact=True).press("Enter")
    expect(topics.locator(".grip")).to_be_focused()
    for x in (1, 2):
        page.keyboard.press("ArrowRight")
        wait_until_at(notebook, "topics", PANELS[3] | {"x": x})
    page.keyboard.press("ArrowUp")
    wait_until_at(notebook, "topics", PANELS[3] | {"x": 2, "y": 0})
    topics.locator(".corner").focus()
    page.keyboard.press("ArrowLeft")
    wait_until_at(notebook, "topics", PANELS[3] | {"x": 2, "y": 0, "w": 7})
    page.keyboard.press("ArrowDown")
    wait_until_at(notebook, "topics", PANELS[3] | {"x": 2, "y": 0, "w": 7, "h": 9})
    expect(topics.locator(".corner")).to_be_focused()
    assert edges(placed(notebook, "topics")) == (2, 0, 7, 9)


def test_a_panel_is_set_by_its_form(notebook):
    shown = panel(notebook, "density")
    shown.locator(".more").click()
    form = shown.get_by_role("form", name="Settings")
    form.locator("select[name=axis]").select_option("log")
    form.locator("[name='metrics/likelihood']").check()
    expect(form.locator("[name='metrics/likelihood']")).to_be_checked()
    expect(shown.locator("h3")).to_contain_text("likelihood")
    notebook.page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    options = placed(notebook, "density")["options"]
    assert options["axis"] == "log"
    assert options["metrics"] == ["density", "likelihood"]
    notebook.execute("dash.configure('density', axis='linear', metrics=['density'])")
    shown.locator(".more").click()
    expect(form.locator("select[name=axis]")).to_have_value("linear")
    notebook.page.keyboard.press("Escape")


def test_maximised_and_back_by_escape(notebook):
    page, topics = notebook.page, panel(notebook, "topics")
    choose(notebook, "topics", "Maximise")
    expect(panel(notebook, "log")).to_be_hidden()
    assert notebook.value("dash.session.attachments['dashboard']['maximised']") == "topics"
    grid, box = page.locator(".grid").first.bounding_box(), topics.bounding_box()
    assert grid is not None
    assert box is not None
    assert box["width"] == pytest.approx(grid["width"], abs=2)
    topics.get_by_role("button", name="Restore").focus()
    page.keyboard.press("Escape")
    expect(panel(notebook, "log")).to_be_visible()
    assert notebook.value("dash.session.attachments['dashboard']['maximised']") is None
    assert [edges(entry) for entry in notebook.value("dash.layout")] == [edges(entry) for entry in PANELS]


def test_saved_as_csv_and_png(notebook, tmp_path):
    drag(notebook.page, "l1", 0.4)
    wait_until_applied(notebook.page, "l1")
    expect(panel(notebook, "log").locator("li").first).to_contain_text("l1")
    names, *rows = csv.reader(saved(notebook, "log", "Save CSV", tmp_path).read_text().splitlines())
    assert "step" in [name.lower() for name in names]
    assert rows
    assert all(len(row) == len(names) for row in rows)
    assert any("l1" in " ".join(row) for row in rows)
    for id in ("topics", "density", "log"):
        assert_picture(saved(notebook, id, "Save PNG", tmp_path), panel(notebook, id))


def saved(notebook: LabNotebook, id: str, label: str, folder: Path) -> Path:
    """Choose a line of a panel's menu and return the file that the browser saves."""
    with notebook.page.expect_download() as download:
        choose(notebook, id, label)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    assert panel(notebook, id).locator("h3").inner_text() in path.name
    return path


def assert_picture(path: Path, of: Locator) -> None:
    """The file is a PNG about as large as the panel, or as its body, and not of one colour."""
    content, box = path.read_bytes(), of.bounding_box()
    assert box is not None
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert 0.7 * box["width"] <= width <= 2.1 * box["width"]
    assert 0.5 * box["height"] <= height <= 4 * box["height"]
    assert len(content) > 1000


def test_python_gets_a_picture_of_the_whole(notebook, tmp_path):
    path = tmp_path / "dashboard.png"
    notebook.execute(f"picture = dash.export_png({str(path)!r})")
    assert notebook.value("str(picture.result(60))", timeout_s=70) == str(path)
    assert_picture(path, notebook.page.locator(".mixviz").first)


def test_a_hidden_page_does_not_leave_python_waiting(notebook, tmp_path):
    page, path = notebook.page, tmp_path / "dashboard.png"
    page.evaluate(HIDE)
    notebook.execute(f"dash._exports._patience_s = 5; picture = dash.export_png({str(path)!r})")
    reason = notebook.value("str(picture.exception(15))")
    assert path.exists() if reason == "None" else "no picture within 5 s: is its tab in front?" in reason
    page.evaluate("() => window.showAgain()")
    notebook.execute(f"dash._exports._patience_s = 60; picture = dash.export_png({str(path)!r})")
    assert notebook.value("str(picture.result(60))", timeout_s=70) == str(path)


def test_a_view_that_raises_fails_alone(notebook):
    page = notebook.page
    notebook.execute(BREAK_DENSITY)
    try:
        error = panel(notebook, "density").locator(".error")
        expect(error.locator("p")).to_have_text("LookupError: no such line")
        error.locator("summary").click()
        expect(error.locator("pre")).to_contain_text("Traceback")
        wait_for_step(page, number(page, "step"))
        expect(page.locator(".grid .error")).to_have_count(1)
    finally:
        notebook.execute("Lines.frame = whole")
    expect(error).to_have_count(0)
