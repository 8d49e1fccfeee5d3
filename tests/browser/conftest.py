"""Fixtures for tests in a real browser: one JupyterLab and one Chromium for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.lab import LabNotebook, opening
from tests.browser.server import JupyterServer
from tests.browser.steering import PATIENCE_S
from tools.find_chromium import find_chromium

CHROMIUM_FLAGS = [
    "--no-sandbox",  # Chromium refuses to start as root with its sandbox on
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OpenNotebook = Callable[..., LabNotebook]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with JupyterServer(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium here: `make test` finds or installs one and says what is missing")
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def artifacts(pytestconfig: pytest.Config) -> Path:
    """Folder for pictures, kept after the run and ignored by git."""
    folder = pytestconfig.rootpath / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def open_notebook(server: JupyterServer, browser: Browser, artifacts: Path) -> Iterator[OpenNotebook]:
    """Return a function that opens a notebook, see `opening`; what it opened is closed after the test."""
    with opening(server, browser, artifacts) as open_:
        yield open_


@pytest.fixture(scope="module")
def open_for_module(server: JupyterServer, browser: Browser, artifacts: Path) -> Iterator[OpenNotebook]:
    """The same, for a notebook that all tests of a module share."""
    with opening(server, browser, artifacts) as open_:
        yield open_
