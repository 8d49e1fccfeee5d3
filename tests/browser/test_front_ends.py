"""The dashboard in Jupyter Notebook 7 and in Voila: it appears, frames flow, a slider steers, lines move."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.kernel import Kernel
from tests.browser.lab import ClassicNotebook, LabNotebook
from tests.browser.steering import (
    FIRST_START_S,
    STEER,
    TRAINING,
    agreed_value,
    drag,
    line,
    number,
    wait_for_other_line,
    wait_for_step,
    wait_until_applied,
    wait_until_whole,
)
from tests.browser.voila import VoilaPage

AFTERWARDS = "last_cell_ran = True"


@pytest.fixture
def voila(server, browser):
    page = VoilaPage(
        server, browser.new_page(viewport={"width": 1400, "height": 1000}), "voila.ipynb", [STEER, AFTERWARDS]
    )
    yield page
    page.close()
    assert page.errors == []


def assert_steers(page: Page, kernel: Kernel | LabNotebook) -> None:
    """What has to hold wherever the dashboard is shown."""
    wait_for_step(page, 10)
    wait_until_whole(page, kernel.value("len(dash.layout)"))
    seq, before = number(page, "seq"), line(page, "density")
    drag(page, "l1", 0.6)
    applied = wait_until_applied(page, "l1")
    assert agreed_value(page, kernel, "l1") > 0
    wait_for_step(page, applied + 5)
    assert number(page, "seq") > seq
    wait_for_other_line(page, "density", before)


def test_jupyter_notebook(open_notebook: Callable[..., LabNotebook]):
    notebook = open_notebook([STEER], TRAINING, FIRST_START_S, ClassicNotebook)
    assert_steers(notebook.page, notebook)


def test_voila(voila: VoilaPage):
    """Loading the page runs all cells; only then the dashboard is shown, and the run has gone on meanwhile."""
    voila.open()
    voila.wait_for(TRAINING, FIRST_START_S)
    assert voila.kernel.value("last_cell_ran")
    assert_steers(voila.page, voila.kernel)
