"""Metrics and policies of a session, run behind a guard: one that raises is disabled and reported, the run goes on."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from mixviz.types import Batch, Metric

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
        self._is_scalar: dict[str, bool] = {}
        for metric in metrics:
            self.add_metric(metric)
        self.policies: dict[str, Callable[[Any], None]] = {}
        self._report = report

    def add_metric(self, metric: Metric) -> None:
        """Add or replace a metric; TypeError or ValueError where it is none."""
        if not isinstance(metric, Metric) or not callable(metric.function):
            raise TypeError(f"a metric is a mixviz.Metric with a function, got {metric!r}")
        if metric.every != int(metric.every) or metric.every < 1:
            raise ValueError(
                f"metric {metric.name!r}: every must be a whole number of at least 1, got {metric.every!r}"
            )
        self.metrics = {**self.metrics, metric.name: metric}
        self.failures = {name: failure for name, failure in self.failures.items() if name != metric.name}

    def add_policy(self, name: str, policy: Callable[[Any], None]) -> None:
        """Add or replace a policy."""
        self.policies = {**self.policies, name: policy}

    def remove_policy(self, name: str) -> None:
        """Remove a policy if it is there."""
        self.policies = {key: policy for key, policy in self.policies.items() if key != name}

    def measure(self, step: int, state: Any, batch: Batch) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of every metric due at `step`; step 1 is always due."""
        for name, metric in self.metrics.items():
            if step != 1 and step % metric.every:
                continue
            try:
                value = self._checked(name, metric.function(state, batch))
            except Exception as error:  # the user's code: whatever it raises must not end the run
                self.metrics = {key: m for key, m in self.metrics.items() if key != name}
                failure = {
                    "message": f"metric {name} disabled: {_in_words(error)}",
                    "traceback": traceback.format_exc(),
                }
                self.failures = {**self.failures, name: failure}
                self._report(**failure)
            else:
                yield name, value

    def _checked(self, name: str, value: Any) -> Any:
        """Return a metric's value as an array; TypeError unless it is numbers, of the same kind as before."""
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"returned {value!r}, not a number or an array of numbers")
        if self._is_scalar.setdefault(name, array.ndim == 0) != (array.ndim == 0):
            raise TypeError(
                f"returned an array of shape {array.shape}; it was {'a number' if array.ndim else 'an array'} before"
            )
        return array

    def steer(self, session: Any, run_as: Callable[[str], Any]) -> None:
        """Call every policy with `session`, inside ``run_as(name)``."""
        for name, policy in self.policies.items():
            try:
                with run_as(name):
                    policy(session)
            except Exception as error:  # the user's code, as above
                self.remove_policy(name)
                self._report(message=f"policy {name} disabled: {_in_words(error)}", traceback=traceback.format_exc())


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
