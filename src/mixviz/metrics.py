"""Figures drawn from a topic model. Each takes (state, batch), so each can be used as it is as a session's metric.

`state` has `phi_vk`, shape (V, K), whose columns sum to 1, and for the first two `alpha`, the prior of a document's
topics. `batch.data` is a CSR matrix of word counts, documents x words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from mixviz.cuda import kernels, module_of, where_it_is
from mixviz.latest import Latest
from mixviz.types import Batch, FloatArray, Metric

N_SWEEPS = 30
"""Sweeps at temperature 0 that find a document's topics."""


def infer_topics(phi_vk: FloatArray, alpha: float, counts: Any, n_sweeps: int = N_SWEEPS) -> FloatArray:
    """Return the expected topic shares of documents, without randomness.

    Parameters
    ----------
    phi_vk : ndarray of float32, shape (V, K)
        On the host or on a GPU; so is what is returned.
    alpha : float
    counts : csr_matrix, shape (D, V)
        On a GPU, :class:`mixviz.kernels.rows.gpu.SparseRows`.

    Returns
    -------
    ndarray of float32, shape (D, K)
        Rows sum to 1; documents without words get equal shares.
    """
    xp, K, rows = module_of(phi_vk), phi_vk.shape[1], kernels("rows", phi_vk).entries(counts)
    words = kernels("word_sums", phi_vk).words_of_batch(rows.indices, len(phi_vk))
    weights = kernels("updates", phi_vk).gather_rows(words.words, phi_vk)
    swept = kernels("sweeps", phi_vk).sweep_documents(
        rows.indptr, words.local, rows.data, weights, K, alpha, 0.0, n_sweeps, xp.arange(counts.shape[0]), 0, 0,
        **rows.hints,
    )  # fmt: skip
    shares = swept.x_dk[:, :K]
    return shares / shares.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def split_words(counts: Any) -> tuple[Any, Any]:
    """Split each document's distinct words into two halves, the 1st, 3rd, 5th … and the 2nd, 4th, 6th …, as CSR."""
    position = np.arange(counts.nnz) - np.repeat(counts.indptr[:-1], np.diff(counts.indptr))
    return _entries(counts, position % 2 == 0), _entries(counts, position % 2 == 1)


def _entries(counts: Any, chosen: Any) -> Any:
    indptr = np.concatenate([[0], np.cumsum(chosen)])[counts.indptr]
    return scipy.sparse.csr_matrix((counts.data[chosen], counts.indices[chosen], indptr), shape=counts.shape)


@where_it_is
def likelihood(state: Any, batch: Batch) -> float:
    """Return the natural log-likelihood per token of held-out words (document completion).

    Topics are fitted to every other distinct word of a document and the words between are scored, so no word is
    scored that was fitted to. NaN where no document has two distinct words.
    """
    return _likelihood(state, Halves(batch, kernels("rows", state.phi_vk)))


class Halves:
    """The two halves of held-out documents, where the model computes.

    Parameters
    ----------
    batch : Batch
    rows : module
        ``mixviz.kernels.rows`` for that place.

    Attributes
    ----------
    observed : csr_matrix, or SparseRows on a GPU
    scored : Entries
    """

    def __init__(self, batch: Batch, rows: Any) -> None:
        observed, scored = (rows.beside(half) for half in split_words(batch.data))
        self.observed, self.scored = observed, rows.entries(scored)


def _likelihood(state: Any, halves: Halves) -> float:
    phi_vk, scored, xp = state.phi_vk, halves.scored, module_of(state.phi_vk)
    if not len(scored.data):
        return float("nan")
    theta_dk = infer_topics(phi_vk, state.alpha, halves.observed)
    p = xp.einsum("nk,nk->n", theta_dk[scored.owners], phi_vk[scored.indices])
    logs = xp.log(xp.maximum(p, 1e-30, dtype=np.float64))
    return float((scored.data * logs).sum() / scored.data.sum())


