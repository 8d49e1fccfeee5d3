"""Pictures that a browser is asked for, and those who wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from mixviz.storage import replacing

PATIENCE_S = 60.0
"""A browser draws a picture in seconds, but not while its tab is hidden, and a page that crashed says no goodbye."""
_PNG = b"\x89PNG\r\n\x1a\n"


class Exports:
    """Asks one view of a dashboard for a picture of it, and writes the answer to a file.

    Parameters
    ----------
    send : callable
        ``send(header)`` sends one message to all views.
    patience_s : float
        Seconds after which a picture that did not come is given up.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None], patience_s: float = PATIENCE_S) -> None:
        self._send, self._patience_s = send, patience_s
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[str, Path, Future[Path]]] = {}
        self._n = 0

    def ask(self, view: str | None, path: str | Path) -> Future[Path]:
        """Ask `view` for a picture; the future gives `path` once it is written, or raises RuntimeError.

        Raises
        ------
        RuntimeError
            If there is no view.
        FileNotFoundError
            If there is no folder to write it in.
        """
        target = Path(path)
        if view is None:
            raise RuntimeError("no browser shows this dashboard: show it in a cell, then export it")
        if not target.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {target.parent} to write {target.name} in")
        future: Future[Path] = Future()
        with self._lock:
            self._n += 1
            n = self._n
            self._waiting[n] = view, target, future
        timer = threading.Timer(self._patience_s, self._give_up, (n,))
        timer.daemon = True
        timer.start()
        future.add_done_callback(lambda _: timer.cancel())
        self._send({"type": "export", "view": view, "n": n})
        return future

    def answer(self, view: str, n: int, error: str | None, buffers: Sequence[Any]) -> None:
        """Take a view's answer; one that nobody waits for is dropped."""
        with self._lock:
            asked, target, future = self._waiting.get(n, (None, Path(), Future()))
            if asked != view:
                return
            del self._waiting[n]
        if not future.set_running_or_notify_cancel():
            return
        try:
            if error is not None:
                raise RuntimeError(f"the browser could not draw the picture: {error}")
            _write(target, bytes(buffers[0]) if buffers else b"")
        except Exception as reason:  # the one who waits must hear of it, in whichever thread that is
            future.set_exception(reason)
        else:
            future.set_result(target)

    def forget(self, view: str | None = None) -> None:
        """Tell those who wait for `view`, or for any, that it is gone."""
        with self._lock:
            gone = {n: entry for n, entry in self._waiting.items() if view in (None, entry[0])}
            self._waiting = {n: entry for n, entry in self._waiting.items() if n not in gone}
        for _, _, future in gone.values():
            _fail(future, "the page with the dashboard was closed before it sent a picture")

    def _give_up(self, n: int) -> None:
        with self._lock:
            entry = self._waiting.pop(n, None)
        if entry:
            hint = "is its tab in front? A browser draws nothing in a hidden one"
            _fail(entry[2], f"the browser sent no picture within {self._patience_s:g} s: {hint}")


def _fail(future: Future[Path], reason: str) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(RuntimeError(reason))


def _write(target: Path, png: bytes) -> None:
    if not png.startswith(_PNG):
        raise RuntimeError(f"the browser sent no PNG picture but {len(png)} bytes beginning with {png[:8]!r}")
    with replacing(target) as stream:
        stream.write(png)
