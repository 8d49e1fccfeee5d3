"""Documents: those that are most about a topic, or that use a word most."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np

from mixviz.metrics import infer_topics
from mixviz.types import Float64Array, FloatArray, IntArray
from mixviz.views.allowance import Allowance
from mixviz.views.base import Frame, Source
from mixviz.views.panel import PanelView, Setting
from mixviz.views.topic_names import checked_topic, require_topics, stable_leaders, topic_labels

MAX_SAMPLE = 1000
"""Documents whose topics are looked at: as many, evenly spread over the corpus."""
BUDGET_S = 0.008
"""Processor time that a panel may spend on topics of documents in a second, however many frames that has."""
BLOCK = 8
"""Documents whose topics are found at once: few enough to stay on this thread and near the budget."""
N_WORDS = 16
"""Words shown of each document."""
N_NAMED = 16
"""Topics whose leading words one frame looks for: it reads all weights of each."""
_NONE: IntArray = np.empty(0, dtype=np.int64)


class Documents(PanelView):
    """Documents by their share of a topic, or by how often they use a word.

    The shares are those of a fixed sample of at most 1,000 documents and follow the run: each frame renews as many as
    the time since the last one allows.

    Parameters
    ----------
    topic : int
        Number of the topic, from 0, where no word is given.
    word : str
        A word of the vocabulary; empty: the topic's documents.
    n_documents : int
        Documents listed, 1 to 50.

    Raises
    ------
    ValueError
        If `topic` is no topic number, or `word` no text.
    """

    kind = "documents"
    usual = "beside"
    size = (4, 10)
    interval_s = 1.0

    def __init__(self, topic: int = 0, word: str = "", n_documents: int = 10) -> None:
        if not isinstance(word, str):
            raise ValueError(f"word must be text, got {word!r}")
        super().__init__(topic=checked_topic("topic", topic), word=word, n_documents=n_documents)
        self._shares = SampledShares()
        self._uses: tuple[str, IntArray, Float64Array] | None = None
        self._names: dict[int, str] = {}
        self._titles: dict[int, str] = {}
        self._leaders: dict[int, IntArray] = {}
        self._n_named = 0

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether the model has topics over the words of a corpus."""
        has_topics = all(hasattr(source.published.state, name) for name in ("phi_vk", "alpha"))
        return has_topics and all(hasattr(source.data, name) for name in ("vocabulary", "counts"))

    @classmethod
    def offers(cls, source: Source) -> list[tuple[str, dict[str, Any]]]:
        """Return the documents of the first topic; the panel's settings have all others."""
        return [("documents of a topic or a word", {})] if cls.fits(source) else []

    @property
    def title(self) -> str:
        """Which documents."""
        word, topic = self.options["word"], self.options["topic"]
        return f"documents with “{word}”" if word else f"documents · {self._titles.get(topic, f'topic {topic}')}"

    def settings(self, source: Source) -> list[Setting]:
        """Return topic, word and number of documents."""
        options, n_topics = self.options, source.published.state.phi_vk.shape[1]
        labels = topic_labels(n_topics, self._names)
        return [
            Setting("topic", "choice", options["topic"], choices=tuple(range(n_topics)), labels=labels),
            Setting("word", "text", options["word"], help="Documents with this word instead of the topic's."),
            Setting("n_documents", "number", options["n_documents"], "documents", low=1, high=50, step=1),
        ]

    def check(self, source: Source) -> None:
        """Check the options against the session; ValueError."""
        super().check(source)
        _checked_word(self.options["word"], source.data.vocabulary)

    def configure(self, source: Source, /, **options: Any) -> None:
        """Change options; a topic alone takes the word away."""
        if "topic" in options:
            options = {"word": "", **options}
        if isinstance(options.get("word"), str):
            options["word"] = _checked_word(options["word"], source.data.vocabulary)
        super().configure(source, **options)

    def frame(self, source: Source) -> Frame:
        """Return the documents, those with most of it first: ``row, title, label, amount, bar, words``."""
        phi_vk: FloatArray = source.published.state.phi_vk
        self.is_unfinished = False
        self._name_topics(phi_vk, source)
        options = self.options  # as a whole: another thread may replace it
        word, topic, n = options["word"], options["topic"], options["n_documents"]
        if word:
            return self._of_word(source, word, n)
        require_topics("topic", [topic], phi_vk.shape[1])
        self._shares.renew(source.published.state, source.data)
        self.is_unfinished = self._shares.n_due > 0
        return self._of_topic(source, topic, n)

    def _name_topics(self, phi_vk: FloatArray, source: Source) -> None:
        """Look for the leading words of the topic that is shown and of some others, in turns."""
        K, given = phi_vk.shape[1], source.topic_names
        in_turn = [(self._n_named + i) % K for i in range(min(N_NAMED, K))]
        self._n_named += len(in_turn)
        for topic in {*in_turn, min(self.options["topic"], K - 1)}:
            former = self._leaders.get(topic, _NONE)
            self._leaders[topic] = stable_leaders(former, phi_vk[:, topic : topic + 1])
        words = {topic: str(source.data.vocabulary[leader[0]]) for topic, leader in self._leaders.items()}
        self._titles = {**{topic: f"{topic} {word}" for topic, word in words.items()}, **given}
        self._names = {**words, **given}

    def _of_topic(self, source: Source, topic: int, n: int) -> Frame:
        data, shares = source.data, self._shares
        known = np.flatnonzero(~np.isnan(shares.shares_dk[:, topic]))
        best = known[np.argsort(-shares.shares_dk[known, topic], kind="stable")[:n]]
        weights = source.published.state.phi_vk[:, topic]
        items = [
            {**_described(data, int(row), weights), "amount": round(float(share), 4), "bar": round(float(share), 3)}
            for row, share in zip(shares.rows[best], shares.shares_dk[best, topic], strict=True)
        ]
        n_known, n_rows, n_all = len(known), len(shares.rows), len(data)
        caption = f"{n_rows:,} of {n_all:,} documents sampled" if n_rows < n_all else f"all {n_all:,} documents"
        if n_known < n_rows:
            caption = f"{n_known:,} of {n_rows:,} sampled documents so far"
        return Frame({"items": items, "caption": caption, "measure": "share"}, [])

    def _of_word(self, source: Source, word: str, n: int) -> Frame:
        data, phi_vk = source.data, source.published.state.phi_vk
        column = data.vocabulary.index(_checked_word(word, data.vocabulary))
        if self._uses is None or self._uses[0] != word:
            self._uses = word, *_column(data.counts, column)
        _, rows, counts = self._uses
        best = np.argsort(-counts, kind="stable")[:n]
        mix = phi_vk[column] / max(float(phi_vk[column].sum()), 1e-30)
        items = [
            {
                **_described(data, int(row), phi_vk, mix),
                "amount": float(count),
                "bar": round(count / counts[best[0]], 3),
            }
            for row, count in zip(rows[best], counts[best], strict=True)
        ]
        caption = f"in {len(rows):,} of {len(data):,} documents"
        return Frame({"items": items, "caption": caption, "measure": "count"}, [])


