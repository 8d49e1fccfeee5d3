"""Run bar: where the run stands and what went wrong."""

from __future__ import annotations

import math

from mixviz.views.base import Frame, Source

_N_AUTOMATIC = 12


class RunBar:
    """State, step, epoch and rate; snapshots to go back to.

    Parameters
    ----------
    items : str
        What the data set's rows are called, as in ``98,400 docs/s``.
    """

    id = kind = "run_bar"
    interval_s = 0.0

    def __init__(self, items: str = "rows") -> None:
        self.items = items

    def frame(self, source: Source) -> Frame:
        """Return the run bar."""
        status = source.status
        header = {
            "state": str(status.state),
            "step": status.step,
            "epoch": status.epoch,
            "items_per_second": float(f"{status.items_per_second:.3g}"),
            "items": self.items,
            "message": status.message,
            "traceback": status.error,
            "snapshots": _listed(source),
        }
        return Frame(header, [])


def _listed(source: Source) -> list[dict[str, object]]:
    """Return the named snapshots, then some automatic ones spread over the run, each newest first."""
    newest = sorted(source.snapshots, key=lambda s: -s.id)
    named, automatic = [s for s in newest if s.name], [s for s in newest if not s.name]
    every = max(math.ceil(len(automatic) / _N_AUTOMATIC), 1)
    return [{"id": s.id, "step": s.step, "name": s.name} for s in named + automatic[::every]]
