"""A notebook of a run, exported as HTML with the widgets' state: its dashboard without a kernel and without a network.

JupyterLab saves the widgets' state only where Settings, "Save Widget State Automatically" is on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import (
    FIRST_START_S,
    STEER,
    TRAINING,
    eventually,
    line,
    number,
    wait_for_step,
    wait_until_whole,
)
from tests.browser.test_lists import SAMPLED

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "js" / "node_modules"
MODULES = Path(sys.prefix) / "share" / "jupyter" / "nbextensions"
ADDRESS = "http://export.test/run.html"
TOGGLE_SAVING = "() => window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
HEADS = "() => [...document.querySelectorAll('.mixviz [data-panel] > header')].map(head => head.innerText)"
STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    """A run paused after some steps, with its notebook saved."""
    notebook = open_for_module([STEER], TRAINING, FIRST_START_S)
    wait_for_step(notebook.page, 20)
    notebook.page.get_by_role("button", name="Pause").click()
    notebook.page.get_by_role("button", name="Resume").wait_for()
    wait_for_step(notebook.page, notebook.value("dash.session.status.step") - 1)
    notebook.page.evaluate(TOGGLE_SAVING)
    try:
        save_with_state(notebook)
    finally:
        notebook.page.evaluate(TOGGLE_SAVING)
    return notebook


def save_with_state(notebook: LabNotebook) -> None:
    """Save until the file holds the dashboard as it last was: the page may hear of it a little later."""
    step = notebook.value("dash.session.status.step")
    expect(notebook.page.locator(".mixviz [data-kind=documents] .caption")).to_have_text(SAMPLED)

    def is_saved() -> None:
        notebook.save()
        panels = saved_panels(notebook.path)
        assert panels["run_bar"]["step"] == step
        assert SAMPLED.match(panels["documents"]["caption"])

    eventually(notebook.page, is_saved)


def saved_panels(path: Path) -> dict[str, Any]:
    """Return the panels of the dashboard in a saved notebook, by kind."""
    widgets = json.loads(path.read_text())["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    headers = [model["state"].get("saved_frame", {}).get("header") for model in widgets.values()]
    assert any(headers), "the saved notebook holds no dashboard"
    return {panel["kind"]: panel for header in headers if header for panel in header["panels"]}


@pytest.fixture
def exported(notebook, browser, tmp_path) -> Page:
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), str(notebook.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    html = next(tmp_path.glob("*.html"))
    page = browser.new_page(viewport={"width": 1400, "height": 2000})
    page.route("**/*", lambda route: answer(route, html))
    page.goto(ADDRESS)
    yield page
    page.close()


def answer(route: Route, html: Path) -> None:
    """Serve what the page takes from content networks from what is installed here; leave out formulas."""
    url = route.request.url
    for part, path in {
        ADDRESS: html,
        "/require": PACKAGES / "requirejs" / "require.js",
        "/@jupyter-widgets/html-manager@": PACKAGES / "@jupyter-widgets" / "html-manager" / "dist" / "embed-amd.js",
        "/anywidget@": MODULES / "anywidget" / "index.js",
        "/bqplot@": MODULES / "bqplot" / "index.js",
        "/bqscales@": MODULES / "bqscales" / "index.js",
    }.items():
        if part in url:
            return route.fulfill(path=path)
    is_local = urlsplit(url).hostname == urlsplit(ADDRESS).hostname
    return route.fulfill(status=404 if is_local else 200, body="")  # a module not found beside the page is looked for


def test_an_exported_notebook_shows_the_last_state_of_every_panel(notebook, exported):
    exported.locator(".mixviz[data-step]").wait_for()
    wait_until_whole(exported, notebook.value("len(dash.layout)"), is_live=False)
    assert number(exported, "step") == notebook.value("dash.session.status.step")
    assert exported.evaluate(HEADS) == notebook.page.evaluate(HEADS)
    assert "L" in line(exported, "density")
    assert exported.locator("[data-control='l1'] input[type=range]").is_visible()
