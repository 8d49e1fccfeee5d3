"""Least squares of NMF on a GPU: cuBLAS for dense rows, the sums of words for sparse ones, descent a warp a row.

Bytes become floats a chunk at a time. In the descent a lane holds every 32nd entry of a row and its slope; when an
entry moves, all lanes correct their slopes, which takes one exchange in the warp and one multiply-add a lane. Every
eighth sweep finds them anew, for rounding errors add up. The gram matrix lies in shared memory up to 128 parts.

What it should take, worked out and not measured: 1,000 rows of 2,352 bytes, K = 256, 15 sweeps, on an H100. Two
products of 1.2 GFLOP: 36 µs at 67 TFLOP/s; 2.4 MB of bytes turned into 9.4 MB of floats, written and read, twice,
42 MB: 13 µs at 3.35 TB/s.
Descending: 17 times 65,536 multiply-adds a row, 2.2 GFLOP, 33 µs at 67 TFLOP/s; each reads its entry of the gram
matrix, 4.5 GB, from the level-1 caches as from shared memory: 150 µs at 29.6 TB/s.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch, most_shared
from mixviz.kernels.rows.gpu import SparseRows
from mixviz.kernels.word_sums.gpu import Groups, sum_rows, words_of_batch

COMPILED_WITH: tuple[dict[str, int], ...] = tuple({"TOPICS": K} for K in (1, 32, 33, 100, 256))
_CHUNK_NUMBERS = 1 << 24
"""Dense numbers that are turned into floats at a time."""
_MOST_SHARED = 64 << 10
"""Bytes of a gram matrix that lies in shared memory, where a block may have so much: two fit, on most cards."""
_THREADS, _MOST_BLOCKS = 256, 1056
_WARPS = _THREADS // 32
f4, i4 = np.float32, np.int32


def gram(w_fk: Any) -> Any:
    """Return ``w_fk.T @ w_fk``."""
    return w_fk.T @ w_fk


def multiply(data: Any, w_fk: Any) -> Any:
    """As :func:`mixviz.kernels.factors.reference.multiply`, in float32; dense `data` is not copied as a whole."""
    cp = array_module()
    if isinstance(data, SparseRows):
        by_row = Groups(data.shape[0], data.owners, cp.arange(len(data.data)), data.indptr)
        return sum_rows(by_row, data.indices, data.data, w_fk)
    if data.dtype == f4:
        return data @ w_fk
    out = cp.empty((len(data), w_fk.shape[1]), f4)
    for rows in _chunks(len(data), data.shape[1]):
        out[rows] = data[rows].astype(f4) @ w_fk
    return out


def multiply_transposed(data: Any, h_nk: Any) -> Any:
    """As :func:`mixviz.kernels.factors.reference.multiply_transposed`, in float32."""
    if isinstance(data, SparseRows):
        batch = words_of_batch(data.indices, data.shape[1])
        return sum_rows(batch.groups, data.owners, data.data, h_nk)
    if data.dtype == f4:
        return data.T @ h_nk
    out = array_module().empty((data.shape[1], h_nk.shape[1]), f4)
    for columns in _chunks(data.shape[1], len(data)):
        out[columns] = data[:, columns].astype(f4).T @ h_nk
    return out


def squares(data: Any) -> Any:
    """As :func:`mixviz.kernels.factors.reference.squares`; dense `data` is not copied as a whole."""
    n = data.shape[0]
    out = array_module().empty(n, np.float64)
    if isinstance(data, SparseRows):
        launch("factors", "square_rows", -(-n // _WARPS), _THREADS, data.indptr, data.data, i4(n), out, TOPICS=1)
        return out
    for rows in _chunks(n, data.shape[1]):
        x = data[rows].astype(np.float64)
        out[rows] = (x * x).sum(axis=1)
    return out


def _chunks(n: int, width: int) -> list[slice]:
    size = max(_CHUNK_NUMBERS // max(width, 1), 1)
    return [slice(first, min(first + size, n)) for first in range(0, n, size)]


def descend(start_nk: Any, products_nk: Any, gram_kk: Any, penalties_k: Any, n_sweeps: int) -> Any:
    """As :func:`mixviz.kernels.factors.reference.descend`, in float32."""
    cp = array_module()
    n, K = products_nk.shape
    given = [cp.ascontiguousarray(values, f4) for values in (start_nk, products_nk, gram_kk, penalties_k)]
    size, out = 4 * K * K, cp.empty((n, K), f4)
    is_shared = size <= min(_MOST_SHARED, most_shared())
    launch(
        "factors", "descend", min(-(-n // _WARPS), _MOST_BLOCKS), _THREADS, *given, i4(n), i4(n_sweeps), i4(is_shared),
        out, shared=size if is_shared else 0, TOPICS=K,
    )  # fmt: skip
    return out
