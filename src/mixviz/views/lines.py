"""Streaming lines: one metric over the whole run, decimated, with marks where controls changed."""

from __future__ import annotations

import bqplot
import numpy as np

from mixviz.types import Float64Array, IntArray
from mixviz.views.base import Frame, Source, number
from mixviz.views.changes import Changes

N_BINS = 600
"""Bins across a line, each drawn as its lowest and highest value: at most 1,200 points."""
N_COLOURS = 6


class Lines:
    """One scalar column of the history.

    Parameters
    ----------
    metric : str
        Name of the column.
    colour : int
        Number of the series colour, 0 or more; they repeat after `N_COLOURS`.
    changes : Changes
        Where the marks come from.
    help : str
        Shown on hover.

    Attributes
    ----------
    failure : dict of str to str, or None
        ``message`` and ``traceback`` of the error that ended the metric.
    """

    kind = "lines"
    interval_s = 0.5

    def __init__(self, metric: str, colour: int, changes: Changes, help: str = "") -> None:
        self.metric, self.colour, self.help = metric, colour % N_COLOURS, help
        self.id = f"lines:{metric}"
        self.failure: dict[str, str] | None = None
        self._changes = changes

    def frame(self, source: Source) -> Frame:
        """Return the points (steps and values as float64) and the marks."""
        x, y, latest = np.empty(0), np.empty(0), None
        if self.metric in source.history:
            x, y = points(*source.history.window(self.metric, 1, None, N_BINS))
            latest = source.history.latest(self.metric)
        last = max(source.published.step, 2)
        header = {
            "metric": self.metric.replace("_", " "),
            "help": self.help,
            "colour": self.colour,
            "first": 1,
            "last": last,
            "value": None if latest is None else number(latest),
            "failure": self.failure,
            "marks": [{"step": mark.step, "title": mark.title} for mark in self._changes.marks],
        }
        return Frame(header, [x.astype("<f8").tobytes(), y.astype("<f8").tobytes()])


def points(steps: IntArray, lows: Float64Array, highs: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Turn bins into the points of one line: two where a bin spans a range, one where it does not.

    Parameters
    ----------
    steps, lows, highs : ndarray, shape (n,)
        Bins as :meth:`mixviz.types.History.window` gives them; those that are not finite are left out.

    Returns
    -------
    x, y : ndarray of float64, shape (m,), n <= m <= 2 n
    """
    finite = np.isfinite(lows) & np.isfinite(highs)
    x = np.repeat(steps[finite].astype(np.float64), 2)
    y = np.column_stack([lows[finite], highs[finite]]).ravel()
    keep = np.ones(len(y), dtype=bool)
    keep[1::2] = y[1::2] != y[::2]
    return x[keep], y[keep]


def figure(colour: int) -> bqplot.Figure:
    """Return an empty bqplot figure for one line; js/charts/line_figure.ts feeds it."""
    scales = {axis: bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False) for axis in "xy"}
    stroke = f"var(--series-{colour % N_COLOURS})"
    line = bqplot.Lines(x=np.zeros(1), y=np.zeros(1), scales=scales, colors=[stroke], stroke_width=1.6)
    values = bqplot.Axis(scale=scales["y"], side="left", grid_lines="solid")
    return bqplot.Figure(
        marks=[line],
        axes=[values],
        fig_margin={"top": 8, "bottom": 20, "left": 48, "right": 12},
        padding_x=0.0,
        padding_y=0.0,
        animation_duration=0,
        display_toolbar=False,
    )
