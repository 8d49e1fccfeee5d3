"""Log: every change, newest first."""

from __future__ import annotations

from dataclasses import asdict

from mixviz.views.base import Frame, Source
from mixviz.views.panel import PanelView


class Log(PanelView):
    """The newest lines of the session's log."""

    kind = "log"
    size = (4, 8)
    interval_s = 0.0

    def __init__(self) -> None:
        super().__init__()

    def frame(self, source: Source) -> Frame:
        """Return the lines, newest first."""
        lines = [asdict(line) for line in reversed(source.changes.lines)]
        return Frame({"lines": lines, "n_lines": source.changes.n_lines}, [])
