"""A notebook open in JupyterLab or Jupyter Notebook in a real browser, and a way to ask its kernel questions."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, ConsoleMessage, Page, TimeoutError

from tests.browser.kernel import Kernel
from tests.browser.server import JupyterServer

KERNEL_IS_IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
IS_VISIBLE = "selector => document.querySelector(selector)?.checkVisibility()"
NUDGE_INTERVAL_S = 2
_numbers = itertools.count()


def write_notebook(path: Path, cells: list[str], kernel: str = "python3") -> None:
    """Write a notebook of these code cells, for the kernel of this name."""
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    code_cells = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=code_cells, metadata={"kernelspec": spec}), path)


class LabNotebook:
    """A notebook of given cells, open in `page`.

    Attributes
    ----------
    page : playwright.sync_api.Page
    path : pathlib.Path
        The notebook's file.
    errors : list of str
        What the page wrote to its console as errors, and exceptions nobody caught.
    """

    _address = "doc/tree/{name}?reset"
    _upstream_errors: tuple[str, ...] = ()

    def __init__(
        self,
        server: JupyterServer,
        page: Page,
        name: str,
        cells: list[str],
        artifacts: Path,
        kernel: str = "python3",
    ) -> None:
        self.page = page
        self.path = server.root / name
        self.errors: list[str] = []
        self._server = server
        self._name = name
        self._artifacts = artifacts
        write_notebook(self.path, cells, kernel)
        self.listen(page)

    def listen(self, page: Page) -> None:
        """Collect what this page writes to its console as errors."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._note(str(error)))

    def open(self) -> None:
        """Load the notebook's page, or load it again, and wait for its kernel."""
        self.page.goto(self.url)
        self._wait_for(KERNEL_IS_IDLE, None, timeout_s=60)

    @property
    def url(self) -> str:
        """The page's address."""
        return f"{self._server.url}/{self._address.format(name=self._name)}"

    def run_all(self) -> None:
        """Start running every cell; does not wait for them."""
        self.page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:run-all-cells') }")

    def run_cell(self, index: int) -> None:
        """Start running one cell; does not wait for it."""
        self.page.evaluate(
            """index => {
                window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
                void window.jupyterapp.commands.execute("notebook:run-cell");
            }""",
            index,
        )

    def wait_for(self, selector: str, timeout_s: float = 60) -> None:
        """Wait until an element that matches is visible."""
        self._wait_for(IS_VISIBLE, selector, timeout_s)

    def save(self) -> None:
        """Save the notebook with its outputs and the widgets' state."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def set_theme(self, theme: str) -> None:
        """Switch to the ``'light'`` or ``'dark'`` theme; JupyterLab covers the page meanwhile."""
        name, is_light = {"light": ("JupyterLab Light", "true"), "dark": ("JupyterLab Dark", "false")}[theme]
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name)
        is_shown = (
            "light => document.body.dataset.jpThemeLight === light && !document.querySelector('#jupyterlab-splash')"
        )
        self.page.wait_for_function(is_shown, arg=is_light)

    def screenshot(self, name: str, selector: str) -> Path:
        """Keep a picture of the first element that matches, as artifacts/NAME.png."""
        path = self._artifacts / f"{name}.png"
        element = self.page.locator(selector).first
        element.scroll_into_view_if_needed()
        element.screenshot(path=path)
        return path

    def execute(self, code: str, timeout_s: float = 30) -> None:
        """Run `code` in the notebook's kernel, without the page; raise AssertionError with its traceback."""
        self._kernel().execute(code, timeout_s)

    def value(self, expression: str, timeout_s: float = 30) -> Any:
        """Return what `expression` is in the notebook's kernel: numbers, strings, lists, tuples, dicts."""
        return self._kernel().value(expression, timeout_s)

    def close(self) -> None:
        """Close the page and end the kernel."""
        self.page.close()
        if session := self._session():
            self._server.request("DELETE", f"sessions/{session['id']}")

    def kernel_pid(self) -> int:
        """Return the process id of the notebook's kernel."""
        return int(self.value("__import__('os').getpid()"))

    def _wait_for(self, function: str, argument: str | None, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self.page.wait_for_function(function, arg=argument, timeout=NUDGE_INTERVAL_S * 1000)
            except TimeoutError:
                wanted = argument or function
                assert time.monotonic() < deadline, f"{wanted} not within {timeout_s} s; there is: {self._outputs()}"
                self._nudge()
            else:
                return

    def _outputs(self) -> list[str]:
        """What the cells gave, and how far their dashboards are, for a test that fails."""
        return self.page.locator(".jp-OutputArea-output, .mixviz").evaluate_all(
            "all => all.map((el) => `${el.innerText.slice(0, 1000)} ${JSON.stringify(el.dataset)}`)"
        )

    def _nudge(self) -> None:
        """Connect to the kernel once: what ipykernel up to 7.3 forgot to read (its issue 1554), it reads then."""
        if self._session():
            with self._kernel().shell():
                time.sleep(0.1)

    def _session(self) -> Any:
        sessions = self._server.request("GET", "sessions")
        return next((session for session in sessions if session["path"] == self._name), None)

    def _kernel(self) -> Kernel:
        return Kernel(self._server, self._session()["kernel"]["id"])

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} ({message.location['url']})")

    def _note(self, error: str) -> None:
        if not any(known in error for known in self._upstream_errors):
            self.errors.append(error)


class ClassicNotebook(LabNotebook):
    """The same in Jupyter Notebook 7."""

    _address = "notebooks/{name}"
    # Notebook 7.6.5, now and then: while it loads its settings; a command of the file browser it opens without.
    _upstream_errors = ("reading 'schema'", "Command 'filebrowser:open-path' not registered")


@contextmanager
def opening(server: JupyterServer, browser: Browser, artifacts: Path) -> Iterator[Callable[..., LabNotebook]]:
    """Give a function that opens a notebook of the given cells, runs it and waits for `selector`.

    At the end each page's console must hold no error, and each kernel is ended.
    """
    opened: list[LabNotebook] = []

    def open_(
        cells: list[str],
        selector: str,
        timeout_s: float = 60,
        front_end: type[LabNotebook] = LabNotebook,
        kernel: str = "python3",
        cell: int | None = None,
    ) -> LabNotebook:
        """Run all cells, or only the one of index `cell`."""
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        name = f"test_{next(_numbers)}.ipynb"
        notebook = front_end(server, page, name, cells, artifacts, kernel)
        opened.append(notebook)
        notebook.open()
        if cell is None:
            notebook.run_all()
        else:
            notebook.run_cell(cell)
        notebook.wait_for(selector, timeout_s)
        return notebook

    try:
        yield open_
    finally:
        for notebook in opened:
            notebook.close()
    errors = [error for notebook in opened for error in notebook.errors]
    assert not errors, errors
