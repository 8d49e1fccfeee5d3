"""Sorting by word and sums of words of the CUDA source against the definition, on awkward shapes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from mixviz.kernels.word_sums import gpu, reference

f4 = np.float32
V, SEED = 40, 9 + (7 << 32)
BATCHES = {
    "usual": np.random.default_rng(0).zipf(1.3, 700) % V,
    "one word for all": np.full(1000, V - 1),
    "windows that begin with a word": np.repeat(np.arange(10), gpu.WINDOW),
    "an entry": np.array([7]),
    "none": np.zeros(0),
}


def _xp() -> Any:
    return sys.modules["cupy"]


def _indices(name: str) -> Any:
    return np.random.default_rng(1).permutation(BATCHES[name]).astype(np.int32)


def _problem(n: int, K: int, n_words: int = V) -> tuple[Any, ...]:
    rng = np.random.default_rng(K)
    documents = np.sort(rng.integers(0, 30, n)).astype(np.int32)
    return documents, rng.gamma(1, size=n).astype(f4), rng.random((30, K), f4), rng.random((n_words, K), f4)


def _sums(indices: Any, problem: tuple[Any, ...], temperature: float, n_words: int = V) -> Any:
    batch = gpu.words_of_batch(_xp().asarray(indices), n_words)
    return gpu.sum_words(batch, *map(_xp().asarray, problem), temperature, 5, SEED).get()


def _exact(indices: Any, problem: tuple[Any, ...], temperature: float, n_words: int = V) -> Any:
    """Return the sums of the words that occur, in rows for all of them."""
    documents, ratios, theta, weights = problem
    batch = reference.words_of_batch(indices, n_words)
    out = np.zeros_like(weights)
    out[batch.words] = reference.sum_words(
        batch, documents, ratios, theta, weights[batch.words], temperature, 5, SEED
    )  # fmt: skip
    return out


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("name", BATCHES)
def test_entries_are_sorted_as_the_reference_does(name: str) -> None:
    indices = _indices(name)
    batch = gpu.words_of_batch(_xp().asarray(indices), V)
    exact = reference.words_of_batch(indices, V)
    np.testing.assert_array_equal(batch.groups.order.get(), exact.order)
    np.testing.assert_array_equal(batch.groups.keys.get(), indices[exact.order])
    np.testing.assert_array_equal(batch.groups.starts.get(), np.searchsorted(np.sort(indices), np.arange(V + 1)))


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("K", [1, 31, 33, 256])
@pytest.mark.parametrize("temperature", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("name", BATCHES)
def test_agrees_with_the_reference(name: str, K: int, temperature: float) -> None:
    indices = _indices(name)
    problem = _problem(len(indices), K)
    found, exact = _sums(indices, problem, temperature), _exact(indices, problem, temperature)
    # above temperature 0 a draw on the edge between two numbers may fall either way
    is_apart = ~np.isclose(found, exact, rtol=1e-4, atol=1e-5)
    assert is_apart.mean() <= (0 if temperature == 0 else 2e-3)
    assert np.abs(found - exact)[is_apart].max(initial=0) <= 1.01 * temperature


@pytest.mark.usefixtures("fake_gpu")
def test_a_vocabulary_of_one_word() -> None:
    indices = np.zeros(300, np.int32)
    problem = _problem(300, 3, 1)
    np.testing.assert_allclose(_sums(indices, problem, 0.0, 1), _exact(indices, problem, 0.0, 1), rtol=1e-5)


@pytest.mark.usefixtures("fake_gpu")
def test_counts_have_the_right_mean_and_spread() -> None:
    indices = _indices("usual")
    problem = _problem(len(indices), 4)
    batch, given = gpu.words_of_batch(_xp().asarray(indices), V), [_xp().asarray(part) for part in problem]
    mean = gpu.sum_words(batch, *given, 0.0, 0, SEED).get()
    drawn = np.stack([gpu.sum_words(batch, *given, 0.25, step, SEED).get() for step in range(150)])
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=5 * np.sqrt(mean.max() * 0.25 / 150))
    np.testing.assert_allclose(drawn.var(axis=0), mean * 0.25, rtol=0.6, atol=0.05)


def test_order_of_threads_changes_no_bit_and_nothing_waits(fake_gpu: Any) -> None:
    indices = _indices("usual")
    problem = _problem(len(indices), 33)
    results = []
    for order in ("forward", "backward", "shuffled"):
        fake_gpu.order = order
        results.append(_sums(indices, problem, 0.5))
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])
    before = fake_gpu.n_synchronisations
    batch, given = gpu.words_of_batch(_xp().asarray(indices), V), [_xp().asarray(part) for part in problem]
    gpu.sum_words(batch, *given, 0.5, 5, SEED)
    assert fake_gpu.n_synchronisations == before
