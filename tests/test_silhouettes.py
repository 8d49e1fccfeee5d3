"""Sums of distances that are kept up while rows change their clusters, compared with scikit-learn's silhouettes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from mixviz.silhouettes import ClusterSums, silhouette_values

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 5)) * 1000
BETWEEN = np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))


def expected(between: Any, labels: Any) -> Any:
    return silhouette_samples(between, labels, metric="precomputed")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_builds_up_in_hundreds_of_moves(dtype: Any) -> None:
    between = BETWEEN.astype(dtype)
    labels = RNG.integers(0, 12, 200)
    sums = ClusterSums(between, labels, 12)
    for _ in range(800):
        rows = RNG.choice(200, RNG.integers(1, 60), replace=False)
        later = labels.copy()
        later[rows] = RNG.integers(0, 12, len(rows))
        assert sums.move(later) == np.count_nonzero(later != labels)
        labels = later
    np.testing.assert_allclose(sums.values(), expected(BETWEEN, labels), atol=1e-5)
    np.testing.assert_allclose(sums._sums_kn, ClusterSums(between, labels, 12)._sums_kn, rtol=1e-12)


def test_rows_in_no_cluster_count_for_nothing() -> None:
    labels = RNG.integers(0, 3, 200)
    is_known = RNG.random(200) < 0.5
    sums = ClusterSums(BETWEEN, np.where(is_known, labels, -1), 3)
    found = sums.values()
    np.testing.assert_allclose(found[is_known], expected(BETWEEN[is_known][:, is_known], labels[is_known]), atol=1e-6)
    assert (found[~is_known] == 0).all()
    assert sums.counts_k.sum() == is_known.sum()
    sums.move(labels)
    np.testing.assert_allclose(sums.values(), expected(BETWEEN, labels), atol=1e-6)


def test_a_cluster_may_become_empty_and_one_may_be_left() -> None:
    sums = ClusterSums(BETWEEN, np.arange(200) % 3, 5)
    sums.move(np.arange(200) % 2)
    np.testing.assert_allclose(sums.values(), expected(BETWEEN, np.arange(200) % 2), atol=1e-6)
    sums.move(np.full(200, 4))
    assert (sums.values() == 0).all()


def test_at_once_clusters_may_have_any_numbers() -> None:
    labels = RNG.choice([2, 7, 100_000], 200)
    np.testing.assert_allclose(silhouette_values(BETWEEN, labels), expected(BETWEEN, labels), atol=1e-6)
