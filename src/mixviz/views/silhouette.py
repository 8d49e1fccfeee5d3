"""Silhouettes after Rousseeuw 1987: whether rows are nearer to their own cluster than to the next one."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import numpy as np

from mixviz.cluster_metrics import dense, nearest, silhouette_values, squared_distances
from mixviz.types import FloatArray, IntArray
from mixviz.views.base import Frame, Source
from mixviz.views.clusters import checked_cluster, cluster_setting
from mixviz.views.panel import PanelView, Setting
from mixviz.views.spared import Spared

TILE = 1_000_000
"""Values of rows that are looked at together."""
SHARE = 0.01
"""Of one processor, that all frames together take once the distances are known."""
BUDGET_S = 0.02
"""Processor time that one frame may spend on distances among rows."""


class Silhouette(PanelView):
    """Silhouettes of a sample of rows, grouped by cluster and sorted: below 0, a row is nearer to another cluster.

    The sample is spread over the data and stays the same, so the distances among its rows are found once: a bit in
    each of the first frames, which show the rows that are done.

    Parameters
    ----------
    n_rows : int
        Rows of the sample, 50 to 2,000.
    cluster : int, optional
        Number of the chosen cluster, from 0: it is marked.

    Raises
    ------
    ValueError
        If `cluster` is no number of a cluster.
    """

    kind = "silhouette"
    usual = "beside"
    size = (4, 6)
    interval_s = 0.1

    def __init__(self, n_rows: int = 500, cluster: int | None = None) -> None:
        super().__init__(n_rows=n_rows, cluster=checked_cluster(cluster))
        self._distances: Distances | None = None
        self._spared = Spared(SHARE)

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether the model has clusters."""
        return hasattr(source.published.state, "centres_kf")

    @classmethod
    def offers(cls, source: Source) -> list[tuple[str, dict[str, Any]]]:
        """Return the one there is."""
        return [("silhouettes of the clusters", {})] if cls.fits(source) else []

    @property
    def title(self) -> str:
        """What the panel is called; their mean is a line called silhouette."""
        return "silhouettes"

    def settings(self, source: Source) -> list[Setting]:
        """Return the chosen cluster and the number of rows."""
        help = "How many rows are compared, each with all others."
        n_rows = Setting("n_rows", "number", self.options["n_rows"], "rows", low=50, high=2000, step=1, help=help)
        return [cluster_setting(self.options["cluster"], source), n_rows]

    def frame(self, source: Source) -> Frame:
        """Return silhouettes (float32) cluster by cluster, highest first, and each cluster's number, rows and mean."""
        state: Any = source.published.state
        n = min(int(self.options["n_rows"]), len(source.data))
        if self._distances is None or self._distances.n != n:
            self._distances = Distances(source.data, n, state)
        distances = self._distances
        is_whole = distances.advance(BUDGET_S)
        frame = self._spared.frame(state, (n, distances.n_known), lambda: self._made(source, state, distances))
        self.is_unfinished = not (is_whole and self._spared.is_newest)
        return Frame({**frame.header, "cluster": self.options["cluster"]}, frame.buffers)

    def _made(self, source: Source, state: Any, distances: Distances) -> Frame:
        labels = distances.labels(state)
        values = silhouette_values(distances.between(state), labels)
        order = np.lexsort((-values, labels))
        clusters, firsts, counts = np.unique(labels[order], return_index=True, return_counts=True)
        means = np.add.reduceat(values[order], firsts) / counts
        unit, n = getattr(source.data, "unit", "rows"), len(source.data)
        sample = f"all {n:,}" if len(labels) == n else f"{len(labels):,} of {n:,}"
        header = {
            "clusters": clusters.tolist(),
            "counts": counts.tolist(),
            "means": [round(float(mean), 4) for mean in means],
            "mean": float(values.mean()),
            "unit": unit,
            "value": f"{values.mean():.3f}".replace("-", "−"),
            "note": f"{100 * np.mean(values < 0):.0f} % of {len(values):,} below 0",
            "sample": f"{sample} {unit}",
        }
        return Frame(header, [values[order].astype("<f4").tobytes()])


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
    n : int
    n_known : int
        Rows whose distances among each other are known; these too are spread over the data.
    """

    def __init__(self, data: Any, n: int, state: Any) -> None:
        self.n, self.n_known = n, 0
        self._data = data
        spread = np.arange(n) * len(data) // n
        self._rows: IntArray = np.random.default_rng(0).permutation(spread)
        F = state.centres_kf.shape[1]
        ends = np.cumsum(state.width_b) if len(state.width_b) else np.array([F])
        self._blocks = [slice(int(a), int(b)) for a, b in zip([0, *ends], ends, strict=False)]
        step = int(np.clip(TILE // F, 8, 256))
        self._tiles = [slice(first, min(first + step, n)) for first in range(0, n, step)]
        self._squares = np.empty((len(self._blocks), n, n), np.float32)
        self._work = self._fill()
        self._weighted: tuple[Any, FloatArray] | None = None

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
                    found = squared_distances(x[:, block], y[:, block])
                    self._squares[b, tile, other] = found
                    self._squares[b, other, tile] = found.T
                if other != tile:
                    yield
            self.n_known = tile.stop
            yield

    def _take(self, tile: slice) -> Any:
        return dense(self._data.take(self._rows[tile]).data)

    def labels(self, state: Any) -> IntArray:
        """Return the cluster of each known row."""
        tiles = [tile for tile in self._tiles if tile.stop <= self.n_known]
        return np.concatenate([nearest(state, self._data.take(self._rows[tile])).labels_b for tile in tiles])

    def between(self, state: Any) -> FloatArray:
        """Return the distances among known rows, float32, each block by its weight now."""
        weights = [float(state.weight_f[block.start]) for block in self._blocks]
        key = weights, self.n_known
        if self._weighted is None or self._weighted[0] != key:
            known = self._squares[:, : self.n_known, : self.n_known]
            total = np.tensordot(np.asarray(weights, np.float32), known, 1)
            distances = np.sqrt(total)
            np.fill_diagonal(distances, 0)
            self._weighted = key, distances
        return self._weighted[1]
