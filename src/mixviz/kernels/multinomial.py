"""The exact sampler in NumPy: every token of every replica gets a topic. An oracle for tests, and slow."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import digamma

from mixviz.kernels.sweeps.reference import SMALLEST, Swept
from mixviz.kernels.word_sums.reference import BatchWords


def _generator(seed: int, step: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng((seed, step, purpose))


def _replicas(temperature: float) -> int:
    m = round(1 / temperature) if temperature > 0 else 0
    if m < 1 or abs(1 / temperature - m) > 1e-6 * m:
        raise ValueError(f"sampler='multinomial' needs 1 / temperature to be a whole number, got {temperature!r}")
    return m


def _assign(rng: np.random.Generator, replicas: int, counts: Any, shares: Any) -> Any:
    """Return, per entry and topic, how many of ``replicas * count`` tokens got the topic."""
    shares = shares.astype(float) / shares.sum(axis=1, keepdims=True, dtype=float)
    return rng.multinomial(np.rint(replicas * counts).astype(np.int64), shares)


def sweep_documents(
    indptr: Any, words: Any, counts: Any, weights: Any, n_topics: int, alpha: float, temperature: float, n_sweeps: int,
    entities: Any, step: int, seed: int,
) -> Swept:  # fmt: skip
    """Do what :func:`mixviz.kernels.sweeps.reference.sweep_documents` does, in law up to conditioning on totals.

    Raises
    ------
    ValueError
        If 1 / `temperature` is not a whole number.
    """
    m, rng = _replicas(temperature), _generator(seed, step, 0)
    block = weights[words].astype(float)
    documents = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    theta, x = np.zeros((2, len(indptr) - 1, weights.shape[1]))
    theta[:, :n_topics] = 1
    for _ in range(n_sweeps):
        n = np.zeros_like(theta)
        np.add.at(n, documents, _assign(rng, m, counts, np.maximum(theta[documents] * block, SMALLEST * (block > 0))))
        x[:, :n_topics] = n[:, :n_topics] / m + alpha
        own = x[:, :n_topics]
        spread = rng.gamma(m * own) / np.maximum(np.exp(digamma(m * own)), SMALLEST)
        theta[:, :n_topics] = np.maximum(np.exp(digamma(own)) * spread, SMALLEST)
    ratios = counts / np.maximum((theta[documents] * block).sum(axis=1), SMALLEST)
    return Swept(*(part.astype(np.float32) for part in (theta, x, ratios)))


def sum_words(
    batch: BatchWords, documents: Any, ratios: Any, theta: Any, weights: Any, temperature: float, step: int, seed: int
) -> Any:
    """Return word-topic counts from one topic per token and replica, shape (W, K)."""
    m, rng = _replicas(temperature), _generator(seed, step, 1)
    shares = np.maximum(theta[documents].astype(float) * weights[batch.local], SMALLEST * (weights[batch.local] > 0))
    sums = np.zeros(weights.shape)
    np.add.at(sums, batch.local, _assign(rng, m, ratios * shares.sum(axis=1), shares))
    return (sums / m).astype(np.float32)
