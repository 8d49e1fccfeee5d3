"""Sweeps that draw one Poisson number per document, word and topic, as the original SAME-Gibbs sampler does.

Same law as `cpu` at a cost that grows with the entries: an oracle for tests and the baseline of a benchmark.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.backend import parallel_for
from mixviz.kernels.draws.cpu import poisson
from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.simd import LANES, aligned_floats, kernel, load, splat
from mixviz.kernels.sweeps.cpu import TINY, gather_document, row_times_matrix, spread_topics
from mixviz.kernels.sweeps.reference import Swept

f4 = np.float32
_COUNT_STREAM, _TOPIC_STREAM = 2 << 16, 3 << 16


@kernel
def _sweep_range(
    first: int, last: int, indptr: Any, words: Any, counts: Any, weights: Any, alpha: Any, replicas: Any, n_sweeps: int,
    n_topics: int, entities: Any, step: int, k0: Any, k1: Any, theta_dk: Any, x_dk: Any, ratios: Any,
) -> None:  # fmt: skip
    """Sweep documents ``first..last``."""
    K, longest = theta_dk.shape[1], 1
    for d in range(first, last):
        longest = max(longest, indptr[d + 1] - indptr[d])
    room = (longest + LANES - 1) // LANES * LANES
    by_word, by_topic = aligned_floats(room * K), aligned_floats(room * K)
    z, x, theta = aligned_floats(room), aligned_floats(K), aligned_floats(K)
    for d in range(first, last):
        begin, end = indptr[d], indptr[d + 1]
        width = max(LANES, (end - begin + LANES - 1) // LANES * LANES)
        gather_document(words, begin, end, weights, K, by_word, by_topic, width)
        for k in range(K):
            theta[k] = f4(1.0) if k < n_topics else f4(0.0)
        for s in range(n_sweeps + 1):
            row_times_matrix(z, theta, by_topic, K, width)
            for j in range(end - begin):
                ratios[begin + j] = counts[begin + j] / max(z[j], TINY)
            if s == n_sweeps:
                break
            for k in range(0, K, LANES):
                drawn = splat(f4(0.0))
                for j in range(end - begin):
                    bits, _, _, _ = philox(entities[d], step, (s * width + j) * K + k, _COUNT_STREAM, k0, k1)
                    mean = load(by_word, j * K + k) * load(theta, k) * (ratios[begin + j] * replicas)
                    drawn = drawn + poisson(mean, bits)
                own = (entities[d], step, s * K + k, _TOPIC_STREAM, k0, k1)
                bits = philox(entities[d], step, s * K + k, _TOPIC_STREAM, k0, k1)
                spread_topics(drawn + alpha * replicas, bits, own, f4(1.0) / replicas, k, x, theta)
            for k in range(n_topics, K):
                x[k] = theta[k] = f4(0.0)
        for k in range(K):
            theta_dk[d, k], x_dk[d, k] = theta[k], x[k]


def sweep_documents(
    indptr: Any, words: Any, counts: Any, weights: Any, n_topics: int, alpha: float, temperature: float, n_sweeps: int,
    entities: Any, step: int, seed: int,
) -> Swept:  # fmt: skip
    """Do what :func:`mixviz.kernels.sweeps.cpu.sweep_documents` does, in law; `temperature` is above 0."""
    D, K = len(indptr) - 1, weights.shape[1]
    swept = Swept(np.empty((D, K), f4), np.empty((D, K), f4), np.empty(len(words), f4))
    parallel_for(
        _sweep_range, D, indptr, words, counts, weights.ravel(), f4(alpha), f4(1 / temperature), n_sweeps, n_topics,
        entities, step, *halves(seed), *swept, grain=16,
    )  # fmt: skip
    return swept
