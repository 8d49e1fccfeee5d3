"""An HTTP server on this machine that answers, lies, stops in the middle or is not there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CONTENT = bytes(range(256)) * 1000


class Server(ThreadingHTTPServer):
    """Serves `files`; sends no more than `cut` bytes of a body, though it announces all of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {"/data.bin": CONTENT}
        self.cut: int | None = None
        self.versions: dict[str, str] = {"ETag": '"1"'}
        self.does_ranges = True
        self.shift = 0
        self.requests: list[tuple[str, str | None]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        given = self.headers.get("Range")
        self.server.requests.append((self.path, given))
        body = self.server.files.get(self.path)
        if body is None:
            return self.send_error(404)
        start = int(given.removeprefix("bytes=").rstrip("-")) if given and self.server.does_ranges else 0
        if self.headers.get("If-Range") not in self.server.versions.values():
            start = 0
        if start >= len(body) and start:
            return self.send_error(416)
        self.send_response(206 if start else 200)
        for name, value in self.server.versions.items():
            self.send_header(name, value)
        if start:
            self.send_header("Content-Range", f"bytes {start + self.server.shift}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:][: self.server.cut])
        return None

    def log_message(self, *_arguments: object) -> None:
        """Keep the test output clean."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("MIXVIZ_DATA", raising=False)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
