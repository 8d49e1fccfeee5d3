"""The model update of the CUDA source against the definition, on awkward shapes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from mixviz.kernels.updates import gpu, reference
from mixviz.kernels.updates.reference import Push

f4 = np.float32


def _xp() -> Any:
    return sys.modules["cupy"]


def _problem(V: int, K: int) -> tuple[Any, ...]:
    """Return topics, counts of which half are 0, and the rates."""
    rng = np.random.default_rng(V + K)
    phi = rng.gamma(0.3, size=(V, K)) + 1e-6
    sums = rng.gamma(0.5, size=(V, K)) * (rng.random((V, 1)) < 0.5)
    rates = (rng.uniform(*r, K).astype(f4) for r in ((0.5, 1), (0, 0.01), (0, 1e-4), (0, 1e-4)))
    return (phi / phi.sum(axis=0)).astype(f4), sums.astype(f4), *rates


def _updated(phi: Any, sums: Any, *rest: Any, push: Push) -> Any:
    topics, sums, *rates = map(_xp().asarray, (phi, sums, *rest))
    out = gpu.update_words(topics, None, sums, *rates, push)
    np.testing.assert_array_equal(topics.get(), phi)
    return out.get()


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize(("V", "K"), [(1, 1), (1, 33), (60, 31), (129, 64), (300, 100), (130, 256)])
@pytest.mark.parametrize("push", [Push(), Push(l1=0.01), Push(l2=0.3), Push(cosine=0.2), Push(0.001, 0.01, 0.1, 1e-3)])
def test_agrees_with_the_reference(V: int, K: int, push: Push) -> None:
    problem = _problem(V, K)
    phi, sums, *rates = problem
    found = _updated(*problem, push=push)
    exact = reference.update_words(phi, np.arange(V, dtype=np.int32), sums, *rates, push)
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.sum(axis=0, dtype=float), 1, rtol=1e-5)


@pytest.mark.usefixtures("fake_gpu")
def test_a_topic_that_lost_everything_becomes_uniform_and_nan_stays() -> None:
    phi, sums, *_ = _problem(60, 3)
    zeros = np.zeros(3, f4)
    rest = (sums, zeros, zeros, zeros, zeros)
    np.testing.assert_allclose(_updated(phi, *rest, push=Push(l1=1.0)), 1 / 60, rtol=1e-6)
    phi[7, 1] = np.nan
    found = _updated(phi, *rest, push=Push())
    np.testing.assert_allclose(found[:, [0, 2]], 1 / 60, rtol=1e-6)
    assert np.isnan(found[:, 1]).all()


@pytest.mark.usefixtures("fake_gpu")
def test_entropy_takes_no_logarithm_of_zero() -> None:
    phi, sums, *_ = _problem(60, 3)
    phi[3] = 0
    ones, zeros = np.ones(3, f4), np.zeros(3, f4)
    found = _updated(phi, sums, ones, zeros, zeros, zeros, push=Push(entropy=1e-3))
    assert np.isfinite(found).all()
    assert (found[3] == 0).all()


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize(("n", "K"), [(1, 1), (0, 3), (127, 33), (5000, 32)])
def test_sums_of_columns(n: int, K: int) -> None:
    matrix = np.random.default_rng(0).random((n, K), f4)
    found = gpu.sum_columns(_xp().asarray(matrix)).get()
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, matrix.sum(axis=0, dtype=float), rtol=1e-6)


@pytest.mark.usefixtures("fake_gpu")
def test_normalise_columns_works_in_place() -> None:
    phi, *_ = _problem(70, 5)
    phi[:, 2] = 0
    there = _xp().asarray(phi)
    assert gpu.normalise_columns(there, _xp().asarray(phi.sum(axis=0, dtype=float))) is there
    np.testing.assert_allclose(
        there.get()[:, [0, 1, 3, 4]], phi[:, [0, 1, 3, 4]] / phi.sum(axis=0)[[0, 1, 3, 4]], rtol=1e-5
    )
    np.testing.assert_allclose(there.get()[:, 2], 1 / 70, rtol=1e-6)


def test_order_of_threads_changes_no_bit_and_nothing_waits(fake_gpu: Any) -> None:
    problem, push = _problem(700, 33), Push(0.001, 0.01, 0.1, 1e-3)
    results = []
    for order in ("forward", "backward", "shuffled"):
        fake_gpu.order = order
        results.append(_updated(*problem, push=push))
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])
    topics, sums, *rates = map(_xp().asarray, problem)
    before = fake_gpu.n_synchronisations
    gpu.update_words(topics, None, sums, *rates, push)
    assert fake_gpu.n_synchronisations == before


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("K", [1, 33, 300])
def test_rates_are_those_of_the_reference(K: int) -> None:
    xp: Any = sys.modules["cupy"]
    rng = np.random.default_rng(K)
    size, counted = rng.gamma(2.0, 100, K).astype(f4), rng.gamma(2.0, 30, K)
    given = (0.3, 4.7, 0.01, 5000)
    found = gpu.rates(xp.asarray(size), xp.asarray(counted), *given)
    for there, exact in zip(found, reference.rates(size, counted, *given), strict=True):
        np.testing.assert_allclose(there.get(), exact, rtol=1e-6)
