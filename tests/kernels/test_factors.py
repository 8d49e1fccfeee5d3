"""Products and nonnegative least squares: kernel against reference on awkward shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from scipy.optimize import nnls

from mixviz import backend
from mixviz.kernels.factors import cpu, reference

f4 = np.float32


@pytest.fixture(autouse=True)
def _default_threads() -> Iterator[None]:
    yield
    backend.set_num_threads(None)


def _data(n: int, n_features: int, kind: str) -> Any:
    """Rows of which one is empty, and a column of zeros, where there are several."""
    values = np.random.default_rng(0).poisson(0.7, (n, n_features)).astype(np.uint8)
    values[n // 2, :] = values[n // 2, :] if n < 3 else 0
    values[:, n_features // 2] = values[:, n_features // 2] if n_features < 3 else 0
    if kind == "sparse":
        return scipy.sparse.csr_matrix(values.astype(f4))
    return values if kind == "bytes" else values / 3


@pytest.mark.parametrize("kind", ["bytes", "float64", "sparse"])
@pytest.mark.parametrize(("n", "n_features", "K"), [(1, 1, 1), (1, 70, 3), (5, 1, 33), (300, 600, 16), (257, 33, 65)])
def test_products_agree_with_the_reference(kind: str, n: int, n_features: int, K: int) -> None:
    data, rng = _data(n, n_features, kind), np.random.default_rng(1)
    w, h = rng.random((n_features, K), f4), rng.random((n, K), f4)
    for name, factor in (("multiply", w), ("multiply_transposed", h)):
        found, exact = getattr(cpu, name)(data, factor), getattr(reference, name)(data, factor)
        assert (found.dtype, found.shape) == (f4, exact.shape)
        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(cpu.squares(data), reference.squares(data), rtol=1e-5)


def test_bytes_do_not_overflow_and_wide_rows_are_taken_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    data, w = np.full((9, 40), 255, np.uint8), np.ones((40, 2), f4)
    monkeypatch.setattr(cpu, "_CHUNK_NUMBERS", 100)
    for given in (data, scipy.sparse.csr_matrix(data)):
        np.testing.assert_allclose(cpu.squares(given), 40 * 255.0**2)
        np.testing.assert_allclose(cpu.multiply(given, w), 40 * 255.0)


@pytest.mark.parametrize(("n", "K"), [(1, 1), (1, 33), (17, 3), (200, 32), (65, 257)])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_descent_agrees_with_the_reference(n: int, K: int, penalty: float) -> None:
    rng = np.random.default_rng(2)
    w, h, start = rng.random((50, K), f4), rng.random((n, K), f4), rng.random((n, K), f4)
    w[:, K // 2] = 0
    gram, products, penalties = w.T @ w, h @ w.T @ w, np.full(K, penalty, f4)
    found = cpu.descend(start, products, gram, penalties, 4)
    exact = reference.descend(start, products, gram, penalties, 4)
    np.testing.assert_allclose(found, exact, rtol=2e-3, atol=2e-4)
    np.testing.assert_array_equal(found[:, K // 2], start[:, K // 2])


def test_descent_writes_all_of_its_output() -> None:
    out, start, weights = np.full((19, 3), np.nan, f4), np.ones((19, 3), f4), np.ones(3, f4)
    for first, last in ((1, 2), (0, 1)):
        cpu._descend_range(first, last, start, start, np.eye(3, dtype=f4).ravel(), weights, 0 * weights, 1, out)
        assert np.isnan(out).all(axis=1).sum() == (16 if first else 0)
    np.testing.assert_array_equal(out, 1)


def test_descent_arrives_at_the_least_squares() -> None:
    rng = np.random.default_rng(3)
    w, x = rng.random((40, 6)), rng.random((30, 40))
    found = cpu.descend(np.zeros((30, 6)), x @ w, w.T @ w, np.zeros(6), 2000)
    np.testing.assert_allclose(found, [nnls(w, row)[0] for row in x], atol=1e-3)


@pytest.mark.parametrize("n_threads", [2, 4])
@pytest.mark.parametrize("kind", ["bytes", "sparse"])
def test_number_of_threads_changes_no_bit(n_threads: int, kind: str) -> None:
    data, w = _data(1000, 700, kind), np.random.default_rng(4).random((700, 20), f4)

    def results() -> list[Any]:
        products = cpu.multiply(data, w)
        codes = cpu.descend(np.zeros_like(products), products, cpu.gram(w), np.zeros(20, f4), 5)
        return [products, codes, cpu.multiply_transposed(data, codes)]

    backend.set_num_threads(1)
    alone = results()
    backend.set_num_threads(n_threads)
    for one, other in zip(alone, results(), strict=True):
        np.testing.assert_array_equal(one, other)
