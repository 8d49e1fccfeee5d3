"""Which rows belong to which step: a pure function of the seed, so that rewind and replay need no iterator state."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mixviz.types import Batch, Dataset, IntArray

_SPLIT, _ORDER = 0, 1


def _generator(seed: int, purpose: int, number: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, (purpose << 48) | number]))


def split_rows(n_rows: int, validation: int | float | None, seed: int) -> tuple[IntArray, IntArray]:
    """Split row numbers into training rows and held-out rows.

    Parameters
    ----------
    n_rows : int
        Rows in the data set, at least 1.
    validation : int, float or None
        How many rows to hold out; a float in [0, 1) is a share. None: a tenth, at most 500, none below 20 rows.
    seed : int
        Decides which rows.

    Returns
    -------
    training, held_out : ndarray of int64
        Sorted row numbers; `training` is never empty.

    Raises
    ------
    ValueError
        If nothing would be left to train on, or `validation` is negative.
    """
    if validation is None:
        n_held_out = min(500, n_rows // 10) if n_rows >= 20 else 0
    elif isinstance(validation, float):
        n_held_out = int(validation * n_rows) if 0 <= validation < 1 else -1
    else:
        n_held_out = int(validation)
    if not 0 <= n_held_out < n_rows:
        raise ValueError(
            f"validation must be a whole number from 0 to {n_rows - 1} or a share in [0, 1), got {validation!r}"
        )
    order = _generator(seed, _SPLIT).permutation(n_rows)
    return np.sort(order[n_held_out:]), np.sort(order[:n_held_out])


def _rows_a_step(batch_size: object, n_rows: int) -> int:
    if batch_size == "auto":
        return min(max(-(-n_rows // 16), 100), 1000)
    is_number = isinstance(batch_size, (int, float, np.integer)) and not isinstance(batch_size, bool)
    if is_number and batch_size >= 1 and float(batch_size).is_integer():  # type: ignore[operator, arg-type]
        return int(batch_size)  # type: ignore[call-overload, no-any-return]
    raise ValueError(f"batch_size must be a whole number of at least 1, or 'auto', got {batch_size!r}")


class Batches:
    """The rows of every step.

    Parameters
    ----------
    rows : ndarray of int64
        Rows to train on; each appears once in every epoch, in an order drawn from (`seed`, epoch).
    batch_size : int or 'auto'
        Rows a step at most; an epoch is split evenly, so that no batch is much smaller than the others. 'auto': a
        sixteenth of the rows, 100 to 1,000: a small data set learns from many small steps rather than a few large ones.
    seed : int
        Decides the orders.

    Raises
    ------
    ValueError
        If `batch_size` is neither a whole number of at least 1 nor 'auto'.
    """

    def __init__(self, rows: IntArray, batch_size: int | Literal["auto"], seed: int) -> None:
        self._rows = rows
        self.batch_size = _rows_a_step(batch_size, len(rows))
        self._seed = seed
        self.n_per_epoch = -(-len(rows) // self.batch_size)
        self._order: tuple[int, IntArray] = (0, rows)

    def epoch(self, step: int) -> int:
        """Return the pass that `step` belongs to, counted from 1; 0 for step 0."""
        return (step - 1) // self.n_per_epoch + 1 if step else 0

    def __getitem__(self, step: int) -> IntArray:
        epoch = self.epoch(step)
        if self._order[0] != epoch:
            self._order = (epoch, _generator(self._seed, _ORDER, epoch).permutation(self._rows))
        k, n = (step - 1) % self.n_per_epoch, len(self._rows)
        return np.sort(self._order[1][k * n // self.n_per_epoch : (k + 1) * n // self.n_per_epoch])


class Feed:
    """``feed[step]`` is the batch of that step, taken when it is asked for.

    Parameters
    ----------
    data : Dataset
    batches : Batches
    """

    def __init__(self, data: Dataset, batches: Batches) -> None:
        self._data, self._batches = data, batches

    def __getitem__(self, step: int) -> Batch:
        return self._data.take(self._batches[step])

    def on_host(self, batch: Batch) -> Batch:
        """Return a batch that came from here as NumPy's and SciPy's arrays."""
        return batch
