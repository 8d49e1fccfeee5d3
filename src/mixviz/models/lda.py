"""Latent Dirichlet allocation by SAME-Gibbs sampling in minibatches (Zhao, Jiang, Canny, Jaros, KDD 2015)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mixviz import metrics
from mixviz.kernels import multinomial
from mixviz.kernels.sweeps import per_entry as sweeps_per_entry
from mixviz.kernels.updates.reference import Push
from mixviz.kernels.word_sums import per_entry as word_sums_per_entry
from mixviz.mixins import BUILT_IN, Mixin
from mixviz.models.base import SteerableEstimator, n_features, seed_from
from mixviz.models.columns import first_columns, learning_controls, with_weights
from mixviz.models.places import Processor
from mixviz.types import Batch, Control, Dataset, FloatArray, Info, Metric, Values, check_whole, set_read_only

_INIT_STREAM = 5 << 16
_SAMPLERS: dict[str, tuple[Any, Any]] = {
    "poisson": (sweeps_per_entry.sweep_documents, word_sums_per_entry.sum_words),
    "multinomial": (multinomial.sweep_documents, multinomial.sum_words),
}
f4 = np.float32


@dataclass(frozen=True, slots=True, eq=False)
class LDAState:
    """All that LDA has learnt.

    Attributes
    ----------
    phi_vk : ndarray of float32, shape (V, K)
        Share of each word in each topic; every column sums to 1.
    size_k : ndarray of float32, shape (K,)
        Tokens and prior behind each topic, scaled to the whole data set.
    step, seed : int
        Minibatches seen, and with them the key of all randomness.
    alpha, beta : float
        Priors of the latest step.
    n_documents : int
        Documents in the data set, to which a minibatch is scaled up.

    Notes
    -----
    The arrays are set read-only: snapshots and `components_` share them.
    """

    phi_vk: FloatArray
    size_k: FloatArray
    step: int
    seed: int
    alpha: float
    beta: float
    n_documents: int

    def __post_init__(self) -> None:
        set_read_only(self.phi_vk, self.size_k)


class LDA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, SteerableEstimator):  # type: ignore[misc]
    """Topic model that can be steered while it trains.

    Every parameter that is also a control (all with a range below) can be changed between two minibatches.

    Parameters
    ----------
    n_components : int
        Number of topics, K.
    alpha : float, 0.0001 to 10
        Prior of the topics in a document: small values mean few topics per document.
    beta : float, 0.000001 to 10
        Prior of the words in a topic: small values mean few words per topic.
    temperature : float, 0 or 0.0001 to 100
        T = 1 / m, where m is the number of replicas of the latent state. 1 is plain Gibbs sampling; 0 replaces
        every draw by its expectation.
    sweeps : int, 1 to 200
        Times the topics of each document are redrawn before the model is updated.
    step_offset : float, 0 to 1000
    step_decay : float, 0.5 to 1
        Step t moves the model by ``(step_offset + t) ** -step_decay`` of the way to what its minibatch says.
    step_size : float, 0 to 1
        A fixed size for all steps; 0 follows the schedule.
    mixins : mapping of name to weight, list of Mixin, or None
        Secondary objectives; `l1`, `l2`, `cosine` and `entropy` are always there, at weight 0 unless given.
    sampler : {'aggregated', 'poisson', 'multinomial'}
        How counts are drawn: one Poisson number per document or word and topic, one per document, word and topic,
        or a topic for every token. The latter two are slow oracles. At temperature 0 nothing is drawn and all three
        are the same: the expected counts, as 'aggregated' computes them.
    batch_size : int or 'auto'
        Documents per minibatch; 'auto' is a sixteenth of them, 100 to 1,000.
    max_iter : int
        Passes over the data in :meth:`fit`.
    random_state : int, RandomState or None
    device : {'auto', 'cuda', 'cpu'}
        Where it computes: 'auto' takes an NVIDIA GPU where there is one that works, see
        :func:`mixviz.device_report`.

    Attributes
    ----------
    components_ : ndarray of float32, shape (K, V)
        Share of each word in each topic; rows sum to 1. Read-only.
    state_ : LDAState
    n_features_in_ : int
        Number of words, V.
    n_iter_ : int
        Passes made by :meth:`fit`.

    References
    ----------
    Zhao, Jiang, Canny, Jaros: SAME but different: fast and high-quality Gibbs parameter estimation. KDD 2015.
    """

    state_type = LDAState

    def __init__(
        self,
        n_components: int = 10,
        *,
        alpha: float = 0.1,
        beta: float = 0.01,
        temperature: float = 0.01,
        sweeps: int = 15,
        step_offset: float = 10.0,
        step_decay: float = 0.6,
        step_size: float = 0.0,
        mixins: Mapping[str, float] | Collection[Mixin] | None = None,
        sampler: str = "aggregated",
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 10,
        random_state: int | np.random.RandomState | None = None,
        device: Literal["auto", "cuda", "cpu"] = "auto",
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
        self.device = device

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def controls(self, data: Dataset | None = None) -> list[Control]:
        """Declare the live numbers, each at its starting value, whatever the data.

        Raises
        ------
        ValueError
            If a parameter is out of range, or a mixin has the name of another control.
        """
        own = [
            Control.starting(
                "temperature", self.temperature, 1e-4, 100, "log", allows_zero=True,
                help="How much chance there is. Hot: topics wander and can leave a dead end. Cold: they settle. "
                "0 leaves nothing to chance.",
            ),
            *learning_controls(self, "document", "topics"),
            Control.starting(
                "alpha", self.alpha, 1e-4, 10, "log", group="priors",
                help="Topics per document. Low: a document is about few topics. High: about a bit of everything.",
            ),
            Control.starting(
                "beta", self.beta, 1e-6, 10, "log", group="priors",
                help="Words per topic. Low: a topic uses few words. High: it uses many.",
            ),
        ]  # fmt: skip
        return with_weights("LDA", own, [mixin.control() for mixin in self.resolved_mixins()])

    def metrics(self, data: Dataset) -> list[Metric]:
        """Return the metrics shown unless the user chooses others."""
        return metrics.topic_metrics()

    def init_state(self, data: Dataset, seed: int) -> LDAState:
        """Return the state before step 1: topics near the uniform distribution, shares drawn from 1/2..3/2."""
        V, K = n_features(data), check_whole("n_components", self.n_components, 1)
        if self.sampler not in ("aggregated", *_SAMPLERS):
            raise ValueError(f"sampler must be one of 'aggregated', 'poisson', 'multinomial', got {self.sampler!r}")
        self.place()
        phi = first_columns(V, K, _INIT_STREAM, seed)
        return LDAState(phi, np.full(K, V, f4), 0, seed, self.alpha, self.beta, len(data))

    def compute(self, place: Processor, state: LDAState, batch: Batch, controls: Values) -> tuple[LDAState, Info]:
        """Return the state after one minibatch, and the size of the step.

        Raises
        ------
        ValueError
            If the gradient of a user's mixin has the wrong shape or is not finite.
        """
        step, alpha = state.step + 1, controls["alpha"]
        sums, rank = self._word_topic_counts(place, state, batch, controls, step)
        rho = controls["step_size"] or float((controls["step_offset"] + step) ** -controls["step_decay"])
        phi, sizes = self._update(place, state, rank, sums, rho, len(batch), controls)
        new = LDAState(phi, sizes, step, state.seed, alpha, controls["beta"], state.n_documents)
        return new, {"step_size_used": rho}

    def _word_topic_counts(
        self, place: Processor, state: LDAState, batch: Batch, controls: Values, step: int
    ) -> tuple[Any, Any]:
        """Sweep the documents of a batch; return its counts, shape (W, K padded), and each word's row in them."""
        rows, temperature = place.kernels("rows").entries(batch.data), controls["temperature"]
        sweep_documents, sum_words = self._kernels(place, temperature)
        words = place.kernels("word_sums").words_of_batch(rows.indices, len(state.phi_vk))
        weights = place.kernels("updates").gather_rows(words.words, state.phi_vk)
        swept = sweep_documents(
            rows.indptr, words.local, rows.data, weights, len(state.size_k), controls["alpha"], temperature,
            int(controls["sweeps"]), place.array(batch.rows), step, state.seed, **rows.hints,
        )  # fmt: skip
        sums = sum_words(words, rows.owners, swept.ratios, swept.theta_dk, weights, temperature, step, state.seed)
        return sums, words.rank

    def _kernels(self, place: Processor, temperature: float) -> tuple[Any, Any]:
        """Return what sweeps documents and what sums words up."""
        if temperature > 0 and self.sampler != "aggregated":
            return _SAMPLERS[self.sampler]
        return place.kernels("sweeps").sweep_documents, place.kernels("word_sums").sum_words

    def _update(
        self, place: Processor, state: LDAState, rank: Any, sums: Any, rho: float, n_rows: int, controls: Values
    ) -> tuple[Any, Any]:
        """Average the counts, scaled to the whole data set and with the prior, into the topics; apply the mixins."""
        updates, K = place.kernels("updates"), len(state.size_k)
        gain = rho * state.n_documents / max(1, n_rows)
        counted = updates.sum_columns(sums[:, :K])
        sizes, keep, gain, floor, least = updates.rates(
            state.size_k, counted, rho, gain, controls["beta"], len(state.phi_vk)
        )
        mixins = self.resolved_mixins()
        moves = {mixin.name: rho * mixin.scale * controls[mixin.name] for mixin in mixins}
        push = Push(*(moves[m.name] if m.is_built_in else 0.0 for m in mixins[: len(BUILT_IN)]))
        phi = updates.update_words(state.phi_vk, rank, sums, keep, gain, floor, least, push)
        own = [(mixin, moves[mixin.name]) for mixin in mixins if not mixin.is_built_in]
        return place.pushed(phi, own, least), sizes

    def place(self) -> Processor:
        """Return where this model computes; the slow oracles do so on the processor.

        Raises
        ------
        ValueError
            If `device` is 'cuda' and `sampler` is one of these.
        """
        if self.sampler == "aggregated":
            return super().place()
        if self.device == "cuda":
            raise ValueError(f"sampler={self.sampler!r} computes on the processor: device must be 'cpu' or 'auto'")
        return Processor()

    def adopt(self, state: LDAState, data: Dataset | None = None) -> None:
        """Set the fitted attributes from `state`, without copying."""
        self.state_ = state
        self.components_ = state.phi_vk.T
        self.n_features_in_, self._n_features_out = state.phi_vk.shape

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from one pass over `X`, on top of what was learnt before.

        The data set is taken to be all documents passed so far. Arguments as for :meth:`fit`.
        """
        if not hasattr(self, "state_"):
            data = self.as_dataset(X)
            state = self.init_state(data, seed_from(self.random_state))
        else:
            self._rows(X)
            data, state = self.as_dataset(X), self.state_
            n_documents = state.n_documents + len(data)
            sizes = state.size_k * f4(n_documents / state.n_documents)
            state = replace(state, n_documents=n_documents, size_k=sizes)
        self._train(state, data, 1)
        self.n_iter_ = getattr(self, "n_iter_", 0) + 1
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the expected topic shares of documents, shape (D, K); rows sum to 1. Never random."""
        counts = self._rows(X)
        return metrics.infer_topics(self.state_.phi_vk, self.state_.alpha, counts)

    def score(self, X: Any, y: Any = None) -> float:
        """Return the log-likelihood per held-out token of `X`: :func:`mixviz.metrics.likelihood`."""
        counts = self._rows(X)
        return metrics.likelihood(self.state_, Batch(np.arange(counts.shape[0]), counts))

    def perplexity(self, X: Any) -> float:
        """Return ``exp(-score(X))``."""
        check_is_fitted(self, "state_")
        return float(np.exp(-self.score(X)))
