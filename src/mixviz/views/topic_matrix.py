"""Topic matrix after Termite (Chuang, Manning, Heer 2012): words by topics, circle area is weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mixviz.types import Float64Array, FloatArray, IntArray
from mixviz.views.base import Frame, Source
from mixviz.views.panel import PanelView, Setting
from mixviz.views.topic_names import (
    MARGIN,
    checked_names,
    checked_topic,
    require_topics,
    stable_leaders,
    topic_labels,
    topic_names,
)

_EMPTY: IntArray = np.empty(0, dtype=np.int64)


class TopicMatrix(PanelView):
    """The words with most weight in all topics together, or in one, and their weight in each topic.

    Rows and names change slowly on purpose: a word enters or rises, and a topic is named anew, only when it leads by
    `MARGIN`. Columns never move, or, with the heaviest topics, as slowly.

    Parameters
    ----------
    n_words : int
        Rows shown, 5 to 200.
    n_topics : int
        Columns shown at most, 1 to 256.
    topics : {'first', 'heaviest'}
        Which topics where not all are shown: the first by number, or those with most of the text.
    rank_by : int, optional
        The topic whose own words are shown, heaviest first. Default: the words of all topics together.
    names : dict of str to str, optional
        Names that a person gave, by topic number; in :meth:`configure` an empty name takes one away, and those of
        other topics stay.

    Raises
    ------
    ValueError
        If `rank_by` is no topic number, or `names` not what it should be.
    """

    kind = "topic_matrix"
    usual = "main"
    size = (8, 18)
    interval_s = 0.2

    def __init__(
        self,
        n_words: int = 28,
        n_topics: int = 64,
        topics: str = "first",
        rank_by: int | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        rank_by = None if rank_by is None else checked_topic("rank_by", rank_by)
        given = {topic: name for topic, name in checked_names(names or {}).items() if name}
        super().__init__(n_words=n_words, n_topics=n_topics, topics=topics, rank_by=rank_by, names=given)
        self._order, self._columns, self._first = _EMPTY, _EMPTY, _EMPTY
        self._ranked_by = rank_by
        self._names: dict[int, str] = {}

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether the model has topics over a vocabulary."""
        return hasattr(source.published.state, "phi_vk") and hasattr(source.data, "vocabulary")

    @property
    def title(self) -> str:
        """What the panel is called."""
        return "topics"

    def settings(self, source: Source) -> list[Setting]:
        """Return how many words and topics, which topics, and what the words are ranked by."""
        options, n_topics = self.options, _n_topics(source)
        names = self._names | {int(topic): name for topic, name in options["names"].items()}
        labels = ("all topics", *topic_labels(n_topics, names))
        return [
            Setting("n_words", "number", options["n_words"], "words", low=5, high=200, step=1),
            Setting("n_topics", "number", options["n_topics"], "topics at most", low=1, high=256, step=1),
            Setting("topics", "choice", options["topics"], "which topics", choices=("first", "heaviest")),
            Setting(
                "rank_by",
                "choice",
                options["rank_by"],
                "words of",
                choices=(None, *range(n_topics)),
                labels=labels,
                help="Whose heaviest words are shown. A click on a topic's name does the same.",
            ),
        ]

    def check(self, source: Source) -> None:
        """Check the options against the session; ValueError."""
        super().check(source)
        require_topics("names", [int(topic) for topic in self.options["names"]], _n_topics(source))

    def configure(self, source: Source, /, **options: Any) -> None:
        """Change options; `names` are added to those there are, and empty ones taken away."""
        given = checked_names(options.pop("names", {}))
        require_topics("names", [int(topic) for topic in given], _n_topics(source))
        super().configure(source, **options)
        names = {topic: name for topic, name in {**self.options["names"], **given}.items() if name}
        self.options = {**self.options, "names": names}

    def frame(self, source: Source) -> Frame:
        """Return words, topic numbers and names, and the weights (float32, words by topics, in row order)."""
        state, vocabulary, options = source.published.state, source.data.vocabulary, self.options
        phi_vk: FloatArray = state.phi_vk
        self._choose_columns(state, options)
        self._choose_rows(phi_vk, options)
        is_first = options["topics"] == "first"
        shown_vk = phi_vk[:, : len(self._columns)] if is_first else phi_vk[:, self._columns]
        self._first = stable_leaders(self._first, shown_vk)
        automatic = topic_names(shown_vk, self._first, vocabulary)
        self._names = dict(zip(self._columns.tolist(), automatic, strict=True))
        given = [options["names"].get(str(topic), "") for topic in self._columns]
        header = {
            "words": [str(vocabulary[v]) for v in self._order],
            "topics": [name or own for name, own in zip(given, automatic, strict=True)],
            "automatic": automatic,
            "numbers": self._columns.tolist(),
            "rank_by": options["rank_by"],
            "n_topics": phi_vk.shape[1],
            "n_words": phi_vk.shape[0],
        }
        return Frame(header, [np.ascontiguousarray(shown_vk[self._order], dtype="<f4").tobytes()])

    def _choose_columns(self, state: Any, options: Mapping[str, Any]) -> None:
        n_topics = state.phi_vk.shape[1]
        before = self._columns
        if options["topics"] == "first":
            self._columns = np.arange(min(options["n_topics"], n_topics))
        else:
            sizes = np.asarray(getattr(state, "size_k", np.ones(n_topics)), dtype=np.float64)
            former = before if len(before) <= n_topics else _EMPTY
            self._columns = stable_order(former, sizes, options["n_topics"])
        if not np.array_equal(before, self._columns):
            self._first = _EMPTY

    def _choose_rows(self, phi_vk: FloatArray, options: Mapping[str, Any]) -> None:
        topic = options["rank_by"]
        if topic is not None:
            require_topics("rank_by", [topic], phi_vk.shape[1])
        if topic != self._ranked_by:
            self._ranked_by, self._order = topic, _EMPTY
        weights = phi_vk.sum(axis=1, dtype=np.float64) if topic is None else phi_vk[:, topic].astype(np.float64)
        self._order = stable_order(self._order, weights, options["n_words"])


def _n_topics(source: Source) -> int:
    return int(source.published.state.phi_vk.shape[1])


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
