"""Policies: automatic hands on the controls, with the same verbs and the same log as a person's.

A policy is anything callable with the session; it is called before every step. Those here are values with a
`name` and the `controls` they drive. A manual change of such a control suspends the policy on it until
``session.resume_policies(control)``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mixviz.types import Control, check_callable, check_finite, check_positive, check_whole


def _settable(control: Control, value: float) -> float:
    """Return `value`, rounded for a whole number; between 0 and the lowest value beside 0, the nearer of the two."""
    if control.is_integer:
        return round(value)
    if control.allows_zero and 0 < value < control.low:
        return control.low if value > control.low / 2 else 0.0
    return value


@dataclass
class Schedule:
    """Sets `control` to ``function(step)``, where `step` counts from 1 at the first step after it was added."""

    control: str
    function: Callable[[int], float]
    name: str = "schedule"
    first_step: int | None = None

    @property
    def controls(self) -> tuple[str, ...]:
        """The control it drives."""
        return (self.control,)

    def __call__(self, session: Any) -> None:
        """Set the value for the step about to run."""
        step = session.status.step + 1
        if self.first_step is None or step < self.first_step:
            self.first_step = step
        value = self.function(step - self.first_step + 1)
        session.set(**{self.control: _settable(session.controls[self.control], value)})

    def restart(self) -> None:
        """Count steps from the next one; called when it is added to a session."""
        self.first_step = None


def schedule(control: str, function: Callable[[int], float], name: str = "schedule") -> Schedule:
    """Drive `control` by any function of the step.

    Parameters
    ----------
    control : str
        Name of a control.
    function : callable
        Takes the number of the step since the policy was added (1, 2, …) and returns the value.
    name : str
        Under which it appears in the log.
    """
    check_callable("function", function)
    return Schedule(control, function, name)


def anneal(
    control: str,
    start: float,
    stop: float,
    steps: int,
    shape: Literal["geometric", "linear"] | None = None,
    name: str = "anneal",
) -> Schedule:
    """Move `control` from `start` to `stop` within `steps` steps and hold it there.

    Parameters
    ----------
    control : str
        Name of a control, usually ``"temperature"``.
    start, stop : float
        First and last value.
    steps : int
        Steps from the first value to the last, at least 2.
    shape : {'geometric', 'linear'}, optional
        Default: geometric where both ends are above zero.

    Raises
    ------
    ValueError
        If an end is not finite, `steps` is too small, or a geometric course has an end that is not above zero.
    """
    start, stop, steps = check_finite("start", start), check_finite("stop", stop), check_whole("steps", steps, 2)
    is_positive = start > 0 and stop > 0
    if shape not in (None, "geometric", "linear"):
        raise ValueError(f"shape must be 'geometric' or 'linear', got {shape!r}")
    if shape == "geometric" and not is_positive:
        raise ValueError(f"a geometric course needs start and stop above 0, got {start!r} and {stop!r}")
    is_geometric = is_positive and shape != "linear"

    def value(step: int) -> float:
        if step >= steps:
            return stop
        share = (step - 1) / (steps - 1)
        return start * (stop / start) ** share if is_geometric else start + (stop - start) * share

    return Schedule(control, value, name)


@dataclass
class Link:
    """Sets `control` to a function of the other controls' values."""

    control: str
    function: Callable[[Mapping[str, float]], float]
    name: str = "link"

    @property
    def controls(self) -> tuple[str, ...]:
        """The control it drives."""
        return (self.control,)

    def __call__(self, session: Any) -> None:
        """Set the value that follows from the others as they are now."""
        value = self.function(session.controls.values_by_name)
        session.set(**{self.control: _settable(session.controls[self.control], value)})


def link(control: str, function: Callable[[Mapping[str, float]], float], name: str = "link") -> Link:
    """Tie `control` to the others: ``link("l2", lambda values: values["l1"] / 2)``."""
    check_callable("function", function)
    return Link(control, function, name)


@dataclass
class Plateau:
    """Multiplies `control` by `factor` when `metric` has stopped improving. See :func:`plateau`."""

    control: str
    metric: str
    factor: float
    patience: int
    min_change: float
    mode: Literal["max", "min"]
    name: str = "plateau"
    acted_at: int = field(default=0, repr=False)

    @property
    def controls(self) -> tuple[str, ...]:
        """The control it drives."""
        return (self.control,)

    def __call__(self, session: Any) -> None:
        """Compare the latest values with those before, and act once in `patience` values at most."""
        if self.metric not in session.history:
            return
        if not session.history.may_be_line(self.metric):
            raise TypeError(f"metric must be a column of numbers, {self.metric!r} is one of arrays")
        steps, values = session.history[self.metric]
        if len(steps) and self.acted_at > steps[-1]:
            self.acted_at = 0  # the run was rewound
        values = values[(steps > self.acted_at) & np.isfinite(values)] * (1 if self.mode == "max" else -1)
        if len(values) <= self.patience:
            return
        if values[-self.patience :].max() > values[: -self.patience].max() + self.min_change:
            return
        self.acted_at = int(steps[-1])
        control: Control = session.controls[self.control]
        if control.value == 0:
            return
        value = min(max(control.value * self.factor, control.low), control.high)
        session.set(**{self.control: _settable(control, value)})

    def restart(self) -> None:
        """Look at all values again; called when it is added to a session."""
        self.acted_at = 0


def plateau(
    control: str,
    metric: str,
    *,
    factor: float = 0.5,
    patience: int = 10,
    min_change: float = 0.0,
    mode: Literal["max", "min"] = "max",
    name: str = "plateau",
) -> Plateau:
    """Multiply `control` by `factor` when `metric` has not improved over its `patience` latest values.

    A control at 0 is left there.

    Parameters
    ----------
    control, metric : str
        What to change, and what to watch.
    factor : float
        Above 0; the result is kept within the control's range.
    patience : int
        Recorded values without improvement before it acts, at least 1. NaN and infinity are passed over.
    min_change : float
        An improvement counts if it is larger than this.
    mode : {'max', 'min'}
        Whether larger or smaller is better.
    """
    factor = check_positive("factor", check_finite("factor", factor))
    patience, min_change = check_whole("patience", patience, 1), check_finite("min_change", min_change)
    if mode not in ("max", "min"):
        raise ValueError(f"mode must be 'max' or 'min', got {mode!r}")
    return Plateau(control, metric, factor, patience, min_change, mode, name)


@dataclass
class TimeLimit:
    """Pauses the session once it has trained for `seconds`, paused time not counted."""

    seconds: float
    name: str = "time_limit"
    _spent: float = 0.0
    _last: float | None = None

    def __call__(self, session: Any) -> None:
        """Add the time since the last step and pause where the limit is reached."""
        now = time.monotonic()
        is_first = self._last is None or session.status.steps_per_second == 0
        self._spent += 0.0 if is_first or self._last is None else now - self._last
        self._last = now
        if self._spent >= self.seconds:
            self.restart()
            session.pause()

    def restart(self) -> None:
        """Start the clock anew; called when it is added to a session."""
        self._spent, self._last = 0.0, None


def time_limit(seconds: float, name: str = "time_limit") -> TimeLimit:
    """Pause after `seconds` of training; after a resume the clock starts anew.

    Raises
    ------
    ValueError
        If `seconds` is not above 0.
    """
    return TimeLimit(check_positive("seconds", seconds), name)
