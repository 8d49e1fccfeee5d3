"""Silhouettes after Rousseeuw 1987, from distances among rows: at once, or kept up while rows change their clusters."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.kernels.silhouettes.cpu import move, silhouettes
from mixviz.types import Float64Array, FloatArray, IntArray


def silhouette_values(between_nn: Any, labels: Any) -> FloatArray:
    """Return the silhouette of each row from the distances among all of them, as :meth:`ClusterSums.values` does.

    Parameters
    ----------
    between_nn : ndarray of float, shape (n, n)
        Symmetric, 0 on the diagonal.
    labels : ndarray of int, shape (n,)
    """
    present, codes = np.unique(labels, return_inverse=True)
    return ClusterSums(between_nn, codes, len(present)).values()


class ClusterSums:
    """Sums of each row's distances to the rows of each cluster; a row that changes its cluster takes its own along.

    In float64, where distances of float32 are added and taken away again next to exactly: nothing builds up.

    Parameters
    ----------
    between_nn : ndarray of float, shape (n, n)
        Distances among the rows: symmetric, 0 on the diagonal. Neither copied nor changed.
    labels : ndarray of int, shape (n,)
        The cluster of each row, 0 to K - 1; -1 for a row that is in none yet and counts for nothing.
    K : int
        Clusters.

    Attributes
    ----------
    labels : ndarray of int64, shape (n,)
        The clusters that the sums are of.
    counts_k : ndarray of int64, shape (K,)
        Rows of each cluster.
    """

    def __init__(self, between_nn: Any, labels: Any, K: int) -> None:
        n = len(between_nn)
        self.labels: IntArray = np.full(n, -1, np.int64)
        self.counts_k: IntArray = np.zeros(K, np.int64)
        self._between = between_nn
        self._sums_kn: Float64Array = np.zeros((K, n))
        self.move(labels)

    def move(self, labels: Any) -> int:
        """Put each row into the cluster that `labels` says, shape (n,); return how many rows changed theirs."""
        moved = np.flatnonzero(labels != self.labels)
        later = np.asarray(labels, np.int64)[moved]
        move(self._sums_kn, self._between, moved, self.labels[moved], later)
        self.labels[moved] = later
        self.counts_k = np.bincount(self.labels[self.labels >= 0], minlength=len(self.counts_k))
        return len(moved)

    def values(self) -> FloatArray:
        """Return the silhouette of each row, float32, -1 to 1; 0 for a row alone in its cluster, or in none."""
        return silhouettes(self._sums_kn, self.counts_k, self.labels)
