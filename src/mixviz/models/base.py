"""What every model's estimator side shares: data, seeds, the passes behind `fit`, and its description in a file."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.sparse
import xxhash
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from mixviz.cuda import is_on_gpu, uses_gpu
from mixviz.data.batches import Batches, Feed
from mixviz.mixins import Mixin, resolve_mixins
from mixviz.models.feeds import feed as gpu_feed
from mixviz.models.places import Gpu, Processor
from mixviz.types import Batch, Control, Dataset, Info, IntArray, Values, check_whole

NUMBERS = (np.float32, np.uint8, np.float64)
"""Kinds of numbers that measurements keep; all others become the first."""
_CHUNK_ROWS, _CHUNK_BYTES = 4096, 8 << 20
"""Rows that are looked at together, and what dense ones may take as float32: the whole may be larger than memory."""


class ArrayDataset:
    """Rows of a matrix, dense or CSR.

    Parameters
    ----------
    data : ndarray or csr_matrix, shape (N, F)
    feature_names : sequence of str, length F, optional
    """

    def __init__(self, data: Any, feature_names: Sequence[str] | None = None) -> None:
        self.data = data
        self.feature_names = feature_names

    def __len__(self) -> int:
        return int(self.data.shape[0])

    def take(self, rows: IntArray) -> Batch:
        """Return the given rows as a batch."""
        rows = np.asarray(rows, np.int64)
        return Batch(rows, self.data[rows])

    def fingerprint(self) -> str:
        """Return a digest of shape and contents."""
        digest = xxhash.xxh3_128(repr(self.data.shape).encode())
        names = ("indptr", "indices", "data") if scipy.sparse.issparse(self.data) else ("data",)
        for name in names:
            values = getattr(self.data, name) if len(names) > 1 else self.data
            n = chunk_rows(values)
            for first in range(0, len(values), n):
                digest.update(np.ascontiguousarray(values[first : first + n]).reshape(-1).view(np.uint8).data)
        return digest.hexdigest()


def chunk_rows(data: Any) -> int:
    """Return how many rows of a matrix are looked at together."""
    row_bytes = 4 * int(np.prod(data.shape[1:]))
    return _CHUNK_ROWS if scipy.sparse.issparse(data) else min(_CHUNK_ROWS, max(_CHUNK_BYTES // row_bytes, 1))


def n_features(data: Dataset) -> int:
    """Return how many columns the rows of `data` have."""
    return int(data.take(np.zeros(0, np.int64)).data.shape[1])


def seed_from(random_state: Any) -> int:
    """Return the 32-bit seed that `random_state` (None, an int or a RandomState) stands for."""
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        if not 0 <= random_state < 2**32:
            raise ValueError(f"random_state must lie between 0 and 2**32 - 1, got {random_state!r}")
        return int(random_state)
    return int(check_random_state(random_state).randint(0, 2**32, dtype=np.uint32))


def _holds_texts(data: Any) -> bool:
    """Return whether `data` is a string, or a list, one-dimensional array or series that begins with one."""
    is_list = isinstance(data, Sequence) or getattr(data, "ndim", 0) == 1
    return isinstance(data, (str, bytes)) or (is_list and any(isinstance(item, str) for item in islice(data, 1)))


def _plain(value: Any) -> Any:
    """Return NumPy's numbers, in mappings too, as Python's."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return value.item() if isinstance(value, np.generic) else value


