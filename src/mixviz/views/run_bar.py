"""Run bar: where the run stands and what went wrong."""

from __future__ import annotations

from mixviz.views.base import Frame, Source

_N_SNAPSHOTS = 14


class RunBar:
    """State, step, epoch and rate; snapshots to go back to, newest first, named ones before automatic ones.

    Parameters
    ----------
    items : str
        What the data set's rows are called, as in ``98,400 docs/s``.
    """

    id = kind = "run_bar"

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
    newest = sorted(source.snapshots, key=lambda s: (not s.name, -s.id))[:_N_SNAPSHOTS]
    return [{"id": s.id, "step": s.step, "name": s.name} for s in newest]
