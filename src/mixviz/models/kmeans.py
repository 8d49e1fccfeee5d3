"""K-means in minibatches, with balanced sizes and a temperature (Jiang 2018, section 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mixviz import cluster_metrics
from mixviz.cluster_metrics import dense
from mixviz.cuda import is_on_gpu
from mixviz.data.blocks import blocks_of
from mixviz.kernels.assign.cpu import assign
from mixviz.kernels.assign.reference import Assigned, Chance
from mixviz.models.base import SteerableEstimator
from mixviz.models.clusters import EDITS, KMeansState, are_empty
from mixviz.models.places import Processor
from mixviz.types import Batch, Control, Dataset, Float64Array, FloatArray, Info, IntArray, Metric, Values, check_whole

f4 = np.float32
_FIT_RATE = 0.5
"""Of the centres when :meth:`KMeans.fit` begins: quick at first, since it settles later."""
_WEIGHT = "weight_"
"""Begins the names of the controls of feature blocks."""
_PRECISIONS = ("float32", "tf32", "int8")
_INIT_ROWS, _INIT_BYTES = 16, 32 << 20
"""The first centres are chosen among so many rows a cluster; two where more would take so many bytes."""


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, SteerableEstimator):  # type: ignore[misc]
    """K-means that can be steered while it trains.

    Every parameter that is also a control (all with a range below) can be changed between two minibatches. Features
    count by their scale: bring the columns of a table to like ones first.

    Parameters
    ----------
    n_clusters : int
        Number of clusters, K.
    size_weight : float, 0 or 0.0001 to 100
        Weight of the size balance, lambda of eq. 2.4: a cluster of twice the equal share is farther away from every row
        by ``2 * size_weight`` mean squared distances, whatever the scale of the data.
    temperature : float, 0 or 0.0001 to 100
        0 takes the nearest cluster. Above, labels are drawn from the Gibbs distribution over the costs, in units of the
        mean squared distance.
    centre_rate : float, 0.001 to 1
        eta of eq. 2.5: how far a minibatch moves a centre towards the mean of its rows there. In :meth:`fit`, where
        nobody steers, it begins at 0.5 (or here, if that is higher) and falls evenly to 0, so that centres settle.
    size_rate : float, 0.001 to 1
        The same for the running shares.
    block_weights : mapping of str to float, 0 to 1, optional
        Weights that the blocks of :class:`mixviz.data.blocks.FeatureBlocks` start with, s_b of eq. 2.6; 1 for those not
        named. Each is a control ``weight_<block>``.
    init : {'k-means++', 'random'}
    batch_size : int or 'auto'
    max_iter : int
        Passes over the data in :meth:`fit`.
    random_state : int, RandomState or None
    device : {'auto', 'cuda', 'cpu'}
        Where it computes: 'auto' takes an NVIDIA GPU where there is one that works, see
        :func:`mixviz.device_report`.
    precision : {'float32', 'tf32', 'int8'}
        How a GPU multiplies rows and centres. The latter two use its tensor cores: TF32 has 10 binary digits, so that
        rows near a border may get another label; 'int8' is for images of bytes, with centres of 16 bits. Everything
        else, such as the distances that are reported, stays in float32.

    Attributes
    ----------
    cluster_centers_ : ndarray of float32, shape (K, F)
        Read-only.
    labels_ : ndarray of int32, shape (N,)
        Nearest centre of each row, set by :meth:`fit` and :meth:`partial_fit`.
    inertia_ : float
        Sum of squared distances to the nearest centres, set with `labels_`.
    state_ : KMeansState
    n_features_in_, n_iter_ : int

    References
    ----------
    B. Jiang: Exploratory model analysis for machine learning. Dissertation, UC Berkeley, 2018, eq. 2.3 to 2.5.
    """

    state_type = KMeansState

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        size_weight: float = 0.0,
        temperature: float = 0.0,
        centre_rate: float = 0.15,
        size_rate: float = 0.15,
        block_weights: Mapping[str, float] | None = None,
        init: Literal["k-means++", "random"] = "k-means++",
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 10,
        random_state: int | np.random.RandomState | None = None,
        device: Literal["auto", "cuda", "cpu"] = "auto",
        precision: Literal["float32", "tf32", "int8"] = "float32",
    ) -> None:
        self.n_clusters = n_clusters
        self.size_weight = size_weight
        self.temperature = temperature
        self.centre_rate = centre_rate
        self.size_rate = size_rate
        self.block_weights = block_weights
        self.init = init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.random_state = random_state
        self.device = device
        self.precision = precision

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def controls(self, data: Dataset) -> list[Control]:
        """Declare the live numbers, each at its starting value; the weights of feature blocks if `data` has any.

        Raises
        ------
        TypeError, ValueError
            If a parameter is out of range, or `block_weights` is no mapping or names a block that `data` does not have.
        """
        return [
            Control.starting(
                "size_weight", self.size_weight, 1e-4, 100, "log", allows_zero=True,
                group="objective",
                help="How much large clusters are held back, so that sizes become alike. Too much, and rows end up in "
                "clusters they do not resemble.",
            ),
            Control.starting(
                "temperature", self.temperature, 1e-4, 100, "log", allows_zero=True,
                help="How much chance there is in whose row is whose. Hot: clusters are shaken. 0: the nearest wins.",
            ),
            Control.starting(
                "centre_rate", self.centre_rate, 1e-3, 1, "log",
                help="How far one minibatch moves the centres. High: quick and restless. Low: slow and smooth.",
            ),
            Control.starting(
                "size_rate", self.size_rate, 1e-3, 1, "log",
                help="How quickly the sizes that the balance looks at follow the latest minibatches.",
            ),
            *self._block_controls(data),
        ]  # fmt: skip

    def _block_controls(self, data: Dataset) -> list[Control]:
        if not isinstance(self.block_weights, (Mapping, NoneType)):
            raise TypeError(f"block_weights must be a mapping of names to weights, got {self.block_weights!r}")
        blocks, given = blocks_of(data), dict(self.block_weights or {})
        names = blocks.names if blocks else ()
        unknown = [name for name in given if name not in names]
        if unknown:
            known = ", ".join(names) or "it has none"
            raise ValueError(f"block_weights must name blocks of the data ({known}), got {unknown[0]!r}")
        return [
            Control.starting(
                _WEIGHT + name, value, 0, 1, group="features",
                help=f"How much {name} counts in what makes rows alike. 0: not at all. All at 0 count alike.",
            )
            for name, value in ((name, given.get(name, 1.0)) for name in names)
        ]  # fmt: skip

    def metrics(self, data: Dataset) -> list[Metric]:
        """Return the metrics shown unless the user chooses others."""
        return cluster_metrics.cluster_metrics(data)

    def _checked(self, data: Any, reset: bool) -> Any:
        """Return `data` as a matrix of numbers, bytes as they are, its features checked against those of the fit."""
        if data is None:
            raise TypeError("data must be images, a data set or a matrix of rows by features, got None")
        return self._checked_numbers(data, reset)

    def init_state(self, data: Dataset, seed: int) -> KMeansState:
        """Return the state before step 1: K rows chosen by `init`, equal shares.

        Raises
        ------
        ValueError
            If there are fewer rows than clusters, or `init` or `precision` is none of those named.
        """
        K = check_whole("n_clusters", self.n_clusters, 1)
        if len(data) < K:
            raise ValueError(f"n_clusters must be at most the number of rows, {len(data):,}, got {K:,}")
        if self.init not in ("k-means++", "random"):
            raise ValueError(f"init must be 'k-means++' or 'random', got {self.init!r}")
        if self.precision not in _PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(map(repr, _PRECISIONS))}, got {self.precision!r}")
        self.place()
        rng = np.random.Generator(np.random.Philox(key=[seed, 7 << 16]))
        n_rows = min(len(data), _n_candidates(data, K))
        sample = data.take(np.sort(rng.choice(len(data), n_rows, replace=False))).data
        blocks = blocks_of(data)
        scales, widths = (blocks.scales, blocks.widths) if blocks else ((), ())
        scale_b, width_b = np.array(scales, np.float64), np.array(widths, np.int64)
        values = {control.name: control.value for control in self.controls(data)}
        weight_f = _feature_weights(sample.shape[1], scale_b, width_b, values)
        is_random = self.init == "random"
        chosen = rng.choice(n_rows, K, replace=False) if is_random else _plus_plus(sample, weight_f, K, rng)
        centres = dense(sample[chosen]).copy()
        distance = float(assign(sample, centres, weight_f, np.zeros(K, f4)).distances_b.mean(dtype=np.float64))
        shares, idle = np.full(K, 1 / K, f4), np.zeros(K, np.int64)
        return KMeansState(centres, shares, idle, weight_f, scale_b, width_b, distance, 0, seed)

    def compute(self, place: Processor, state: KMeansState, batch: Batch, controls: Values) -> tuple[KMeansState, Info]:
        """Return the state after one minibatch (eq. 2.5), and how many clusters had to begin anew."""
        K, step, kernels = len(state.share_k), state.step + 1, place.kernels("assign")
        chance = None
        if controls["temperature"] > 0 and state.distance > 0:
            chance = Chance(controls["temperature"] * state.distance, batch.rows, step, state.seed)
        offsets = (controls["size_weight"] * state.distance * K * state.share_k).astype(f4)
        weight_f = _feature_weights(batch.data.shape[1], state.scale_b, state.width_b, controls)
        how = {"products": self.precision} if place.name == "cuda" else {}
        found = kernels.assign(batch.data, state.centres_kf, weight_f, offsets, chance, **how)
        moved = kernels.move_centres(batch.data, found.labels_b, state.centres_kf, controls["centre_rate"])
        centres, (counts, mean) = moved[0], kernels.totals(moved[1], found.distances_b)
        rate = controls["size_rate"]
        shares = (1 - rate) * state.share_k.astype(np.float64) + rate * counts / max(len(batch), 1)
        idle = np.where(counts > 0, 0, state.idle_k + len(batch))
        empty = np.flatnonzero(are_empty(shares, idle))[: len(batch)]
        if len(empty):  # they begin anew where the rows are that lie farthest from their centres
            centres[place.array(empty)] = kernels.farthest(batch.data, found.distances_b, len(empty))
            shares[empty], idle[empty] = 0.5 / K, 0
        distance = float((1 - rate) * state.distance + rate * mean)
        blocks = state.scale_b.copy(), state.width_b.copy()
        share_k = (shares / shares.sum()).astype(f4)
        new = KMeansState(centres, share_k, idle, weight_f, *blocks, distance, step, state.seed)
        return new, {"reseeded": float(len(empty))}

    def _fit_values(self, values: Values, share_done: float) -> Values:
        return {**values, "centre_rate": max(values["centre_rate"], _FIT_RATE) * (1 - share_done)}

    def adopt(self, state: KMeansState, data: Dataset | None = None) -> None:
        """Set the fitted attributes from `state`, without copying."""
        self.state_ = state
        self.cluster_centers_ = state.centres_kf
        self._n_features_out, self.n_features_in_ = state.centres_kf.shape

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from `X` in `max_iter` passes, then label its rows.

        Parameters
        ----------
        X : Images, FeatureBlocks, ndarray or sparse matrix, shape (N, F)
        y : ignored
        """
        super().fit(X)
        return self._label(X)

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from one pass over `X`, on top of what was learnt before, then label its rows."""
        super().partial_fit(X)
        return self._label(X)

    def _label(self, X: Any) -> Self:
        found = self._nearest(X)
        self.labels_, self.inertia_ = found.labels_b, float(found.distances_b.sum(dtype=np.float64))
        return self

    def _nearest(self, X: Any) -> Assigned:
        """Return the nearest centre of every row, and the squared distance, on the host."""
        check_is_fitted(self, "state_")
        place = self.place()
        with place.at_work():
            state = place.state(self.state_)
            parts = [cluster_metrics.nearest_there(state, place.batch(batch).data) for batch in self._chunks(X)]
            return Assigned(*(np.concatenate([_on_host(part) for part in each]) for each in zip(*parts, strict=True)))

    def predict(self, X: Any) -> Any:
        """Return the nearest centre of every row, int32, shape (N,)."""
        return self._nearest(X).labels_b

    def transform(self, X: Any) -> FloatArray:
        """Return the distances of rows to all centres, float32, shape (N, K)."""
        return np.concatenate([self._distances(batch) for batch in self._chunks(X)])

    def _distances(self, batch: Batch) -> FloatArray:
        x, centres, weight_f = batch.data, self.state_.centres_kf, self.state_.weight_f
        if hasattr(x, "toarray"):
            weighted = centres * weight_f
            lengths = (x.multiply(x) @ weight_f)[:, None] + np.einsum("kf,kf->k", weighted, centres)
            squares = np.maximum(lengths - 2 * (x @ weighted.T), 0)
        else:
            root_f = np.sqrt(weight_f)
            squares = cluster_metrics.squared_distances(dense(x) * root_f, centres * root_f)
        return np.asarray(np.sqrt(squares), f4)

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the sum of squared distances to the nearest centres."""
        return -float(self._nearest(X).distances_b.sum(dtype=np.float64))

    def edits(self) -> dict[str, Any]:
        """Return what a person may do to clusters: ``drop``, ``split``, ``merge`` and ``move`` to a row of the data."""
        return dict(EDITS)


