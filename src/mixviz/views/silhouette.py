"""Silhouettes after Rousseeuw 1987: whether rows are nearer to their own cluster than to the next one."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.types import FloatArray, IntArray
from mixviz.views.base import Frame, Source
from mixviz.views.clusters import checked_cluster, cluster_setting
from mixviz.views.panel import PanelView, Setting
from mixviz.views.sampled_silhouettes import SampledSilhouettes


class Silhouette(PanelView):
    """Silhouettes of a sample of rows, grouped by cluster and sorted: below 0, a row is nearer to another cluster.

    The sample is spread over the data and stays the same, so the distances among its rows are found once: a bit in
    each of the first frames, which show the rows that are done. While the session runs each frame renews the clusters
    of some rows, and none is older than a second or two; once it stands still, all are the newest.

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

    def __init__(self, n_rows: int = 1000, cluster: int | None = None) -> None:
        super().__init__(n_rows=n_rows, cluster=checked_cluster(cluster))
        self._sample: SampledSilhouettes | None = None
        self._shown = Frame({}, [])

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether the model has clusters."""
        return hasattr(source.published.state, "centres_kf")

    @classmethod
    def offers(cls, source: Source) -> list[tuple[str, dict[str, Any]]]:
        """Return the one there is."""
        return [("silhouette graph, cluster by cluster", {})] if cls.fits(source) else []

    @property
    def title(self) -> str:
        """What the panel is called; the line called silhouette is a metric, the mean over held-out rows."""
        return "silhouette graph"

    def settings(self, source: Source) -> list[Setting]:
        """Return the chosen cluster and the number of rows."""
        help = "How many rows are compared, each with all others."
        n_rows = Setting("n_rows", "number", self.options["n_rows"], "rows", low=50, high=2000, step=1, help=help)
        return [cluster_setting(self.options["cluster"], source), n_rows]

    def frame(self, source: Source) -> Frame:
        """Return silhouettes (float32) cluster by cluster, highest first, and each cluster's number, rows and mean."""
        state: Any = source.published.state
        size = min(int(self.options["n_rows"]), len(source.data)), len(state.centres_kf)
        if self._sample is None or self._sample.size != size:
            self._sample = SampledSilhouettes(source.data, size[0], state)
        sample, self.is_unfinished = self._sample, True
        if sample.allowance.is_left():
            if sample.renew(state):
                with sample.allowance.spent():
                    self._shown = _made(source, *sample.by_cluster())
            self.is_unfinished = not sample.is_finished
        return Frame({**self._shown.header, "cluster": self.options["cluster"]}, self._shown.buffers)


def _made(source: Source, values: FloatArray, counts_k: IntArray) -> Frame:
    clusters = np.flatnonzero(counts_k)
    counts = counts_k[clusters]
    means = np.add.reduceat(values, np.cumsum(counts) - counts) / counts
    unit, n = getattr(source.data, "unit", "rows"), len(source.data)
    sample = f"all {n:,}" if len(values) == n else f"{len(values):,} of {n:,}"
    header = {
        "clusters": clusters.tolist(),
        "counts": counts.tolist(),
        "means": means.round(4).tolist(),
        "mean": float(values.mean()),
        "unit": unit,
        "value": f"{values.mean():.3f}".replace("-", "−"),
        "note": f"{100 * np.mean(values < 0):.0f} % below 0, of {len(values):,}",
        "sample": f"{sample} {unit}",
    }
    return Frame(header, [values.astype("<f4").tobytes()])
