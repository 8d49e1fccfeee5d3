"""The points of one line: bins of a column, what of them can be drawn, and their running mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mixviz.types import Float64Array, IntArray


class Bins(NamedTuple):
    """Part of a line, decimated as :meth:`mixviz.types.History.window` does: arrays of shape (n,)."""

    steps: IntArray
    lows: Float64Array
    highs: Float64Array


NO_BINS = Bins(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))


def finite(bins: Bins) -> Bins:
    """Leave out bins that are not finite."""
    keep = np.isfinite(bins.lows) & np.isfinite(bins.highs)
    return Bins(bins.steps[keep], bins.lows[keep], bins.highs[keep])


def positive(bins: Bins) -> Bins:
    """Leave out values of 0 and below: whole bins, or the lower end of one that reaches above."""
    keep = bins.highs > 0
    lows, highs = bins.lows[keep], bins.highs[keep]
    return Bins(bins.steps[keep], np.where(lows > 0, lows, highs), highs)


def points(steps: IntArray, lows: Float64Array, highs: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Turn finite bins into the points of one line: two where a bin spans a range, one where it does not.

    Returns
    -------
    x, y : ndarray of float64, shape (m,), n <= m <= 2 n
    """
    counts = _counts(lows, highs)
    x = np.repeat(steps.astype(np.float64), counts)
    y = np.repeat(lows, counts)
    y[np.cumsum(counts) - 1] = highs
    return x, y


def smoothed(shown: Bins, whole: Bins, weight: float) -> Float64Array:
    """Return what the whole line's running mean is at the points of the bins shown; empty where `weight` is 0.

    Parameters
    ----------
    shown, whole : Bins
        Finite; `whole` spans the steps of `shown` in coarser bins, or has none where infinity is in each.
    weight : float
        Of the past, 0 to below 1.
    """
    if weight == 0 or not len(shown.steps):
        return np.empty(0)
    line = whole if len(whole.steps) else shown
    means = np.interp(shown.steps, line.steps, running_mean(line, weight))
    return np.repeat(means, _counts(shown.lows, shown.highs))


def running_mean(bins: Bins, weight: float) -> Float64Array:
    """Return the running mean of the bins' middles.

    The mean of the first values is of those alone: it does not begin at 0 and climb.
    """
    means = np.empty(len(bins.steps))
    total, mass = 0.0, 0.0
    for i, middle in enumerate((bins.lows / 2 + bins.highs / 2).tolist()):
        total = weight * total + (1 - weight) * middle
        mass = weight * mass + (1 - weight)
        means[i] = total / mass
    return means


def _counts(lows: Float64Array, highs: Float64Array) -> IntArray:
    """Return how many points each bin has."""
    return np.where(lows == highs, 1, 2)
