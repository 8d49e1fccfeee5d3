"""Streaming lines: metrics over the steps, decimated, with marks where controls changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import bqplot
import numpy as np

from mixviz.views.base import Frame, Source, number
from mixviz.views.line_points import NO_BINS, Bins, finite, points, positive, smoothed
from mixviz.views.panel import PanelView, Setting

N_BINS = 240
"""Bins of one line, each drawn as its lowest and highest value: at most 480 points."""
N_BINS_IN_ALL = 960
"""Bins of all lines of a panel together."""
N_COLOURS = 6
AXES = ("linear", "log")
WINDOWS: dict[str, int | None] = {
    "whole run": None,
    "last 100 steps": 100,
    "last 1,000 steps": 1000,
    "last 10,000 steps": 10_000,
}
"""Steps shown, by what a person chooses."""


class Lines(PanelView):
    """Scalar columns of the history in one plot.

    Parameters
    ----------
    metrics : sequence of str
        Names of 1 to 6 columns, each one line.
    axis : {'linear', 'log'}
        Scale of the values. A logarithmic one has no place for values of 0 and below: they are left out.
    smoothing : float
        Weight of the past in a running mean, 0 to 0.99; 0 shows the values as they are.
    window : str
        Steps shown: a key of :data:`WINDOWS`.
    first, last : int or None
        Steps shown instead, both included, once somebody zoomed in. None means from the first, or to the newest.

    Raises
    ------
    ValueError
        If one is not allowed; names it.
    """

    kind = "lines"
    size = (4, 5)

    def __init__(
        self,
        metrics: Sequence[str] = ("likelihood",),
        axis: str = "linear",
        smoothing: float = 0.0,
        window: str = "whole run",
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        names = _checked_metrics(metrics)
        options = {"metrics": names, "axis": axis, "smoothing": smoothing, "window": window}
        for setting in _settings(options, names):
            setting.check(options[setting.name])
        _check_zoom(first, last)
        super().__init__(**options, first=first, last=last)
        self.id = f"lines:{names[0]}"

    @classmethod
    def offers(cls, source: Source) -> list[tuple[str, dict[str, Any]]]:
        """Return one line a metric."""
        return [(name.replace("_", " "), {"metrics": [name]}) for name in source.metrics]

    @property
    def title(self) -> str:
        """The metrics' names."""
        return ", ".join(name.replace("_", " ") for name in self.options["metrics"])

    @cached_property
    def figure(self) -> bqplot.Figure:
        """The chart, made when it is first asked for."""
        return figure()

    def settings(self, source: Source) -> Sequence[Setting]:
        """Return what a form offers; `first` and `last` are set by dragging across the plot, or in Python."""
        return _settings(self.options, list(dict.fromkeys((*source.metrics, *self.options["metrics"]))))

    def check(self, source: Source) -> None:
        """Check that there are, or may yet be, such metrics; ValueError."""
        for name in self.options["metrics"]:
            if name not in source.metrics:
                raise ValueError(f"metrics takes names of {', '.join(source.metrics) or 'none'}, got {name!r}")

    def configure(self, source: Source, /, **options: Any) -> None:
        """Change options; another `window` ends a zoom.

        Raises
        ------
        ValueError
            If there is no such option, or its value is not allowed; then nothing is changed.
        """
        given = {name: options.pop(name) for name in ("first", "last") if name in options}
        if "window" in options and not given:
            given = {"first": None, "last": None}
        zoom = {name: self.options[name] for name in ("first", "last")} | given
        _check_zoom(**zoom)
        if "metrics" in options:
            _checked_metrics(options["metrics"])
        super().configure(source, **options)
        self.options = {**self.options, **zoom}

    def frame(self, source: Source) -> Frame:
        """Return three buffers of float64 a line: steps, values, and smoothed values, empty where nothing is smoothed.

        A zoomed line is smoothed as the whole one is: the mean does not begin anew where the zoom does.

        The header holds a line's name, latest value, colour and failure under ``series``; ``marks`` are the steps at
        which controls changed; ``first`` and ``last`` are the steps shown.
        """
        first, last = self._steps(source)
        buffers: list[bytes] = []
        is_cut = False
        for name in self.options["metrics"]:
            bins = self._bins(source, name, first, last)
            is_cut |= self._is_log and bool((bins.lows <= 0).any())
            shown = self._drawable(bins)
            whole = self._drawable(self._bins(source, name, 1, None)) if self._is_zoomed else shown
            drawn = (*points(*shown), smoothed(shown, whole, self.options["smoothing"]))
            buffers += [values.astype("<f8").tobytes() for values in drawn]
        header = {
            "series": self._series(source),
            "axis": self.options["axis"],
            "first": first,
            "last": last,
            "is_zoomed": self._is_zoomed,
            "note": self._note(first, last, is_cut),
            "marks": [{"step": mark.step, "title": mark.title} for mark in source.changes.marks],
        }
        return Frame(header, buffers)

    def _bins(self, source: Source, name: str, first: int, last: int | None) -> Bins:
        """Return a column's finite bins; the lines of a panel share them."""
        if name not in source.history:
            return NO_BINS
        n_bins = min(N_BINS, N_BINS_IN_ALL // len(self.options["metrics"]))
        return finite(Bins(*source.history.window(name, first, last, n_bins)))

    def _drawable(self, bins: Bins) -> Bins:
        return positive(bins) if self._is_log else bins

    @property
    def _is_log(self) -> bool:
        return bool(self.options["axis"] == "log")

    @property
    def _is_zoomed(self) -> bool:
        return self.options["first"] is not None or self.options["last"] is not None

    def _steps(self, source: Source) -> tuple[int, int]:
        """Return the steps shown: at least two, else there is no width to draw in."""
        newest = max(source.published.step, 2)
        if self._is_zoomed:
            first, last = self.options["first"] or 1, self.options["last"] or newest
        else:
            n = WINDOWS[self.options["window"]]
            first, last = 1 if n is None else max(newest - n + 1, 1), newest
        return first, max(last, first + 1)

    def _series(self, source: Source) -> list[dict[str, Any]]:
        known, taken = source.metrics, set[int]()
        series = []
        for i, name in enumerate(self.options["metrics"]):
            wanted = list(known).index(name) if name in known else i
            colour = next(c % N_COLOURS for c in range(wanted, wanted + N_COLOURS) if c % N_COLOURS not in taken)
            taken.add(colour)
            latest = source.history.latest(name) if name in source.history else None
            described = {"metric": name, "label": name.replace("_", " "), "help": known.get(name, ""), "colour": colour}
            value = None if latest is None else number(latest)
            series.append({**described, "value": value, "failure": source.failures.get(name)})
        return series

    def _note(self, first: int, last: int, is_cut: bool) -> str:
        window, smoothing = self.options["window"], self.options["smoothing"]
        parts = [
            f"steps {first:,} to {last:,}" if self._is_zoomed else window if window != "whole run" else "",
            "log" if self.options["axis"] == "log" else "",
            "values of 0 and below left out" if is_cut else "",
            f"smoothed {smoothing:g}" if smoothing else "",
        ]
        return " · ".join(part for part in parts if part)


def figure() -> bqplot.Figure:
    """Return an empty bqplot figure: faint lines behind, lines in front; js/charts/line_figure.ts feeds it."""
    scales = {axis: bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False) for axis in "xy"}
    empty = {"x": np.zeros(1), "y": np.zeros(1), "scales": scales, "colors": ["var(--series-0)"]}
    behind = bqplot.Lines(**empty, stroke_width=1.0, opacities=[0.35] * N_COLOURS)
    lines = bqplot.Lines(**empty, stroke_width=1.6)
    values = bqplot.Axis(scale=scales["y"], side="left", grid_lines="solid")
    return bqplot.Figure(
        marks=[behind, lines],
        axes=[values],
        fig_margin={"top": 8, "bottom": 20, "left": 48, "right": 12},
        padding_x=0.0,
        padding_y=0.0,
        animation_duration=0,
        display_toolbar=False,
    )


