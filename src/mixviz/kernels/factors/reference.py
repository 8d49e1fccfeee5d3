"""Least squares of NMF in NumPy, in float64: the definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.types import Float64Array, FloatArray


def multiply(data: Any, w_fk: FloatArray) -> Float64Array:
    """Return ``data @ w_fk``, shape (N, K); `data` is an ndarray or CSR matrix of shape (N, F)."""
    return np.asarray(data @ w_fk.astype(np.float64))


def multiply_transposed(data: Any, h_nk: FloatArray) -> Float64Array:
    """Return ``data.T @ h_nk``, shape (F, K)."""
    return np.asarray(data.T @ h_nk.astype(np.float64))


def squares(data: Any) -> Float64Array:
    """Return the sum of squares of each row, shape (N,)."""
    x = np.asarray(data.toarray() if hasattr(data, "toarray") else data, np.float64)
    return np.asarray((x * x).sum(axis=1))


def descend(start_nk: Any, products_nk: Any, gram_kk: Any, penalties_k: Any, n_sweeps: int) -> Float64Array:
    """Minimise ``h gram h / 2 - h (products - penalties)`` over h >= 0, for each row h on its own.

    Coordinate descent: an entry at a time goes to its minimum while the others stand (Cichocki and Phan 2009, HALS;
    Mairal et al. 2010, algorithm 2, for the dictionary). Where ``gram[k, k]`` is 0, entry k stays.

    Parameters
    ----------
    start_nk : ndarray, shape (N, K)
        0 or more; not written.
    products_nk : ndarray, shape (N, K)
    gram_kk : ndarray, shape (K, K)
        Symmetric, positive semidefinite.
    penalties_k : ndarray, shape (K,)
        L1 weights.
    n_sweeps : int
        Times that all entries are visited, in order.
    """
    h: Float64Array = np.array(start_nk, np.float64)
    for _ in range(n_sweeps):
        for k in np.flatnonzero(np.diag(gram_kk) > 0):
            slope = products_nk[:, k] - penalties_k[k] - h @ gram_kk[:, k].astype(np.float64)
            h[:, k] = np.maximum(h[:, k] + slope / gram_kk[k, k], 0)
    return h
