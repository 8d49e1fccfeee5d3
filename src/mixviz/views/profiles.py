"""Profiles: what is high and what is low in each cluster, feature by feature."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cluster_metrics import dense
from mixviz.data.blocks import blocks_of
from mixviz.data.images import Images
from mixviz.types import Float64Array, FloatArray, IntArray
from mixviz.views.base import Frame, Source
from mixviz.views.clusters import (
    centres_of,
    checked_cluster,
    cluster_setting,
    is_at_rest,
    noun_of,
    order_of,
    shares_of,
)
from mixviz.views.panel import PanelView, Setting
from mixviz.views.spared import Spared

MAX_CLUSTERS, MAX_BARS = 256, 256
MAX_VALUES = 8192
"""Of one frame, which a browser draws in 10 ms. With many clusters neighbouring features are taken together."""
MAX_SAMPLE, MIN_SAMPLE, SAMPLE_VALUES, TILE = 1000, 50, 4_000_000, 1_000_000
"""Rows, and values in all, that mean and spread of the features are found from, so many values at a time."""
SHARE = 0.03
"""Of one processor, that all frames together take."""
f4 = np.float32
RELATIVE, PLAIN = "relative", "plain"
_NONE: IntArray = np.empty(0, dtype=np.int64)


class Profiles(PanelView):
    """The centres of all clusters, or NMF's parts, a bar for each feature, in the order of their sizes.

    While the session runs a cluster passes another only where it is clearly larger, so that the profiles keep their
    places. Where there are more features than can be told apart, a bar is the mean of several.

    Parameters
    ----------
    scale : {'relative', 'plain'}
        How far a centre lies above or below the mean of the data, in standard deviations of the feature; or the
        centre's values as they are.
    cluster : int, optional
        Number of the chosen cluster, from 0: it is marked.

    Raises
    ------
    ValueError
        If `cluster` is no number of a cluster.
    """

    kind = "profiles"
    usual = "main"
    size = (8, 14)
    interval_s = 0.2

    def __init__(self, scale: str = RELATIVE, cluster: int | None = None) -> None:
        super().__init__(scale=scale, cluster=checked_cluster(cluster))
        self._order = _NONE
        self._usual: tuple[Float64Array, Float64Array] | None = None
        self._labels: dict[int, list[str]] = {}
        self._spared: Spared[Frame] = Spared(SHARE)

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether there are clusters, or parts of NMF, of rows that are neither images nor documents."""
        is_other = isinstance(source.data, Images) or hasattr(source.data, "vocabulary")
        return centres_of(source.published.state) is not None and not is_other

    @classmethod
    def offers(cls, source: Source) -> list[tuple[str, dict[str, Any]]]:
        """Return the one there is."""
        return [(f"profiles of the {noun_of(source.published.state)}s", {})] if cls.fits(source) else []

    def settings(self, source: Source) -> list[Setting]:
        """Return the chosen cluster, and what the bars are, where that is a choice: parts of NMF have no average."""
        chosen = cluster_setting(self.options["cluster"], source)
        if not _may_be_relative(source.published.state):
            return [chosen]
        labels, scale = ("above or below the average", "values as they are"), self.options["scale"]
        return [Setting("scale", "choice", scale, "bars", choices=(RELATIVE, PLAIN), labels=labels), chosen]

    def frame(self, source: Source) -> Frame:
        """Return bars (float32, clusters by bars), numbers and shares of the clusters, and what each bar is.

        Where a bar is one feature, mean and standard deviation of each (float32) follow.
        """
        state = source.published.state
        is_relative = self.options["scale"] == RELATIVE and _may_be_relative(state)
        frame = self._spared.made(
            state, (is_relative, is_at_rest(source)), lambda: self._made(source, state, is_relative)
        )
        self.is_unfinished = not self._spared.is_newest
        more = {
            "cluster": self.options["cluster"],
            "n_rows": len(source.data),
            "unit": getattr(source.data, "unit", "rows"),
            "is_editable": hasattr(state, "centres_kf"),
        }
        return Frame({**frame.header, **more}, frame.buffers)

    def _made(self, source: Source, state: Any, is_relative: bool) -> Frame:
        centres, shares = centres_of(state), shares_of(state)
        assert centres is not None, "asked of a state that it does not fit"
        K, F = centres.shape
        self._order = order_of(source, shares, self._order, min(K, MAX_CLUSTERS))
        every = -(-F // min(MAX_VALUES // len(self._order), MAX_BARS))
        mean, spread = self._usual = self._usual or usual_values(source.data, F)
        origin, unit = (mean, spread) if is_relative else (np.zeros(F, f4), np.ones(F, f4))
        bars = bars_of(centres, self._order, origin, unit, every)
        if every not in self._labels:
            self._labels = {every: bar_labels(source.data, F, every)}
        header = {
            "what": noun_of(state),
            "numbers": self._order.tolist(),
            "shares": [round(float(share), 5) for share in shares[self._order]],
            "labels": self._labels[every],
            "starts": block_starts(source.data, every),
            "is_relative": is_relative,
            "note": _note(source.data, K, F, every, is_relative),
        }
        scales = [mean, spread] if is_relative and every == 1 else []
        return Frame(header, [np.ascontiguousarray(part, "<f4").tobytes() for part in (bars, *scales)])


def _may_be_relative(state: Any) -> bool:
    return hasattr(state, "centres_kf")


def usual_values(data: Any, F: int) -> tuple[Float64Array, Float64Array]:
    """Return mean and standard deviation of each feature over rows spread over the data; 1 where all are equal."""
    n = min(len(data), int(np.clip(SAMPLE_VALUES // F, MIN_SAMPLE, MAX_SAMPLE)))
    rows = np.arange(n) * len(data) // n
    first = dense(data.take(rows[:1]).data, np.float64)[0]
    sums, squares = np.zeros(F), np.zeros(F)
    for part in np.array_split(rows, -(-n * F // TILE)):
        away = dense(data.take(part).data, np.float64) - first
        sums, squares = sums + away.sum(axis=0), squares + (away**2).sum(axis=0)
    spread = np.sqrt(np.maximum(squares / n - (sums / n) ** 2, 0))
    return first + sums / n, np.where(spread > 1e-9 * np.abs(first), spread, 1.0)


def bars_of(centres_kf: FloatArray, order: IntArray, origin_f: Any, unit_f: Any, every: int) -> FloatArray:
    """Return how far centres lie from an origin, in units of each feature: means of every so many neighbours."""
    F = centres_kf.shape[1]
    starts = np.arange(0, F, every)
    counts = np.diff([*starts, F]).astype(f4)
    origin, factor = origin_f.astype(f4), (1 / unit_f).astype(f4)
    parts = np.array_split(order, -(-len(order) * F // TILE))
    means = [np.add.reduceat((centres_kf[part] - origin) * factor, starts, axis=1) / counts for part in parts]
    return np.concatenate(means)


def bar_labels(data: Any, F: int, every: int) -> list[str]:
    """Return what each bar is called: by names of the features, their numbers in their block, or their numbers."""
    blocks = blocks_of(data)
    names = getattr(data, "feature_names", None)
    if names is None and blocks is not None:
        widths = zip(blocks.names, blocks.widths, strict=True)
        names = [f"{name.replace('_', ' ')} {i}" for name, width in widths for i in range(width)]
    called = [f"feature {i}" for i in range(F)] if names is None else [str(name) for name in names]
    firsts = range(0, F, every)
    return [called[i] if every == 1 else f"{called[i]} to {called[min(i + every, F) - 1]}" for i in firsts]


def block_starts(data: Any, every: int) -> list[float]:
    """Return where the blocks of features begin, the first left out, in bars."""
    blocks = blocks_of(data)
    return [] if blocks is None else (np.cumsum(blocks.widths)[:-1] / every).tolist()


def _note(data: Any, K: int, F: int, every: int, is_relative: bool) -> str:
    blocks = blocks_of(data)
    names = f": {', '.join(blocks.names).replace('_', ' ')}" if blocks is not None else ""
    parts = ["above or below the average" if is_relative else "values as they are", f"{F:,} features{names}"]
    parts += [f"{every} a bar"] if every > 1 else []
    parts += [f"the {MAX_CLUSTERS} largest of {K:,}"] if K > MAX_CLUSTERS else []
    return " · ".join(parts)
