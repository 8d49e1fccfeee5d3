"""Least squares of NMF: BLAS in fixed chunks for dense rows, LDA's word sums for sparse ones, descent in Numba.

Chunks do not depend on the number of threads, and BLAS is held to one of them: the same bits however many there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.backend import one_blas_thread, parallel_for
from mixviz.kernels.simd import LANES, aligned_floats, kernel, load, most, padded, splat, store
from mixviz.kernels.updates.cpu import gather_rows
from mixviz.kernels.word_sums.cpu import sum_words, words_of_batch
from mixviz.kernels.word_sums.reference import BatchWords
from mixviz.types import Float64Array, FloatArray

f4 = np.float32
_CHUNK = 256
"""Rows, or columns, of dense data that are turned into floats at a time; fewer where that were over 4 M numbers."""
_CHUNK_NUMBERS = 1 << 22


def gram(w_fk: FloatArray) -> FloatArray:
    """Return ``w_fk.T @ w_fk``."""
    with one_blas_thread():
        return np.asarray(w_fk.T @ w_fk)


def multiply(data: Any, w_fk: FloatArray) -> FloatArray:
    """As :func:`mixviz.kernels.factors.reference.multiply`, in float32; dense `data` is not copied as a whole."""
    N, K = data.shape[0], w_fk.shape[1]
    if hasattr(data, "toarray"):
        batch = words_of_batch(data.indices, len(w_fk))
        rows, every = np.arange(N, dtype=np.int32), np.arange(data.nnz, dtype=np.int32)
        by_row = BatchWords(rows, rows, every, data.indptr.astype(np.int64), every)
        return np.asarray(_weighted_sums(by_row, batch.local, data.data, gather_rows(batch.words, w_fk))[:, :K])
    out, chunks = np.empty((N, K), f4), _row_chunks(data)

    def work(first: int, last: int) -> None:
        for rows in chunks[first:last]:
            out[rows] = np.asarray(data[rows], f4) @ w_fk

    with one_blas_thread():
        parallel_for(work, len(chunks))
    return out


def squares(data: Any) -> Float64Array:
    """As :func:`mixviz.kernels.factors.reference.squares`; dense `data` is not copied as a whole."""
    if hasattr(data, "toarray"):
        return np.asarray(data.astype(np.float64).power(2).sum(axis=1)).ravel()
    out = np.empty(len(data))
    for rows in _row_chunks(data):
        x = np.asarray(data[rows], f4)
        out[rows] = np.einsum("nf,nf->n", x, x, dtype=np.float64)
    return out


def _row_chunks(data: Any) -> list[slice]:
    n = max(min(_CHUNK, _CHUNK_NUMBERS // data.shape[1]), 1)
    return [slice(first, first + n) for first in range(0, len(data), n)]


def multiply_transposed(data: Any, h_nk: FloatArray) -> FloatArray:
    """As :func:`mixviz.kernels.factors.reference.multiply_transposed`, in float32."""
    F, K = data.shape[1], h_nk.shape[1]
    if hasattr(data, "toarray"):
        batch = words_of_batch(data.indices, F)
        wide = np.zeros((len(h_nk), padded(K)), f4)
        wide[:, :K] = h_nk
        rows = np.repeat(np.arange(len(h_nk), dtype=np.int32), np.diff(data.indptr))
        out = np.zeros((F, K), f4)
        out[batch.words] = _weighted_sums(batch, rows, data.data, wide)[:, :K]
        return out
    out = np.empty((F, K), f4)

    def work(first: int, last: int) -> None:
        for chunk in range(first, last):
            columns = slice(chunk * _CHUNK, (chunk + 1) * _CHUNK)
            out[columns] = np.asarray(data[:, columns], f4).T @ h_nk

    with one_blas_thread():
        parallel_for(work, -(-F // _CHUNK))
    return out


def _weighted_sums(groups: BatchWords, terms: Any, factors: Any, wide: FloatArray) -> Any:
    """Return the sum over each group's entries j of ``factors[j] * wide[terms[j]]``: sums of words at weight 1."""
    ones = np.ones((len(groups.words), wide.shape[1]), f4)
    return sum_words(groups, terms, factors.astype(f4, copy=False), wide, ones, 0.0, 0, 0)


@kernel
def _descend_range(
    first: int, last: int, start: Any, products: Any, gram: Any, inverse: Any, penalties: Any, n_sweeps: int, out: Any
) -> None:
    """Descend in blocks ``first..last`` of 16 rows, one a lane; `gram` is flat."""
    N, K = out.shape
    h, p = aligned_floats(K * LANES), aligned_floats(K * LANES)
    for block in range(first, last):
        row = block * LANES
        n = min(LANES, N - row)
        for i in range(LANES):
            for k in range(K):
                h[k * LANES + i] = start[row + i, k] if i < n else f4(0.0)
                p[k * LANES + i] = products[row + i, k] - penalties[k] if i < n else f4(0.0)
        for _ in range(n_sweeps):
            for k in range(K):
                if inverse[k] == f4(0.0):
                    continue
                s0, s1, s2, s3 = load(p, k * LANES), splat(f4(0.0)), splat(f4(0.0)), splat(f4(0.0))
                j, g = 0, k * K
                while j + 4 <= K:
                    s0 = s0 - gram[g + j] * load(h, j * LANES)
                    s1 = s1 - gram[g + j + 1] * load(h, (j + 1) * LANES)
                    s2 = s2 - gram[g + j + 2] * load(h, (j + 2) * LANES)
                    s3 = s3 - gram[g + j + 3] * load(h, (j + 3) * LANES)
                    j += 4
                while j < K:
                    s0 = s0 - gram[g + j] * load(h, j * LANES)
                    j += 1
                moved = load(h, k * LANES) + inverse[k] * ((s0 + s1) + (s2 + s3))
                store(h, k * LANES, most(moved, f4(0.0)))
        for i in range(n):
            for k in range(K):
                out[row + i, k] = h[k * LANES + i]


def descend(start_nk: Any, products_nk: Any, gram_kk: Any, penalties_k: Any, n_sweeps: int) -> FloatArray:
    """As :func:`mixviz.kernels.factors.reference.descend`, in float32 and on all threads."""
    diagonal = np.diag(gram_kk)
    inverse = np.where(diagonal > 0, 1 / np.where(diagonal > 0, diagonal, 1), 0).astype(f4)
    out = np.empty(products_nk.shape, f4)
    parallel_for(
        _descend_range, -(-len(out) // LANES), _read_only(start_nk), _read_only(products_nk),
        _read_only(gram_kk).ravel(), inverse, _read_only(penalties_k), n_sweeps, out, grain=4,
    )  # fmt: skip
    return out


def _read_only(values: Any) -> Any:
    """Return a read-only contiguous view: whoever owns the array, the kernel sees one type and is compiled once."""
    view = np.ascontiguousarray(values, f4).view()
    view.setflags(write=False)
    return view
