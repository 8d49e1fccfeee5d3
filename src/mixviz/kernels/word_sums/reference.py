"""Word-topic counts in NumPy: the definition."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mixviz.kernels.draws.reference import poisson

WORD_STREAM = 1 << 16


class BatchWords(NamedTuple):
    """The entries of a batch, sorted by word."""

    words: npt.NDArray[np.int32]
    """The distinct words, ascending, shape (W,)."""
    rank: npt.NDArray[np.int32]
    """Position of every word of the vocabulary in `words`, or -1, shape (V,)."""
    local: npt.NDArray[np.int32]
    """Position of each entry's word in `words`, shape (nnz,)."""
    starts: npt.NDArray[np.int64]
    """Where each word's entries begin in `order`, shape (W + 1,)."""
    order: npt.NDArray[np.int32]
    """Entries sorted by word, then by position, shape (nnz,)."""


def words_of_batch(indices: Any, n_words: int) -> BatchWords:
    """Sort the entries of a batch by word; `indices` are their words, below `n_words`."""
    words, local, sizes = np.unique(indices, return_inverse=True, return_counts=True)
    rank = np.full(n_words, -1, np.int32)
    rank[words] = np.arange(len(words))
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    order = np.argsort(indices, kind="stable").astype(np.int32)
    return BatchWords(words.astype(np.int32), rank, local.astype(np.int32), starts, order)


def sum_words(
    batch: BatchWords, documents: Any, ratios: Any, theta: Any, weights: Any, temperature: float, step: int, seed: int
) -> Any:
    """Return the word-topic counts of a batch: ``sum_d ratio_dw theta_dk weights_wk``, shape (W, K).

    Above temperature zero they are replaced by ``Poisson(m counts) / m``, m = 1 / temperature.

    Parameters
    ----------
    batch : BatchWords
    documents : ndarray of int, shape (nnz,)
        Row of `theta` each entry belongs to.
    ratios, theta : ndarray, shapes (nnz,), (D, K)
        From the sweeps.
    weights : ndarray, shape (W, K)
        The weights the sweeps used.
    temperature : float
        At least 0.
    step, seed : int
        With the word and the topic, the key of the draws.
    """
    sums = np.zeros(weights.shape)
    np.add.at(sums, batch.local, ratios[:, None] * theta[documents].astype(float))
    sums *= weights
    if temperature > 0:
        counter = (batch.words[:, None], step, np.arange(weights.shape[1]), WORD_STREAM)
        sums = poisson(sums / temperature, counter, seed) * temperature
    return sums.astype(np.float32)
