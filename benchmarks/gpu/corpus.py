"""Corpora made up: one as large as the New York Times', with words by Zipf's law, and a small one that has topics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import scipy.sparse

from mixviz.backend import available_cpus

_OFFSET = 40.0
"""The word of rank r occurs in proportion to 1 / (r + offset)."""
_ONCE = 0.7
"""Share of the words of a document that occur in it once; of the others as many twice, and so on."""
_CHUNK = 5000


def zipf(n_documents: int, n_words: int, n_distinct: int, seed: int = 0) -> Any:
    """Return documents of exactly `n_distinct` words each, CSR of float32; sorted by word, in random order of ranks.

    Words are drawn one from each of `n_distinct` equal parts of the cumulated distribution, and moved to the next
    rank where the one before has taken it.
    """
    words = np.empty((n_documents, n_distinct), np.int32)
    counts = np.empty((n_documents, n_distinct), np.float32)
    by_rank = np.random.default_rng(seed).permutation(n_words).astype(np.int32)
    times = np.ceil(np.log1p(-(np.arange(256) + 0.5) / 256) / np.log1p(-_ONCE)).astype(np.float32)
    places, width = np.arange(n_distinct), np.log1p(n_words / _OFFSET) / n_distinct

    def fill(first: int) -> None:
        rng, part = np.random.default_rng([seed, first]), slice(first, first + _CHUNK)
        drawn = rng.random(words[part].shape, np.float32) + places.astype(np.float32)
        ranks = (_OFFSET * np.expm1(drawn * np.float32(width))).astype(np.int32)
        ranks = np.maximum.accumulate(ranks - places, axis=1) + places
        words[part] = by_rank[np.minimum(ranks, n_words - n_distinct + places)]
        words[part].sort(axis=1)
        counts[part] = times[rng.integers(0, 256, words[part].shape, np.uint8)]

    with ThreadPoolExecutor(available_cpus()) as pool:
        list(pool.map(fill, range(0, n_documents, _CHUNK)))
    starts = np.arange(n_documents + 1) * n_distinct
    return scipy.sparse.csr_matrix((counts.ravel(), words.ravel(), starts), shape=(n_documents, n_words))


def themed(n_documents: int, n_words: int, n_topics: int, seed: int, n_tokens: int = 150) -> Any:
    """Return documents that LDA itself could have made, CSR of float32."""
    rng = np.random.default_rng(seed)
    topics = rng.dirichlet(np.full(n_words, 0.05), n_topics)
    mixtures = rng.dirichlet(np.full(n_topics, 0.2), n_documents)
    return scipy.sparse.csr_matrix(rng.poisson(n_tokens * mixtures @ topics).astype(np.float32))
