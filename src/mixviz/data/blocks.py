"""Blocks of features: several descriptions of the same rows side by side, each with a weight of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xxhash

from mixviz.types import Batch, Float64Array, IntArray

_CHUNK_NUMBERS = 1 << 20
"""Numbers that are looked at together: blocks may be memory maps larger than memory."""


class FeatureBlocks:
    """Rows described by several blocks of features. Satisfies :class:`mixviz.types.Dataset`.

    Parameters
    ----------
    blocks : mapping of str to ndarray or DataFrame, shape (N, F_b)
        Finite numbers of any real dtype, memory maps too; nothing is copied. Names are identifiers, since each becomes
        a control.

    Attributes
    ----------
    names : tuple of str
    slices : dict of str to slice
        The columns of each block in a batch.
    scales : ndarray of float64, shape (n_blocks,)
        alpha_b of Jiang 2018, eq. 2.6: one over the mean squared distance of a block's rows to their mean, so that all
        blocks weigh alike.
    widths : tuple of int
        Columns of each block.
    feature_names : list of str, length F
        Names of columns where a block has some, else the block's name and a number.

    Raises
    ------
    TypeError, ValueError
        If there is no block, a name is no identifier, an array is not of real numbers in two dimensions, the numbers of
        rows differ, a number is not finite, or all rows of a block are equal.
    """

    def __init__(self, blocks: Mapping[str, Any]) -> None:
        if not isinstance(blocks, Mapping) or not blocks:
            raise ValueError(f"blocks must be a mapping of names to arrays, with at least one, got {blocks!r:.200}")
        self._blocks = {name: _checked(name, values) for name, values in blocks.items()}
        lengths = {name: len(values) for name, values in self._blocks.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"blocks must have equally many rows, got {lengths}")
        self.names = tuple(self._blocks)
        self.widths = tuple(values.shape[1] for values in self._blocks.values())
        self.feature_names = [name for block, values in blocks.items() for name in _column_names(block, values)]
        ends = np.cumsum(self.widths).tolist()
        self.slices = {name: slice(first, end) for name, first, end in zip(self.names, [0, *ends], ends, strict=False)}
        self.scales: Float64Array = np.array([1 / _spread(name, values) for name, values in self._blocks.items()])

    def __len__(self) -> int:
        return len(self._blocks[self.names[0]])

    def take(self, rows: IntArray) -> Batch:
        """Return the given rows as a batch: float32, the blocks one after the other."""
        rows = np.asarray(rows, np.int64)
        data = np.empty((len(rows), self.slices[self.names[-1]].stop), np.float32)
        for name, columns in self.slices.items():
            for at in _parts(len(rows), columns.stop - columns.start):
                data[at, columns] = self._blocks[name][rows[at]]
        return Batch(rows, data)

    def fingerprint(self) -> str:
        """Return a digest of names and contents."""
        digest = xxhash.xxh3_128()
        for name, values in self._blocks.items():
            digest.update(repr((name, values.shape, values.dtype.str)).encode())
            for chunk in _chunks(values):
                digest.update(np.ascontiguousarray(chunk).reshape(-1).view(np.uint8).data)
        return digest.hexdigest()

    def __repr__(self) -> str:
        widths = ", ".join(f"{name}: {values.shape[1]:,}" for name, values in self._blocks.items())
        return f"FeatureBlocks({len(self):,} rows; {widths})"


def blocks_of(data: Any) -> FeatureBlocks | None:
    """Return the blocks that a data set consists of, or that its images are described by; None where there are none."""
    described = getattr(data, "features", data)
    return described if isinstance(described, FeatureBlocks) else None


def _column_names(block: str, values: Any) -> list[str]:
    columns = getattr(values, "columns", None)
    if columns is None:
        return [f"{block.replace('_', ' ')} {i}" for i in range(np.shape(values)[1])]
    return [str(column) for column in columns]


def _checked(name: Any, values: Any) -> Any:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"a block's name must be an identifier such as 'pool1', got {name!r}")
    return checked_block(f"block {name!r}", values)


def checked_block(what: str, values: Any) -> Any:
    """Return `values` as an array of finite numbers, rows by features, without copying; or raise naming `what`."""
    values = np.asanyarray(values)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{what} must hold real numbers, got {values.dtype}")
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"{what} must have shape (rows, features), got {values.shape}")
    if values.dtype.kind == "f" and not all(np.isfinite(chunk).all() for chunk in _chunks(values)):
        raise ValueError(f"{what} must hold finite numbers, got NaN or infinity")
    return values


def _parts(n_rows: int, width: int) -> Iterator[slice]:
    n = max(_CHUNK_NUMBERS // width, 1)
    return (slice(first, first + n) for first in range(0, n_rows, n))


def _chunks(values: Any) -> Iterator[Any]:
    return (values[rows] for rows in _parts(*values.shape))


def _spread(name: str, values: Any) -> float:
    """Return the mean squared distance of rows to their mean."""
    mean = sum(chunk.sum(axis=0, dtype=np.float64) / len(values) for chunk in _chunks(values))
    total = sum(float(((chunk - mean) ** 2).sum()) for chunk in _chunks(values))
    if not total > 0:
        raise ValueError(f"all rows of block {name!r} are equal: it tells nothing apart")
    return total / len(values)
