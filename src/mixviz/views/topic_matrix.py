"""Topic matrix after Termite (Chuang, Manning, Heer 2012): words by topics, circle area is weight."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mixviz.types import Float64Array, FloatArray, IntArray
from mixviz.views.base import Frame, Source
from mixviz.views.panel import PanelView

MARGIN = 1.2
"""A word passes another only once it weighs so much more: the order holds still from frame to frame."""


class TopicMatrix(PanelView):
    """The words with most weight in all topics together, and their weight in each.

    Rows and names change slowly on purpose: a word enters or rises, and a topic is named anew, only when it leads by
    `MARGIN`. Columns never move.

    Parameters
    ----------
    n_words : int
        Rows shown.
    n_topics : int
        Columns shown at most: the first ones.
    """

    kind = "topic_matrix"
    size = (8, 18)
    interval_s = 0.2

    def __init__(self, n_words: int = 28, n_topics: int = 64) -> None:
        super().__init__(n_words=n_words, n_topics=n_topics)
        self._order: IntArray = np.empty(0, dtype=np.int64)
        self._first: IntArray = np.empty(0, dtype=np.int64)

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether the model has topics over a vocabulary."""
        return hasattr(source.published.state, "phi_vk") and hasattr(source.data, "vocabulary")

    def frame(self, source: Source) -> Frame:
        """Return words, topic names, and the weights (float32, words by topics, in row order)."""
        phi_vk: FloatArray = source.published.state.phi_vk
        vocabulary: Any = source.data.vocabulary
        self._order = stable_order(self._order, phi_vk.sum(axis=1, dtype=np.float64), self.options["n_words"])
        shown_vk = phi_vk[:, : self.options["n_topics"]]
        self._first = stable_leaders(self._first, shown_vk)
        header = {
            "words": [str(vocabulary[v]) for v in self._order],
            "topics": topic_names(shown_vk, self._first, vocabulary),
            "n_topics": phi_vk.shape[1],
            "n_words": phi_vk.shape[0],
        }
        return Frame(header, [np.ascontiguousarray(shown_vk[self._order], dtype="<f4").tobytes()])


def stable_order(previous: IntArray, weights: Float64Array, n: int, margin: float = MARGIN) -> IntArray:
    """Return the `n` heaviest indices, heaviest first, departing from `previous` only where that is clearly wrong.

    Parameters
    ----------
    previous : ndarray of int64, shape (m,)
        What was shown before; empty at first.
    weights : ndarray, shape (V,)
        Non-negative.
    n : int
        Wanted; at most V come back.
    margin : float
        An index passes another only where it weighs more than `margin` times as much.
    """
    held = weights.copy()
    held[previous] *= margin
    n = min(n, len(weights))
    kept = set(np.argpartition(-held, n - 1)[:n].tolist())
    old = [v for v in previous.tolist() if v in kept]
    new = sorted(kept.difference(old), key=lambda v: -weights[v])
    order: list[int] = []
    for v in old + new:
        at = len(order)
        bar = 1.0 if v not in old else margin
        while at and weights[v] > bar * weights[order[at - 1]]:
            at -= 1
        order.insert(at, v)
    return np.array(order, dtype=np.int64)


def stable_leaders(previous: IntArray, weights_vk: FloatArray, margin: float = MARGIN) -> IntArray:
    """Return the heaviest row of each column, (K,); a former leader stays until it is beaten by `margin`."""
    leaders: IntArray = weights_vk.argmax(axis=0)
    if len(previous) != len(leaders):
        return leaders
    columns = np.arange(len(leaders))
    is_beaten: npt.NDArray[np.bool_] = weights_vk[leaders, columns] > margin * weights_vk[previous, columns]
    return np.where(is_beaten, leaders, previous)


def topic_names(weights_vk: FloatArray, leaders: IntArray, vocabulary: Any) -> list[str]:
    """Name each topic by its leading word; where several share one, each adds its own second word."""
    shared = {v for v, n in zip(*np.unique(leaders, return_counts=True), strict=True) if n > 1}
    names = []
    for topic, leader in enumerate(leaders):
        name = str(vocabulary[leader])
        if leader in shared and len(weights_vk) > 1:
            column = weights_vk[:, topic].copy()
            column[leader] = -1.0
            second = int(column.argmax())
            name += f" {vocabulary[second]}" if column[second] > 0.1 * weights_vk[leader, topic] else ""
        names.append(name)
    return names
