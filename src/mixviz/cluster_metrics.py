"""What can be measured of clusters."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.kernels.assign.cpu import assign
from mixviz.kernels.assign.reference import Assigned
from mixviz.types import Batch, Float64Array, Metric

SILHOUETTE_ROWS = 500
"""Rows of the held-out batch that the silhouette is exact on."""


def nearest(state: Any, batch: Batch) -> Assigned:
    """Return the nearest centre of each row, and its squared distance."""
    return assign(batch.data, state.centres_kf, state.weight_f, np.zeros(len(state.centres_kf), np.float32))


def distance(state: Any, batch: Batch) -> float:
    """Return the mean distance (not squared) of rows to their nearest centre."""
    return float(np.sqrt(nearest(state, batch).distances_b).mean(dtype=np.float64))


def inertia(state: Any, batch: Batch) -> float:
    """Return the mean squared distance of rows to their nearest centre."""
    return float(nearest(state, batch).distances_b.mean(dtype=np.float64))


def size_variance(state: Any, batch: Batch) -> float:
    """Return the variance of cluster sizes in units of the equal share: 0 where all are alike."""
    return float(np.var(state.share_k.astype(np.float64) * len(state.share_k)))


def silhouettes(state: Any, batch: Batch) -> tuple[Float64Array, Any]:
    """Return the silhouette of each of the first `SILHOUETTE_ROWS` rows among themselves, and their clusters.

    Jiang 2018, eq. 2.2 (Rousseeuw 1987): ``(b - a) / max(a, b)`` with the mean distances to the own and to the nearest
    other cluster; 0 for a row alone in its cluster, and for all where there is only one cluster.

    Returns
    -------
    values : ndarray of float64, shape (n,), -1 to 1
    labels : ndarray of int32, shape (n,)
    """
    few = Batch(batch.rows[:SILHOUETTE_ROWS], batch.data[:SILHOUETTE_ROWS])
    labels = nearest(state, few).labels_b
    x = np.asarray(few.data.toarray() if hasattr(few.data, "toarray") else few.data, np.float64)
    squares = (x**2).sum(axis=1)
    between = np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))
    np.fill_diagonal(between, 0)
    present, codes = np.unique(labels, return_inverse=True)
    if len(present) < 2:
        return np.zeros(len(labels)), labels
    member = np.eye(len(present))[codes]
    sums, sizes = between @ member, member.sum(axis=0)
    own = np.arange(len(labels)), codes
    a = sums[own] / np.maximum(sizes[codes] - 1, 1)
    means = sums / sizes
    means[own] = np.inf
    b = means.min(axis=1)
    values = (b - a) / np.maximum(np.maximum(a, b), np.finfo(np.float64).tiny)
    return np.where(sizes[codes] > 1, values, 0.0), labels


def silhouette(state: Any, batch: Batch) -> float:
    """Return the mean of :func:`silhouettes`."""
    return float(silhouettes(state, batch)[0].mean())


def cluster_metrics() -> list[Metric]:
    """Return the usual metrics of clusters."""
    return [
        Metric("distance", distance, 1, "Mean distance of rows to their cluster's centre. Down is better."),
        Metric("size_variance", size_variance, 1, "How unlike the clusters' sizes are; 0: all are alike."),
        Metric("silhouette", silhouette, 20, "Whether rows are nearer to their own cluster than to others, -1 to 1."),
    ]
