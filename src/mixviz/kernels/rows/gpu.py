"""Rows on the GPU: sparse ones as CSR, of which some are copied out for a step.

Taking a batch of sparse rows reads and writes 8 bytes an entry: for 70 million entries 1.1 GB, 0.3 ms at an H100's
3.35 TB/s (worked out, not measured).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch
from mixviz.kernels.rows.cpu import Entries
from mixviz.kernels.word_sums.gpu import Groups, sum_rows

COMPILED_WITH: tuple[dict[str, int], ...] = ({},)
_THREADS = 128
"""Four warps a block, a row for each."""
_PART = 1 << 23
"""Numbers that are copied to the GPU at a time."""


class SparseRows(NamedTuple):
    """CSR rows on the GPU; how long they are is known on the host too, so that kernels can be sized without waiting."""

    starts: Any
    """Where rows begin, on the host: ndarray of int64, shape (B + 1,)."""
    indptr: Any
    """The same on the GPU."""
    indices: Any
    """Columns, int32, shape (nnz,)."""
    data: Any
    """Values, float32, shape (nnz,)."""
    owners: Any
    """The row of each entry, int32, shape (nnz,)."""
    shape: tuple[int, int]


def upload(matrix: Any) -> SparseRows:
    """Copy a CSR matrix of the host to the GPU."""
    starts = matrix.indptr.astype(np.int64)
    owners = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(starts))
    indices, data = matrix.indices.astype(np.int32, copy=False), matrix.data.astype(np.float32, copy=False)
    there = [_copied(part) for part in (starts, indices, data, owners)]
    return SparseRows(starts, there[0], there[1], there[2], there[3], matrix.shape)


def _copied(numbers: Any) -> Any:
    """Copy an array to the GPU, a part at a time: CuPy takes as much locked memory as it copies, and keeps it."""
    xp = array_module()
    if len(numbers) <= _PART:
        return xp.asarray(numbers)
    there = xp.empty(len(numbers), numbers.dtype)
    for first in range(0, len(numbers), _PART):
        there[first : first + _PART] = xp.asarray(numbers[first : first + _PART])
    return there


def take(rows: Any, chosen: Any) -> Any:
    """Copy some rows, in that order, on the GPU.

    Parameters
    ----------
    rows : SparseRows or cupy.ndarray
    chosen : ndarray of int64, shape (B,)
        On the host.
    """
    xp = array_module()
    if not isinstance(rows, SparseRows):
        return rows[xp.asarray(chosen)]
    starts = np.concatenate([[0], np.cumsum(np.diff(rows.starts)[chosen])]).astype(np.int64)
    n, B = int(starts[-1]), len(chosen)
    indptr, from_rows = xp.asarray(starts), xp.asarray(chosen)
    indices, data, owners = xp.empty(n, np.int32), xp.empty(n, np.float32), xp.empty(n, np.int32)
    launch(
        "rows", "take_rows", -(-B * 32 // _THREADS), _THREADS, rows.indptr, rows.indices, rows.data, from_rows, indptr,
        np.int32(B), indices, data, owners,
    )  # fmt: skip
    return SparseRows(starts, indptr, indices, data, owners, (B, rows.shape[1]))


def entries(data: Any) -> Entries:
    """Return the entries of sparse rows; of dense ones all, zeros too, for to leave them out the host would wait."""
    if isinstance(data, SparseRows):
        return Entries(data.indptr, data.indices, data.data, data.owners, {"lengths": np.diff(data.starts)})
    xp, (B, F) = array_module(), data.shape
    starts, columns = np.arange(B + 1, dtype=np.int64) * F, xp.arange(F, dtype=np.int32)
    indices, owners = xp.tile(columns, B), xp.repeat(xp.arange(B, dtype=np.int32), F)
    values = data.astype(np.float32).reshape(-1)
    return Entries(xp.asarray(starts), indices, values, owners, {"lengths": np.diff(starts)})


def sum_entries(rows: Entries, terms: Any) -> Any:
    """Return the sum of the terms, one for each entry, of every row, float64, shape (B,); added up in float32."""
    xp, n = array_module(), len(rows.indptr) - 1
    places = xp.arange(len(terms))
    groups = Groups(n, rows.owners, places, rows.indptr)
    nothing, one = xp.zeros(len(terms), np.int32), xp.ones((1, 1), np.float32)
    return sum_rows(groups, nothing, terms.astype(np.float32), one)[:, 0].astype(np.float64)


def row_sums(data: Any) -> Any:
    """Return the sum of each row, float64, shape (B,)."""
    if isinstance(data, SparseRows):
        rows = entries(data)
        return sum_entries(rows, rows.data)
    return data.sum(axis=1, dtype=np.float64)


def beside(data: Any) -> Any:
    """Return rows of the host, dense or CSR, on the GPU."""
    return upload(data) if hasattr(data, "toarray") else array_module().asarray(data)
