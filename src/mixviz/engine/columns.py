"""Storage for long runs: growing arrays, numbers with their minima and maxima, and arrays, thinned as they age."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from mixviz.engine.path import Path
from mixviz.types import Float64Array, IntArray

_CELL = 256
"""Entries summarised by one coarse minimum and maximum."""
_MAX_ARRAYS, _MAX_ARRAY_BYTES = 256, 12_000_000
"""What an array-valued column keeps at most: so many arrays, and the bytes that a million numbers take."""


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
        """Add many entries; TypeError where they are of another kind."""
        added = values.astype(self._array.dtype, casting="same_kind", copy=False)
        self._array = np.concatenate([self._array[: self.n], added])
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

    def append(self, tick: int, value: Any) -> None:
        """Record `value`, a number or an array without dimensions, for `tick`; ticks increase."""
        with self._lock:
            self.values.append(value)
            self.ticks.append(tick)
            if self.values.n % _CELL == 0:
                self._summarise()

    def extend(self, ticks: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
        """Record many values at once; ValueError where there is not one value for each tick."""
        if len(ticks) != len(values):
            raise ValueError(f"{len(values)} values for {len(ticks)} ticks")
        with self._lock:
            self.values.extend(values)
            self.ticks.extend(ticks)
            self._summarise()

    def _summarise(self) -> None:
        """Take the minima and maxima of the cells that were filled since the last time."""
        filled = self.values.view(self._lows.n * _CELL, self.values.n // _CELL * _CELL).reshape(-1, _CELL)
        self._lows.extend(np.fmin.reduce(filled, axis=1))
        self._highs.extend(np.fmax.reduce(filled, axis=1))

    def copied(self, tick: int) -> Column:
        """Return a copy of the entries up to `tick`."""
        other = Column()
        with self._lock:
            n = int(np.searchsorted(self.ticks.view(), tick, side="right"))
            other.extend(self.ticks.view(0, n), self.values.view(0, n))
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
    """An array-valued figure: the newest, and of what came before so many, evenly spread, as the limits allow.

    Of every `stride` ticks the first array is kept. Where that is too much, the stride is doubled. The newest stays
    even where it alone is above the limit.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[int, npt.NDArray[Any]]] = []
        self._stride = 1

    def append(self, tick: int, value: npt.NDArray[Any]) -> None:
        """Record an array that nobody will write to for `tick`; ticks increase."""
        entries = self.entries
        if len(entries) > 1 and entries[-1][0] // self._stride == entries[-2][0] // self._stride:
            entries = entries[:-1]  # it was there as the newest only
        entries = [*entries, (tick, value)]
        while len(entries) > 2 and _is_too_much(entries):
            self._stride *= 2
            firsts = {entry[0] // self._stride: entry for entry in reversed(entries[:-1])}
            entries = [*reversed(firsts.values()), entries[-1]]
        self.entries = entries[-1:] if _is_too_much(entries) else entries

    def copied(self, tick: int) -> ArrayColumn:
        """Return a copy of the entries up to `tick`."""
        other = ArrayColumn()
        other.entries, other._stride = [entry for entry in self.entries if entry[0] <= tick], self._stride
        return other

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return _n_bytes(self.entries)

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
        entries = self.entries
        placed = [
            (tick - s.shift, value)
            for s in path.segments
            for tick, value in entries
            if s.first <= tick and (s.last is None or tick <= s.last)
        ]
        values = [value for _, value in placed]
        same = len({value.shape for value in values}) == 1
        return np.array([step for step, _ in placed], np.int64), np.stack(values) if same else values


def _n_bytes(entries: list[tuple[int, npt.NDArray[Any]]]) -> int:
    return sum(value.nbytes for _, value in entries)


def _is_too_much(entries: list[tuple[int, npt.NDArray[Any]]]) -> bool:
    return len(entries) > _MAX_ARRAYS or _n_bytes(entries) > _MAX_ARRAY_BYTES
