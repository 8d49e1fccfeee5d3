"""Document sweeps in Numba.

A document's topic weights are gathered once into two small blocks, words x topics and its transpose, so that both
products of a sweep run along contiguous memory; every sweep then stays inside the first-level cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.backend import parallel_for
from mixviz.kernels.draws.cpu import exp_digamma, gamma_block, normal, poisson_block, uniform
from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.simd import LANES, aligned_zeros, kernel, row_times_matrix
from mixviz.kernels.sweeps.reference import Swept

f4, u4 = np.float32, np.uint32
SMALLEST = f4(1e-30)
"""Stands in for zero where a division or a weight must not vanish."""
DOCUMENT_STREAM = 0
_MEAN, _TAIL, _COUNT_Z, _SHAPE, _GAMMA_Z, _ACCEPT, _BOOST, _COUNT, _GAMMA, _FREE = range(10)


@kernel
def draw_topics(nhat: Any, x: Any, theta: Any, alpha: Any, replicas: Any, work: Any, counter: Any) -> None:
    """Draw counts n ~ Poisson(m nhat) / m, then weights theta around the Dirichlet of x = n + alpha."""
    entity, step, first_draw, stream, k0, k1 = counter
    for start in range(0, nhat.size, LANES):
        draw = first_draw + start
        for i in range(LANES):
            w0, w1, w2, w3 = philox(entity, step, draw + i, stream, k0, k1)
            work[_MEAN, i] = nhat[start + i] * replicas
            work[_TAIL, i] = uniform(w0)
            work[_COUNT_Z, i] = normal(w0)
            work[_GAMMA_Z, i] = normal(w1)
            work[_ACCEPT, i] = uniform(w2)
            work[_BOOST, i] = uniform(w3)
        poisson_block(work, _MEAN, _TAIL, _COUNT_Z, _COUNT, _FREE)
        for i in range(LANES):
            work[_SHAPE, i] = work[_COUNT, i] + alpha * replicas
        gamma_block(work, _SHAPE, _GAMMA_Z, _ACCEPT, _BOOST, _GAMMA, (entity, step, draw, stream, k0, k1))
        for i in range(LANES):
            a = work[_SHAPE, i]
            x[start + i] = a / replicas
            theta[start + i] = max(exp_digamma(a / replicas) * (work[_GAMMA, i] / exp_digamma(a)), SMALLEST)


@kernel
def _gather(words: Any, weights: Any, n_topics: Any, by_word: Any, by_topic: Any, width: Any) -> None:
    """Copy the weights of a document's words into both blocks; topics and words beyond the real ones are zero."""
    for j in range(words.size):
        w = words[j]
        for k in range(n_topics):
            by_word[j * n_topics + k] = weights[w, k]
            by_topic[k * width + j] = weights[w, k]
    for j in range(words.size, width):
        for k in range(n_topics):
            by_word[j * n_topics + k] = f4(0.0)
            by_topic[k * width + j] = f4(0.0)


@kernel
def _sweep_range(
    first: Any, last: Any, indptr: Any, words: Any, counts: Any, weights: Any, alpha: Any, replicas: Any,
    n_sweeps: Any, n_topics: Any, entities: Any, step: Any, k0: Any, k1: Any, theta: Any, x: Any, ratios: Any,
) -> None:  # fmt: skip
    """Sweep documents ``first..last``."""
    K = weights.shape[1]
    longest = 0
    for d in range(first, last):
        longest = max(longest, indptr[d + 1] - indptr[d])
    room = (longest + LANES - 1) // LANES * LANES
    by_word, by_topic = aligned_zeros(room * K), aligned_zeros(room * K)
    c, z, r = aligned_zeros(room), aligned_zeros(room), aligned_zeros(room)
    nhat, weight = aligned_zeros(K), aligned_zeros(K)
    work = np.zeros((_FREE + 2, LANES), np.float32)
    for d in range(first, last):
        begin, n = indptr[d], indptr[d + 1] - indptr[d]
        width = (n + LANES - 1) // LANES * LANES
        _gather(words[begin : begin + n], weights, K, by_word, by_topic, width)
        c[:n] = counts[begin : begin + n]
        c[n:width] = f4(0.0)
        for k in range(K):
            weight[k] = f4(1.0) if k < n_topics else f4(0.0)
        for s in range(n_sweeps + 1):
            row_times_matrix(z, weight, by_topic, K, width)
            for j in range(width):
                r[j] = c[j] / max(z[j], SMALLEST)
            if s == n_sweeps:
                break
            row_times_matrix(nhat, r, by_word, width, K)
            for k in range(K):
                nhat[k] *= weight[k]
            if replicas > f4(0.0):
                draw_topics(nhat, x[d], weight, alpha, replicas, work, (entities[d], step, s * K, DOCUMENT_STREAM, k0, k1))
            else:
                for k in range(K):
                    x[d, k] = nhat[k] + alpha
                    weight[k] = max(exp_digamma(x[d, k]), SMALLEST)
            for k in range(n_topics, K):
                x[d, k] = f4(0.0)
                weight[k] = f4(0.0)
        theta[d] = weight
        ratios[begin : begin + n] = r[:n]


def sweep_documents(
    indptr: Any, words: Any, counts: Any, weights: Any, n_topics: int, alpha: float, temperature: float, n_sweeps: int,
    entities: Any, step: int, seed: int,
) -> Swept:  # fmt: skip
    """Do what :func:`mixviz.kernels.sweeps.reference.sweep_documents` does, on all threads."""
    D, K = len(indptr) - 1, weights.shape[1]
    swept = Swept(np.empty((D, K), f4), np.empty((D, K), f4), np.empty(len(words), f4))
    replicas = f4(1 / temperature if temperature > 0 else 0)
    parallel_for(
        _sweep_range, D, indptr, words, counts, weights, f4(alpha), replicas, n_sweeps, n_topics, entities, step,
        *halves(seed), swept.theta_dk, swept.x_dk, swept.ratios, grain=16,
    )  # fmt: skip
    return swept
