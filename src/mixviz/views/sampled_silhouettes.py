"""Silhouettes of rows that are spread over a data set, kept up while a model learns."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import numpy as np

from mixviz.backend import one_blas_thread
from mixviz.cluster_metrics import dense, squared_distances
from mixviz.silhouettes import ClusterSums
from mixviz.types import FloatArray, IntArray
from mixviz.views.sampled_members import SampledMembers
from mixviz.views.spared import Spared

TILE = 1_000_000
"""Values of rows that are looked at together."""
BUDGET_S = 0.02
"""Processor time that one frame may spend on distances among rows."""
SHARE = 0.01
"""Of one processor, that adding up all distances may take: as more of them become known, or weights of blocks move."""


class SampledSilhouettes:
    """Silhouettes of a sample, whose clusters are renewed a few rows at a time: while a model learns, some are older.

    Parameters
    ----------
    data : Dataset
    n : int
        Rows of the sample.
    state : KMeansState
        Says how many clusters there are, and how wide the blocks of features.

    Attributes
    ----------
    size : tuple of int
        Rows, and clusters.
    allowance : Allowance
        What all this may cost.
    is_finished : bool
        Whether all rows are known, with the newest state.
    """

    def __init__(self, data: Any, n: int, state: Any) -> None:
        self.size = n, len(state.centres_kf)
        self.is_finished = False
        self._data = data
        self._distances = Distances(data, n, state)
        self._members = SampledMembers(self._distances.rows, is_steady=True)
        self.allowance = self._members.allowance
        self._spared: Spared[ClusterSums] = Spared(SHARE)
        self._sums: ClusterSums | None = None

    def renew(self, state: Any) -> bool:
        """Go on, with the clusters of `state`; return whether any silhouette may be another than before."""
        former, distances, members = self._sums, self._distances, self._members
        is_whole = distances.advance(BUDGET_S)
        members.renew(state, self._data)
        weights, n_known = distances.weights(state), distances.n_known

        def added_up() -> ClusterSums:
            return ClusterSums(distances.between(weights), members.labels[:n_known], self.size[1])

        self._sums = self._spared.made(distances, (weights, n_known), added_up)
        with self.allowance.spent():
            n_moved = self._sums.move(members.labels[: len(self._sums.labels)])
        self.is_finished = is_whole and not members.n_due and self._spared.is_newest
        return n_moved > 0 or self._sums is not former

    def by_cluster(self) -> tuple[FloatArray, IntArray]:
        """Return the silhouettes of rows whose cluster is known, by cluster, highest first, and counts, (K,)."""
        assert self._sums is not None, "nothing is known before the first `renew`"
        counts, labels = self._sums.counts_k, self._sums.labels
        keys = np.sort(4.0 * labels - self._sums.values())[np.count_nonzero(labels < 0) :]
        return (4.0 * np.repeat(np.arange(len(counts)), counts) - keys).astype(np.float32), counts


class Distances:
    """Distances among rows that are spread over a data set, found bit by bit; feature blocks may change their weights.

    Parameters
    ----------
    data : Dataset
    n : int
        Rows to compare.
    state : KMeansState
        Says how wide the blocks of features are.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        In random order, so that the first few of them are spread over the data too.
    n : int
    n_known : int
        So many of the first rows, whose distances among each other are known.
    """

    def __init__(self, data: Any, n: int, state: Any) -> None:
        self.n, self.n_known = n, 0
        self._data = data
        spread = np.arange(n) * len(data) // n
        self.rows: IntArray = np.random.default_rng(0).permutation(spread)
        F = state.centres_kf.shape[1]
        ends = np.cumsum(state.width_b) if len(state.width_b) else np.array([F])
        self._blocks = [slice(int(a), int(b)) for a, b in zip([0, *ends], ends, strict=False)]
        step = int(np.clip(TILE // F, 8, 256))
        self._tiles = [slice(first, min(first + step, n)) for first in range(0, n, step)]
        self._squares = np.empty((len(self._blocks), n, n), np.float32)
        self._work = self._fill()

    def advance(self, budget_s: float) -> bool:
        """Go on for so much processor time, or at least until something is known; return whether all is known."""
        begun = time.thread_time()
        while self.n_known < self.n and (not self.n_known or time.thread_time() - begun < budget_s):
            next(self._work)
        return self.n_known == self.n

    def _fill(self) -> Generator[None]:
        """Compare tiles of rows, those first that complete a smaller sample."""
        for tile in self._tiles:
            x = self._take(tile)
            for other in self._tiles[: tile.start // (self._tiles[0].stop) + 1]:
                y = x if other == tile else self._take(other)
                for b, block in enumerate(self._blocks):
                    with one_blas_thread():  # several wait for each other beside a run, at four times the cost
                        found = squared_distances(x[:, block], y[:, block])
                    self._squares[b, tile, other] = found
                    self._squares[b, other, tile] = found.T
                if other != tile:
                    yield
            self.n_known = tile.stop
            yield

    def _take(self, tile: slice) -> Any:
        return dense(self._data.take(self.rows[tile]).data)

    def weights(self, state: Any) -> tuple[float, ...]:
        """Return what each block counts for now."""
        return tuple(float(state.weight_f[block.start]) for block in self._blocks)

    def between(self, weights: tuple[float, ...]) -> FloatArray:
        """Return the distances among known rows, float32, with these weights of the blocks."""
        known = self._squares[:, : self.n_known, : self.n_known]
        between = np.tensordot(np.asarray(weights, np.float32), known, 1)
        np.sqrt(between, out=between)
        np.fill_diagonal(between, 0)
        return between
