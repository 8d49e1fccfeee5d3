"""What a run recorded: one column per figure, and a digest of every state for replay."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mixviz.engine.columns import ArrayColumn, Column, Growing
from mixviz.engine.path import Path
from mixviz.types import Float64Array, IntArray, Published, check_whole


class History(Mapping[str, tuple[IntArray, Any]]):
    """Columns by name: ``history["likelihood"]`` gives (steps, values) on the run's present path.

    No number recorded is ever removed: a rewind only replaces `path`, and :meth:`along` reads any other one. Arrays are
    thinned out as they age.

    Attributes
    ----------
    columns : dict of str to Column or ArrayColumn
        Recorded by tick.
    hashes : Growing of uint64
        Digest of every state executed, by tick.
    path : Path
        Which ticks make up the present run.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.columns: dict[str, Column | ArrayColumn] = {}
        self.hashes = Growing(np.uint64)
        self.path = path or Path()

    def record(self, tick: int, readings: Mapping[str, Any], digest: int) -> None:
        """Record what the step of `tick` gave; where a value fits no column, TypeError, and nothing is recorded."""
        columns = [self.column_for(name, value) for name, value in readings.items()]
        for column, value in zip(columns, readings.values(), strict=True):
            column.append(tick, value)
        self.hashes.append(digest)

    def append(self, name: str, tick: int, value: Any) -> None:
        """Record a number or an array under `name`."""
        self.column_for(name, value).append(tick, value)

    def column_for(self, name: str, value: Any) -> Column | ArrayColumn:
        """Return the column that takes `value`, a number or an array, as `name`, made where there is none.

        Raises
        ------
        TypeError
            If that column holds numbers and `value` is an array, or the other way round.
        """
        is_number = np.ndim(value) == 0
        if name not in self.columns:
            self.columns = {**self.columns, name: Column() if is_number else ArrayColumn()}
        column = self.columns[name]
        if isinstance(column, Column) != is_number:
            before = "an array" if is_number else "a number"
            raise TypeError(f"returned an array of shape {np.shape(value)}; {name!r} was {before} before")
        return column

    def window(
        self, name: str, first: int = 1, last: int | None = None, n_bins: int = 1000
    ) -> tuple[IntArray, Float64Array, Float64Array]:
        """Decimate a scalar column.

        Parameters
        ----------
        name : str
            A scalar column.
        first, last : int
            Steps, both included; `last` None means the newest.
        n_bins : int
            At most so many bins come back, at least 1.

        Returns
        -------
        steps : ndarray of int64, shape (n,)
            First step of each bin.
        lows, highs : ndarray of float64, shape (n,)
            Smallest and largest value in each bin, NaN passed over.

        Raises
        ------
        KeyError
            If there is no such scalar column.
        ValueError
            If `n_bins` is not a whole number of at least 1.
        """
        n_bins = check_whole("n_bins", n_bins, 1)
        column = self._column(name)
        if not isinstance(column, Column):
            raise KeyError(f"{name!r} is an array-valued column: windows are of scalar ones")
        return column.window(self.path, first, last, n_bins)

    def latest(self, name: str) -> float | None:
        """Return the newest value of a scalar column on the present path, or None where it has none there.

        Raises
        ------
        KeyError
            If there is no such scalar column.
        """
        column = self.columns.get(name)
        if not isinstance(column, Column):
            raise KeyError(f"there is no column of numbers {name!r}")
        return column.latest(self.path)

    def latest_array(self, name: str) -> npt.NDArray[Any] | None:
        """Return the newest value of an array-valued column on the present path, or None where it has none there.

        Raises
        ------
        KeyError
            If there is no such array-valued column.
        """
        column = self.columns.get(name)
        if not isinstance(column, ArrayColumn):
            raise KeyError(f"there is no column of arrays {name!r}")
        return column.latest(self.path)

    def may_be_line(self, name: str) -> bool:
        """Whether `name` is a column of numbers, or nothing at all has been recorded yet."""
        return isinstance(self.columns.get(name), Column) or not self.columns

    def along(self, path: Path) -> History:
        """Return a view of the same columns on another path, such as ``snapshot.path``."""
        view = copy.copy(self)
        view.path = path
        return view

    def copied(self, path: Path, now: Published) -> History:
        """Return a copy that goes on from `now`, reached by `path`, with nothing recorded later."""
        other = History(path.continued(now.tick, now.step))
        other.columns = {name: column.copied(now.tick) for name, column in self.columns.items()}
        other.hashes.extend(self.hashes.view(0, now.tick))
        return other

    def __getitem__(self, name: str) -> tuple[IntArray, Any]:
        return self._column(name).arrays(self.path)

    def _column(self, name: str) -> Column | ArrayColumn:
        if name not in self.columns:
            near = difflib.get_close_matches(str(name), self.columns, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise KeyError(
                f"nothing is recorded as {name!r}; {hint}recorded: {', '.join(self.columns) or 'nothing yet'}"
            )
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __repr__(self) -> str:
        return f"History({', '.join(self.columns) or 'nothing recorded yet'})"

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def to_frame(self) -> Any:
        """Return the scalar columns as a pandas DataFrame indexed by step (needs pandas)."""
        import pandas as pd

        scalars = {name: self[name] for name, column in self.columns.items() if isinstance(column, Column)}
        series = {name: pd.Series(values, index=steps) for name, (steps, values) in scalars.items()}
        return pd.DataFrame(series).rename_axis("step")

    @property
    def n_bytes(self) -> int:
        """Bytes held by the columns and the digests."""
        return sum(column.n_bytes for column in self.columns.values()) + self.hashes.n_bytes
