"""Questions to a running kernel, past the page that uses it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zmq
from jupyter_client.session import Session as KernelMessages

from tests.browser.server import JupyterServer


class Kernel:
    """The kernel of this id, asked directly: works with the page closed, and without an event loop."""

    def __init__(self, server: JupyterServer, id: str) -> None:
        self.id = id
        self._connection_path = server.runtime / f"kernel-{id}.json"

    def execute(self, code: str, timeout_s: float = 30) -> None:
        """Run `code`; raise AssertionError with its traceback."""
        self._ask(code, {}, timeout_s)

    def value(self, expression: str, timeout_s: float = 30) -> Any:
        """Return what `expression` is: numbers, strings, lists, tuples, dicts."""
        answer = self._ask("", {"value": f"repr({expression})"}, timeout_s)["value"]
        assert answer["status"] == "ok", f"{expression}: {answer['ename']}: {answer['evalue']}"
        return ast.literal_eval(ast.literal_eval(answer["data"]["text/plain"]))  # long displays are cut, long texts not

    @contextmanager
    def shell(self) -> Iterator[zmq.Socket[bytes]]:
        """Connect to the kernel's shell."""
        info = self._connection()
        with zmq.Context() as context, context.socket(zmq.DEALER) as shell:
            shell.linger = 0
            shell.connect(f"tcp://{info['ip']}:{info['shell_port']}")
            yield shell

    def _connection(self) -> Any:
        return json.loads(self._connection_path.read_text())

    def _ask(self, code: str, expressions: dict[str, str], timeout_s: float) -> Any:
        info = self._connection()
        messages = KernelMessages(key=info["key"].encode(), signature_scheme=info["signature_scheme"])
        with self.shell() as shell:
            messages.send(shell, "execute_request", {"code": code, "silent": True, "user_expressions": expressions})
            assert shell.poll(timeout_s * 1000), f"no answer within {timeout_s} s: {code or expressions}"
            _, reply = messages.recv(shell)
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"]["traceback"])
        return reply["content"]["user_expressions"]
