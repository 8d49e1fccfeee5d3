"""What NMF finds for rows, and what can be measured of it. The metrics take (state, batch), as a session's do.

`state` is NMF's: the dictionary `phi_vk`, the name of the `loss`, and what codes depend on besides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from scipy.special import xlogy

from mixviz.kernels.factors.cpu import descend, gram, multiply, squares
from mixviz.kernels.sweeps.cpu import sweep_documents
from mixviz.kernels.updates.cpu import gather_rows
from mixviz.kernels.word_sums.cpu import sum_words, words_of_batch
from mixviz.latest import Latest
from mixviz.types import Batch, FloatArray, Metric

N_SWEEPS = 50
"""Sweeps that find the codes of rows where nothing is learnt from them."""
_MUCH = 1e6
"""What a row's entries are scaled to add up to, where the L1 weight is 0."""
_LEAST_SHARE = 1e-6
"""A code below this share of its row's is none: multiplicative updates approach 0 and never arrive."""
f4 = np.float32


class Codes(NamedTuple):
    """The codes of rows, and what the dictionary learns from them."""

    codes_nk: FloatArray
    """H, so that ``data`` is about ``codes_nk @ phi_vk.T``, float32, shape (N, K)."""
    sums_wk: Any
    """Kullback-Leibler: expected counts of the words that occur, shape (W, K or more); else None."""
    rank_v: Any
    """Row of `sums_wk` that belongs to each word, -1 where it does not occur; else None."""


def encode(state: Any, data: Any, l1_codes: float, n_sweeps: int) -> Codes:
    """Return the codes of rows with the dictionary held fixed, by the state's loss.

    Parameters
    ----------
    state : NMFState
    data : ndarray or CSR matrix, shape (N, F)
        0 or more.
    l1_codes : float
        At 1, what would make up less than an equal share of a row, 1 / K, vanishes.
    n_sweeps : int
        At least 1.
    """
    if state.loss == "kullback-leibler":
        return _divergent_codes(state.phi_vk, data, l1_codes, n_sweeps)
    return Codes(_squared_codes(state, data, l1_codes, n_sweeps), None, None)


def _squared_codes(state: Any, data: Any, l1_codes: float, n_sweeps: int) -> FloatArray:
    """Minimise ``|x - W h|^2 / 2 + lambda sum_k |w_k| h_k``: L1 as though every column of W had length 1."""
    phi_vk, gram_kk = state.phi_vk, gram(state.phi_vk)
    K = phi_vk.shape[1]
    penalties = l1_codes / K * state.row_length * np.sqrt(np.diag(gram_kk))
    return descend(np.zeros((data.shape[0], K), f4), multiply(data, phi_vk), gram_kk, penalties, n_sweeps)


def _divergent_codes(phi_vk: FloatArray, data: Any, l1_codes: float, n_sweeps: int) -> Codes:
    """Take the multiplicative updates of Lee and Seung (2001, eq. 5), which are LDA's sweeps over documents.

    A sweep takes ``n_k = h_k sum_f w_fk x_f / (W h)_f``, and then ``h = exp(digamma(n + alpha))``, which is
    ``n + alpha - 1/2`` as rows get longer (to 1 / 24n). Scaling a row scales its codes alike, so rows are scaled to a
    million at alpha = 1/2, and ``h = n``: the updates of NMF, and of EM. As alpha goes to 0, half a word is taken from
    every code and what has less vanishes, and the shorter the row, the more that is: so L1 weights act, as L1 does on
    distributions. (The sum itself is no objective here: at the best scale codes add up to what the row does.)
    """
    counts, K = scipy.sparse.csr_matrix(data, dtype=f4), phi_vk.shape[1]
    indptr, words = counts.indptr.astype(np.int64), words_of_batch(counts.indices, len(phi_vk))
    weights, totals = gather_rows(words.words, phi_vk), row_sums(counts)
    much, alpha = (min(K / (2 * l1_codes), _MUCH), 1e-3) if l1_codes else (_MUCH, 0.5)
    scales = (much / np.where(totals > 0, totals, 1)).astype(f4)
    rows = np.repeat(np.arange(len(totals), dtype=np.int32), np.diff(indptr))
    swept = sweep_documents(
        indptr, words.local, counts.data * scales[rows], weights, K, alpha, 0.0, n_sweeps, np.arange(len(totals)), 0, 0
    )  # fmt: skip
    sums = sum_words(words, rows, swept.ratios / scales[rows], swept.theta_dk, weights, 0.0, 0, 0)
    theta = swept.theta_dk[:, :K]
    shares = theta / theta.sum(axis=1, keepdims=True)
    shares[shares < _LEAST_SHARE] = 0
    return Codes(shares * totals[:, None].astype(f4), sums, words.rank)


