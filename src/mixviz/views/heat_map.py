"""Heat map of an array of rows and columns: a metric's newest, or one of the model's own."""

from __future__ import annotations

import numpy as np

from mixviz.types import Float64Array, FloatArray
from mixviz.views.arrays import AUTOMATIC, Array, ArrayPanel, Arrays
from mixviz.views.base import Frame, Source
from mixviz.views.topic_map import heaviest_words, most_words
from mixviz.views.topic_names import stable_leaders, topic_names

MAX_CELLS = 256
"""Cells along each side; of more rows or columns, equally many share a cell."""
SIMILARITY = "topic similarity"


def similarity(phi_vk: FloatArray) -> FloatArray:
    """Return the cosines between the topics, float32, (K, K), 0 to 1, over the heaviest words (at most 5,000)."""
    kept = heaviest_words(phi_vk.sum(axis=1, dtype=np.float64), most_words(phi_vk.shape[1]))
    weights = phi_vk[kept].astype(np.float32, copy=False)
    lengths = np.sqrt(np.einsum("vk,vk->k", weights, weights))
    unit = weights / np.maximum(lengths, np.finfo(np.float32).tiny)
    return np.asarray(np.clip(unit.T @ unit, 0, 1))


class HeatMap(ArrayPanel):
    """Values of a two-dimensional array as colours.

    Parameters
    ----------
    of : str
        ``topic similarity`` (cosines), a metric that gives rows and columns, or such an array of the model's state;
        ``automatic`` is the first of these there is.
    """

    kind = "heat_map"
    arrays = Arrays({SIMILARITY: ("phi_vk", similarity)}, (2,))
    size = (4, 11)
    interval_s = 1.0

    def __init__(self, of: str = AUTOMATIC) -> None:
        super().__init__(of)
        self._first = np.empty(0, dtype=np.int64)

    def frame(self, source: Source) -> Frame:
        """Return the cells (float32, row by row, NaN where nothing is finite) and the range of the colours."""
        name, found = self.find(source)
        if found is None or not found.size:
            empty = {"of": name, "shape": [0, 0], "cells": [0, 0], "low": 0.0, "high": 1.0, "labels": None}
            return Frame({**empty, "note": f"no {name} yet"}, [b""])
        cells = block_means(found, MAX_CELLS)
        low, high = colour_range(cells, is_similarity=name == SIMILARITY)
        header = {
            "of": name,
            "shape": list(found.shape),
            "cells": list(cells.shape),
            "low": low,
            "high": high,
            "labels": self._labels(source) if name == SIMILARITY and found.shape == cells.shape else None,
            "note": _note(found, cells),
        }
        return Frame(header, [np.ascontiguousarray(cells, "<f4").tobytes()])

    def _labels(self, source: Source) -> list[str] | None:
        phi_vk: FloatArray = source.published.state.phi_vk
        if not hasattr(source.data, "vocabulary"):
            return None
        self._first = stable_leaders(self._first, phi_vk)
        names = topic_names(phi_vk, self._first, source.data.vocabulary)
        return [source.topic_names.get(topic, name) for topic, name in enumerate(names)]


def block_means(values: Array, most: int) -> Float64Array:
    """Return the means of blocks of equal size, so that at most `most` are left along each side.

    Parameters
    ----------
    values : ndarray, shape (M, N)
        At least one row and column. What is not finite is left out of the means.
    most : int

    Returns
    -------
    ndarray of float64
        NaN where a block holds nothing finite. The last blocks may be smaller.
    """
    is_finite = np.isfinite(values)
    sums, counts = np.where(is_finite, values, 0).astype(np.float64), is_finite.astype(np.float64)
    for axis in (0, 1):
        starts = np.arange(0, values.shape[axis], -(-values.shape[axis] // most))
        sums, counts = np.add.reduceat(sums, starts, axis), np.add.reduceat(counts, starts, axis)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def colour_range(cells: Float64Array, *, is_similarity: bool) -> tuple[float, float]:
    """Return the lowest and highest value to tell apart, (0, 1) where nothing is finite.

    The diagonal of similarities is 1 by definition, and would leave the others one colour: it is left out.
    """
    if is_similarity and len(cells) > 1:
        return 0.0, float((cells - 2 * np.eye(len(cells))).max())
    finite = cells[np.isfinite(cells)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)


def _note(values: Array, cells: Array) -> str:
    size = " × ".join(f"{n:,}" for n in values.shape)
    if values.shape == cells.shape:
        return size
    blocks = " × ".join(str(-(-n // MAX_CELLS)) for n in values.shape)
    return f"{size} · each cell the mean of {blocks}"
