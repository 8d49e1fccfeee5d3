"""What NMF finds for rows, and what can be measured of it. The metrics take (state, batch), as a session's do.

`state` is NMF's: the dictionary `phi_vk`, the name of the `loss`, and what codes depend on besides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mixviz.cuda import kernels, module_of, where_it_is
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
    phi_vk, xp, factors = state.phi_vk, module_of(state.phi_vk), kernels("factors", state.phi_vk)
    gram_kk, K = factors.gram(phi_vk), phi_vk.shape[1]
    penalties = l1_codes / K * state.row_length * xp.sqrt(xp.diag(gram_kk))
    start = xp.zeros((data.shape[0], K), f4)
    return factors.descend(start, factors.multiply(data, phi_vk), gram_kk, penalties, n_sweeps)  # type: ignore[no-any-return]


def _divergent_codes(phi_vk: FloatArray, data: Any, l1_codes: float, n_sweeps: int) -> Codes:
    """Take the multiplicative updates of Lee and Seung (2001, eq. 5), which are LDA's sweeps over documents.

    A sweep takes ``n_k = h_k sum_f w_fk x_f / (W h)_f``, and then ``h = exp(digamma(n + alpha))``, which is
    ``n + alpha - 1/2`` as rows get longer (to 1 / 24n). Scaling a row scales its codes alike, so rows are scaled to a
    million at alpha = 1/2, and ``h = n``: the updates of NMF, and of EM. As alpha goes to 0, half a word is taken from
    every code and what has less vanishes, and the shorter the row, the more that is: so L1 weights act, as L1 does on
    distributions. (The sum itself is no objective here: at the best scale codes add up to what the row does.)
    """
    xp, K = module_of(phi_vk), phi_vk.shape[1]
    word_sums, rows = kernels("word_sums", phi_vk), kernels("rows", phi_vk).entries(data)
    words, totals = word_sums.words_of_batch(rows.indices, len(phi_vk)), row_sums(data)
    weights = kernels("updates", phi_vk).gather_rows(words.words, phi_vk)
    much, alpha = (min(K / (2 * l1_codes), _MUCH), 1e-3) if l1_codes else (_MUCH, 0.5)
    scales = (much / xp.where(totals > 0, totals, 1)).astype(f4)
    swept = kernels("sweeps", phi_vk).sweep_documents(
        rows.indptr, words.local, rows.data * scales[rows.owners], weights, K, alpha, 0.0, n_sweeps,
        xp.arange(len(totals)), 0, 0, **rows.hints,
    )  # fmt: skip
    ratios = swept.ratios / scales[rows.owners]
    sums = word_sums.sum_words(words, rows.owners, ratios, swept.theta_dk, weights, 0.0, 0, 0)
    theta = swept.theta_dk[:, :K]
    shares = theta / theta.sum(axis=1, keepdims=True)
    codes = xp.where(shares < _LEAST_SHARE, f4(0), shares) * totals[:, None].astype(f4)
    return Codes(codes, sums, words.rank)


def row_sums(data: Any) -> Any:
    """Return the sum of each row, float64, shape (N,)."""
    return kernels("rows", getattr(data, "indptr", data)).row_sums(data)


def errors(state: Any, data: Any, codes_nk: Any) -> Any:
    """Return what `codes_nk` leave of each row, float64, shape (N,).

    ``|x - W h|^2``, or the generalised Kullback-Leibler divergence ``sum x log(x / W h) - x + W h``.
    """
    h, phi_vk, xp = codes_nk.astype(np.float64), state.phi_vk, module_of(codes_nk)
    if state.loss == "frobenius":
        factors = kernels("factors", phi_vk)
        inner = xp.einsum("nk,nk->n", factors.multiply(data, phi_vk), h)
        modelled = xp.einsum("nk,nk->n", h @ factors.gram(phi_vk), h)
        return xp.maximum(factors.squares(data) - 2 * inner + modelled, 0)
    rows = kernels("rows", phi_vk).entries(data)
    fitted = xp.einsum("nk,nk->n", codes_nk[rows.owners], phi_vk[rows.indices], dtype=np.float64)
    x = xp.where(rows.data > 0, rows.data, 1)
    terms = xp.where(rows.data > 0, rows.data * xp.log(x / xp.maximum(fitted, 1e-30)), 0)
    return kernels("rows", phi_vk).sum_entries(rows, terms) - row_sums(data) + h.sum(axis=1)


@where_it_is
def loss(state: Any, batch: Batch) -> float:
    """Return how much of the rows is lost: 0 where they are rebuilt exactly.

    Frobenius: ``|X - H W| / |X|``, 1 where nothing is kept. Kullback-Leibler: the divergence over the sum of all
    entries, for counts the nats a word. Codes are fitted to the rows first; the dictionary need not have seen them.
    NaN where all entries are 0.
    """
    data = rows_beside(state, batch)
    return _loss(state, data, _codes(state, data))


@where_it_is
def code_density(state: Any, batch: Batch, threshold: float = 0.01) -> float:
    """Return the share of the N x K codes that are at least `threshold` of their row's sum."""
    return _density(_codes(state, rows_beside(state, batch)), threshold)


def rows_beside(state: Any, batch: Batch) -> Any:
    """Return the rows of a batch where the arrays of `state` are."""
    return kernels("rows", state.phi_vk).beside(batch.data)


def _codes(state: Any, data: Any) -> Any:
    return encode(state, data, state.l1_codes, N_SWEEPS).codes_nk


def _loss(state: Any, data: Any, codes_nk: Any) -> float:
    left = float(errors(state, data, codes_nk).sum())
    is_squared = state.loss == "frobenius"
    whole = float((kernels("factors", codes_nk).squares(data) if is_squared else row_sums(data)).sum())
    if not whole:
        return float("nan")
    return float(np.sqrt(left / whole) if is_squared else left / whole)


def _density(codes_nk: FloatArray, threshold: float = 0.01) -> float:
    is_part = (codes_nk > 0) & (codes_nk >= threshold * codes_nk.sum(axis=1, keepdims=True))
    return float(is_part.mean())


def factor_metrics() -> list[Metric]:
    """Return the usual metrics of codes; :mod:`mixviz.metrics` has those of the dictionary."""
    rows = Latest(lambda batch, module: module.beside(batch.data))
    codes = Latest(_codes)

    def found(state: Any, batch: Batch) -> tuple[Any, Any]:
        data = rows(batch, kernels("rows", state.phi_vk))
        return data, codes(state, data)

    return [
        Metric(
            "loss",
            where_it_is(lambda state, batch: _loss(state, *found(state, batch))),
            10,
            "How much of a row the parts cannot rebuild. 0: nothing. Down is better.",
        ),
        Metric(
            "code_density",
            where_it_is(lambda state, batch: _density(found(state, batch)[1])),
            10,
            "Share of the parts that a row needs. Low: few parts a row.",
        ),
    ]
