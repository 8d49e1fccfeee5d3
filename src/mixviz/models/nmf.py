"""Nonnegative matrix factorisation in minibatches: rows as sums of parts, none of them negative."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mixviz import metrics
from mixviz.factor_metrics import N_SWEEPS, encode, errors, factor_metrics, row_sums
from mixviz.kernels.factors.cpu import squares
from mixviz.mixins import Mixin
from mixviz.models.base import SteerableEstimator, n_features
from mixviz.models.columns import first_columns, learning_controls, with_weights
from mixviz.models.dictionary import NMFState, learn_divergent, learn_squared
from mixviz.models.places import Processor
from mixviz.types import Batch, Control, Dataset, FloatArray, Info, Metric, Values, check_whole

_INIT_STREAM = 8 << 16
_MOST_ON_GPU = 512
"""Parts with which a GPU computes: its descent is compiled for their number, and takes minutes for thousands."""
_INIT_ROWS = 1000
"""Rows that say how large entries are before the first step."""
_HELP = {
    "l1": "Smaller parts: each part drops its weak entries until only the strongest are left.",
    "l2": "Flatter parts: takes from a part's strongest entries and spreads it over all.",
    "cosine": "More distinct parts: parts that share an entry compete for it until one of them owns it.",
    "entropy": "More decided parts: a part puts its weight on few entries rather than a little on many.",
}
f4 = np.float32


class NMF(ClassNamePrefixFeaturesOutMixin, TransformerMixin, SteerableEstimator):  # type: ignore[misc]
    """Nonnegative matrix factorisation that can be steered while it trains.

    Every parameter that is also a control (all with a range below) can be changed between two minibatches.

    Parameters
    ----------
    n_components : int
        Number of parts, K.
    loss : {'frobenius', 'kullback-leibler'}
        Squared error, for images and other measurements; or the generalised divergence, for counts.
    l1_codes : float, 0 or 0.001 to 10
        Few parts a row. At 1, what would make up less than an equal share of a row, 1 / K, vanishes.
    sweeps : int, 1 to 200
        Times the codes of each row are improved before the dictionary is updated.
    step_offset : float, 0 to 1000
    step_decay : float, 0.5 to 1
        Step t forgets ``(step_offset + t) ** -step_decay`` of what earlier minibatches said.
    step_size : float, 0 to 1
        A fixed size for all steps; 0 follows the schedule.
    mixins : mapping of name to weight, list of Mixin, or None
        Secondary objectives of the dictionary; `l1`, `l2`, `cosine` and `entropy` are always there, at weight 0 unless
        given.
    batch_size : int or 'auto'
        Rows per minibatch; 'auto' is a sixteenth of them, 100 to 1,000.
    max_iter : int
        Passes over the data in :meth:`fit`.
    random_state : int, RandomState or None
    device : {'auto', 'cuda', 'cpu'}
        Where it computes: 'auto' takes an NVIDIA GPU where there is one that works, see
        :func:`mixviz.device_report`.

    Attributes
    ----------
    components_ : ndarray of float32, shape (K, V)
        The dictionary; rows sum to 1. Read-only.
    reconstruction_err_ : float
        Set by :meth:`fit`: ``|X - H W|``, or the root of twice the divergence, as scikit-learn has it.
    state_ : NMFState
    n_features_in_, n_iter_ : int

    References
    ----------
    Mairal, Bach, Ponce, Sapiro: Online learning for matrix factorization and sparse coding. JMLR 11, 2010,
    algorithms 1 and 2 (Frobenius).
    Lee, Seung: Algorithms for non-negative matrix factorization. NIPS 2001, eq. 5; averaged over minibatches as
    online EM, Cappé, Moulines: JRSS B 71, 2009 (Kullback-Leibler).
    """

    state_type = NMFState

    def __init__(
        self,
        n_components: int = 10,
        *,
        loss: Literal["frobenius", "kullback-leibler"] = "frobenius",
        l1_codes: float = 0.0,
        sweeps: int = 15,
        step_offset: float = 1.0,
        step_decay: float = 0.5,
        step_size: float = 0.0,
        mixins: Mapping[str, float] | Collection[Mixin] | None = None,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 10,
        random_state: int | np.random.RandomState | None = None,
        device: Literal["auto", "cuda", "cpu"] = "auto",
    ) -> None:
        self.n_components = n_components
        self.loss = loss
        self.l1_codes = l1_codes
        self.sweeps = sweeps
        self.step_offset = step_offset
        self.step_decay = step_decay
        self.step_size = step_size
        self.mixins = mixins
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

    def controls(self, data: Dataset) -> list[Control]:
        """Declare the live numbers, each at its starting value.

        Raises
        ------
        ValueError
            If a parameter is out of range, or a mixin has the name of another control.
        """
        own = [
            Control.starting(
                "l1_codes", self.l1_codes, 1e-3, 10, "log", allows_zero=True, group="objective",
                help="Fewer parts a row: what contributes little to a row is left out of it.",
            ),
            *learning_controls(self, "row", "parts"),
        ]  # fmt: skip
        return with_weights("NMF", own, [_weight(mixin) for mixin in self.resolved_mixins()])

    def metrics(self, data: Dataset) -> list[Metric]:
        """Return the metrics shown unless the user chooses others."""
        return [
            *factor_metrics(),
            Metric("density", metrics.density, 10, "Share of entries that matter in a part. Low: small parts."),
            Metric("cosine", metrics.cosine, 10, "How much parts overlap. 0: no two parts share an entry."),
        ]

    def _checked(self, data: Any, reset: bool) -> Any:
        """Return `data` as a matrix of numbers, bytes as they are, its features checked against those of the fit."""
        if data is None:
            raise TypeError("data must be images, a corpus, a data set or a matrix of rows by features, got None")
        return self._checked_numbers(data, reset, ensure_non_negative=True)

    def init_state(self, data: Dataset, seed: int) -> NMFState:
        """Return the state before step 1: parts near the uniform distribution, shares drawn from 1/2 to 3/2.

        Raises
        ------
        ValueError
            If the loss is neither of the two, or a row has a negative entry or one that is not finite.
        """
        V, K = n_features(data), check_whole("n_components", self.n_components, 1)
        if self.loss not in ("frobenius", "kullback-leibler"):
            raise ValueError(f"loss must be 'frobenius' or 'kullback-leibler', got {self.loss!r}")
        self.place()
        phi = first_columns(V, K, _INIT_STREAM, seed)
        some = _usable(data.take(np.linspace(0, len(data) - 1, min(len(data), _INIT_ROWS)).astype(np.int64)))
        size, length = np.full(K, row_sums(some).mean() / K, f4), float(np.sqrt(squares(some).mean()))
        if self.loss == "frobenius":
            nothing = np.zeros((K, K), f4), np.zeros((V, K), f4)
            return NMFState(phi, size, *nothing, length, self.l1_codes, 0, seed)
        return NMFState(phi, size, np.zeros((0, 0), f4), np.zeros((0, 0), f4), 0.0, self.l1_codes, 0, seed)

    def compute(self, place: Processor, state: NMFState, batch: Batch, controls: Values) -> tuple[NMFState, Info]:
        """Return the state after one minibatch, and the size of the step.

        Raises
        ------
        ValueError
            If a row has a negative entry or one that is not finite, or the gradient of a user's mixin has the wrong
            shape or is not finite.
        """
        data, step = batch.data, state.step + 1
        rho = controls["step_size"] or float((controls["step_offset"] + step) ** -controls["step_decay"])
        found = encode(state, data, controls["l1_codes"], int(controls["sweeps"]))
        learn = learn_squared if state.loss == "frobenius" else learn_divergent
        weighted = [(mixin, mixin.scale * controls[mixin.name]) for mixin in self.resolved_mixins()]
        new = learn(place, state, data, found, rho, weighted)
        return replace(new, l1_codes=controls["l1_codes"], step=step), {"step_size_used": rho}

    def place(self) -> Processor:
        """Return where this model computes; with more than 512 parts the processor.

        Raises
        ------
        ValueError
            If there are more parts and `device` is 'cuda', or `device` is none of the three.
        DeviceError
            If it is 'cuda' and there is no GPU that works.
        """
        if self.n_components <= _MOST_ON_GPU:
            return super().place()
        if self.device == "cuda":
            raise ValueError(f"n_components must be at most {_MOST_ON_GPU} on a GPU, got {self.n_components}")
        return Processor()

    def check_rows(self, rows: Any) -> None:
        """Raise ValueError unless all entries are finite and 0 or more."""
        _check(rows)

    def adopt(self, state: NMFState, data: Dataset | None = None) -> None:
        """Set the fitted attributes from `state`, without copying."""
        self.state_ = state
        self.components_ = state.phi_vk.T
        self.n_features_in_, self._n_features_out = state.phi_vk.shape

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from `X` in `max_iter` passes.

        Parameters
        ----------
        X : Corpus, Images, ndarray or sparse matrix, shape (N, V)
        y : ignored
        """
        super().fit(X)
        total = sum(float(errors(self.state_, data, codes).sum()) for data, codes in self._coded(X))
        self.reconstruction_err_ = float(np.sqrt(total if self.loss == "frobenius" else 2 * max(total, 0)))
        return self

    def _coded(self, X: Any) -> Iterable[tuple[Any, FloatArray]]:
        """Return the rows and their codes, a chunk at a time."""
        for batch in self._chunks(X):
            rows = _usable(batch)
            yield rows, encode(self.state_, rows, self.state_.l1_codes, N_SWEEPS).codes_nk

    def transform(self, X: Any) -> FloatArray:
        """Return the codes of rows, float32, shape (N, K): how much of a row's sum comes from each part."""
        return np.concatenate([codes for _, codes in self._coded(X)])

    def inverse_transform(self, X: Any) -> FloatArray:
        """Return what codes stand for, shape (N, V): ``X @ components_``."""
        check_is_fitted(self, "state_")
        return np.asarray(np.asarray(X, f4) @ self.components_)


def _weight(mixin: Mixin) -> Control:
    """Return a mixin's weight, in words for parts instead of topics."""
    control = mixin.control()
    return replace(control, help=_HELP[mixin.name]) if mixin.is_built_in else control


def _usable(batch: Batch) -> Any:
    """Return the rows of a batch; ValueError unless all entries are finite and 0 or more."""
    _check(batch.data)
    return batch.data


def _check(rows: Any) -> None:
    values = rows.data if hasattr(rows, "toarray") else rows
    if values.dtype.kind != "u" and values.size and not (values.min() >= 0 and values.max() < np.inf):
        worst = values.min() if values.min() < 0 else values.sum()
        raise ValueError(f"NMF takes rows whose entries are finite and 0 or more, got {worst:g}")
