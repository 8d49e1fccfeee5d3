"""Profiles of clusters of a plain table in a real browser: shown unasked, by the names of its columns."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, TRAINING, eventually
from tests.browser.test_accessibility import axe_finds_nothing, load_axe
from tests.browser.test_maps import IS_DRAWN

STEER = """
import mixviz as mv
from sklearn.datasets import load_wine
dash = mv.steer(mv.KMeans(6, random_state=0), load_wine(as_frame=True).data)
dash
"""


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    notebook = open_for_module([STEER], TRAINING, FIRST_START_S)
    notebook.page.wait_for_function(IS_DRAWN, arg="profiles")
    return notebook


@pytest.fixture
def found(notebook) -> Locator:
    return notebook.page.locator(".grid [data-panel='profiles']")


def test_the_head_says_what_the_bars_are(found):
    expect(found.locator(".note")).to_have_text("above or below the average · 13 features")


def test_arrow_keys_walk_through_features_and_clusters(notebook, found):
    found.locator("canvas").focus()
    notebook.page.keyboard.press("ArrowRight")
    reading = r"^cluster \d+ \([.\d]+ %\) · alcohol: [.\d]+, [.\d]+ standard deviations (above|below) the average$"
    expect(found.locator(".note")).to_have_text(re.compile(reading))
    first = found.locator(".note").text_content()
    notebook.page.keyboard.press("ArrowDown")
    expect(found.locator(".note")).to_have_text(re.compile(reading))
    assert found.locator(".note").text_content() != first
    notebook.page.keyboard.press("ArrowLeft")
    expect(found.locator(".note")).to_contain_text("· proline: ")
    notebook.page.keyboard.press("Enter")
    silhouettes = notebook.page.locator(".grid [data-panel='silhouette'] .note")
    expect(silhouettes).to_have_text(re.compile(r"^cluster \d+: mean "))
    notebook.screenshot("profiles-chosen", ".mixviz")
    notebook.page.keyboard.press("Enter")
    expect(silhouettes).to_contain_text("below 0")
    expect(found.locator(".about")).to_have_text(re.compile("^Choose a cluster"))  # panels keep their own pace
    notebook.page.keyboard.press("Escape")


def test_by_hand_a_cluster_is_merged_split_and_moved_to_a_row(notebook, found):
    canvas = found.locator("canvas")
    canvas.click(position={"x": 60, "y": 60})
    expect(found.locator(".about")).to_have_text(re.compile(r"^Cluster \d+ · [.\d]+ % · about \d+ rows$"))
    found.get_by_role("button", name="Merge into").click()
    canvas.focus()
    notebook.page.keyboard.press("End")
    notebook.page.keyboard.press("Enter")
    found.get_by_role("button", name="Split").click()
    found.get_by_role("button", name="Move to row").click()
    found.get_by_label("Row number").fill("17")
    found.get_by_role("button", name="Move", exact=True).click()
    edits = "[change.name.split()[0] for change in dash.session.log if change.kind == 'edit']"
    eventually(notebook.page, lambda: assert_equal(notebook.value(edits), ["merge", "split", "move"]))
    notebook.screenshot("profiles-actions", ".mixviz")
    canvas.focus()
    notebook.page.keyboard.press("Escape")


def assert_equal(value: object, wanted: object) -> None:
    assert value == wanted


def test_values_may_be_shown_as_they_are(notebook, found):
    notebook.execute("dash.configure('profiles', scale='plain')")
    expect(found.locator(".note")).to_have_text("values as they are · 13 features")
    notebook.execute("dash.configure('profiles', scale='relative')")
    expect(found.locator(".note")).to_contain_text("above or below")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(notebook, theme):
    load_axe(notebook.page)
    notebook.set_theme(theme)
    eventually(notebook.page, lambda: axe_finds_nothing(notebook.page))
    notebook.screenshot(f"profiles-{theme}", ".mixviz")
