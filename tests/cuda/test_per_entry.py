"""The baseline that draws every entry: whole counts that agree with each other, and the law of the fast sampler."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from mixviz.kernels.per_entry import gpu
from mixviz.kernels.sweeps import gpu as sweeps

f4 = np.float32
V, ALPHA, SEED = 30, 0.1, 9 + (7 << 32)


def _there(*arrays: Any) -> list[Any]:
    xp: Any = sys.modules["cupy"]
    return [xp.asarray(array) for array in arrays]


def _problem(n: int, K: int) -> tuple[Any, ...]:
    """Return where documents begin, owner, word and count of each entry, topics, and the documents' numbers."""
    rng = np.random.default_rng(0)
    words = np.sort(rng.choice(V, 12, replace=False)).astype(np.int32)
    counts, phi = rng.integers(1, 5, 12).astype(f4), rng.gamma(0.3, size=(V, K)).astype(f4) + f4(1e-6)
    indptr, owners = np.arange(n + 1, dtype=np.int64) * 12, np.repeat(np.arange(n, dtype=np.int32), 12)
    entities = np.arange(n, dtype=np.int64) + 2**31
    return indptr, owners, np.tile(words, n), np.tile(counts, n), phi / phi.sum(axis=0), entities


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("K", [1, 33, 64])
def test_words_and_documents_get_the_same_whole_counts(K: int) -> None:
    _, *entries, entities = _problem(20, K)
    found = gpu.sweep_and_sum(*_there(*entries), ALPHA, 0.5, 2, *_there(entities), 5, SEED)
    theta, x, sums = (part.get() for part in found)
    np.testing.assert_array_equal(sums * 2, np.round(sums * 2))
    np.testing.assert_allclose(sums.sum(axis=0), (x - f4(ALPHA)).sum(axis=0), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(sums.sum(), entries[2].sum(), rtol=0.1)
    absent = np.setdiff1d(np.arange(V), entries[1])
    assert (sums[absent] == 0).all()
    assert (theta > 0).all()


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("temperature", [1.0, 0.1])
def test_it_has_the_law_of_the_fast_sampler(temperature: float) -> None:
    """Mean and spread of a document's topics after three sweeps, over copies of one document."""
    n = 1500
    indptr, *entries, entities = _problem(n, 4)
    owners, words, counts, phi, rows = _there(*entries, entities)
    every = gpu.sweep_and_sum(owners, words, counts, phi, ALPHA, temperature, 3, rows, 5, SEED)[1].get()
    given = (*_there(indptr), words, counts, phi, 4, ALPHA, temperature, 3, rows, 5, SEED)
    fast = sweeps.sweep_documents(*given, lengths=np.diff(indptr)).x_dk.get()
    moments = []
    for x in (every, fast):
        shares = x / x.sum(axis=1, keepdims=True)
        moments.append((shares.mean(axis=0), shares.std(axis=0)))
    (mean, spread), (expected, width) = moments
    np.testing.assert_allclose(mean, expected, atol=5 * width.max() / np.sqrt(n))
    np.testing.assert_allclose(spread, width, rtol=0.12, atol=1e-3)
