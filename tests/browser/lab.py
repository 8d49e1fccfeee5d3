"""A notebook open in JupyterLab in a real browser, and a way to ask its kernel questions."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import zmq
from jupyter_client.session import Session as KernelMessages
from playwright.sync_api import ConsoleMessage, Page, TimeoutError

from tests.browser.server import JupyterServer

METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
KERNEL_IS_IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
IS_VISIBLE = "selector => document.querySelector(selector)?.checkVisibility()"
NUDGE_INTERVAL_S = 2


class LabNotebook:
    """A notebook of given cells, open in `page`.

    Attributes
    ----------
    page : playwright.sync_api.Page
    errors : list of str
        What the page wrote to its console as errors, and exceptions nobody caught.
    """

    def __init__(self, server: JupyterServer, page: Page, name: str, cells: list[str], artifacts: Path) -> None:
        self.page = page
        self.errors: list[str] = []
        self._server = server
        self._name = name
        self._artifacts = artifacts
        code_cells = [nbformat.v4.new_code_cell(source) for source in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=code_cells, metadata=METADATA), server.root / name)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self) -> None:
        """Load the notebook's page, or load it again, and wait for its kernel."""
        self.page.goto(f"{self._server.url}/doc/tree/{self._name}?reset")
        self._wait_for(KERNEL_IS_IDLE, None, timeout_s=60)

    def run_all(self) -> None:
        """Start running every cell; does not wait for them."""
        self.page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:run-all-cells') }")

    def wait_for(self, selector: str, timeout_s: float = 60) -> None:
        """Wait until an element that matches is visible."""
        self._wait_for(IS_VISIBLE, selector, timeout_s)

    def save(self) -> None:
        """Save the notebook with its outputs and the widgets' state."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def set_theme(self, theme: str) -> None:
        """Switch JupyterLab to its ``'light'`` or ``'dark'`` theme."""
        name, is_light = {"light": ("JupyterLab Light", "true"), "dark": ("JupyterLab Dark", "false")}[theme]
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name)
        self.page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=is_light)

    def screenshot(self, name: str, selector: str) -> Path:
        """Keep a picture of the first element that matches, as artifacts/NAME.png."""
        path = self._artifacts / f"{name}.png"
        element = self.page.locator(selector).first
        element.scroll_into_view_if_needed()
        element.screenshot(path=path)
        return path

    def execute(self, code: str, timeout_s: float = 30) -> None:
        """Run `code` in the notebook's kernel, without the page; raise AssertionError with its traceback."""
        self._ask(code, {}, timeout_s)

    def value(self, expression: str, timeout_s: float = 30) -> Any:
        """Return what `expression` is in the notebook's kernel: numbers, strings, lists, tuples, dicts."""
        answer = self._ask("", {"value": expression}, timeout_s)["value"]
        assert answer["status"] == "ok", f"{expression}: {answer['ename']}: {answer['evalue']}"
        return ast.literal_eval(answer["data"]["text/plain"])

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
                if time.monotonic() > deadline:
                    raise
                self._nudge()
            else:
                return

    def _nudge(self) -> None:
        """Connect to the kernel once: what ipykernel up to 7.3 forgot to read (its issue 1554), it reads then."""
        if self._session():
            with self._shell():
                time.sleep(0.1)

    def _session(self) -> Any:
        sessions = self._server.request("GET", "sessions")
        return next((session for session in sessions if session["path"] == self._name), None)

    def _connection(self) -> Any:
        path = self._server.runtime / f"kernel-{self._session()['kernel']['id']}.json"
        return json.loads(path.read_text())

    @contextmanager
    def _shell(self) -> Iterator[zmq.Socket[bytes]]:
        """Connect to the kernel's shell directly: works with the page closed, and without an event loop."""
        info = self._connection()
        with zmq.Context() as context, context.socket(zmq.DEALER) as shell:
            shell.linger = 0
            shell.connect(f"tcp://{info['ip']}:{info['shell_port']}")
            yield shell

    def _ask(self, code: str, expressions: dict[str, str], timeout_s: float) -> Any:
        info = self._connection()
        messages = KernelMessages(key=info["key"].encode(), signature_scheme=info["signature_scheme"])
        with self._shell() as shell:
            messages.send(shell, "execute_request", {"code": code, "silent": True, "user_expressions": expressions})
            assert shell.poll(timeout_s * 1000), f"no answer within {timeout_s} s: {code or expressions}"
            _, reply = messages.recv(shell)
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"]["traceback"])
        return reply["content"]["user_expressions"]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location['url']})")
