"""The log as panels need it, read once and then only its new lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from mixviz.types import Change

MOVE_S = 1.5
"""Values a person gives one control less than so long apart are one move of its slider."""
_N_READ_AT_FIRST = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log panel: `who` is ``you``, a policy, or empty for the session itself."""

    step: int
    kind: str
    text: str
    who: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A change a person made, at the first step it acts on."""

    step: int
    title: str


class Changes:
    """Digest of a session's log.

    Attributes
    ----------
    lines : deque of Line
        The newest lines, oldest first. One move of a slider is one line, and so is a policy at work on a control.
    marks : list of Mark
        Moves by hand and rewinds on the present path, oldest first: a rewind drops those after its target.
    applied : dict of str to int
        By control, the first step its present value acted on.
    """

    def __init__(self, n_lines: int = 60, n_marks: int = 200) -> None:
        self.lines: deque[Line] = deque(maxlen=n_lines)
        self.marks: list[Mark] = []
        self.applied: dict[str, int] = {}
        self.n_read = 0
        self._n_marks = n_marks
        self._first: Change | None = None
        self._newest: Change | None = None

    def read(self, log: Sequence[Change]) -> None:
        """Take in the lines added since the last call."""
        n = len(log)
        for change in log[max(self.n_read, n - _N_READ_AT_FIRST) : n]:
            self._take(change)
        self.n_read = n

    def _take(self, change: Change) -> None:
        is_same = self._is_same_move(change)
        self._first = self._first if is_same else change
        self._newest = change
        old = self._first.old if self._first else change.old
        line = Line(_first_step(change), change.kind, _text(change, old), _who(change.source))
        if is_same:
            self.lines.pop()
        self.lines.append(line)
        self._mark(change, line, is_same)

    def _is_same_move(self, change: Change) -> bool:
        """Whether `change` continues the line before: a policy at work, or a slider still being dragged."""
        before = self._newest
        if before is None or change.kind != "set":
            return False
        is_same = (before.kind, before.name, before.source) == (change.kind, change.name, change.source)
        return is_same and (change.source.startswith("policy:") or change.time - before.time < MOVE_S)

    def _mark(self, change: Change, line: Line, is_same: bool) -> None:
        if change.kind == "set":
            self.applied[change.name] = line.step
        if change.kind == "rewind":
            self.marks = [mark for mark in self.marks if mark.step <= line.step]
        if change.kind in ("set", "rewind") and change.source == "user":
            if is_same and self.marks:
                self.marks.pop()
            self.marks.append(Mark(line.step, line.text))
            del self.marks[: -self._n_marks]


def _first_step(change: Change) -> int:
    if change.kind == "rewind" and change.new is not None:
        return int(change.new)
    return change.step + 1 if change.kind == "set" else change.step


def _who(source: str) -> str:
    return {"user": "you", "session": ""}.get(source, source.removeprefix("policy:"))


def _text(change: Change, old: float | None) -> str:
    match change.kind:
        case "set":
            return f"{change.name.replace('_', ' ')} {_figure(old)} → {_figure(change.new)}"
        case "rewind":
            return f"rewound from step {change.old or 0:.0f} to {change.new or 0:.0f}"
        case "snapshot":
            return f"snapshot “{change.name}”" if change.name else "snapshot"
        case "error" | "policy":
            return change.name
    verb = {"start": "started", "pause": "paused", "resume": "resumed", "stop": "stopped"}.get(change.kind, change.kind)
    return f"{verb}: {change.name}" if change.name else verb


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
