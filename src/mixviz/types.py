"""The vocabulary every layer shares: controls, metrics, batches, and what a model and a data set must offer.

Nothing here computes. Both the models and the engine speak these types, so neither needs to import the other. What
arguments may be is checked here too, in one wording.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeGuard, runtime_checkable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Scale = Literal["linear", "log"]
Values = Mapping[str, float]
"""Control values by name, as handed to :meth:`Model.step`."""
Info = Mapping[str, float]
"""Figures a step reports besides the state; each becomes a history column."""


def _is_number(value: object) -> TypeGuard[float]:
    """Whether `value` is a number, NaN and infinity included, and no bool."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def check_whole(name: str, value: object, low: int, high: float = math.inf) -> int:
    """Return `value` as an int; ValueError, naming it, unless it is a whole number from `low` to `high`."""
    if not _is_number(value) or not low <= value <= high or value == math.inf or value != int(value):
        allowed = f"from {low} to {high}" if high < math.inf else f"of at least {low}"
        raise ValueError(f"{name} must be a whole number {allowed}, got {value!r}")
    return int(value)


def check_positive(name: str, value: object) -> float:
    """Return `value` as a float; ValueError, naming it, unless it is a number above 0. Infinity is one."""
    if not _is_number(value) or not value > 0:
        raise ValueError(f"{name} must be above 0, got {value!r}")
    return float(value)


def check_finite(name: str, value: object) -> float:
    """Return `value` as a float; ValueError, naming it, unless it is a finite number."""
    if not _is_number(value) or not -math.inf < value < math.inf:
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return float(value)


def check_text(name: str, value: object) -> str:
    """Return `value`; TypeError, naming it, unless it is text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, got {value!r}")
    return value


def check_callable(name: str, value: object) -> None:
    """Raise TypeError, naming `value`, unless it can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {value!r}")


def set_read_only(*arrays: Any) -> None:
    """Set NumPy's arrays read-only; those of a GPU cannot be."""
    for array in arrays:
        if isinstance(array, np.ndarray):
            array.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Control:
    """One live number: what it is now and what it may be.

    Attributes
    ----------
    name : str
        Identifier, as in ``session.set(name=value)``.
    value, default : float
        Now, and at the start of the run.
    low, high : float
        Allowed range, both ends included.
    scale : {'linear', 'log'}
        How a slider should spread the range.
    unit, help : str
        Shown beside the slider.
    group : {'objective', 'sampler', 'priors'}
        Heading under which the control is shown.
    is_integer : bool
        Only whole numbers are allowed.
    allows_zero : bool
        Zero is allowed although ``low`` is above it (the far left of a log slider).
    """

    name: str
    value: float
    default: float
    low: float
    high: float
    scale: Scale = "linear"
    unit: str = ""
    help: str = ""
    group: str = "sampler"
    is_integer: bool = False
    allows_zero: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"control {self.name!r}: low={self.low!r} must be below high={self.high!r}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"control {self.name!r}: a log scale needs low > 0, got {self.low!r}")
        for name in ("value", "default"):
            number = getattr(self, name)
            self.check(number)
            if isinstance(number, np.generic):  # it must go into files
                object.__setattr__(self, name, number.item())

    @classmethod
    def starting(
        cls, name: str, value: float, low: float, high: float, scale: Scale = "linear", **details: Any
    ) -> Control:
        """Return a control whose default is its value."""
        return cls(name, value, value, low, high, scale, **details)

    def check(self, value: object) -> float:
        """Return `value` as a float, or raise naming the control, the value and what is allowed.

        Raises
        ------
        TypeError
            If `value` is not a real number.
        ValueError
            If it is outside the range, not finite, or fractional where an integer is needed.
        """
        if not _is_number(value):
            raise TypeError(f"control {self.name!r} takes a number, got {value!r}")
        number = float(value)
        if not (self.low <= number <= self.high or (self.allows_zero and number == 0)):
            raise ValueError(f"control {self.name!r} takes {self.range_text}, got {value!r}")
        if self.is_integer and number != int(number):
            raise ValueError(f"control {self.name!r} takes whole numbers, {self.range_text}, got {value!r}")
        return number

    @property
    def range_text(self) -> str:
        """The allowed values in words, e.g. ``'0 or 0.0001 to 1'``."""
        return f"{'0 or ' if self.allows_zero and self.low > 0 else ''}{self.low:g} to {self.high:g}"

    def with_value(self, value: float) -> Control:
        """Return a copy that holds `value` (checked)."""
        return replace(self, value=self.check(value))


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a data set.

    Attributes
    ----------
    rows : ndarray of int64, shape (B,)
        Row numbers in the data set: the identity that randomness is keyed by.
    data : csr_matrix or ndarray, shape (B, F)
        The rows themselves, in that order.
    """

    rows: IntArray
    data: Any

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure drawn from the model: ``function(state, batch) -> float or array``, every `every` steps.

    `state` is the model's, an object with arrays as fields: see :class:`mixviz.models.lda.LDAState`. `batch` holds the
    session's held-out rows; where it holds none out, the rows of the latest minibatch. Without `has_line` it is
    recorded, but a dashboard does not draw it unasked.
    """

    name: str
    function: Callable[[Any, Batch], Any]
    every: int = 1
    help: str = ""
    has_line: bool = True


