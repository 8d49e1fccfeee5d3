"""The state of k-means, and what a person does to it by hand: functions ``(state, data, ...) -> state``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mixviz.cluster_metrics import dense
from mixviz.types import Dataset, Float64Array, FloatArray, IntArray, check_whole, set_read_only

f4 = np.float32


LEAST_SHARE, IDLE_ROWS = 0.01, 100
"""A cluster with less than this part of an equal share, and none of so many rows times K, is empty and begins anew."""


@dataclass(frozen=True, slots=True, eq=False)
class KMeansState:
    """All that k-means has learnt.

    Attributes
    ----------
    centres_kf : ndarray of float32, shape (K, F)
        Cluster centres, mu.
    share_k : ndarray of float32, shape (K,)
        Running share of the rows in each cluster; they sum to 1.
    idle_k : ndarray of int64, shape (K,)
        Rows seen since each cluster last got one.
    weight_f : ndarray of float32, shape (F,)
        What each feature counted for in the distances of the last step: 1, or s_b alpha_b of its block (eq. 2.6).
    scale_b : ndarray of float64, shape (n_blocks,)
        alpha_b of each feature block; empty where there are none.
    width_b : ndarray of int64, shape (n_blocks,)
        Features of each block.
    distance : float
        Running mean of the squared distance of a row to its centre: the unit of `size_weight` and `temperature`.
    step, seed : int
        Minibatches seen, and with them the key of all randomness.
    """

    centres_kf: FloatArray
    share_k: FloatArray
    idle_k: IntArray
    weight_f: FloatArray
    scale_b: Float64Array
    width_b: IntArray
    distance: float
    step: int
    seed: int

    on_gpu: ClassVar[tuple[str, ...]] = ("centres_kf",)
    """All else is small, and a step on a GPU decides on the host what it makes of it."""

    def __post_init__(self) -> None:
        set_read_only(self.centres_kf, self.share_k, self.idle_k, self.weight_f, self.scale_b, self.width_b)


def are_empty(share_k: Any, idle_k: IntArray) -> Any:
    """Return which clusters have no rows any more, as far as shares and rows since can tell; bool, shape (K,)."""
    K = len(idle_k)
    return (share_k < LEAST_SHARE / K) & (idle_k >= IDLE_ROWS * K)


def drop(state: KMeansState, data: Dataset, cluster: int) -> KMeansState:
    """Take a cluster's rows from it: it begins anew, at the row of the next minibatch that lies farthest off."""
    return _vacated(
        state, state.centres_kf.copy(), state.share_k.astype(np.float64), _cluster(state, "cluster", cluster)
    )


def split(state: KMeansState, data: Dataset, cluster: int) -> KMeansState:
    """Give half of a cluster to the smallest one: both go a little off its centre, in opposite directions."""
    one = _cluster(state, "cluster", cluster)
    order = np.argsort(state.share_k, kind="stable")
    others = order[order != one]
    if not len(others):
        raise ValueError("the only cluster cannot be split: there is no other to take a half")
    if are_empty(state.share_k, state.idle_k)[one]:
        raise ValueError(f"cluster {one} has no rows to split: it begins anew with the next minibatch")
    other = int(others[0])
    centres, shares = state.centres_kf.copy(), state.share_k.copy()
    rng = np.random.Generator(np.random.Philox(key=[state.seed, (8 << 16) + state.step]))
    direction = rng.standard_normal(centres.shape[1])
    length = np.sqrt((state.weight_f * direction**2).sum()) or 1.0
    away = (0.1 * np.sqrt(state.distance) * direction / length).astype(f4)
    centres[other], centres[one] = centres[one] + away, centres[one] - away
    shares[other] = shares[one] = (shares[one] + shares[other]) / 2
    return replace(state, centres_kf=centres, share_k=shares, step=state.step + 1)


def merge(state: KMeansState, data: Dataset, cluster: int, into: int) -> KMeansState:
    """Put a cluster's rows into another, whose centre becomes the mean of both; the first begins anew."""
    one, other = _cluster(state, "cluster", cluster), _cluster(state, "into", into)
    if one == other:
        raise ValueError(f"into must be another cluster than {cluster}")
    centres, shares = state.centres_kf.copy(), state.share_k.astype(np.float64)
    weight = shares[one] / max(shares[one] + shares[other], np.finfo(np.float64).tiny)
    centres[other] += f4(weight) * (centres[one] - centres[other])
    shares[other] += shares[one]
    return _vacated(state, centres, shares, one)


def move(state: KMeansState, data: Dataset, cluster: int, row: int) -> KMeansState:
    """Put a cluster's centre on a row of the data."""
    row = check_whole("row", row, 0, len(data) - 1)
    centres = state.centres_kf.copy()
    centres[_cluster(state, "cluster", cluster)] = dense(data.take(np.array([row])).data)[0]
    return replace(state, centres_kf=centres, step=state.step + 1)


def _vacated(state: KMeansState, centres: FloatArray, shares: Float64Array, cluster: int) -> KMeansState:
    """Return the state with a cluster so far away that no row is its: the next minibatch makes it begin anew."""
    centres[cluster] += f4(1000 * (np.sqrt(state.distance / (state.weight_f.sum() or 1.0)) or 1.0))
    idle = state.idle_k.copy()
    shares[cluster], idle[cluster] = 0, IDLE_ROWS * len(idle)
    others = ~are_empty(shares, idle)
    if not others.any():
        raise ValueError("the only cluster cannot be dropped: no other has rows")
    shares = shares if shares.any() else others.astype(np.float64)
    share_k = (shares / shares.sum()).astype(f4)
    return replace(state, centres_kf=centres, share_k=share_k, idle_k=idle, step=state.step + 1)


def _cluster(state: KMeansState, argument: str, number: Any) -> int:
    return check_whole(argument, number, 0, len(state.share_k) - 1)


EDITS = {"drop": drop, "split": split, "merge": merge, "move": move}
