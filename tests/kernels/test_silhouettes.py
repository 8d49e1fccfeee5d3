"""Kernels for silhouettes, compared with their definition in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixviz.kernels.silhouettes import cpu, reference


def some(n: int, K: int, dtype: Any) -> tuple[Any, Any, Any, Any]:
    """Distances, labels (some -1), sums that go with them, and counts."""
    rng = np.random.default_rng(n)
    between = rng.random((n, n)).astype(dtype)
    between += between.T
    labels = rng.integers(-1, K, n)
    sums = np.zeros((K, n))
    reference.move(sums, between, np.arange(n), np.full(n, -1), labels)
    return between, labels, sums, np.bincount(labels[labels >= 0], minlength=K)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "K"), [(1, 1), (2, 3), (33, 1), (65, 7), (130, 200)])
def test_they_are_the_references(n: int, K: int, dtype: Any) -> None:
    between, labels, sums, counts = some(n, K, dtype)
    np.testing.assert_allclose(
        cpu.silhouettes(sums, counts, labels), reference.silhouettes(sums, counts, labels), atol=1e-6
    )
    rows = np.random.default_rng(0).permutation(n)[: n // 2 + 1]
    later = np.random.default_rng(1).integers(-1, K, len(rows))
    wanted = sums.copy()
    reference.move(wanted, between, rows, labels[rows], later)
    cpu.move(sums, between, rows, labels[rows], later)
    np.testing.assert_allclose(sums, wanted, rtol=1e-12, atol=1e-12)


def test_no_rows_and_no_moves() -> None:
    nothing = np.empty(0, np.int64)
    sums = np.zeros((3, 0))
    cpu.move(sums, np.zeros((0, 0)), nothing, nothing, nothing)
    assert cpu.silhouettes(sums, np.zeros(3, np.int64), nothing).shape == (0,)
