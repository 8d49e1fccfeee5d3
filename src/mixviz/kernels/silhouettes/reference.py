"""Silhouettes in NumPy: the definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.types import Float64Array, FloatArray, IntArray


def move(sums_kn: Float64Array, between_nn: Any, rows: IntArray, former: IntArray, later: IntArray) -> None:
    """Take the distances of `rows` from the sums of the clusters `former`, and add them to those of `later`, in place.

    Parameters
    ----------
    sums_kn : ndarray of float64, shape (K, n)
        Sums of the distances of each row to the rows of each cluster.
    between_nn : ndarray of float, shape (n, n)
    rows : ndarray of int64, shape (m,)
        No row twice.
    former, later : ndarray of int64, shape (m,)
        0 to K - 1; -1 for none.
    """
    for row, old, new in zip(rows, former, later, strict=True):
        if old >= 0:
            sums_kn[old] -= between_nn[row]
        if new >= 0:
            sums_kn[new] += between_nn[row]


def silhouettes(sums_kn: Float64Array, counts_k: IntArray, labels: IntArray) -> FloatArray:
    """Return the silhouette of each row, float32, -1 to 1.

    Rousseeuw 1987 (Jiang 2018, eq. 2.2): ``(b - a) / max(a, b)`` with the mean distances to the own and to the nearest
    other cluster; 0 for a row alone in its cluster or in none, and for all where there is only one cluster.

    Parameters
    ----------
    sums_kn : ndarray of float64, shape (K, n)
        As above.
    counts_k : ndarray of int64, shape (K,)
        Rows of each cluster.
    labels : ndarray of int64, shape (n,)
        The cluster of each row; -1 for none.
    """
    own = labels, np.arange(len(labels))
    others = counts_k[labels] - 1
    a = sums_kn[own] / np.maximum(others, 1)
    means = sums_kn / np.maximum(counts_k, 1)[:, None]
    means[own] = means[counts_k == 0] = np.inf
    return values_of(a, means.min(axis=0), (labels >= 0) & (others > 0))


def values_of(a: Float64Array, b: Float64Array, has_value: Any) -> FloatArray:
    """Return the silhouettes; 0 without a value, or where there is no other cluster and `b` infinite."""
    has_value = has_value & np.isfinite(b)
    largest = np.maximum(np.maximum(a, b), np.finfo(np.float32).tiny)
    return np.divide(b - a, largest, out=np.zeros(len(a)), where=has_value).astype(np.float32)
