"""Several views of one run: a second cell, a reloaded page, a second tab, no tab at all."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, STEER, TRAINING, number, wait_for_step, wait_until_whole

SHOW_AGAIN = "again = mv.Dashboard(dash.session)\nagain"
LIVE_WITHIN_S = 10
"""On a machine busy with much else it took up to two."""
SILENT_S = 3
FALLS_SILENT_WITHIN_S = 10


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    notebook = open_for_module([STEER, SHOW_AGAIN], TRAINING, FIRST_START_S, cell=0)
    notebook.page.set_viewport_size({"width": 1400, "height": 2600})
    return notebook


@pytest.fixture(scope="module")
def n_panels(notebook) -> int:
    return notebook.value("len(dash.layout)")


def assert_live_and_whole(page, n_panels, index=0):
    """Soon after it appears, every panel is drawn and frames come."""
    page.locator(".mixviz").nth(index).wait_for()
    wait_until_whole(page, n_panels, index, LIVE_WITHIN_S)
    seq = number(page, "seq", index)
    advances = "([seq, index]) => Number(document.querySelectorAll('.mixviz')[index].dataset.seq) > seq"
    page.wait_for_function(advances, arg=[seq, index], timeout=LIVE_WITHIN_S * 1000)


def test_a_second_cell_shows_the_same_run(notebook, n_panels):
    page = notebook.page
    wait_until_whole(page, n_panels)
    notebook.run_cell(1)
    assert_live_and_whole(page, n_panels, index=1)
    page.locator(".mixviz").nth(1).get_by_role("button", name="Pause").click()
    for index in (0, 1):
        page.locator(".mixviz").nth(index).get_by_role("button", name="Resume").wait_for()
    assert number(page, "step", 0) == number(page, "step", 1) == notebook.value("dash.session.status.step")
    page.locator(".mixviz").first.get_by_role("button", name="Resume").click()
    wait_for_step(page, number(page, "step", 1) + 3, index=1)


def test_what_is_arranged_in_one_cell_shows_in_the_other(notebook, n_panels):
    page = notebook.page
    first, second = page.locator(".mixviz").first, page.locator(".mixviz").nth(1)
    second.get_by_role("button", name="+ Panel").click()
    second.get_by_role("menu", name="log").get_by_role("menuitem", name="log", exact=True).click()
    for shown in (second, first):
        expect(shown.locator(".grid [data-panel='log:2'] li").first).to_be_visible()
    notebook.execute("dash.hide_control('alpha')")
    expect(second.locator("[data-control='alpha']")).to_have_count(0)
    added = first.locator("[data-panel='log:2']")
    added.locator(".more").click()
    added.get_by_role("menuitem", name="Remove", exact=True).click()
    for shown in (first, second):
        expect(shown.locator(".grid [data-panel]")).to_have_count(n_panels)
    kept = notebook.value("dash.session.attachments['dashboard']")
    assert (kept["hidden_controls"], len(kept["panels"])) == (["alpha"], n_panels)
    notebook.execute("again.show_control('alpha')")
    expect(first.locator("[data-control='alpha']")).to_have_count(1)


def test_a_reloaded_page_is_live_and_whole(notebook, n_panels):
    notebook.save()
    notebook.open()
    assert_live_and_whole(notebook.page, n_panels)


def test_a_second_tab_is_live_and_whole(notebook, n_panels, browser):
    tab = browser.new_page(viewport={"width": 1400, "height": 2600})
    notebook.listen(tab)
    try:
        tab.goto(notebook.url)
        assert_live_and_whole(tab, n_panels)
        assert_live_and_whole(notebook.page, n_panels)
    finally:
        tab.close()


def test_without_a_tab_nothing_is_sent_and_a_new_one_is_live_again(notebook, n_panels):
    page = notebook.page
    page.goto("about:blank")
    deadline = time.monotonic() + FALLS_SILENT_WITHIN_S
    while True:
        sent, step = notebook.value("(dash._relay._seq + again._relay._seq, dash.session.status.step)")
        page.wait_for_timeout(SILENT_S * 1000)
        still, later = notebook.value("(dash._relay._seq + again._relay._seq, dash.session.status.step)")
        assert later > step, "the run stands still"
        if still == sent:
            break
        assert time.monotonic() < deadline, f"{still - sent} frames were sent to nobody in {SILENT_S} s"
    notebook.open()
    assert_live_and_whole(page, n_panels)
    assert number(page, "step") >= later