class SteerableEstimator(BaseEstimator):  # type: ignore[misc]
    """A scikit-learn estimator that learns by steps whose controls may change.

    A subclass has the parameters `batch_size`, `max_iter`, `random_state` and `device`, `mixins` where it takes some,
    and its own `controls`, `init_state`, `compute` and `adopt` as in :class:`mixviz.types.Model`.
    """

    state_type: ClassVar[type[Any]]
    mixins: Any = None
    batch_size: int | Literal["auto"]
    max_iter: int
    random_state: Any
    device: str
    state_: Any
    _placed: tuple[str, Processor] | None = None

    @abstractmethod
    def controls(self, data: Dataset) -> Sequence[Control]:
        """Declare the live numbers for `data`, each at its starting value."""

    @abstractmethod
    def init_state(self, data: Dataset, seed: int) -> Any:
        """Return the state before step 1."""

    @abstractmethod
    def compute(self, place: Processor, state: Any, batch: Batch, controls: Values) -> tuple[Any, Info]:
        """Return the state after one minibatch, and what is worth recording; all arrays are those of `place`."""

    def step(self, state: Any, batch: Batch, controls: Values) -> tuple[Any, Info]:
        """Return the state after one minibatch, and what is worth recording of it.

        Raises
        ------
        DeviceError
            If the GPU is out of memory, or gone.
        """
        place = self.place()
        if not is_on_gpu(getattr(batch.data, "indptr", batch.data)):
            self.check_rows(batch.data)
        with place.at_work():
            new, info = self.compute(place, place.state(state), place.batch(batch), controls)
            return place.published(new), info

    # ---- where it computes

    def place(self) -> Processor:
        """Return where this model computes, as `device` says.

        Raises
        ------
        ValueError
            If `device` is neither 'auto', 'cuda' nor 'cpu'.
        DeviceError
            If it is 'cuda' and there is no GPU that works.
        """
        if self._placed is None or self._placed[0] != self.device:
            self._placed = self.device, Gpu() if uses_gpu(self.device) else Processor()
        return self._placed[1]

    def leave_gpu(self) -> None:
        """Compute on the processor from now on."""
        self._placed = self.device, Processor()

    def check_rows(self, rows: Any) -> None:
        """Raise ValueError for rows, dense or sparse ones of the host, that the model cannot take.

        Called for every batch of the host, and for rows before they go to a GPU.
        """

    def feed(self, data: Dataset, batches: Batches) -> Any:
        """Return what gives the batch of every step, ``feed[step]``, where this model computes."""
        place = self.place()
        if not isinstance(place, Gpu):
            return Feed(data, batches)
        return gpu_feed(place, data, batches, self.check_rows)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_placed"}

    @abstractmethod
    def adopt(self, state: Any, data: Dataset) -> None:
        """Set the fitted attributes from `state`, without copying."""

    def as_dataset(self, data: Any) -> Dataset:
        """Validate what the user passed and wrap it: a data set such as a Corpus as it is, any matrix as rows.

        Raises
        ------
        TypeError
            If `data` is None, or a list of texts where counts are needed.
        ValueError
            If an entry is NaN or infinite, or negative where the model allows none, or there is no row or column.
            Fractions are allowed, in counts too: they are weights.
        """
        if isinstance(data, Dataset):
            return data
        checked = self._checked(data, reset=True)
        return ArrayDataset(checked, getattr(self, "feature_names_in_", None))

    def _checked(self, data: Any, reset: bool) -> Any:
        """Return `data` as CSR of float32 without duplicates, its features checked against those of the fit."""
        if data is None:
            raise TypeError("data must be a mixviz.Corpus or a matrix of counts, documents by words, got None")
        if _holds_texts(data):
            raise TypeError("data is texts, not counts: make a corpus of them first, mixviz.Corpus.from_texts(texts)")
        checked = validate_data(
            self, data, reset=reset, accept_sparse="csr", dtype=np.float32, ensure_non_negative=True
        )
        counts = scipy.sparse.csr_matrix(checked)
        counts.sum_duplicates()
        return counts

    def _checked_numbers(self, data: Any, reset: bool, **checks: Any) -> Any:
        """Return `data` as a matrix of :data:`NUMBERS`, or CSR of float32, its features checked as above."""
        checked: Any = validate_data(self, data, reset=reset, accept_sparse="csr", dtype=list(NUMBERS), **checks)
        if hasattr(checked, "toarray"):
            checked = checked.astype(np.float32)
            checked.sum_duplicates()
        return checked

    def _seen(self, X: Any) -> Dataset:
        """Return `X` as a data set for a model that is fitted, to as many features."""
        check_is_fitted(self, "state_")
        data = X if isinstance(X, Dataset) else ArrayDataset(self._checked(X, reset=False))
        if n_features(data) != self.n_features_in_:
            raise ValueError(f"X has {n_features(data)} features, but the model was fitted to {self.n_features_in_}")
        return data

    def _rows(self, X: Any) -> Any:
        """Return the counts of a Corpus or a matrix for a fitted model."""
        data = self._seen(X)
        return data.data if isinstance(data, ArrayDataset) else data.take(np.arange(len(data))).data

    def _chunks(self, X: Any) -> Iterator[Batch]:
        """Yield all rows of `X` for a fitted model, some at a time."""
        data = self._seen(X)
        n = chunk_rows(data.take(np.zeros(0, np.int64)).data)
        for first in range(0, len(data), n):
            yield data.take(np.arange(first, min(first + n, len(data))))

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from `X` in `max_iter` passes.

        Parameters
        ----------
        X : Corpus, ndarray or sparse matrix, shape (D, V)
        y : ignored
        """
        n_passes = check_whole("max_iter", self.max_iter, 1)
        data = self.as_dataset(X)
        self._train(self.init_state(data, seed_from(self.random_state)), data, n_passes, self._fit_values)
        self.n_iter_ = n_passes
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from one pass over `X`, on top of what was learnt before. Arguments as for :meth:`fit`."""
        is_first = not hasattr(self, "state_")
        data = self.as_dataset(X) if is_first else self._seen(X)
        state = self.init_state(data, seed_from(self.random_state)) if is_first else self.state_
        self._train(state, data, 1)
        self.n_iter_ = getattr(self, "n_iter_", 0) + 1
        return self

    def _train(
        self, state: Any, data: Dataset, n_passes: int, values_at: Callable[[Values, float], Values] | None = None
    ) -> None:
        """Take the steps of some passes over `data` from `state`, and adopt the result.

        Every pass sees each row once, whatever was learnt before, in an order drawn from (seed, steps before).
        `values_at` makes the controls' values of those declared and of the share of the steps that are done.
        """
        batches = Batches(np.arange(len(data)), self.batch_size, state.seed + (state.step << 32))
        values = {control.name: control.value for control in self.controls(data)}
        feed, n_steps = self.feed(data, batches), n_passes * batches.n_per_epoch
        for n_done in range(n_steps):
            now = values_at(values, n_done / n_steps) if values_at else values
            state, _ = self.step(state, feed[n_done + 1], now)
        self.adopt(state, data)

    def _fit_values(self, values: Values, share_done: float) -> Values:
        """Return the controls' values in :meth:`fit`, where nobody steers, once that share of the steps is done."""
        return values

    def seed(self) -> int | None:
        """Return the 32-bit seed that `random_state` stands for, None where it is None. A RandomState is drawn from."""
        return None if self.random_state is None else seed_from(self.random_state)

    def resolved_mixins(self) -> tuple[Mixin, ...]:
        """Return the built-in mixins at their weights, and the user's own."""
        return resolve_mixins(self.mixins)

    def config(self) -> dict[str, Any]:
        """Return constructor arguments as JSON values.

        Raises
        ------
        ValueError
            If a mixin is the user's own, or `random_state` is a generator: neither can be written to a file.
        """
        config: dict[str, Any] = dict(self.get_params(deep=False))
        foreign = [repr(mixin) for mixin in self.resolved_mixins() if not mixin.is_built_in]
        if foreign:
            raise ValueError(f"mixins holds {', '.join(foreign)}: only built-in mixins can be described in a file")
        if self.random_state is not None and not isinstance(self.random_state, (int, np.integer)):
            raise ValueError(f"random_state must be None or an int to go into a file, got {self.random_state!r}")
        if "mixins" in config:
            config["mixins"] = {mixin.name: float(mixin.weight) for mixin in self.resolved_mixins()}
        return {name: _plain(value) for name, value in config.items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the model that :meth:`config` described."""
        return cls(**config)