def _on_host(array: Any) -> Any:
    return array.get() if is_on_gpu(array) else array


def _feature_weights(F: int, scale_b: Float64Array, width_b: IntArray, controls: Values) -> FloatArray:
    """Return what each feature counts for in a distance (eq. 2.6): s_b alpha_b of its block, 1 without blocks.

    Where all s_b are 0, which would put all rows into one cluster, all count alike.
    """
    weight_b = np.array([value for name, value in controls.items() if name.startswith(_WEIGHT)])
    if len(weight_b) != len(scale_b):
        raise ValueError(f"data has {len(weight_b)} feature blocks, but the model was fitted to {len(scale_b)}")
    if not len(scale_b):
        return np.ones(F, f4)
    return np.repeat(scale_b * (weight_b if weight_b.any() else 1.0), width_b).astype(f4)


def _n_candidates(data: Dataset, K: int) -> int:
    """Return how many rows the first centres are chosen among, and the first mean distance is measured on."""
    row = data.take(np.zeros(1, np.int64)).data
    row_bytes = int(row.shape[1] * row.dtype.itemsize)
    return max(2 * K, min(max(_INIT_ROWS * K, 1000), _INIT_BYTES // row_bytes))


def _plus_plus(data: Any, weight_f: FloatArray, K: int, rng: np.random.Generator) -> IntArray:
    """Choose K rows, each with a chance in proportion to its squared distance to the nearest one chosen before.

    Arthur and Vassilvitskii, SODA 2007. Where all rows have been chosen or equal one that was, any other is taken.
    """
    n = data.shape[0]
    chosen = [int(rng.integers(n))]
    least = np.full(n, np.inf)
    while len(chosen) < K:
        least = np.minimum(least, assign(data, dense(data[chosen[-1:]]), weight_f, np.zeros(1, f4)).distances_b)
        least[chosen] = 0
        total = least.sum()
        weights = least / total if total > 0 else None
        free = np.setdiff1d(np.arange(n), chosen)
        chosen.append(int(rng.choice(n, p=weights) if weights is not None else rng.choice(free)))
    return np.array(chosen)
