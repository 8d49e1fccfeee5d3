"""Streaming lines: one metric over the whole run, decimated, with marks where controls changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import bqplot
import numpy as np

from mixviz.types import Float64Array, IntArray
from mixviz.views.base import Frame, Source, number
from mixviz.views.panel import PanelView

N_BINS = 600
"""Bins across a line, each drawn as its lowest and highest value: at most 1,200 points."""
N_COLOURS = 6


class Lines(PanelView):
    """Scalar columns of the history.

    Parameters
    ----------
    metrics : sequence of str
        Names of columns.
    axis : {'linear', 'log'}
        Scale of the values.
    smoothing : float
        Weight of the past in a running mean, 0 to below 1; 0 shows the values as they are.

    Raises
    ------
    ValueError
        If `metrics` is no list of names.
    """

    kind = "lines"
    size = (4, 5)

    def __init__(self, metrics: Sequence[str] = ("likelihood",), axis: str = "linear", smoothing: float = 0.0) -> None:
        is_list = isinstance(metrics, (list, tuple)) and all(isinstance(name, str) for name in metrics)
        if not is_list or not metrics:
            raise ValueError(f"metrics must be a list of at least one name, got {metrics!r}")
        super().__init__(metrics=list(metrics), axis=axis, smoothing=smoothing)
        self.id = f"lines:{metrics[0]}"

    @property
    def title(self) -> str:
        """The metrics' names."""
        return ", ".join(name.replace("_", " ") for name in self.options["metrics"])

    @cached_property
    def figure(self) -> bqplot.Figure:
        """The chart, made when it is first asked for."""
        return figure(0)

    def frame(self, source: Source) -> Frame:
        """Return the points (steps and values as float64) and the marks."""
        x, y, latest = np.empty(0), np.empty(0), None
        metric, known = self.options["metrics"][0], source.metrics
        if metric in source.history:
            x, y = points(*source.history.window(metric, 1, None, N_BINS))
            latest = source.history.latest(metric)
        last = max(source.published.step, 2)
        header = {
            "metric": metric.replace("_", " "),
            "help": known.get(metric, ""),
            "colour": list(known).index(metric) % N_COLOURS if metric in known else 0,
            "first": 1,
            "last": last,
            "value": None if latest is None else number(latest),
            "failure": source.failures.get(metric),
            "marks": [{"step": mark.step, "title": mark.title} for mark in source.changes.marks],
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
