"""Document sweeps in NumPy: the definition."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import digamma

from mixviz.kernels.draws.reference import gamma, poisson
from mixviz.types import FloatArray

SMALLEST = 1e-30


class Swept(NamedTuple):
    """What sweeps leave of D documents; K is rounded up to a multiple of 16 by the fast kernel."""

    theta_dk: FloatArray
    """Topic weights, not normalised, shape (D, K)."""
    x_dk: FloatArray
    """Counts plus alpha: the Dirichlet's parameters after the last sweep, shape (D, K)."""
    ratios: FloatArray
    """count / sum_k theta_k phi_wk of each entry under the last theta, shape (nnz,)."""


def sweep_documents(
    indptr: Any, words: Any, counts: Any, weights: Any, n_topics: int, alpha: float, temperature: float, n_sweeps: int,
    entities: Any, step: int, seed: int,
) -> Swept:  # fmt: skip
    """Sweep documents with the topics held fixed (SAME-Gibbs, aggregated: Zhao et al., KDD 2015).

    Each sweep: expected counts ``n_k = theta_k sum_j weights[w_j, k] c_j / z_j`` with ``z = weights theta``; above
    temperature zero they are replaced by ``Poisson(m n_k) / m``, m = 1 / temperature (a sum of independent Poissons is
    Poisson, so one draw serves all entries); then theta from x = n + alpha as
    ``exp(digamma(x)) Gamma(m x) / exp(digamma(m x))``: the Dirichlet draw at m = 1, ``exp(digamma(x))`` as m grows.

    Parameters
    ----------
    indptr, words, counts : ndarray, shapes (D + 1,), (nnz,), (nnz,)
        The documents in CSR form; `words` are rows of `weights`.
    weights : ndarray, shape (W, K)
        Weight of each topic for each word.
    n_topics : int
        Columns beyond it are padding: zero on entry, zero in what is returned.
    alpha : float
        Prior of a document's topics.
    temperature : float
        At least 0.
    n_sweeps : int
        At least 1.
    entities : ndarray of int64, shape (D,)
        Row numbers in the data set, by which randomness is keyed.
    step, seed : int
        The rest of the key.
    """
    D, K = len(indptr) - 1, weights.shape[1]
    theta_dk, x_dk, ratios = np.zeros((D, K)), np.zeros((D, K)), np.zeros(len(words))
    theta_dk[:, :n_topics] = 1
    for d in range(D):
        entry = slice(indptr[d], indptr[d + 1])
        block, theta, x = weights[words[entry]].astype(float), theta_dk[d], x_dk[d]
        for s in range(n_sweeps):
            n = theta * ((counts[entry] / np.maximum(block @ theta, SMALLEST)) @ block)
            counter = (entities[d], step, s * K + np.arange(K), 0)
            if temperature > 0:
                m = 1 / temperature
                x[:] = poisson(m * n, counter, seed) / m + alpha
                spread = gamma(m * x, counter, seed) / np.maximum(np.exp(digamma(m * x)), SMALLEST)
                theta[:] = np.exp(digamma(x)) * spread
            else:
                x[:] = n + alpha
                theta[:] = np.exp(digamma(x))
            theta[:] = np.maximum(theta, SMALLEST)
            x[n_topics:], theta[n_topics:] = 0, 0
        ratios[entry] = counts[entry] / np.maximum(block @ theta, SMALLEST)
    return Swept(*(part.astype(np.float32) for part in (theta_dk, x_dk, ratios)))
