"""Metrics and policies of a session, run behind a guard: one that raises is disabled and reported, the run goes on."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mixviz.cuda import DeviceError
from mixviz.engine.history import History
from mixviz.types import Batch, Metric, check_text, check_whole

T = TypeVar("T")
Report = Callable[..., None]
"""``report(message=, traceback=)``."""


class Instruments:
    """What is read from a run, and what steers it, by name.

    Attributes
    ----------
    metrics : dict of str to Metric
    policies : dict of str to callable
    failures : dict of str to dict
        ``message`` and ``traceback`` of each metric that raised and was disabled. All three are replaced whole when
        they change, so that a loop over them is safe in any thread.
    """

    def __init__(self, metrics: Sequence[Metric], report: Report) -> None:
        self.metrics: dict[str, Metric] = {}
        self.failures: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()
        for metric in metrics:
            self.add_metric(metric)
        self.policies: dict[str, Callable[[Any], None]] = {}
        self._report = report

    def add_metric(self, metric: Metric) -> None:
        """Add or replace a metric; TypeError or ValueError where it is none."""
        if not isinstance(metric, Metric) or not callable(metric.function):
            raise TypeError(f"a metric is a mixviz.Metric with a function, got {metric!r}")
        check_text("name", metric.name)
        check_whole(f"metric {metric.name!r}: every", metric.every, 1)
        with self._lock:
            self.metrics = {**self.metrics, metric.name: metric}
            self.failures = _without(self.failures, metric.name)

    def add_policy(self, name: str, policy: Callable[[Any], None]) -> bool:
        """Add or replace a policy, from its beginning on; return False for one whose ``restart()`` raises."""
        self.remove_policy(name)
        try:
            restart: Callable[[], None] | None = getattr(policy, "restart", None)
            if restart:
                restart()
        except Exception as error:  # the user's code: whatever it raises must not end the run
            self._disable_policy(name, error)
            return False
        self.policies = {**self.policies, name: policy}
        return True

    def remove_policy(self, name: str) -> None:
        """Remove a policy if it is there."""
        self.policies = _without(self.policies, name)

    def measure(self, step: int, state: Any, batch: Batch, history: History) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of every metric due at `step`, fit for `history`; step 1 is always due."""
        for name, metric in self.metrics.items():
            if step != 1 and step % metric.every:
                continue
            try:
                value = _as_numbers(metric.function(state, batch))
                history.column_for(name, value)
            except DeviceError:
                raise
            except Exception as error:  # the user's code, as above
                self._disable_metric(metric, error)
            else:
                yield name, value

    def _disable_metric(self, metric: Metric, error: Exception) -> None:
        """Take a metric that raised out, and report it; one that was replaced meanwhile is gone already."""
        message = f"metric {metric.name} disabled: {_in_words(error)}"
        failure = {"message": message, "traceback": traceback.format_exc()}
        with self._lock:
            if self.metrics.get(metric.name) is not metric:
                return
            self.metrics = _without(self.metrics, metric.name)
            self.failures = {**self.failures, metric.name: failure}
        self._report(**failure)

    def _disable_policy(self, name: str, error: Exception) -> None:
        self.remove_policy(name)
        self._report(message=f"policy {name} disabled: {_in_words(error)}", traceback=traceback.format_exc())

    def steer(self, session: Any, run_as: Callable[[str], Any]) -> None:
        """Call every policy with `session`, inside ``run_as(name)``."""
        for name, policy in self.policies.items():
            try:
                with run_as(name):
                    policy(session)
            except Exception as error:  # the user's code, as above
                self._disable_policy(name, error)


def _as_numbers(value: Any) -> npt.NDArray[Any]:
    """Return a read-only copy of a metric's value as an array; TypeError unless it is numbers."""
    array = np.array(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"returned {value!r}, not a number or an array of numbers")
    array.flags.writeable = False
    return array


def _without(items: dict[str, T], name: str) -> dict[str, T]:
    return {key: item for key, item in items.items() if key != name}


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
