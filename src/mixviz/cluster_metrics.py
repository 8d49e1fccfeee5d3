"""What can be measured of clusters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from mixviz.cuda import kernels, module_of, where_it_is
from mixviz.kernels.assign.reference import Assigned
from mixviz.latest import Latest
from mixviz.silhouettes import silhouette_values
from mixviz.types import Batch, FloatArray, Metric

EVERY = 5
"""Steps between measurements that need the clusters of the held-out rows."""
SILHOUETTE_ROWS = 500
"""Rows of the held-out batch that the silhouette is exact on."""
_CHUNK_FEATURES, _CHUNK_NUMBERS = 4096, 1 << 21
"""Features, and numbers, that are turned into floats at a time: rows may be wide."""


def nearest(state: Any, batch: Batch) -> Assigned:
    """Return the nearest centre of each row, and its squared distance; found here, also of a state on a GPU."""
    return nearest_there(state, batch.data)


def nearest_there(state: Any, data: Any) -> Assigned:
    """Return the nearest centre of each row, and its squared distance, where the rows and the centres are."""
    centres = state.centres_kf
    return kernels("assign", centres).assign(data, centres, state.weight_f, np.zeros(len(centres), np.float32))  # type: ignore[no-any-return]


def _rows_beside(state: Any, batch: Batch) -> Any:
    return kernels("rows", state.centres_kf).beside(batch.data)


@where_it_is
def distance(state: Any, batch: Batch) -> float:
    """Return the mean distance (not squared) of rows to their nearest centre."""
    return _mean_distance(nearest_there(state, _rows_beside(state, batch)))


@where_it_is
def inertia(state: Any, batch: Batch) -> float:
    """Return the mean squared distance of rows to their nearest centre."""
    return _mean_square(nearest_there(state, _rows_beside(state, batch)))


def _mean_distance(found: Assigned) -> float:
    return float(np.sqrt(found.distances_b).mean(dtype=np.float64))


def _mean_square(found: Assigned) -> float:
    return float(found.distances_b.mean(dtype=np.float64))


def size_variance(state: Any, batch: Batch) -> float:
    """Return the variance of cluster sizes in units of the equal share: 0 where all are alike."""
    return float(np.var(state.share_k.astype(np.float64) * len(state.share_k)))


def sizes(state: Any, batch: Batch) -> FloatArray:
    """Return the size of each cluster in units of the equal share."""
    return np.asarray(state.share_k * len(state.share_k), np.float32)


@where_it_is
def block_distance(state: Any, batch: Batch, block: int) -> float:
    """Return the mean distance of rows to their nearest centre by the features of one block alone.

    In units of the block's spread, whatever weight the block has now: rows are about 1 from the mean of all.
    """
    data = _rows_beside(state, batch)
    return _block_distance(state, data, nearest_there(state, data).labels_b, block)


def _block_distance(state: Any, data: Any, labels: Any, block: int) -> float:
    last = int(state.width_b[: block + 1].sum())
    features = slice(last - int(state.width_b[block]), last)
    xp = module_of(labels)
    squares = xp.empty(len(data))
    n = max(_CHUNK_NUMBERS // int(state.width_b[block]), 1)
    for first in range(0, len(data), n):
        rows = slice(first, first + n)
        away = data[rows, features] - state.centres_kf[:, features][labels[rows]]
        squares[rows] = xp.einsum("bf,bf->b", away, away, dtype=np.float64)
    return float(xp.sqrt(squares * float(state.scale_b[block])).mean())


class Silhouettes:
    """Silhouettes of the first `SILHOUETTE_ROWS` rows of a batch among themselves.

    The distances among the rows are kept while the batch and the weights of the features stay the same.
    """

    def __init__(self) -> None:
        self._known: tuple[Any, FloatArray, FloatArray] | None = None

    def __call__(self, state: Any, batch: Batch) -> tuple[FloatArray, Any]:
        """Return the silhouettes (float32, -1 to 1) and clusters (int32) of the rows."""
        few = Batch(batch.rows[:SILHOUETTE_ROWS], batch.data[:SILHOUETTE_ROWS])
        labels = nearest(state, few).labels_b
        return silhouette_values(self._distances(batch, few.data, state.weight_f), labels), labels

    def mean(self, state: Any, batch: Batch) -> float:
        """Return the mean silhouette."""
        return float(self(state, batch)[0].mean(dtype=np.float64))

    def _distances(self, batch: Batch, rows: Any, weight_f: FloatArray) -> FloatArray:
        known = self._known
        if known is None or known[0] is not batch or not np.array_equal(known[1], weight_f):
            between = np.zeros((rows.shape[0], rows.shape[0]))
            for first in range(0, len(weight_f), _CHUNK_FEATURES):
                part = slice(first, first + _CHUNK_FEATURES)
                x = dense(rows[:, part], np.float64) * np.sqrt(weight_f[part])
                between += squared_distances(x, x)
            np.fill_diagonal(between, 0)
            self._known = known = batch, weight_f, np.sqrt(between).astype(np.float32)
        return known[2]


def dense(data: Any, dtype: Any = np.float32) -> Any:
    """Return rows, sparse or not, as an array of that dtype."""
    return np.asarray(data.toarray() if hasattr(data, "toarray") else data, dtype)


def squared_distances(x: Any, y: Any) -> Any:
    """Return the squared distances of each row of `x` to each of `y`."""
    lengths = np.einsum("nf,nf->n", x, x)[:, None] + np.einsum("mf,mf->m", y, y)
    return np.maximum(lengths - 2 * (x @ y.T), 0)


def cluster_metrics(data: Any) -> list[Metric]:
    """Return the usual metrics of clusters, one more for each block of features that `data` has.

    Finding the clusters of the held-out rows may take half as long as a step: it is done every fifth one, for all.
    """
    blocks = getattr(data, "features", data)
    names = blocks.names if hasattr(blocks, "scales") else ()
    there, assigned = Latest(lambda batch, module: module.beside(batch.data)), Latest(nearest_there)

    def found(state: Any, batch: Batch) -> tuple[Any, Assigned]:
        rows = there(batch, kernels("rows", state.centres_kf))
        return rows, assigned(state, rows)

    return [
        Metric(
            "distance",
            where_it_is(lambda state, batch: _mean_distance(found(state, batch)[1])),
            EVERY,
            "Mean distance of rows to their cluster's centre. Down is better.",
        ),
        Metric("size_variance", size_variance, 1, "How unlike the clusters' sizes are; 0: all are alike."),
        Metric(
            "silhouette",
            Silhouettes().mean,
            20,
            "Whether rows are nearer to their own cluster than to others, -1 to 1. Exact, on up to "
            f"{SILHOUETTE_ROWS} held-out rows.",
        ),
        Metric("sizes", sizes, 1, "Size of each cluster; 1 is an equal share.", has_line=False),
        Metric(
            "inertia",
            where_it_is(lambda state, batch: _mean_square(found(state, batch)[1])),
            EVERY,
            "Mean squared distance of rows to their cluster's centre.",
            has_line=False,
        ),
        *(
            Metric(
                f"distance_{name}",
                where_it_is(partial(_found_block_distance, found, block)),
                EVERY,
                f"Mean distance of rows to their cluster's centre by {name} alone; about 1 is that to the mean of all.",
            )
            for block, name in enumerate(names)
        ),
    ]


def _found_block_distance(found: Any, block: int, state: Any, batch: Batch) -> float:
    data, assigned = found(state, batch)
    return _block_distance(state, data, assigned.labels_b, block)
