"""A notebook shown by Voila in a real browser: outputs only, and a kernel of the page's own."""

from __future__ import annotations

import time

from playwright.sync_api import ConsoleMessage, Page, Route, TimeoutError

from tests.browser.kernel import Kernel
from tests.browser.lab import NUDGE_INTERVAL_S, write_notebook
from tests.browser.server import JupyterServer

UPSTREAM_ERRORS = (
    "/labextensions/@jupyter-notebook/",  # Voila 0.5.13 loads this extension, which needs modules of JupyterLab's
    "MathJax is not defined",  # the template takes it from the internet, which the tests leave out
)


class VoilaPage:
    """A notebook of given cells, run from top to bottom by loading `page`.

    Attributes
    ----------
    page : playwright.sync_api.Page
    errors : list of str
        What the page wrote to its console as errors, and exceptions nobody caught.
    """

    def __init__(self, server: JupyterServer, page: Page, name: str, cells: list[str]) -> None:
        self.page = page
        self.errors: list[str] = []
        self._server = server
        self._name = name
        self._kernel: Kernel | None = None
        write_notebook(server.root / name, cells)
        page.route(lambda url: not url.startswith(server.url), _leave_out)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._note(str(error)))

    def open(self) -> None:
        """Load the page: the server runs all cells first."""
        before = self._kernel_ids()
        self.page.goto(f"{self._server.url}/voila/render/{self._name}", timeout=120_000)
        (new,) = self._kernel_ids() - before
        self._kernel = Kernel(self._server, new)

    def wait_for(self, selector: str, timeout_s: float) -> None:
        """Wait until an element that matches is visible; connect to the kernel meanwhile, as `LabNotebook` does."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self.page.wait_for_selector(selector, timeout=NUDGE_INTERVAL_S * 1000)
            except TimeoutError:
                shown = self.page.locator(".mixviz").evaluate_all("all => all.map(el => ({...el.dataset}))")
                assert time.monotonic() < deadline, f"{selector} not within {timeout_s} s; dashboards: {shown}"
                with self.kernel.shell():
                    time.sleep(0.1)
            else:
                return

    @property
    def kernel(self) -> Kernel:
        """The page's kernel."""
        assert self._kernel is not None, "open() comes first"
        return self._kernel

    def close(self) -> None:
        """Close the page and end its kernel, unless Voila has ended it."""
        self.page.close()
        if self._kernel is not None and self._kernel.id in self._kernel_ids():
            self._server.request("DELETE", f"kernels/{self._kernel.id}")

    def _kernel_ids(self) -> set[str]:
        return {kernel["id"] for kernel in self._server.request("GET", "kernels")}

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} ({message.location['url']})")

    def _note(self, error: str) -> None:
        if not any(known in error for known in UPSTREAM_ERRORS):
            self.errors.append(error)


def _leave_out(route: Route) -> None:
    """Answer with nothing: Voila's template takes fonts and formulas from the internet."""
    route.fulfill(body="")
