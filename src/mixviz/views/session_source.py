"""A session as panels read it: the session itself, and digests that all panels of one dashboard share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mixviz.types import Change, Control, History, Published
from mixviz.views.base import Session, Snapshot, Status
from mixviz.views.changes import Changes


class SessionSource:
    """Satisfies :class:`mixviz.views.base.Source`.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    session : Session
    changes : Changes
        Digest of the log, as new as the last :meth:`refresh`.
    hidden_controls : tuple of str
        Controls that a person took off the control panel.
    topic_names : dict of int to str
        Names that a person gave to topics.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changes = Changes(getattr(session.data, "unit", "rows"))
        self.hidden_controls: tuple[str, ...] = ()
        self.topic_names: dict[int, str] = {}
        self._first = frozenset(session.instruments.metrics)

    def refresh(self) -> None:
        """Read what the log got meanwhile."""
        self.changes.read(self.log, self.history.path)

    @property
    def metrics(self) -> dict[str, str]:
        """Help texts of all columns of numbers, and of what is not recorded yet and may become one, by name."""
        declared, history = self.session.instruments.metrics, self.history
        arrays = {name for name in history if not history.may_be_line(name)}
        names = [name for name in (*declared, *self.failures, *history) if name not in arrays and isinstance(name, str)]
        return {name: declared[name].help if name in declared else "" for name in names}

    @property
    def usual_metrics(self) -> tuple[str, ...]:
        """Those of `metrics` that a dashboard shows unasked: recorded or failed ones; at first the session's."""
        metrics, declared = self.metrics, self.session.instruments.metrics
        ready = set(self.history) or self._first
        asked = [name for name, metric in declared.items() if metric.has_line and name in ready]
        return tuple(name for name in dict.fromkeys((*asked, *self.failures)) if name in metrics)

    @property
    def failures(self) -> Mapping[str, Mapping[str, str]]:
        """``message`` and ``traceback`` of each metric that raised and was disabled, by its name."""
        return self.session.instruments.failures

    # ---- the session's own

    @property
    def status(self) -> Status:
        """Where it stands."""
        return self.session.status

    @property
    def published(self) -> Published:
        """The newest finished step."""
        return self.session.published

    @property
    def controls(self) -> Mapping[str, Control]:
        """Present values."""
        return self.session.controls

    @property
    def owners(self) -> Mapping[str, str]:
        """The active policy of each driven control."""
        return self.session.owners

    @property
    def suspended(self) -> Mapping[str, tuple[str, ...]]:
        """Suspended policies by control."""
        return self.session.suspended

    @property
    def history(self) -> History:
        """Recorded figures."""
        return self.session.history

    @property
    def log(self) -> Sequence[Change]:
        """Every change so far."""
        return self.session.log

    @property
    def errors(self) -> Mapping[str, str]:
        """Tracebacks of what failed, by message."""
        return self.session.errors

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """Kept states, oldest first."""
        return self.session.snapshots

    @property
    def data(self) -> Any:
        """The data set."""
        return self.session.data
