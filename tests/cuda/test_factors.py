"""Products and nonnegative least squares of the CUDA source against the definition, on awkward shapes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from mixviz.kernels import launch
from mixviz.kernels.factors import gpu, reference
from mixviz.kernels.rows.gpu import upload

f4 = np.float32
KINDS = ("bytes", "float32", "float64", "sparse")


def _xp() -> Any:
    return sys.modules["cupy"]


def _data(n: int, n_features: int, kind: str) -> Any:
    """Rows of which one is empty, and a column of zeros, where there are several."""
    values = np.random.default_rng(0).poisson(0.7, (n, n_features)).astype(np.uint8)
    if min(n, n_features) > 2:
        values[n // 2, :] = values[:, n_features // 2] = 0
    if kind == "sparse":
        return scipy.sparse.csr_matrix(values.astype(f4))
    return values if kind == "bytes" else (values / 3).astype(kind)


def _there(data: Any) -> Any:
    return upload(data) if hasattr(data, "toarray") else _xp().asarray(data)


def _descended(*given: Any, n_sweeps: int) -> Any:
    return gpu.descend(*map(_xp().asarray, given), n_sweeps).get()


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "n_features", "K"), [(1, 1, 1), (1, 70, 3), (5, 1, 33), (300, 200, 16), (257, 33, 65)])
def test_products_agree_with_the_reference(
    kind: str, n: int, n_features: int, K: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "_CHUNK_NUMBERS", 5000)
    data, rng = _data(n, n_features, kind), np.random.default_rng(1)
    w, h = rng.random((n_features, K), f4), rng.random((n, K), f4)
    for name, factor in (("multiply", w), ("multiply_transposed", h)):
        found = getattr(gpu, name)(_there(data), _xp().asarray(factor)).get()
        exact = getattr(reference, name)(data, factor)
        assert (found.dtype, found.shape) == (f4, exact.shape)
        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(gpu.squares(_there(data)).get(), reference.squares(data), rtol=1e-6)
    np.testing.assert_allclose(gpu.gram(_xp().asarray(w)).get(), w.T @ w, rtol=1e-5)


@pytest.mark.usefixtures("fake_gpu")
def test_bytes_do_not_overflow() -> None:
    data, w = np.full((9, 40), 255, np.uint8), _xp().ones((40, 2), f4)
    for given in (data, scipy.sparse.csr_matrix(data)):
        np.testing.assert_allclose(gpu.squares(_there(given)).get(), 40 * 255.0**2)
        np.testing.assert_allclose(gpu.multiply(_there(given), w).get(), 40 * 255.0)


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize(("n", "K"), [(0, 3), (1, 1), (1, 33), (17, 3), (200, 32), (40, 100), (20, 257)])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_descent_agrees_with_the_reference(n: int, K: int, penalty: float) -> None:
    rng = np.random.default_rng(2)
    w, h, start = rng.random((50, K), f4), rng.random((n, K), f4), rng.random((n, K), f4)
    w[:, K // 2] = 0
    gram, products, penalties = w.T @ w, h @ w.T @ w, np.full(K, penalty, f4)
    found = _descended(start, products, gram, penalties, n_sweeps=4)
    exact = reference.descend(start, products, gram, penalties, 4)
    np.testing.assert_allclose(found, exact, rtol=2e-3, atol=2e-4)
    np.testing.assert_array_equal(found[:, K // 2], start[:, K // 2])


@pytest.mark.usefixtures("fake_gpu")
def test_descent_arrives_where_slopes_vanish_and_nan_stays() -> None:
    rng = np.random.default_rng(3)
    w, x = rng.random((40, 6), f4), rng.random((30, 40), f4)
    gram, products = w.T @ w, x @ w
    products[4, 2] = np.nan
    found = _descended(np.zeros((30, 6), f4), products, gram, np.zeros(6, f4), n_sweeps=300)
    assert np.isnan(found[4]).any()
    found, products = np.delete(found, 4, axis=0), np.delete(products, 4, axis=0)
    slopes = products - found @ gram
    np.testing.assert_allclose(slopes[found > 0], 0, atol=1e-4)
    assert (slopes[found == 0] < 1e-4).all()


def test_order_of_threads_changes_no_bit_and_nothing_waits(fake_gpu: Any) -> None:
    data, w = _there(_data(100, 170, "sparse")), _xp().asarray(np.random.default_rng(4).random((170, 33), f4))
    zeros = _xp().zeros(33, f4)
    results = []
    for order in ("forward", "backward", "shuffled"):
        fake_gpu.order, before = order, fake_gpu.n_synchronisations
        products = gpu.multiply(data, w)
        codes = gpu.descend(_xp().zeros((100, 33), f4), products, gpu.gram(w), zeros, 3)
        found = [products, codes, gpu.multiply_transposed(data, codes), gpu.squares(data)]
        assert fake_gpu.n_synchronisations == before
        results.append([array.get() for array in found])
    for other in results[1:]:
        for array, expected in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(array, expected)


def test_a_card_with_little_shared_memory_reads_the_gram_matrix_from_its_caches(fake_gpu: Any) -> None:
    rng = np.random.default_rng(5)
    w, h = rng.random((150, 120), f4), rng.random((9, 120), f4)
    given = np.zeros((9, 120), f4), h @ w.T @ w, w.T @ w, np.zeros(120, f4)
    usual = _descended(*given, n_sweeps=2)
    fake_gpu.shared = 48 << 10
    launch._shared_of.cache_clear()
    np.testing.assert_array_equal(_descended(*given, n_sweeps=2), usual)
    assert [launch.shared for launch in fake_gpu.launches] == [4 * 120 * 120, 0]