def close_figure(figure: bqplot.Figure) -> None:
    """Close a figure and every widget it is made of; bqplot's own `close` leaves those open."""
    scales = [figure.scale_x, figure.scale_y, *(scale for mark in figure.marks for scale in mark.scales.values())]
    for widget in (figure, *figure.marks, *figure.axes, *scales, figure.layout):
        widget.close()


def _settings(options: dict[str, Any], metrics: Sequence[str]) -> list[Setting]:
    smoothing = "weight of the past in a running mean; the values themselves stay behind it, faint"
    return [
        Setting("metrics", "many", options["metrics"], choices=tuple(metrics)),
        Setting("axis", "choice", options["axis"], choices=AXES),
        Setting("smoothing", "number", options["smoothing"], low=0.0, high=0.99, step=0.01, help=smoothing),
        Setting("window", "choice", options["window"], label="steps", choices=tuple(WINDOWS)),
    ]


def _checked_metrics(metrics: Any) -> list[str]:
    is_list = isinstance(metrics, (list, tuple)) and all(isinstance(name, str) for name in metrics)
    if not is_list or not 1 <= len(metrics) <= N_COLOURS or len(set(metrics)) != len(metrics):
        raise ValueError(f"metrics takes a list of 1 to {N_COLOURS} different names, got {metrics!r}")
    return list(metrics)


def _check_zoom(first: Any, last: Any) -> None:
    for name, step in (("first", first), ("last", last)):
        if step is not None and (not isinstance(step, int) or isinstance(step, bool) or step < 1):
            raise ValueError(f"{name} takes None or a step, a whole number from 1, got {step!r}")
    if first is not None and last is not None and first >= last:
        raise ValueError(f"first must be below last, {last}, got {first!r}")