class SampledShares:
    """Topic shares of documents that are evenly spread over a corpus, renewed a few at a time.

    Attributes
    ----------
    rows : ndarray of int64, shape (S,)
        The documents: all, or 1,000.
    shares_dk : ndarray of float32, shape (S, K)
        NaN where not yet known.
    n_due : int
        How many were not yet found with the newest state.
    """

    def __init__(self) -> None:
        self.rows: IntArray = np.empty(0, dtype=np.int64)
        self.shares_dk: FloatArray = np.empty((0, 0), dtype=np.float32)
        self.n_due = 0
        self._state: Any = None
        self._at = 0
        self._allowance = Allowance(BUDGET_S)

    def renew(self, state: Any, data: Any) -> None:
        """Go on through the sample, with the shares as `state` has them, for what is left of `BUDGET_S` a second."""
        if self.shares_dk.shape[1] != state.phi_vk.shape[1]:
            n = min(len(data), MAX_SAMPLE)
            self.rows = np.arange(n) * len(data) // n
            self.shares_dk = np.full((n, state.phi_vk.shape[1]), np.nan, dtype=np.float32)
        if state is not self._state:
            self._state, self.n_due = state, len(self.rows)
        while self.n_due and self._allowance.is_left():
            block = slice(self._at, min(self._at + BLOCK, len(self.rows)))
            with self._allowance.spent():
                self.shares_dk[block] = infer_topics(state.phi_vk, state.alpha, data.counts[self.rows[block]])
            self.n_due = max(self.n_due - (block.stop - block.start), 0)
            self._at = block.stop % len(self.rows)


def _described(data: Any, row: int, weights: FloatArray, mix: FloatArray | None = None) -> dict[str, Any]:
    """Return what a document is called, and its words by count x weight (`weights` times `mix`), heaviest first."""
    entries = slice(data.counts.indptr[row], data.counts.indptr[row + 1])
    words, counts = data.counts.indices[entries], data.counts.data[entries]
    weight = counts * (weights[words] if mix is None else weights[words] @ mix)
    best = words[np.argsort(-weight, kind="stable")[:N_WORDS]]
    titles, labels = getattr(data, "titles", None), getattr(data, "labels", None)
    return {
        "row": row,
        "title": titles[row] if titles is not None else f"document {row}",
        "label": labels[row] if labels is not None else "",
        "words": [data.vocabulary[v] for v in best],
    }


def _column(counts: Any, column: int) -> tuple[IntArray, Float64Array]:
    """Return the rows that hold something in a column of a CSR matrix, and what."""
    entries = np.flatnonzero(counts.indices == column)
    rows = np.searchsorted(counts.indptr, entries, side="right") - 1
    return rows, counts.data[entries].astype(np.float64)


def _checked_word(word: str, vocabulary: Any) -> str:
    """Return a word of the vocabulary, in its spelling; ValueError names words that are close."""
    word = word.strip()
    if not word or word in vocabulary:
        return word
    if word.lower() in vocabulary:
        return word.lower()
    alike = [known for known in vocabulary if known[:1] == word[:1].lower() and abs(len(known) - len(word)) <= 3]
    close = difflib.get_close_matches(word.lower(), alike, n=4)
    hint = f"; close to it: {', '.join(map(repr, close))}" if close else ""
    raise ValueError(f"word must be one of the {len(vocabulary):,} words of the vocabulary, got {word!r}{hint}")
