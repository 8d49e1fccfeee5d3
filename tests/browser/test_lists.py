"""Lists in panels, in a real browser: the wheel over them, their pictures, and titles without room."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, STEER, TRAINING, eventually

SAMPLED = re.compile(r"^[\d,]+ of [\d,]+ documents sampled$")
"""What stands below the documents once all of the sample were looked at: from then on they stay."""
PANELS = [
    {"id": "log", "kind": "log", "x": 0, "y": 0, "w": 4, "h": 6},
    {"id": "documents", "kind": "documents", "x": 4, "y": 0, "w": 3, "h": 6},
    {"id": "topics", "kind": "topic_matrix", "x": 0, "y": 6, "w": 12, "h": 40},
]
IS_CUT = "title => title.scrollWidth > title.clientWidth"
SCROLLED = "list => [list.scrollTop, Math.round(list.getBoundingClientRect().top)]"
IS_AT_END = "list => list.scrollTop + list.clientHeight >= list.scrollHeight - 1"


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    notebook = open_for_module([STEER], TRAINING, FIRST_START_S)
    notebook.execute(f"dash.session.pause(); dash.session.wait(); dash.layout = {PANELS!r}")
    expect(panel(notebook, "log").locator("li").first).to_be_visible()
    expect(panel(notebook, "documents").locator(".caption")).to_have_text(SAMPLED)
    return notebook


def panel(notebook: LabNotebook, id: str) -> Locator:
    return notebook.page.locator(f".grid [data-panel='{id}']")


def turn_wheel(notebook: LabNotebook, over: Locator, distance: int) -> None:
    over.hover()
    notebook.page.mouse.wheel(0, distance)


def test_the_wheel_over_a_log_that_has_no_more_scrolls_the_page(notebook):
    log = panel(notebook, "log").locator("ol")
    log.scroll_into_view_if_needed()
    assert log.evaluate("list => list.scrollHeight === list.clientHeight")
    _, before = log.evaluate(SCROLLED)
    turn_wheel(notebook, log, 100)

    def the_page_moved() -> None:
        scrolled, top = log.evaluate(SCROLLED)
        assert (scrolled, top) == (0, before - 100)

    eventually(notebook.page, the_page_moved)


def test_the_wheel_scrolls_a_long_list_and_at_its_end_the_page(notebook):
    items = panel(notebook, "documents").locator("ul")
    items.scroll_into_view_if_needed()
    _, before = items.evaluate(SCROLLED)
    turn_wheel(notebook, items, 5000)

    def it_is_at_its_end() -> None:
        assert items.evaluate(IS_AT_END)

    eventually(notebook.page, it_is_at_its_end)
    assert items.evaluate(SCROLLED)[1] == before

    def the_page_moves() -> None:  # not by a turn that follows at once: it belongs to the list, as the one before
        turn_wheel(notebook, items, 50)
        assert items.evaluate(SCROLLED)[1] < before

    eventually(notebook.page, the_page_moves)


def test_a_title_without_room_keeps_its_end(notebook):
    titles = panel(notebook, "documents").locator(".title")
    cut = next(title for title in titles.all() if title.evaluate(IS_CUT))
    name, box = cut.locator("bdi").bounding_box(), cut.bounding_box()
    assert name
    assert box
    assert name["x"] < box["x"]
    assert name["x"] + name["width"] == pytest.approx(box["x"] + box["width"], abs=1)
    expect(cut).to_have_attribute("title", cut.inner_text())


def test_a_note_with_room_for_a_few_letters_only_is_left_out(notebook):
    note = panel(notebook, "log").locator(".note")
    seen = """note => {
        const letters = document.createRange();
        letters.selectNodeContents(note.lastChild);
        const { left, right } = note.getBoundingClientRect();
        return [right - left, letters.getBoundingClientRect().left < right];
    }"""
    notebook.execute("dash.configure('log', show='policies')")
    expect(note).to_have_text("policies")
    room, is_seen = note.evaluate(seen)
    assert (room > 72, is_seen) == (True, True)
    note.evaluate("note => { note.style.flex = '0 0 40px' }")
    assert note.evaluate(seen) == [40, False]


def test_the_picture_of_a_list_holds_all_of_it(notebook, tmp_path):
    found = panel(notebook, "documents")
    items, box = found.locator("ul"), found.bounding_box()
    assert box
    hidden = items.evaluate("list => list.scrollHeight - list.clientHeight")
    assert hidden > 50
    found.hover()
    found.get_by_role("button", name="Menu of").click()
    with notebook.page.expect_download() as download:
        found.get_by_role("menuitem", name="Save PNG").click()
    picture = tmp_path / "documents.png"
    download.value.save_as(picture)
    width, height = _size(picture)
    assert width == pytest.approx(box["width"], abs=1)
    assert height >= box["height"] + hidden - 1
    assert notebook.page.locator(".card.whole").count() == 0


def _size(png: Path) -> tuple[int, int]:
    return struct.unpack(">II", png.read_bytes()[16:24])
