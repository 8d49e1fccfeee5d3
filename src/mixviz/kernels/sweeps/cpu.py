"""Document sweeps in Numba.

A document's topic weights are gathered once into two small blocks, words x topics and its transpose, so that both
products of a sweep run along contiguous memory; every sweep then stays inside the first-level cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.backend import parallel_for
from mixviz.kernels.draws.cpu import exp_digamma, gamma, poisson
from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.simd import LANES, aligned_floats, helper, kernel, load, most, splat, store, transpose
from mixviz.kernels.sweeps.reference import SMALLEST, Swept

f4, i8 = np.float32, np.int64
TINY = f4(SMALLEST)


@kernel
def row_times_matrix(y: Any, x: Any, a: Any, n_rows: int, n_cols: int) -> None:
    """Set ``y[:n_cols] = x[:n_rows] @ a``; `a` is flat, n_rows x n_cols, both multiples of 16.

    Eight sums are held in registers at once, which hides the latency of an addition.
    """
    j = 0
    while j + 4 * LANES <= n_cols:
        s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = splat(f4(0.0))
        for i in range(0, n_rows, 2):
            x0, x1, p = x[i], x[i + 1], i * n_cols + j
            q = p + n_cols
            s0, t0 = s0 + x0 * load(a, p), t0 + x1 * load(a, q)
            s1, t1 = s1 + x0 * load(a, p + LANES), t1 + x1 * load(a, q + LANES)
            s2, t2 = s2 + x0 * load(a, p + 2 * LANES), t2 + x1 * load(a, q + 2 * LANES)
            s3, t3 = s3 + x0 * load(a, p + 3 * LANES), t3 + x1 * load(a, q + 3 * LANES)
        store(y, j, s0 + t0)
        store(y, j + LANES, s1 + t1)
        store(y, j + 2 * LANES, s2 + t2)
        store(y, j + 3 * LANES, s3 + t3)
        j += 4 * LANES
    while j + 2 * LANES <= n_cols:
        s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = splat(f4(0.0))
        for i in range(0, n_rows, 4):
            x0, x1, x2, x3, p = x[i], x[i + 1], x[i + 2], x[i + 3], i * n_cols + j
            q = p + LANES
            s0, t0 = s0 + x0 * load(a, p), t0 + x0 * load(a, q)
            s1, t1 = s1 + x1 * load(a, p + n_cols), t1 + x1 * load(a, q + n_cols)
            s2, t2 = s2 + x2 * load(a, p + 2 * n_cols), t2 + x2 * load(a, q + 2 * n_cols)
            s3, t3 = s3 + x3 * load(a, p + 3 * n_cols), t3 + x3 * load(a, q + 3 * n_cols)
        store(y, j, (s0 + s1) + (s2 + s3))
        store(y, j + LANES, (t0 + t1) + (t2 + t3))
        j += 2 * LANES
    if j < n_cols:
        s0 = s1 = s2 = s3 = splat(f4(0.0))
        for i in range(0, n_rows, 4):
            p = i * n_cols + j
            s0 = s0 + x[i] * load(a, p)
            s1 = s1 + x[i + 1] * load(a, p + n_cols)
            s2 = s2 + x[i + 2] * load(a, p + 2 * n_cols)
            s3 = s3 + x[i + 3] * load(a, p + 3 * n_cols)
        store(y, j, (s0 + s1) + (s2 + s3))


@helper
def spread_topics(shape: Any, words: Any, counter: Any, scale: Any, k: int, x: Any, weight: Any) -> None:
    """Set 16 topics from `k` on: x = shape / m, and weights around the Dirichlet of x; `scale` is 1 / m."""
    spread = gamma(shape, words, counter) / most(exp_digamma(shape), TINY)
    parameter = shape * scale
    store(x, k, parameter)
    store(weight, k, most(exp_digamma(parameter) * spread, TINY))


@kernel
def _draw_topics(nhat: Any, x: Any, weight: Any, alpha: Any, replicas: Any, counter: Any) -> None:
    """Draw counts n ~ Poisson(m nhat) / m, then weights around the Dirichlet of x = n + alpha."""
    entity, step, first_draw, stream, k0, k1 = counter
    for k in range(0, nhat.size, LANES):
        words = philox(entity, step, first_draw + k, stream, k0, k1)
        shape = poisson(load(nhat, k) * replicas, words[0]) + alpha * replicas
        own = (entity, step, first_draw + k, stream, k0, k1)
        spread_topics(shape, words, own, f4(1.0) / replicas, k, x, weight)


@kernel
def _settle_topics(nhat: Any, x: Any, weight: Any, alpha: Any) -> None:
    """Take the expected counts themselves: the limit of `_draw_topics` at temperature 0."""
    for k in range(0, nhat.size, LANES):
        parameter = load(nhat, k) + alpha
        store(x, k, parameter)
        store(weight, k, most(exp_digamma(parameter), TINY))


@kernel
def gather_document(
    words: Any, first: int, last: int, weights: Any, K: int, by_word: Any, by_topic: Any, width: int
) -> None:
    """Copy the weights of entries ``first..last`` into both blocks; rows and columns up to `width` become zero."""
    for j in range(width):
        for k in range(0, K, LANES):
            row = load(weights, words[first + j] * K + k) if j < last - first else splat(f4(0.0))
            store(by_word, j * K + k, row)
    for j in range(0, width, LANES):
        for k in range(0, K, LANES):
            transpose(by_topic, k * width + j, width, by_word, j * K + k, K)


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
    c, z, nhat, x, theta = (
        aligned_floats(room),
        aligned_floats(room),
        aligned_floats(K),
        aligned_floats(K),
        aligned_floats(K),
    )
    for d in range(first, last):
        begin, end = indptr[d], indptr[d + 1]
        width = max(LANES, (end - begin + LANES - 1) // LANES * LANES)
        gather_document(words, begin, end, weights, K, by_word, by_topic, width)
        for j in range(width):
            c[j] = counts[begin + j] if j < end - begin else f4(0.0)
        for k in range(K):
            theta[k] = f4(1.0) if k < n_topics else f4(0.0)
        for s in range(n_sweeps + 1):
            row_times_matrix(z, theta, by_topic, K, width)
            for j in range(0, width, LANES):
                store(z, j, load(c, j) / most(load(z, j), TINY))
            if s == n_sweeps:
                break
            row_times_matrix(nhat, z, by_word, width, K)
            for k in range(0, K, LANES):
                store(nhat, k, load(nhat, k) * load(theta, k))
            if replicas > f4(0.0):
                _draw_topics(nhat, x, theta, alpha, replicas, (entities[d], step, s * K, i8(0), k0, k1))
            else:
                _settle_topics(nhat, x, theta, alpha)
            for k in range(n_topics, K):
                x[k] = theta[k] = f4(0.0)
        for k in range(K):
            theta_dk[d, k], x_dk[d, k] = theta[k], x[k]
        for j in range(end - begin):
            ratios[begin + j] = z[j]


def sweep_documents(
    indptr: Any, words: Any, counts: Any, weights: Any, n_topics: int, alpha: float, temperature: float, n_sweeps: int,
    entities: Any, step: int, seed: int,
) -> Swept:  # fmt: skip
    """Do what :func:`mixviz.kernels.sweeps.reference.sweep_documents` does, on all threads."""
    D, K = len(indptr) - 1, weights.shape[1]
    swept = Swept(np.empty((D, K), f4), np.empty((D, K), f4), np.empty(len(words), f4))
    replicas = f4(1 / temperature if temperature > 0 else 0)
    parallel_for(
        _sweep_range, D, indptr, words, counts, weights.ravel(), f4(alpha), replicas, n_sweeps, n_topics, entities,
        step, *halves(seed), *swept, grain=16,
    )  # fmt: skip
    return swept
