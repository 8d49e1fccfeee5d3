"""A session as views read it: the session itself, and digests that all panels of one dashboard share."""

from __future__ import annotations

from typing import Any

from mixviz.views.changes import Changes


class Watched:
    """Satisfies :class:`mixviz.views.base.Source`; whatever is not found here is the session's.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    changes : Changes
        Digest of the log, as new as the last :meth:`refresh`.
    hidden_controls : tuple of str
        Controls that a person took off the control panel.
    topic_names : dict of int to str
        Names that a person gave to topics.
    """

    def __init__(self, session: Any) -> None:
        self.session = session
        self.changes = Changes()
        self.hidden_controls: tuple[str, ...] = ()
        self.topic_names: dict[int, str] = {}
        self._usual = set(session.instruments.metrics)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["session"], name)

    def refresh(self) -> None:
        """Read what the log got meanwhile."""
        self.changes.read(self.session.log, self.session.history.path)

    @property
    def metrics(self) -> dict[str, str]:
        """Help texts of all that is, or will be, a column of numbers, by name."""
        history, declared = self.session.history, self.session.instruments.metrics
        names = {name: metric.help for name, metric in declared.items()}
        names |= {name: names.get(name, "") for name in (*self.failures, *history)}
        return {name: help for name, help in names.items() if self._is_line(name)}

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of `metrics`, and of those not recorded yet, which may turn out to be columns of numbers."""
        declared, history = self.session.instruments.metrics, self.session.history
        return tuple(dict.fromkeys((*self.metrics, *(name for name in declared if name not in history))))

    @property
    def usual_metrics(self) -> tuple[str, ...]:
        """Those of `metrics` that a dashboard shows unasked."""
        metrics, failures = self.metrics, self.failures
        asked = [metric.name for metric in self.session.instruments.metrics.values() if metric.has_line]
        return tuple(name for name in dict.fromkeys((*asked, *failures)) if name in metrics)

    @property
    def failures(self) -> dict[str, dict[str, str]]:
        """``message`` and ``traceback`` of each metric that raised and was disabled, by its name."""
        failures: dict[str, dict[str, str]] = self.session.instruments.failures
        return failures

    def _is_line(self, name: str) -> bool:
        """Whether it is a column of numbers; before anything is recorded, whether it is the session's first choice."""
        history = self.session.history
        if name in history:
            return bool(history.may_be_line(name))
        return name in self.failures or (not history and name in self._usual)