def perplexity(state: Any, batch: Batch) -> float:
    """Return ``exp(-likelihood)``: among how many equally likely words a held-out word is hidden."""
    return float(np.exp(-likelihood(state, batch)))


@where_it_is
def density(state: Any, batch: Batch | None = None, threshold: float | None = None) -> float:
    """Return the share of the K x V topic entries that are at least `threshold` (Jiang 2018, eq. 3.4).

    The default threshold is the uniform share, 1 / V, so that the figure means the same for any vocabulary: the share
    of words a topic uses more than if it had no preference. (At the 0.01 of the source three words in a topic of
    50,000 count, and since columns sum to 1, pushing words out lifts others over it.)
    """
    if threshold is None:
        threshold = 1 / len(state.phi_vk)
    return float((state.phi_vk >= threshold).sum() / state.phi_vk.size)


@where_it_is
def cosine(state: Any, batch: Batch | None = None) -> float:
    """Return the mean inner product of two different topics (Jiang 2018, eq. 3.5); 0 where there is only one."""
    K = state.phi_vk.shape[1]
    if K < 2:
        return 0.0
    products = state.phi_vk.T @ state.phi_vk
    return float((products.sum(dtype=np.float64) - products.trace(dtype=np.float64)) / (K * (K - 1)))


def top_words(phi_vk: FloatArray, n_words: int) -> Any:
    """Return the `n_words` strongest words of each topic, strongest first, shape (K, n_words)."""
    n_words = min(n_words, len(phi_vk))
    top = np.argpartition(-phi_vk, n_words - 1, axis=0)[:n_words]
    order = np.argsort(-np.take_along_axis(phi_vk, top, axis=0), axis=0, kind="stable")
    return np.take_along_axis(top, order, axis=0).T


def coherence(state: Any, batch: Batch, n_words: int = 10) -> float:
    """Return the mean normalised pointwise mutual information of each topic's strongest words, -1 to 1.

    Words count as seen together when they occur in the same document of `batch` (Bouma 2009; Röder et al., WSDM
    2015). A pair never seen together counts -1; topics with fewer than two words that occur are left out.
    """
    top = top_words(state.phi_vk, n_words)
    words, place = np.unique(top, return_inverse=True)
    seen = batch.data[:, words].astype(bool).astype(np.float64)
    together = np.asarray((seen.T @ seen).todense()) / max(1, batch.data.shape[0])
    scores = [_topic_npmi(together[np.ix_(row, row)]) for row in place.reshape(top.shape)]
    known = [score for score in scores if score is not None]
    return float(np.mean(known)) if known else float("nan")


def _topic_npmi(together: Any) -> float | None:
    single = np.diag(together)
    occurs = np.flatnonzero(single > 0)
    if len(occurs) < 2:
        return None
    i, j = (occurs[part] for part in np.triu_indices(len(occurs), 1))
    joint = together[i, j]
    with np.errstate(divide="ignore", invalid="ignore"):
        npmi = np.log(joint / (single[i] * single[j])) / -np.log(joint)
    return float(np.where(joint == 0, -1.0, np.where(joint == 1, 1.0, npmi)).mean())


def topic_metrics() -> list[Metric]:
    """Return the metrics a topic model shows by default."""
    halves = Latest(Halves)
    shared = Latest(where_it_is(lambda state, batch: _likelihood(state, halves(batch, kernels("rows", state.phi_vk)))))
    return [
        Metric("likelihood", shared, 10, "How well half of a document predicts its other half. Up is better."),
        Metric("density", density, 10, "Share of words that matter in a topic. Low: short word lists."),
        Metric("cosine", cosine, 10, "How much topics overlap. 0: no two topics share a word."),
        Metric(
            "perplexity",
            lambda state, batch: float(np.exp(-shared(state, batch))),
            10,
            "exp(-likelihood): that line, upside down.",
            has_line=False,
        ),
        Metric("coherence", coherence, 100, "Whether a topic's top words occur together, -1 to 1. Up is better."),
    ]
