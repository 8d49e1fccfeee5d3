"""The log: every change, by whom, when. Stored as columns, read as :class:`Change` values."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from mixviz.engine.columns import Growing

ON_GPU = "on the GPU"
"""What the lines `start` and `resume` say where the model computes there."""
KINDS = ("set", "rewind", "snapshot", "start", "pause", "resume", "stop", "error", "policy", "name", "edit")
DTYPE = np.dtype(
    [
        ("tick", np.uint32),
        ("step", np.uint32),
        ("time", np.float64),
        ("source", np.uint32),
        ("kind", np.uint8),
        ("name", np.uint32),
        ("old", np.float64),
        ("new", np.float64),
        ("target", np.int64),
    ]
)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log.

    Attributes
    ----------
    tick : int
        Steps executed in all when it happened; the order for replay.
    step : int
        The newest finished step then: a `set` acts from step + 1 on.
    time : float
        Seconds since the epoch (wall clock).
    source : str
        ``'user'``, ``'policy:<name>'`` or ``'session'``.
    kind : str
        ``set``, ``rewind``, ``snapshot``, ``start``, ``pause``, ``resume``, ``stop``, ``error``, ``policy``,
        ``name`` (a snapshot was named or pinned) or ``edit``.
    name : str
        The control, the snapshot's name, a message, or an edit with its arguments: see :mod:`mixviz.engine.edits`.
    old, new : float or None
        Value before and after; for a rewind the steps left and reached.
    target : int
        For a rewind the tick of the state returned to, otherwise -1.
    """

    tick: int
    step: int
    time: float
    source: str
    kind: str
    name: str
    old: float | None = None
    new: float | None = None
    target: int = -1


class Log(Sequence[Change]):
    """All changes in the order they were applied: about 50 bytes a line."""

    def __init__(self) -> None:
        self._rows = Growing(DTYPE)
        self._texts: list[str] = []
        self._codes: dict[str, int] = {}
        self._lock = threading.Lock()

    def append(self, change: Change) -> None:
        """Add a line."""
        old, new = (np.nan if value is None else value for value in (change.old, change.new))
        kind = KINDS.index(change.kind)
        with self._lock:
            source, name = self._code(change.source), self._code(change.name)
            self._rows.append((change.tick, change.step, change.time, source, kind, name, old, new, change.target))

    def _code(self, text: str) -> int:
        if text not in self._codes:
            self._codes[text] = len(self._texts)
            self._texts.append(text)
        return self._codes[text]

    def __len__(self) -> int:
        return self._rows.n

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Change, ...]: ...
    def __getitem__(self, index: int | slice) -> Change | tuple[Change, ...]:
        with self._lock:
            rows = self._rows.view()[index]
            if isinstance(index, slice):
                return tuple(self._change(row) for row in rows)
            return self._change(rows)

    def _change(self, row: Any) -> Change:
        tick, step, time, source, kind, name, old, new, target = row.item()
        old, new = (None if value != value else value for value in (old, new))
        return Change(tick, step, time, self._texts[source], KINDS[kind], self._texts[name], old, new, target)

    def to_arrays(self) -> tuple[npt.NDArray[Any], list[str]]:
        """Return the rows (structured array of `DTYPE`) and the texts they point to."""
        with self._lock:
            return self._rows.view().copy(), list(self._texts)

    def copied(self, tick: int) -> Log:
        """Return a copy of the lines up to `tick`."""
        rows, texts = self.to_arrays()
        return Log.from_arrays(rows[rows["tick"] <= tick], texts)

    @classmethod
    def from_arrays(cls, rows: npt.NDArray[Any], texts: list[str]) -> Log:
        """Rebuild a log; ValueError if the rows do not fit the texts."""
        if rows.dtype != DTYPE or rows.ndim != 1:
            raise ValueError(f"log rows have dtype {rows.dtype}, expected {DTYPE}")
        if len(rows) and max(int(rows["source"].max()), int(rows["name"].max())) >= len(texts):
            raise ValueError("log rows point to texts that are not there")
        if len(rows) and int(rows["kind"].max()) >= len(KINDS):
            raise ValueError(f"log rows hold a kind above {len(KINDS) - 1}")
        log = cls()
        log._rows.extend(rows)
        log._texts, log._codes = list(texts), {text: code for code, text in enumerate(texts)}
        return log


def is_on_gpu(model: Any) -> bool:
    """Return whether a model computes on a GPU."""
    place = getattr(model, "place", None)
    return place is not None and place().name == "cuda"
