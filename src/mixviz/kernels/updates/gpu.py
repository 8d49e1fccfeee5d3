"""The model update on a GPU: every word's row is read once and written once, then scaled.

A warp works on a row, a lane on every 32nd topic. Sums of columns go block by block to float64 and are then added in
order, so they are the same bits every time; a block's rows do not depend on the card.

What it should take, worked out and not measured: 102,660 words, K = 32, on an H100. The pass reads topics and counts
and writes topics, scaling reads and writes them: five times 13 MB, all in the level-2 cache: 12 µs at 5.5 TB/s (from
memory 20 µs at 3.35 TB/s). Some 20 operations a number: 66 M, 1 µs at 67 TFLOP/s. At K = 256 it is 526 MB, from memory:
157 µs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch
from mixviz.kernels.updates.reference import Push

COMPILED_WITH: tuple[dict[str, int], ...] = tuple({"TOPICS": K} for K in (1, 32, 33, 100, 256))
_THREADS = 256
_BLOCK_ROWS = 8 * 16
"""Rows that a block works on: so many warps, so many rows each."""
f4, i4 = np.float32, np.int32


def gather_rows(words: None, phi: Any) -> Any:
    """Return `phi` itself: on a GPU every word of the vocabulary has its row (``words`` of a batch is None)."""
    return phi


def update_words(phi: Any, rank: None, sums: Any, keep: Any, gain: Any, floor: Any, least: Any, push: Push) -> Any:
    """Do what :func:`mixviz.kernels.updates.reference.update_words` does, on the device.

    Row v of `sums`, shape (V, K), is that of word v; so ``rank`` of a batch is None.
    """
    cp = array_module()
    V, K = phi.shape
    out, partials = cp.empty_like(phi), cp.empty((-(-V // _BLOCK_ROWS), K), np.float64)
    weights = (f4(weight) for weight in push)
    launch(
        "updates", "update_words", len(partials), _THREADS, phi, sums, keep, gain, floor, least, i4(V), *weights,
        out, partials, TOPICS=K,
    )  # fmt: skip
    return normalise_columns(out, _add_blocks(partials))


def sum_columns(matrix: Any) -> Any:
    """Return the sums of the columns of a float32 matrix, float64, the same bits every time."""
    n, K = matrix.shape
    partials = array_module().empty((-(-n // _BLOCK_ROWS), K), np.float64)
    launch("updates", "sum_columns", len(partials), _THREADS, matrix, i4(n), partials, TOPICS=K)
    return _add_blocks(partials)


def rates(size_k: Any, counted_k: Any, rho: float, gain: float, beta: float, n_words: int) -> tuple[Any, ...]:
    """Do what :func:`mixviz.kernels.updates.reference.rates` does, in one launch."""
    K = len(size_k)
    found = array_module().empty((5, K), f4)
    numbers = f4(1 - rho), f4(gain), f4(rho * beta), f4(beta), i4(n_words)
    n_blocks = -(-K // _THREADS)
    launch("updates", "find_rates", n_blocks, _THREADS, size_k, counted_k, *numbers, found, TOPICS=K)
    return tuple(found)


def _add_blocks(partials: Any) -> Any:
    n, K = partials.shape
    totals = array_module().empty(K, np.float64)
    launch("updates", "add_blocks", -(-K // 32), 32 * 32, partials, i4(n), totals, TOPICS=K)
    return totals


def normalise_columns(phi: Any, totals: Any) -> Any:
    """Divide the columns of `phi` (V, K) by `totals` (K,) in place; a column that lost everything becomes uniform."""
    V, K = phi.shape
    totals = totals.astype(np.float64, copy=False)
    launch("updates", "normalise_columns", -(-V * K // _THREADS), _THREADS, phi, i4(V), totals, TOPICS=K)
    return phi
