"""Run bar: where the run stands and what went wrong."""

from __future__ import annotations

from mixviz.backend import get_num_threads
from mixviz.views.base import Frame, Source


class RunBar:
    """State, step, epoch and rate, and what the run computes on.

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
            "device": "gpu" if status.device == "cuda" else f"cpu ×{get_num_threads()}",
            "message": status.message,
            "traceback": status.error,
        }
        return Frame(header, [])
