"""What a worker tells: lines of the log, errors with their tracebacks, events to listeners."""

from __future__ import annotations

import time
import traceback
from collections import deque
from typing import Any

from mixviz.engine.events import Events
from mixviz.engine.log import Change, Log
from mixviz.types import Published

_N_SUSPECTS = 5
"""Control changes named when a run fails."""


class Reports:
    """The part of :class:`mixviz.engine.worker.Worker` that tells what happens; only its thread does."""

    tick: int
    published: Published
    _by: str

    def __init__(self) -> None:
        self.log, self.events = Log(), Events()
        self.errors: dict[str, str] = {}
        self._untold: deque[str] = deque()
        self._emissions: deque[tuple[Any, tuple[Any, ...]]] = deque()
        self._raised: set[object] = set()

    def _log(self, kind: str, name: str, **details: Any) -> None:
        change = Change(self.tick, self.published.step, time.time(), self._by, kind, name, **details)
        self.log.append(change)
        self._emissions.append((self.events.changed, (change,)))

    def _report(self, message: str, traceback: str) -> None:
        """Note in the log that something of the user's failed and was disabled; its traceback goes to `errors`."""
        self.errors = {**self.errors, message: traceback}
        self._untold.append(message)
        self._log("error", message)

    def _emit(self) -> None:
        """Tell the listeners, outside every lock; one that raises is reported once and the run goes on."""
        while self._emissions:
            signal, arguments = self._emissions.popleft()
            try:
                signal.emit(*arguments)
            except BaseException as error:  # a listener's code
                cause = error.__cause__ or error
                lines = tuple((frame.f_code, line) for frame, line in traceback.walk_tb(cause.__traceback__))
                if (signal.name, lines) not in self._raised:
                    self._raised.add((signal.name, lines))
                    self._report(f"a listener of {signal.name} raised {cause!r}", traceback.format_exc())

    def _suspects(self) -> str:
        changes = [change for change in self.log[-200:] if change.kind == "set"][-_N_SUSPECTS:]
        told = "; ".join(f"step {c.step}: {c.name} {c.old:g} → {c.new:g} ({c.source})" for c in changes)
        return f"Latest control changes: {told}" if told else "No control had been changed."
