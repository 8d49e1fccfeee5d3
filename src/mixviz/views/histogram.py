"""Histogram of the values of an array: a metric's newest, or one of the model's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mixviz.types import Float64Array
from mixviz.views.arrays import AUTOMATIC, Array, ArrayPanel, Arrays
from mixviz.views.base import Frame, Source
from mixviz.views.panel import Setting

MAX_VALUES = 500_000
"""Of larger arrays every so many rows are counted: fewer would hide nothing, and more would cost the run."""
LARGEST = 1e300
"""Larger values are left out: the distance of two of them may be infinite."""
LOG = "word weights (log)"
MARGIN = 0.05
FEWEST, MOST = 8, 40
"""Bins unless a person says how many."""
Range = tuple[float, float]
SHOWN: Mapping[str, Range] = {"sizes": (0.0, 2.0)}
"""What is always shown of an array: sizes that become alike crowd around 1 instead of being drawn ever larger."""


def _shares(size_k: Array) -> Array:
    return np.asarray(size_k / max(size_k.sum(dtype=np.float64), np.finfo(np.float64).tiny))


def _relative(share_k: Array) -> Array:
    return np.asarray(share_k * len(share_k))


def _logarithms(phi_vk: Array) -> Array:
    """Return decimal logarithms; zero, which has none, becomes minus infinity."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(_sample(phi_vk)[0]))


class Histogram(ArrayPanel):
    """How many values of an array lie where, in bins of equal width.

    Parameters
    ----------
    of : str
        ``topic sizes`` (shares), ``word weights (log)``, ``sizes`` of clusters (1 is an equal share), an array-valued
        metric, or an array of the model's state; ``automatic`` is the first of these there is.
    n_bins : int
        1 to 200, or 0: 8 to 40, by the number of values. Whole numbers that span less get a bin each.
    axis : {'linear', 'log'}
        Scale of the counts.
    """

    kind = "histogram"
    arrays = Arrays(
        {"topic sizes": ("size_k", _shares), LOG: ("phi_vk", _logarithms), "sizes": ("share_k", _relative)},
        (1, 2, 3, 4),
    )
    size = (4, 7)

    def __init__(self, of: str = AUTOMATIC, n_bins: int = 0, axis: str = "linear") -> None:
        super().__init__(of, n_bins=n_bins, axis=axis)
        self._range: Range | None = None

    def settings(self, source: Source) -> Sequence[Setting]:
        """Return the choice of array, the number of bins and the scale of counts."""
        return (
            *super().settings(source),
            Setting(
                "n_bins", "number", self.options["n_bins"], "bins", low=0, high=200, step=1,
                help="0: as many as suit the number of values",
            ),
            Setting("axis", "choice", self.options["axis"], "scale of counts", choices=("linear", "log")),
        )  # fmt: skip

    def frame(self, source: Source) -> Frame:
        """Return the counts (float64, one a bin) and the range they divide."""
        before, (name, found) = self.of, self.find(source)
        if name != before:
            self._range = None
        common = {"of": name, "axis": self.options["axis"], "is_log": name == LOG}
        if found is None:
            return Frame({**common, "low": 0.0, "high": 1.0, "is_whole": False, "note": f"no {name} yet"}, [b""])
        values, every = _sample(found)
        values = values.ravel()
        finite = values[np.isfinite(values)]
        counted = finite[np.abs(finite) <= LARGEST] if finite.dtype == np.float64 else finite
        counts, (low, high) = self._count(counted, *SHOWN.get(name, (np.inf, -np.inf)))
        left_out = {"zeros" if name == LOG else "not finite": len(values) - len(finite)}
        left_out[f"beyond {LARGEST:g}"] = len(finite) - len(counted)
        what = "clusters, 1 is an equal share" if name == "sizes" else "values"
        note = self._note(what, len(counted), left_out, every)
        is_whole = found.dtype.kind in "biu"
        header = {**common, "low": low, "high": high, "is_whole": is_whole, "note": note}
        return Frame(header, [counts.astype("<f8").tobytes()])

    def _count(self, values: Array, low: float, high: float) -> tuple[Float64Array, Range]:
        """Return the counts, and the range they divide: `low` to `high` lies in it."""
        n_bins = int(self.options["n_bins"]) or int(np.clip(2 * np.sqrt(len(values)), FEWEST, MOST))
        if not len(values):
            return np.zeros(n_bins), self._range or (0.0, 1.0)
        if values.dtype.kind in "biu":
            return count_whole(values, n_bins)
        self._range = held_range(self._range, min(float(values.min()), low), max(float(values.max()), high))
        return np.histogram(values, n_bins, self._range)[0].astype(np.float64), self._range

    @staticmethod
    def _note(what: str, n: int, left_out: Mapping[str, int], every: int) -> str:
        parts = [f"{n:,} {what}", *(f"{why}: {n_out:,}" for why, n_out in left_out.items() if n_out)]
        parts += [f"1 of {every} rows"] if every > 1 else []
        return " · ".join(parts)


def held_range(previous: Range | None, low: float, high: float) -> Range:
    """Return the range to divide into bins: `previous` while the values lie in it and fill at least half of it.

    A new one has some room at both ends, though never below zero for values that are not.
    """
    is_inside = previous is not None and previous[0] <= low and high <= previous[1]
    if previous is not None and is_inside and high - low >= 0.5 * (previous[1] - previous[0]):
        return previous
    room = MARGIN * (high - low) or 0.5 * abs(low) or 0.5
    return (max(low - room, 0.0) if low >= 0 else low - room), high + room


def count_whole(values: Array, n_bins: int) -> tuple[Float64Array, Range]:
    """Count whole numbers in at most `n_bins` bins of equally many numbers; the range begins half below the first.

    Parameters
    ----------
    values : ndarray of int or bool, shape (n,), n >= 1
    n_bins : int

    Returns
    -------
    counts : ndarray of float64
    range : tuple of float
    """
    lowest, highest = int(values.min()), int(values.max())
    width = -(-(highest - lowest + 1) // n_bins)
    n = -(-(highest - lowest + 1) // width)
    low = lowest - 0.5
    counts, _ = np.histogram(values.astype(np.float64), n, (low, low + n * width))
    return counts.astype(np.float64), (low, low + n * width)


def _sample(values: Array) -> tuple[Array, int]:
    """Return every so many rows, so that at most about `MAX_VALUES` values are left, and how many."""
    every = max(-(-values.size // MAX_VALUES), 1)
    return values[::every], every
