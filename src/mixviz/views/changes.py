"""The log as panels need it, read once and then only its new lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from mixviz.types import Change, Path
from mixviz.views.course import is_on

MOVE_S = 1.5
"""Values a person gives one control less than so long apart are one move of its slider."""
_N_READ_AT_FIRST = 20_000
_N_EVENTS = 2000
_VERBS = {"start", "pause", "resume", "stop", "snapshot"}
_EDITS = {
    ("merge", "cluster", "into"): "merge cluster {cluster} into {into}",
    ("move", "cluster", "row"): "move cluster {cluster} to {noun} {row}",
}
"""Edits as a sentence, by name and arguments; others are told as they are called."""
_NAMED = {"snapshot", "rewind"}
"""Besides changes, what has a name; else the log's `name` is a text."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log panel.

    Attributes
    ----------
    step : int
        The newest finished step when it began, for changes as for everything else: down the log, steps are in order.
    kind, text : str
    who : str
        ``you``, a policy, or empty for the session itself.
    name : str
        Of the control or the snapshot; else empty.
    old, new : float or None
        Values of a control, steps of a rewind; else None.
    """

    step: int
    kind: str
    text: str
    who: str
    name: str = ""
    old: float | None = None
    new: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What bent the run's course, at the first step it acts on: a change by hand, a rewind, a policy that came or went.

    Attributes
    ----------
    step : int
    title : str
        In words.
    kind : {'set', 'rewind', 'policy', 'edit'}
    who : str
        As in :class:`Line`.
    tick : int
        Steps executed in all by then.
    """

    step: int
    title: str
    kind: str = "set"
    who: str = "you"
    tick: int = 0


@dataclass(slots=True)
class _Move:
    """One control on its way, by one hand: a slider being dragged, or a policy at work."""

    began_at: float | None
    newest: Change
    line: Line
    mark: Mark | None

    def goes_on(self, change: Change) -> bool:
        """Whether `change` belongs to it."""
        is_same_hand = change.source == self.newest.source
        return is_same_hand and (change.source != "user" or change.time - self.newest.time < MOVE_S)


class Changes:
    """Digest of a session's log.

    Parameters
    ----------
    unit : str
        What rows of the data are called, as ``images``.
    n_lines, n_marks : int
        How many of the newest are kept.

    Attributes
    ----------
    lines : list of Line
        The newest lines, oldest first. One move of a slider is one line, from the value before; so is a policy at work
        on a control, from the first value it set. It stays where it began.
    events : list of Mark
        Moves by hand, rewinds, and policies that came or went, on the present path, oldest first. Those that a rewind
        left come back with a return to their course.
    marks : list of Mark
        The newest of `events`.
    n_lines : int
        Lines there have been in all.
    applied : dict of str to int
        By control, the first step its present value acted on.
    """

    def __init__(self, unit: str = "rows", *, n_lines: int = 300, n_marks: int = 200) -> None:
        self._noun = unit.removesuffix("s")
        self.lines: list[Line] = []
        self.events: list[Mark] = []
        self.marks: list[Mark] = []
        self.n_lines = 0
        self.applied: dict[str, int] = {}
        self._n_kept = {"lines": n_lines, "marks": n_marks}
        self._n_read = 0
        self._path: Path | None = None
        self._moves: dict[str, _Move] = {}
        self._all_events: list[Mark] = []

    def read(self, log: Sequence[Change], path: Path | None = None) -> None:
        """Take in what was added since the last call; only marks on `path` count, where it is given."""
        n = len(log)
        if (n, path) == (self._n_read, self._path):
            return
        for change in log[max(self._n_read, n - _N_READ_AT_FIRST) : n]:
            if change.kind == "set":
                self._take_set(change)
            else:
                self._take(change)
        self._n_read, self._path = n, path
        self.events = [mark for mark in self._all_events if path is None or is_on(path, mark.tick + 1)]
        self.marks = self.events[-self._n_kept["marks"] :]

    def _take_set(self, change: Change) -> None:
        self.applied[change.name] = change.step + 1
        move = self._moves.get(change.name)
        if move and move.goes_on(change):
            line, mark = self._drawn(change, move.began_at)
            line = replace(line, step=move.line.step)
            _replace(self.lines, move.line, line)
            if mark and move.mark:
                mark = replace(mark, step=move.mark.step, tick=move.mark.tick)  # the course bends where it began
                _replace(self._all_events, move.mark, mark)
            self._moves[change.name] = _Move(move.began_at, change, line, mark)
        else:
            line, mark = self._drawn(change, change.old)
            began_at = change.new if change.source.startswith("policy:") else change.old
            self._moves[change.name] = _Move(began_at, change, line, mark)
            self._add(line, mark)

    def _drawn(self, change: Change, began_at: float | None) -> tuple[Line, Mark | None]:
        text = f"{change.name.replace('_', ' ')} {_figure(began_at)} → {_figure(change.new)}"
        line = Line(change.step, change.kind, text, _who(change.source), change.name, began_at, change.new)
        return line, Mark(change.step + 1, text, tick=change.tick) if change.source == "user" else None

    def _take(self, change: Change) -> None:
        name = change.name if change.kind in _NAMED else ""
        line = Line(
            change.step, change.kind, _text(change, self._noun), _who(change.source), name, change.old, change.new
        )
        mark = None
        if change.kind in _VERBS:  # the person's hand left the slider
            self._moves = {name: move for name, move in self._moves.items() if move.newest.source != "user"}
        if change.kind == "rewind":
            self._moves.clear()
            mark = Mark(int(change.new or 0), line.text, change.kind, line.who, change.tick)
        if change.kind == "policy":
            mark = Mark(change.step + 1, line.text, change.kind, line.who, change.tick)
        if change.kind == "edit":  # logged with the step that it is
            mark = Mark(change.step, line.text, change.kind, line.who, change.tick - 1)
        self._add(line, mark)

    def _add(self, line: Line, mark: Mark | None) -> None:
        self.n_lines += 1
        self.lines = [*self.lines, line][-self._n_kept["lines"] :]
        if mark:
            self._all_events = [*self._all_events, mark][-_N_EVENTS:]


def _replace(items: list[T], old: T, new: T) -> None:
    """Replace that very object, `old`, where it is still among `items`: near the end, for a hand moves it now."""
    for i in range(len(items) - 1, -1, -1):
        if items[i] is old:
            items[i] = new
            return


def _who(source: str) -> str:
    return {"user": "you", "session": ""}.get(source, source.removeprefix("policy:"))


def _text(change: Change, noun: str) -> str:
    match change.kind:
        case "rewind":
            return f"rewound from step {change.old or 0:.0f} to {change.new or 0:.0f}"
        case "snapshot":
            return f"snapshot “{change.name}”" if change.name else "snapshot"
        case "error" | "policy" | "name":
            return change.name
        case "edit":
            return _edit(change.name, noun)
    verb = {"start": "started", "pause": "paused", "resume": "resumed", "stop": "stopped"}.get(change.kind, change.kind)
    return f"{verb}: {change.name}" if change.name else verb


def _edit(written: str, noun: str) -> str:
    name, _, arguments = written.partition(" ")
    values = json.loads(arguments)
    sentence = _EDITS.get((name, *sorted(values)))
    if sentence:
        return sentence.format(noun=noun, **values)
    return " ".join((name, *(f"{key} {value}" for key, value in values.items())))


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
