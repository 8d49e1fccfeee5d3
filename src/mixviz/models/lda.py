"""Latent Dirichlet allocation by SAME-Gibbs sampling in minibatches (Zhao, Jiang, Canny, Jaros, KDD 2015)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from mixviz import metrics
from mixviz.kernels.philox.reference import halves, philox
from mixviz.kernels.sweeps.cpu import sweep_documents
from mixviz.kernels.updates.cpu import gather_rows, normalise_columns, update_words
from mixviz.kernels.updates.reference import Push
from mixviz.kernels.word_sums.cpu import sum_words, words_of_batch
from mixviz.mixins import BUILT_IN, Mixin, resolve_mixins
from mixviz.models.base import ArrayDataset, batches, is_dataset, n_features, seed_from
from mixviz.types import Batch, Control, Dataset, FloatArray, Info, Metric, Values

_INIT_STREAM = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class LDAState:
    """All that LDA learns.

    Attributes
    ----------
    phi_vk : ndarray of float32, shape (V, K)
        Share of each word in each topic; every column sums to 1.
    size_k : ndarray of float32, shape (K,)
        Tokens (and prior) behind each topic, in terms of the whole data set.
    step, seed : int
        Minibatches seen; with the seed, the key of all randomness.
    alpha, beta : float
        Priors of the latest step.
    n_documents : int
        Documents in the data set, to which a minibatch is scaled up.
    """

    phi_vk: FloatArray
    size_k: FloatArray
    step: int
    seed: int
    alpha: float
    beta: float
    n_documents: int


class LDA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Topic model whose temperature, priors, step size and mixin weights can be changed while it trains."""

    state_type = LDAState

    def __init__(
        self,
        n_components: int = 10,
        *,
        alpha: float = 0.1,
        beta: float = 0.01,
        temperature: float = 0.01,
        sweeps: int = 10,
        step_offset: float = 0.0,
        step_decay: float = 0.7,
        step_size: float = 0.0,
        mixins: Mapping[str, float] | Iterable[Mixin] | None = None,
        sampler: str = "aggregated",
        batch_size: int = 1000,
        max_iter: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.beta = beta
        self.temperature = temperature
        self.sweeps = sweeps
        self.step_offset = step_offset
        self.step_decay = step_decay
        self.step_size = step_size
        self.mixins = mixins
        self.sampler = sampler
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.random_state = random_state

    def controls(self) -> list[Control]:
        """Declare the live numbers, each at its starting value."""
        own = [
            _control("temperature", self.temperature, 1e-4, 100.0, "log", allows_zero=True, help="Randomness."),
            _control("sweeps", self.sweeps, 1, 200, is_integer=True, help="Times each document is revisited."),
            _control("step_offset", self.step_offset, 0.0, 1000.0, help="Delays the step size."),
            _control("step_decay", self.step_decay, 0.5, 1.0, help="How fast steps shrink."),
            _control("step_size", self.step_size, 0.0, 1.0, help="Fixed step; 0 follows the schedule."),
            _control("alpha", self.alpha, 1e-4, 10.0, "log", group="priors", help="Topics per document."),
            _control("beta", self.beta, 1e-6, 10.0, "log", group="priors", help="Words per topic."),
        ]
        return own + [mixin.control() for mixin in resolve_mixins(self.mixins)]

    def as_dataset(self, data: Any) -> Dataset:
        """Validate what the user passed and wrap it: a Corpus as it is, any matrix of counts as rows."""
        if is_dataset(data):
            return data
        return ArrayDataset(self._validated(data, reset=True))

    def _validated(self, data: Any, reset: bool) -> Any:
        checked = validate_data(
            self, data, reset=reset, accept_sparse="csr", dtype=np.float32, ensure_non_negative=True,
            estimator="LDA",
        )  # fmt: skip
        counts = scipy.sparse.csr_matrix(checked)
        counts.sum_duplicates()
        return counts

    def metrics(self, data: Dataset) -> list[Metric]:
        """Return the metrics shown unless the user chooses others."""
        return [
            Metric("likelihood", metrics.likelihood, 10, "Log-likelihood per held-out token: higher is better."),
            Metric("density", metrics.density, 10, "Share of topic entries of at least 0.01."),
            Metric("cosine", metrics.cosine, 10, "Mean overlap of two topics."),
        ]

    def init_state(self, data: Dataset, seed: int) -> LDAState:
        """Return the state before step 1: topics drawn near the uniform distribution."""
        V, K = n_features(data), self.n_components
        words, topics = np.meshgrid(np.arange(V, dtype=np.uint32), np.arange(-(-K // 4), dtype=np.uint32), indexing="ij")
        counter = np.stack([words, np.zeros_like(words), topics, np.full_like(words, _INIT_STREAM)], axis=-1)
        bits = philox(counter, halves(seed)).reshape(V, -1)[:, :K]
        phi = (0.5 + bits / 2**32).astype(np.float32)
        phi = normalise_columns(phi, phi.sum(axis=0, dtype=np.float64))
        return LDAState(phi, np.full(K, V, np.float32), 0, seed, self.alpha, self.beta, len(data))

    def step(self, state: LDAState, batch: Batch, controls: Values) -> tuple[LDAState, Info]:
        """Return the state after one minibatch."""
        counts, step = batch.data, state.step + 1
        K, temperature, alpha = state.phi_vk.shape[1], controls["temperature"], controls["alpha"]
        words = words_of_batch(counts.indices, len(state.phi_vk))
        weights = gather_rows(words.words, state.phi_vk)
        indptr = counts.indptr.astype(np.int64)
        swept = sweep_documents(
            indptr, words.local, counts.data, weights, K, alpha, temperature, int(controls["sweeps"]), batch.rows,
            step, state.seed,
        )  # fmt: skip
        documents = np.repeat(np.arange(len(batch), dtype=np.int32), np.diff(indptr))
        sums = sum_words(words, documents, swept.ratios, swept.theta_dk, weights, temperature, step, state.seed)
        rho = controls["step_size"] or (controls["step_offset"] + step) ** -controls["step_decay"]
        phi, sizes = self._update(state, words.rank, sums, rho, len(batch), controls)
        new = LDAState(phi, sizes, step, state.seed, alpha, controls["beta"], state.n_documents)
        return new, {"step_size": rho}

    def _update(
        self, state: LDAState, rank: Any, sums: Any, rho: float, n_rows: int, controls: Values
    ) -> tuple[FloatArray, FloatArray]:
        V, K = state.phi_vk.shape
        scale, beta = rho * state.n_documents / max(1, n_rows), rho * controls["beta"]
        added = scale * sums[:, :K].sum(axis=0, dtype=np.float64) + V * beta
        sizes = (1 - rho) * state.size_k + added
        keep, gain, floor = (1 - rho) * state.size_k / sizes, scale / sizes, beta / sizes
        pushes = {m.name: rho * m.scale * controls[m.name] for m in resolve_mixins(self.mixins)}
        push = Push(*(pushes.pop(kind.name, 0.0) for kind in BUILT_IN))
        f4 = np.float32
        phi = update_words(state.phi_vk, rank, sums, keep.astype(f4), gain.astype(f4), floor.astype(f4), push)
        for mixin in resolve_mixins(self.mixins):
            if pushes.get(mixin.name):
                phi -= np.asarray(pushes[mixin.name] * mixin.grad(state.phi_vk), f4)
                np.maximum(phi, 0, out=phi)
                phi = normalise_columns(phi, phi.sum(axis=0, dtype=np.float64))
        return phi, sizes.astype(f4)

    def adopt(self, state: LDAState, data: Dataset | None = None) -> None:
        """Set the fitted attributes from `state`, without copying."""
        self.state_ = state
        self.components_ = state.phi_vk.T
        self.n_features_in_ = len(state.phi_vk)
        self._n_features_out = state.phi_vk.shape[1]
        self.n_steps_ = state.step

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the topics of `X` in `max_iter` passes."""
        data = self.as_dataset(X)
        state = self.init_state(data, seed_from(self.random_state))
        values = {control.name: control.value for control in self.controls()}
        for epoch in range(self.max_iter):
            for rows in batches(len(data), self.batch_size, state.seed, epoch):
                state, _ = self.step(state, data.take(rows), values)
        self.n_iter_ = self.max_iter
        self.adopt(state, data)
        return self

    def transform(self, X: Any) -> npt.NDArray[np.float32]:
        """Return the topic shares of documents, shape (D, K); rows sum to 1."""
        return metrics.infer_topics(self._fitted_state().phi_vk, self.state_.alpha, self._counts(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Return the held-out log-likelihood per token of `X`: :func:`mixviz.metrics.likelihood`."""
        counts = self._counts(X)
        return metrics.likelihood(self._fitted_state(), Batch(np.arange(counts.shape[0]), counts))

    def perplexity(self, X: Any) -> float:
        """Return ``exp(-score(X))``."""
        return float(np.exp(-self.score(X)))

    def _fitted_state(self) -> LDAState:
        check_is_fitted(self, "state_")
        return self.state_

    def _counts(self, X: Any) -> Any:
        self._fitted_state()
        if is_dataset(X):
            return X.take(np.arange(len(X))).data
        return self._validated(X, reset=False)

    def config(self) -> dict[str, Any]:
        """Return constructor arguments as JSON values."""
        config = self.get_params(deep=False)
        config["mixins"] = {m.name: m.weight for m in resolve_mixins(self.mixins)}
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LDA:
        """Build the model that :meth:`config` described."""
        return cls(**config)


def _control(name: str, value: float, low: float, high: float, scale: Any = "linear", **details: Any) -> Control:
    return Control(name, value, value, low, high, scale, **details)