def row_sums(data: Any) -> Any:
    """Return the sum of each row, float64, shape (N,)."""
    return np.asarray(data.sum(axis=1, dtype=np.float64)).ravel()


def errors(state: Any, data: Any, codes_nk: FloatArray) -> Any:
    """Return what `codes_nk` leave of each row, float64, shape (N,).

    ``|x - W h|^2``, or the generalised Kullback-Leibler divergence ``sum x log(x / W h) - x + W h``.
    """
    h = codes_nk.astype(np.float64)
    if state.loss == "frobenius":
        inner = np.einsum("nk,nk->n", multiply(data, state.phi_vk), h)
        modelled = np.einsum("nk,nk->n", h @ gram(state.phi_vk), h)
        return np.maximum(squares(data) - 2 * inner + modelled, 0)
    counts = scipy.sparse.csr_matrix(data, dtype=f4)
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    fitted = np.einsum("nk,nk->n", codes_nk[rows], state.phi_vk[counts.indices], dtype=np.float64)
    terms = xlogy(counts.data, counts.data / np.maximum(fitted, 1e-30))
    return np.bincount(rows, terms, counts.shape[0]) - row_sums(counts) + h.sum(axis=1)


def loss(state: Any, batch: Batch) -> float:
    """Return how much of the rows is lost: 0 where they are rebuilt exactly.

    Frobenius: ``|X - H W| / |X|``, 1 where nothing is kept. Kullback-Leibler: the divergence over the sum of all
    entries, for counts the nats a word. Codes are fitted to the rows first; the dictionary need not have seen them.
    NaN where all entries are 0.
    """
    return _loss(state, batch, _codes(state, batch))


def code_density(state: Any, batch: Batch, threshold: float = 0.01) -> float:
    """Return the share of the N x K codes that are at least `threshold` of their row's sum."""
    return _density(_codes(state, batch), threshold)


def _codes(state: Any, batch: Batch) -> FloatArray:
    return encode(state, batch.data, state.l1_codes, N_SWEEPS).codes_nk


def _loss(state: Any, batch: Batch, codes_nk: FloatArray) -> float:
    left = errors(state, batch.data, codes_nk).sum()
    is_squared = state.loss == "frobenius"
    whole = (squares if is_squared else row_sums)(batch.data).sum()
    if not whole:
        return float("nan")
    return float(np.sqrt(left / whole) if is_squared else left / whole)


def _density(codes_nk: FloatArray, threshold: float = 0.01) -> float:
    is_part = (codes_nk > 0) & (codes_nk >= threshold * codes_nk.sum(axis=1, keepdims=True))
    return float(is_part.mean())


def factor_metrics() -> list[Metric]:
    """Return the usual metrics of codes; :mod:`mixviz.metrics` has those of the dictionary."""
    codes = Latest(_codes)
    return [
        Metric(
            "loss",
            lambda state, batch: _loss(state, batch, codes(state, batch)),
            10,
            "How much of a row the parts cannot rebuild. 0: nothing. Down is better.",
        ),
        Metric(
            "code_density",
            lambda state, batch: _density(codes(state, batch)),
            10,
            "Share of the parts that a row needs. Low: few parts a row.",
        ),
    ]
