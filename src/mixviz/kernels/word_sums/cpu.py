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

f4, i8 = np.float32, np.int64


@kernel
def _sort_by_word(
    indices: Any, counts: Any, words: Any, rank: Any, local: Any, starts: Any, order: Any, position: Any
) -> int:
    """Sort the entries by word, keeping their order within one; number the distinct words in ascending order.

    `counts` arrives as zeros and `rank` as -1; `words`, `starts` and `position` have room for more than they need.
    """
    for j in indices:
        counts[j] += 1
    i, total = 0, 0
    for w in range(counts.size):
        if counts[w] > 0:
            words[i], starts[i], position[i], rank[w] = w, total, total, i
            total += counts[w]
            i += 1
    n_distinct = i
    starts[n_distinct] = total
    for j in range(indices.size):
        i = rank[indices[j]]
        local[j] = i
        order[position[i]] = j
        position[i] += 1
    return n_distinct


def words_of_batch(indices: Any, n_words: int) -> BatchWords:
    """Do what :func:`mixviz.kernels.word_sums.reference.words_of_batch` does."""
    n_entries = len(indices)
    room = min(n_words, n_entries)
    counts, rank = np.zeros(n_words, np.int32), np.full(n_words, -1, np.int32)
    words, starts, position = np.empty(room, np.int32), np.empty(room + 1, np.int64), np.empty(room, np.int64)
    local, order = np.empty(n_entries, np.int32), np.empty(n_entries, np.int32)
    n_distinct = _sort_by_word(indices, counts, words, rank, local, starts, order, position)
    return BatchWords(words[:n_distinct], rank, local, starts[: n_distinct + 1], order)


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
                bits, _, _, _ = philox(i8(words[w]), step, k, i8(WORD_STREAM), k0, k1)
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
