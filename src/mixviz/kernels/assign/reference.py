"""Nearest clusters in NumPy, in float64: the definition."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mixviz.kernels.philox.reference import halves, philox
from mixviz.types import Float64Array, FloatArray, IntArray

STREAM = 6 << 16


class Assigned(NamedTuple):
    """The cluster of each row, and the weighted squared distance to its centre, float32."""

    labels_b: npt.NDArray[np.int32]
    distances_b: FloatArray


class Chance(NamedTuple):
    """What random labels depend on: how hot it is (in units of the costs), and the key of the random numbers."""

    temperature: float
    rows: IntArray
    step: int
    seed: int


def gumbel(chance: Chance, K: int) -> Float64Array:
    """Return standard Gumbel numbers, shape (B, K): a row's least ``cost - T gumbel`` has the Gibbs distribution.

    Word w of a row's block 16 i + j belongs to cluster 64 i + 16 w + j: four vectors of 16 lie side by side.
    """
    B, n = len(chance.rows), -(-K // 64)
    counter = np.zeros((B, 16 * n, 4), np.uint32)
    counter[..., 0], counter[..., 1] = (chance.rows & 0xFFFFFFFF)[:, None], chance.step
    counter[..., 2], counter[..., 3] = np.arange(16 * n), STREAM
    words = philox(counter, halves(chance.seed)).reshape(B, n, 16, 4).swapaxes(2, 3).reshape(B, -1)[:, :K]
    return -np.log(-np.log((words.astype(np.float64) + 0.5) / 2**32))


def assign(
    data: Any, centres_kf: FloatArray, weights_f: FloatArray, offsets_k: FloatArray, chance: Chance | None = None
) -> Assigned:
    """Find the cluster of least cost for every row: ``sum_f weights_f (x_bf - centres_kf)**2 + offsets_k``.

    Jiang 2018, eq. 2.4 and 2.6. Of equal costs the first counts. With `chance`, labels are drawn from the Gibbs
    distribution over the costs.

    Parameters
    ----------
    data : ndarray or sparse matrix, shape (B, F)
    centres_kf : ndarray, shape (K, F)
    weights_f : ndarray, shape (F,)
        0 or more.
    offsets_k : ndarray, shape (K,)
    chance : Chance, optional
        Temperature above 0.
    """
    x = np.asarray(data.toarray() if hasattr(data, "toarray") else data, np.float64)
    distances = np.stack([((x - centre) ** 2) @ weights_f.astype(np.float64) for centre in centres_kf], axis=1)
    costs: Float64Array = distances + offsets_k
    if chance is not None:
        costs = costs - chance.temperature * gumbel(chance, len(centres_kf))
    labels = costs.argmin(axis=1)
    return Assigned(labels.astype(np.int32), distances[np.arange(len(x)), labels].astype(np.float32))


def move_centres(
    data: Any, labels_b: npt.NDArray[np.int32], centres_kf: FloatArray, rate: float
) -> tuple[Any, IntArray]:
    """Move each centre by a share of the way to the mean of its rows (Jiang 2018, eq. 2.5); one without rows stays.

    Parameters
    ----------
    data : ndarray or sparse matrix, shape (B, F)
    labels_b : ndarray, shape (B,)
    centres_kf : ndarray, shape (K, F)
    rate : float
        eta, from 0 to 1.

    Returns
    -------
    centres_kf : ndarray, shape (K, F)
    counts_k : ndarray of int, shape (K,)
        Rows of each cluster.
    """
    x = np.asarray(data.toarray() if hasattr(data, "toarray") else data, np.float64)
    moved, counts = np.array(centres_kf, np.float64), np.bincount(labels_b, minlength=len(centres_kf))
    sums = np.zeros(moved.shape)
    np.add.at(sums, labels_b, x)
    filled = counts > 0
    moved[filled] += rate * (sums[filled] / counts[filled, None] - moved[filled])
    return moved, counts
