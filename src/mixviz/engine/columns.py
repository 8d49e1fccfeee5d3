"""Append-only storage for long runs: growing arrays, and a column that knows its own minima and maxima."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from mixviz.engine.path import Path
from mixviz.types import Float64Array, IntArray

_CELL = 256
"""Entries summarised by one coarse minimum and maximum."""
_MAX_ARRAYS = 256
"""Entries an array-valued column keeps; beyond, every other one is dropped."""


class Growing:
    """A one-dimensional array with room at the end; slack is at most an eighth."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._array: npt.NDArray[Any] = np.empty(64, dtype)
        self.n = 0

    def append(self, value: Any) -> None:
        """Add one entry."""
        if self.n == len(self._array):
            larger = np.empty(self.n + max(64, self.n // 8), self._array.dtype)
            larger[: self.n] = self._array
            self._array = larger
        self._array[self.n] = value
        self.n += 1

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Add many entries."""
        self._array = np.concatenate([self._array[: self.n], values.astype(self._array.dtype, copy=False)])
        self.n = len(self._array)

    def view(self, first: int = 0, last: int | None = None) -> npt.NDArray[Any]:
        """Return entries ``first:last`` without copying."""
        return self._array[first : self.n if last is None else last]

    @property
    def n_bytes(self) -> int:
        """Bytes held, slack included."""
        return self._array.nbytes


class Column:
    """One scalar figure over the steps of a run.

    Holds ticks (uint32) and values (float64), 12 bytes an entry, and the minimum and maximum of every 256
    entries, so that a window of a million steps is decimated without touching each of them.
    """

    def __init__(self) -> None:
        self.ticks = Growing(np.uint32)
        self.values = Growing(np.float64)
        self._lows = Growing(np.float64)
        self._highs = Growing(np.float64)
        self._lock = threading.Lock()

    def append(self, tick: int, value: float) -> None:
        """Record `value` for `tick`; ticks increase."""
        with self._lock:
            self.values.append(value)
            self.ticks.append(tick)
            if self.values.n % _CELL == 0:
                cell = self.values.view(self.values.n - _CELL)
                self._lows.append(np.fmin.reduce(cell))
                self._highs.append(np.fmax.reduce(cell))

    def extend(self, ticks: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
        """Record many values at once."""
        for tick, value in zip(ticks.tolist(), values.tolist(), strict=True):
            self.append(tick, value)

    def copied(self, tick: int) -> Column:
        """Return a copy of the entries up to `tick`."""
        other = Column()
        with self._lock:
            n = int(np.searchsorted(self.ticks.view(), tick, side="right"))
            ticks, values = self.ticks.view(0, n).copy(), self.values.view(0, n).copy()
        other.extend(ticks, values)
        return other

    def arrays(self, path: Path) -> tuple[IntArray, Float64Array]:
        """Return copies of the steps and values on `path`."""
        with self._lock:
            spans = self._spans(path, 0, None)
            steps = [self._steps(np.arange(i, j), shift) for i, j, shift in spans]
            values = [self.values.view(i, j) for i, j, _ in spans]
            return np.concatenate([np.empty(0, np.int64), *steps]), np.concatenate([np.empty(0), *values])

    def window(
        self, path: Path, first: int, last: int | None, n_bins: int
    ) -> tuple[IntArray, Float64Array, Float64Array]:
        """Return (steps, lows, highs) of at most `n_bins` bins over steps ``first..last`` (None: the newest)."""
        with self._lock:
            spans = self._spans(path, first, last)
            is_long = sum(j - i for i, j, _ in spans) >= 2 * _CELL * n_bins
            parts = [self._cells(*span) if is_long else self._entries(*span) for span in spans]
            steps = np.concatenate([np.empty(0, np.int64), *(part[0] for part in parts)])
            lows, highs = (np.concatenate([np.empty(0), *(part[k] for part in parts)]) for k in (1, 2))
        if len(steps) <= n_bins:
            return steps, lows, highs
        edges = np.linspace(0, len(steps), n_bins, endpoint=False).astype(np.int64)
        return steps[edges], np.fmin.reduceat(lows, edges), np.fmax.reduceat(highs, edges)

    def latest(self, path: Path) -> float | None:
        """Return the newest value on `path`, or None."""
        with self._lock:
            ends = [j for i, j, _ in self._spans(path, 0, None) if i < j]
            return float(self.values.view()[ends[-1] - 1]) if ends else None

    def _spans(self, path: Path, first: int, last: int | None) -> list[tuple[int, int, int]]:
        """Entries ``i:j`` of each segment within the steps asked for, and the segment's shift."""
        ticks, spans = self.ticks.view(), []
        for segment in path.segments:
            low = max(segment.first, first + segment.shift)
            highs = [t for t in (segment.last, None if last is None else last + segment.shift) if t is not None]
            i = int(np.searchsorted(ticks, low, side="left"))
            j = int(np.searchsorted(ticks, min(highs), side="right")) if highs else len(ticks)
            spans.append((i, max(i, j), segment.shift))
        return spans

    def _steps(self, entries: IntArray, shift: int) -> IntArray:
        return self.ticks.view()[entries].astype(np.int64) - shift

    def _entries(self, i: int, j: int, shift: int) -> tuple[IntArray, Float64Array, Float64Array]:
        values = self.values.view(i, j).copy()
        return self._steps(np.arange(i, j), shift), values, values

    def _cells(self, i: int, j: int, shift: int) -> tuple[IntArray, Float64Array, Float64Array]:
        """Summaries of the whole cells in ``i:j``, and the loose entries before and after as cells of their own."""
        a, b = -(-i // _CELL), j // _CELL
        if a >= b:
            return self._entries(i, j, shift)
        head, tail = self.values.view(i, a * _CELL), self.values.view(b * _CELL, j)
        starts = np.concatenate([np.arange(i, a * _CELL), np.arange(a, b) * _CELL, np.arange(b * _CELL, j)])
        lows = np.concatenate([head, self._lows.view(a, b), tail])
        highs = np.concatenate([head, self._highs.view(a, b), tail])
        return self._steps(starts, shift), lows, highs

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return sum(part.n_bytes for part in (self.ticks, self.values, self._lows, self._highs))


class ArrayColumn:
    """An array-valued figure: the newest and an even thinning of what came before, 256 arrays at most."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, npt.NDArray[Any]]] = []

    def append(self, tick: int, value: npt.NDArray[Any]) -> None:
        """Record an array for `tick`."""
        entries = self.entries[::2] if len(self.entries) >= _MAX_ARRAYS else self.entries
        self.entries = [*entries, (tick, value)]

    def copied(self, tick: int) -> ArrayColumn:
        """Return a copy of the entries up to `tick`."""
        other = ArrayColumn()
        other.entries = [entry for entry in self.entries if entry[0] <= tick]
        return other

    def latest(self, path: Path) -> npt.NDArray[Any] | None:
        """Return the newest array on `path`, or None."""
        entries = self.entries
        on_path = (
            value
            for segment in reversed(path.segments)
            for tick, value in reversed(entries)
            if segment.first <= tick and (segment.last is None or tick <= segment.last)
        )
        return next(on_path, None)

    def arrays(self, path: Path) -> tuple[IntArray, Any]:
        """Return the steps and arrays on `path`, stacked where their shapes agree, else as a list."""
        placed = [
            (tick - s.shift, value)
            for s in path.segments
            for tick, value in self.entries
            if s.first <= tick and (s.last is None or tick <= s.last)
        ]
        values = [value for _, value in placed]
        same = len({value.shape for value in values}) == 1
        return np.array([step for step, _ in placed], np.int64), np.stack(values) if same else values
