"""A session that stands still, for views to look at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mixviz.engine.path import Path
from mixviz.types import Control, Published
from mixviz.views.changes import Changes


class Columns(dict[str, tuple[Any, Any]]):
    """A history whose windows are not decimated, of a run that was never rewound."""

    def __init__(self, *columns: Any, path: Any = None, **named: Any) -> None:
        super().__init__(*columns, **named)
        self.path = path or Path()

    def window(self, name: str, first: int, last: int | None, n_bins: int) -> tuple[Any, Any, Any]:
        steps, values = self[name]
        return steps, values, values

    def may_be_line(self, name: str) -> bool:
        return np.ndim(self[name][1]) == 1

    def latest(self, name: str) -> float | None:
        return float(self[name][1][-1])

    def latest_array(self, name: str) -> Any:
        return self[name][1][-1]


def change(kind: str = "set", name: str = "l1", **fields: Any) -> SimpleNamespace:
    """One line of a log."""
    usual = {"tick": 1, "step": 1, "time": 0.0, "source": "user", "old": None, "new": None}
    return SimpleNamespace(**{**usual, **fields, "kind": kind, "name": name})


def still_session(**fields: Any) -> SimpleNamespace:
    """A session at step 12; any attribute may be given."""
    status = {
        "state": "running", "step": 12, "epoch": 2, "items_per_second": 98412.3, "error": None, "message": "",
        "device": "cpu",
    }  # fmt: skip
    controls = [
        Control("alpha", 0.1, 0.1, 0.001, 10, "log", group="priors"),
        Control("l1", 0.0, 0.0, 1e-4, 1, "log", group="objective", allows_zero=True, help="sparser topics"),
        Control("rate", 0.5, 0.5, 0, 1, group="mine"),
    ]
    usual = {
        "status": SimpleNamespace(**status),
        "published": Published(12, 12, SimpleNamespace(), {}),
        "controls": {control.name: control for control in controls},
        "owners": {"alpha": "anneal"},
        "suspended": {"l1": ("link",)},
        "history": Columns(likelihood=(np.arange(1, 13), -9 + np.arange(12.0) / 10)),
        "log": (),
        "changes": Changes(),
        "metrics": {"likelihood": "per token"},
        "failures": {},
        "errors": {},
        "hidden_controls": (),
        "topic_names": {},
        "snapshots": (),
        "data": SimpleNamespace(),
    }
    return SimpleNamespace(**{**usual, **fields})
