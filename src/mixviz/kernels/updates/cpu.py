"""The model update in Numba: each word's row is read and written once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixviz.backend import parallel_for
from mixviz.kernels.simd import kernel, padded
from mixviz.kernels.updates import reference
from mixviz.kernels.updates.reference import Push

f4 = np.float32
_TINY = f4(1e-20)
_CHUNK = 512
"""Words whose sums are added up together: fixed, so that rounding does not depend on the number of threads."""


@kernel
def _gather_range(first: Any, last: Any, words: Any, phi: Any, out: Any) -> None:
    """Copy the rows `words` of `phi` (V, K) into ``out`` (W, K padded), zeros beyond K."""
    K = phi.shape[1]
    for i in range(first, last):
        row = phi[words[i]]
        for k in range(K):
            out[i, k] = row[k]
        for k in range(K, out.shape[1]):
            out[i, k] = f4(0.0)


@kernel
def _update_range(
    first: Any, last: Any, chunk: Any, phi: Any, rank: Any, sums: Any, keep: Any, gain: Any, floor: Any,
    least: Any, l1: Any, l2: Any, cosine: Any, entropy: Any, out: Any, totals: Any,
) -> None:  # fmt: skip
    """Update chunks ``first..last`` of `chunk` words."""
    V, K = phi.shape
    uniform = l2 / f4(V)
    has_mixins = (l1 != f4(0)) | (l2 != f4(0)) | (cosine != f4(0))
    for part in range(first, last):
        total = totals[part]
        total[:] = 0.0
        for w in range(part * chunk, min(V, (part + 1) * chunk)):
            row, old = out[w], phi[w]
            for k in range(K):
                row[k] = old[k] * keep[k] + floor[k]
            if rank[w] >= 0:
                added = sums[rank[w]]
                for k in range(K):
                    row[k] += added[k] * gain[k]
            if has_mixins:
                share = f4(0.0)
                for k in range(K):
                    share += row[k]
                for k in range(K):
                    row[k] += uniform - l1 - l2 * row[k] - cosine * (share - row[k])
            if entropy != f4(0.0):
                for k in range(K):
                    row[k] += entropy * (f4(1.0) + f4(math.log(max(row[k], _TINY))))
            for k in range(K):
                row[k] = max(row[k], least[k])
                total[k] += row[k]


@kernel
def _scale_range(first: Any, last: Any, phi: Any, factor: Any) -> None:
    """Multiply rows ``first..last`` of `phi` by `factor`, topic by topic."""
    for w in range(first, last):
        for k in range(phi.shape[1]):
            phi[w, k] *= factor[k]


def _read_only(phi: Any) -> Any:
    """Return a read-only view: whoever owns `phi`, the kernels see one type and are compiled once."""
    view = phi.view()
    view.setflags(write=False)
    return view


def gather_rows(words: Any, phi: Any) -> Any:
    """Return the rows `words` of `phi` (V, K) as float32 (W, K rounded up to 16), zeros beyond K."""
    out = np.empty((len(words), padded(phi.shape[1])), f4)
    parallel_for(_gather_range, len(words), words, _read_only(phi), out, grain=1024)
    return out


def update_words(phi: Any, rank: Any, sums: Any, keep: Any, gain: Any, floor: Any, least: Any, push: Push) -> Any:
    """Do what :func:`mixviz.kernels.updates.reference.update_words` does, on all threads."""
    V, K = phi.shape
    out, totals = np.empty_like(phi), np.empty((-(-V // _CHUNK), K))
    old, weights = _read_only(phi), (f4(weight) for weight in push)
    parallel_for(_update_range, len(totals), _CHUNK, old, rank, sums, keep, gain, floor, least, *weights, out, totals)
    return normalise_columns(out, totals.sum(axis=0))


def sum_columns(matrix: Any) -> Any:
    """Return the sums of the columns of a float32 matrix, float64."""
    return matrix.sum(axis=0, dtype=np.float64)


def rates(size_k: Any, counted_k: Any, rho: float, gain: float, beta: float, n_words: int) -> tuple[Any, ...]:
    """Do what :func:`mixviz.kernels.updates.reference.rates` does."""
    return reference.rates(size_k, counted_k, rho, gain, beta, n_words)


def normalise_columns(phi: Any, totals: Any) -> Any:
    """Divide the columns of `phi` (V, K) by `totals` (K,) in place; a column that lost everything becomes uniform."""
    is_lost = totals <= 0
    if is_lost.any():
        phi[:, is_lost] = 1
    factor = (1 / np.where(is_lost, len(phi), totals)).astype(f4)
    parallel_for(_scale_range, len(phi), phi, factor, grain=1024)
    return phi
