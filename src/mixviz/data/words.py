"""Which words of a vocabulary are worth keeping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixviz.types import IntArray

TOKEN_PATTERN = r"(?u)\b[^\W\d_]\w+\b"
"""A letter followed by at least one letter, digit or underscore."""

CONTRACTIONS = frozenset("aren couldn didn doesn don hadn hasn haven isn ll shouldn ve wasn weren wouldn".split())
"""What tokenising leaves of "aren't", "we'll" and the like."""


@dataclass(frozen=True)
class WordFilter:
    """Limits on words, as :meth:`mixviz.data.corpus.Corpus.prune` documents them."""

    stop_words: str | Iterable[str] | None = None
    min_df: float = 1
    max_df: float = 1.0
    min_length: int = 1
    max_words: int | None = None

    def __post_init__(self) -> None:
        for name in ("min_df", "max_df"):
            _documents(name, getattr(self, name), 1)
        if self.max_words is not None and self.max_words < 1:
            raise ValueError(f"max_words must be at least 1 or None, got {self.max_words!r}")

    def columns(self, counts: Any, vocabulary: Sequence[str]) -> tuple[IntArray, str]:
        """Return the columns to keep of a canonical CSR matrix, ascending, and which limit dropped how many words.

        Raises
        ------
        ValueError
            If no word is left.
        """
        n_documents, n_words = counts.shape
        frequency = np.bincount(counts.indices, minlength=n_words)
        stop_words = _stop_words(self.stop_words)
        drops = {
            "stop_words": np.array([word in stop_words for word in vocabulary]),
            f"min_df={self.min_df!r}": frequency < _documents("min_df", self.min_df, n_documents),
            f"max_df={self.max_df!r}": frequency > _documents("max_df", self.max_df, n_documents),
            f"min_length={self.min_length!r}": np.array([len(word) < self.min_length for word in vocabulary]),
        }
        columns = np.flatnonzero(~np.logical_or.reduce(list(drops.values())))
        dropped = {limit: int(is_dropped.sum()) for limit, is_dropped in drops.items()}
        if self.max_words is not None and len(columns) > self.max_words:
            dropped[f"max_words={self.max_words!r}"] = len(columns) - self.max_words
            totals = np.bincount(counts.indices, weights=counts.data, minlength=n_words)[columns]
            columns = np.sort(columns[np.argsort(-totals, kind="stable")[: self.max_words]])
        reasons = ", ".join(f"{limit} drops {n:,}" for limit, n in dropped.items() if n)
        if not len(columns):
            raise ValueError(f"no word of {n_words:,} is left, in {n_documents:,} documents: {reasons}")
        return columns, reasons


def _documents(name: str, limit: float, n_documents: int) -> float:
    """Return a document-frequency limit as a number of documents."""
    is_count = isinstance(limit, (int, np.integer)) and not isinstance(limit, bool)
    is_share = isinstance(limit, (float, np.floating))
    if not (is_count and limit >= 0) and not (is_share and 0 <= limit <= 1):
        raise ValueError(f"{name} must be a whole number of documents or a share from 0.0 to 1.0, got {limit!r}")
    return limit if is_count else limit * n_documents


def _stop_words(chosen: str | Iterable[str] | None) -> frozenset[str]:
    if chosen is None:
        return frozenset()
    if not isinstance(chosen, str):
        return frozenset(chosen)
    if chosen != "english":
        raise ValueError(f"stop_words must be 'english', a list of words or None, got {chosen!r}")
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS) | CONTRACTIONS