@runtime_checkable
class Dataset(Protocol):
    """Rows that can be taken in any order. `fingerprint` tells two data sets apart in saved files.

    An attribute `unit`, such as "docs", says what a row is called; "rows" where there is none.
    """

    def __len__(self) -> int: ...

    def take(self, rows: IntArray) -> Batch:
        """Return the given rows as a batch."""

    def fingerprint(self) -> str:
        """Return a short digest of the contents."""


@runtime_checkable
class RemoteState(Protocol):
    """A state whose arrays are on another device; read, they are copied here one by one."""

    @property
    def n_bytes(self) -> int:
        """Bytes of the arrays."""

    def audit(self) -> tuple[str | None, int]:
        """Return the name of an array that is not finite, or None, and a digest; waits for the device."""

    def fetch(self) -> None:
        """Begin to copy all arrays here, without waiting."""

    def leave(self) -> None:
        """Copy what is not yet here, and give up the device's memory."""


class Model(Protocol):
    """What a session drives. The scikit-learn estimators of :mod:`mixviz.models` satisfy it.

    A `State` is a frozen dataclass of NumPy arrays and plain numbers; `state_type` is that class. Nothing
    reachable from a state handed out by `init_state` or `step` is ever written again.

    A model may have a method ``edits()``: functions ``(state, data, **arguments) -> state`` by name, for what a person
    does to the state by hand; arguments are JSON values. Such an edit takes the place of a step.

    One that computes on another device may have ``feed(data, batches)``, whose ``feed[step]`` is the batch of a step
    there, hand out states that are a :class:`RemoteState`, raise :class:`mixviz.cuda.DeviceError` where the device
    fails, and then be told ``leave_gpu()``.
    """

    state_type: type[Any]

    def seed(self) -> int | None:
        """Return the seed that the user gave the model, or None."""

    def controls(self, data: Dataset) -> Sequence[Control]:
        """Declare the live numbers for `data`, each at its starting value."""

    def as_dataset(self, data: Any) -> Dataset:
        """Validate what the user passed and wrap it."""

    def metrics(self, data: Dataset) -> Sequence[Metric]:
        """Return the metrics shown unless the user chooses others."""

    def init_state(self, data: Dataset, seed: int) -> Any:
        """Return the state before step 1."""

    def step(self, state: Any, batch: Batch, controls: Values) -> tuple[Any, Info]:
        """Return the state after one minibatch, and what is worth recording of it."""

    def adopt(self, state: Any, data: Dataset) -> None:
        """Set the fitted attributes (``components_`` and the like) from `state`, without copying."""

    def config(self) -> dict[str, Any]:
        """Return constructor arguments as JSON values; raise ValueError where that is impossible."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Model:
        """Build the model that :meth:`config` described."""


class Change(Protocol):
    """One line of a session's log, as far as views and policies need it."""

    @property
    def tick(self) -> int:
        """Steps executed in all when it happened."""

    @property
    def step(self) -> int:
        """The newest finished step then."""

    @property
    def time(self) -> float:
        """Seconds since the epoch."""

    @property
    def source(self) -> str:
        """``user``, ``policy:<name>`` or ``session``."""

    @property
    def kind(self) -> str:
        """What happened: ``set``, ``rewind``, ``snapshot`` and so on."""

    @property
    def name(self) -> str:
        """The control, the snapshot's name, or a message."""

    @property
    def old(self) -> float | None:
        """Value before; for a rewind the step left."""

    @property
    def new(self) -> float | None:
        """Value after; for a rewind the step reached."""


class Segment(Protocol):
    """Steps executed one after the other: ticks ``first..last`` (None: still growing), at steps ``tick - shift``."""

    @property
    def first(self) -> int:
        """The first tick."""

    @property
    def last(self) -> int | None:
        """The last tick."""

    @property
    def shift(self) -> int:
        """Steps that a rewind took back before."""


class Path(Protocol):
    """Which of the steps ever executed make up one course of a run."""

    @property
    def segments(self) -> Sequence[Segment]:
        """In order."""


class History(Protocol):
    """What views read of a session's history."""

    @property
    def path(self) -> Path:
        """The present course."""

    def __getitem__(self, name: str) -> tuple[IntArray, Any]: ...

    def __iter__(self) -> Iterator[str]: ...

    def window(
        self, name: str, first: int, last: int | None, n_bins: int
    ) -> tuple[IntArray, Float64Array, Float64Array]:
        """Return bin steps, minima and maxima of a scalar column over steps ``first..last``."""

    def may_be_line(self, name: str) -> bool:
        """Whether `name` is a column of numbers, or nothing at all has been recorded yet."""

    def latest(self, name: str) -> float | None:
        """Return a scalar column's newest value, or None where it has none on the present path."""

    def latest_array(self, name: str) -> npt.NDArray[Any] | None:
        """Return an array-valued column's newest value, or None where it has none on the present path."""


@dataclass(frozen=True, slots=True)
class Published:
    """The newest finished step, swapped in whole by the training thread and read by anyone."""

    step: int
    tick: int
    state: Any
    values: Values
