"""Log: every change, newest first."""

from __future__ import annotations

from dataclasses import asdict

from mixviz.views.base import Frame, Source
from mixviz.views.changes import Changes


class Log:
    """The newest lines of the session's log."""

    id = kind = "log"
    interval_s = 0.0

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def frame(self, source: Source) -> Frame:
        """Return the lines, newest first."""
        lines = [asdict(line) for line in reversed(self._changes.lines)]
        return Frame({"lines": lines, "n_lines": self._changes.n_lines}, [])
