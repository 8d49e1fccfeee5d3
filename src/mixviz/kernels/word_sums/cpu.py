"""Word-topic counts in Numba: a counting sort turns the batch word-major, then each word sums its own documents."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.backend import parallel_for
from mixviz.kernels.draws.cpu import poisson
from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.simd import LANES, kernel, load, splat, store
from mixviz.kernels.word_sums.reference import WORD_STREAM, BatchWords

f4 = np.float32


@kernel
def _sort_by_word(indices: Any, n_words: Any) -> Any:
    """Sort the entries by word, keeping their order within one; number the distinct words in ascending order."""
    counts = np.zeros(n_words, np.int32)
    for j in indices:
        counts[j] += 1
    n_distinct = 0
    for w in range(n_words):
        n_distinct += counts[w] > 0
    words, starts = np.empty(n_distinct, np.int32), np.empty(n_distinct + 1, np.int64)
    position, rank = np.empty(n_distinct, np.int64), np.full(n_words, -1, np.int32)
    i, total = 0, 0
    for w in range(n_words):
        if counts[w] > 0:
            words[i], starts[i], position[i], rank[w] = w, total, total, i
            total += counts[w]
            i += 1
    starts[n_distinct] = total
    local, order = np.empty(indices.size, np.int32), np.empty(indices.size, np.int32)
    for j in range(indices.size):
        i = rank[indices[j]]
        local[j] = i
        order[position[i]] = j
        position[i] += 1
    return words, rank, local, starts, order


def words_of_batch(indices: Any, n_words: int) -> BatchWords:
    """Do what :func:`mixviz.kernels.word_sums.reference.words_of_batch` does."""
    return BatchWords(*_sort_by_word(indices, n_words))


@kernel
def _sum_range(
    first: int, last: int, words: Any, starts: Any, order: Any, documents: Any, ratios: Any, theta: Any, weights: Any,
    replicas: Any, step: int, k0: Any, k1: Any, sums: Any,
) -> None:  # fmt: skip
    """Fill words ``first..last`` of `sums`; `theta`, `weights` and `sums` are flat."""
    K = sums.size // words.size
    scale = f4(1.0) / replicas
    for w in range(first, last):
        for k in range(0, K, LANES):
            total = splat(f4(0.0))
            for position in range(starts[w], starts[w + 1]):
                j = order[position]
                total = total + ratios[j] * load(theta, documents[j] * K + k)
            total = total * load(weights, w * K + k)
            if replicas > f4(0.0):
                bits, _, _, _ = philox(words[w], step, k, WORD_STREAM, k0, k1)
                total = poisson(total * replicas, bits) * scale
            store(sums, w * K + k, total)


def sum_words(
    batch: BatchWords, documents: Any, ratios: Any, theta: Any, weights: Any, temperature: float, step: int, seed: int
) -> Any:
    """Do what :func:`mixviz.kernels.word_sums.reference.sum_words` does, on all threads."""
    sums = np.empty_like(weights)
    replicas = f4(1 / temperature if temperature > 0 else 0)
    parallel_for(
        _sum_range, len(weights), batch.words, batch.starts, batch.order, documents, ratios, theta.ravel(),
        weights.ravel(), replicas, step, *halves(seed), sums.ravel(), grain=64,
    )  # fmt: skip
    return sums
