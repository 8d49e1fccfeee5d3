"""Log: every change and every error, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from mixviz.views.base import Frame, Source
from mixviz.views.changes import Line
from mixviz.views.panel import PanelView, Setting

N_LINES = 60
_SHOWN: dict[str, Callable[[Line], bool]] = {
    "all": lambda line: True,
    "by hand": lambda line: line.who == "you",
    "policies": lambda line: line.kind == "policy" or line.who not in ("", "you"),
    "errors": lambda line: line.kind == "error",
}


class Log(PanelView):
    """The newest lines of the session's log, errors with their tracebacks.

    Parameters
    ----------
    show : {'all', 'by hand', 'policies', 'errors'}
        Which lines.
    """

    kind = "log"
    size = (4, 8)
    interval_s = 0.0

    def __init__(self, show: str = "all") -> None:
        super().__init__(show=_setting(show).check(show))

    def settings(self, source: Source) -> Sequence[Setting]:
        """Return which lines are shown."""
        return (_setting(self.options["show"]),)

    def frame(self, source: Source) -> Frame:
        """Return the lines, newest first; ``note`` says what is left out."""
        show = self.options["show"]
        read = source.changes.lines
        lines = [line for line in reversed(read) if _SHOWN[show](line)][:N_LINES]
        parts = [show] if show != "all" else []
        if show == "all" and source.changes.n_lines > len(lines):
            parts.append(f"newest {len(lines)} of {source.changes.n_lines:,}")
        elif source.changes.n_lines > len(read):
            parts.append(f"of the newest {len(read)}")
        return Frame({"lines": [_told(line, source) for line in lines], "note": ", ".join(parts)}, [])


def _setting(show: str) -> Setting:
    return Setting("show", "choice", show, choices=tuple(_SHOWN), help="Which lines of the log")


def _told(line: Line, source: Source) -> dict[str, Any]:
    told = asdict(line)
    trace = source.errors.get(line.text) if line.kind == "error" else None
    return told | {"traceback": trace} if trace else told
