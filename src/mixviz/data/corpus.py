"""A corpus: how often each word occurs in each document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import xxhash

from mixviz.data import readers
from mixviz.data.checks import canonical_counts, label_strings, list_of_texts, row_numbers, strings
from mixviz.data.words import TOKEN_PATTERN, WordFilter
from mixviz.types import Batch


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """Word counts of documents, checked once and never changed afterwards. Satisfies :class:`mixviz.types.Dataset`.

    Empty documents are kept, so that a row number means the same document everywhere; :attr:`n_empty` counts them
    and ``prune(min_tokens=1)`` drops them.

    Parameters
    ----------
    counts : sparse matrix or array, shape (D, V)
        Documents by words: whole numbers from 0 to 16,777,216 in any dtype. Copied into a read-only `csr_matrix`
        with float32 data and sorted int32 indices; duplicates are summed, stored zeros removed.
    vocabulary : sequence of str, length V
        The word of each column, each once. Kept as a tuple.
    titles : sequence of str, length D, optional
        What to call each document.
    labels : sequence of str or int, length D, optional
        A group each document belongs to, for comparison with what a model finds. Whole numbers, as scikit-learn's
        data sets have them, become strings.

    Raises
    ------
    ValueError
        If a count is negative, fractional or not finite, a length does not match, a word comes twice, or there is
        no document or no word.
    TypeError
        If counts are not numbers, a word or title is not a string, or a label neither that nor a whole number.
    """

    unit: ClassVar[str] = "docs"

    counts: Any
    vocabulary: Sequence[str]
    titles: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    _losses: str = field(default="", init=False)

    def __post_init__(self) -> None:
        counts = canonical_counts(self.counts)
        n_documents, n_words = counts.shape
        vocabulary = strings("vocabulary", self.vocabulary, n_words, "word")
        if len(set(vocabulary)) < n_words:
            repeated = Counter(vocabulary).most_common(1)[0][0]
            raise ValueError(f"vocabulary must hold each word once, got {repeated!r} more than once")
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "vocabulary", vocabulary)
        if self.titles is not None:
            object.__setattr__(self, "titles", strings("titles", self.titles, n_documents, "document"))
        if self.labels is not None:
            object.__setattr__(self, "labels", label_strings(self.labels, n_documents))

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        titles: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
        *,
        stop_words: str | Iterable[str] | None = "english",
        min_df: float = 1,
        max_df: float = 1.0,
        min_length: int = 2,
        max_words: int | None = None,
        min_tokens: int = 0,
        token_pattern: str = TOKEN_PATTERN,
    ) -> Corpus:
        """Count the words of texts, in lower case, with scikit-learn's `CountVectorizer`.

        The stop words of 'english' include numbers such as "one". Where fewer than half of the distinct words are
        left, ``repr`` says which limit dropped how many; a word may fall under several.

        Parameters
        ----------
        texts : iterable of str
            One string per document.
        titles, labels : sequence, optional
            As for :class:`Corpus`.
        stop_words, min_df, max_df, min_length, max_words, min_tokens
            As for :meth:`prune`.
        token_pattern : str
            Regular expression of a word; by default a letter followed by letters, digits or underscores.

        Raises
        ------
        TypeError
            If `texts` is one string, a data frame or a dict, or an item is not a string.
        ValueError
            If no word is found, or none is left.
        """
        from sklearn.feature_extraction.text import CountVectorizer

        documents = list_of_texts(texts)
        vectorizer = CountVectorizer(token_pattern=token_pattern)
        try:
            matrix = vectorizer.fit_transform(documents)
        except ValueError as error:
            raise ValueError(f"texts: {error}; got {len(documents)} documents") from error
        words = WordFilter(stop_words, min_df, max_df, min_length, max_words)
        return cls.from_vectorizer(vectorizer, matrix, titles, labels)._filtered(words, min_tokens)

    @classmethod
    def from_vectorizer(
        cls, vectorizer: Any, matrix: Any, titles: Sequence[str] | None = None, labels: Sequence[str] | None = None
    ) -> Corpus:
        """Take the output of a fitted scikit-learn `CountVectorizer`.

        Parameters
        ----------
        vectorizer : object
            Anything with ``get_feature_names_out()``. Weights of a `TfidfVectorizer` are not counts and are refused.
        matrix : sparse matrix, shape (D, V)
            What its ``transform`` or ``fit_transform`` returned.
        titles, labels : sequence, optional
            As for :class:`Corpus`.

        Raises
        ------
        TypeError
            If `vectorizer` is none.
        """
        if not hasattr(vectorizer, "get_feature_names_out"):
            raise TypeError(f"vectorizer must have get_feature_names_out(), got {type(vectorizer).__name__}")
        return cls(matrix, [str(word) for word in vectorizer.get_feature_names_out()], titles, labels)

    @classmethod
    def from_docword(cls, path: str | Path, vocabulary_path: str | Path) -> Corpus:
        """Read the UCI bag-of-words format, plain or gzipped: see :func:`mixviz.data.readers.read_docword`."""
        return cls._from_file(Path(path), readers.read_docword(Path(path), Path(vocabulary_path)))

    @classmethod
    def from_ldac(cls, path: str | Path, tokens_path: str | Path, titles_path: str | Path | None = None) -> Corpus:
        """Read the LDA-C format, plain or gzipped: see :func:`mixviz.data.readers.read_ldac`."""
        titles = Path(titles_path) if titles_path else None
        return cls._from_file(Path(path), readers.read_ldac(Path(path), Path(tokens_path), titles))

    @classmethod
    def from_npz(cls, path: str | Path) -> Corpus:
        """Read what :meth:`to_npz` wrote: see :func:`mixviz.data.readers.read_npz`."""
        return cls._from_file(Path(path), readers.read_npz(Path(path)))

    @classmethod
    def _from_file(cls, path: Path, parts: readers.Parts) -> Corpus:
        with readers.naming(path):
            return cls(*parts)

    def to_npz(self, path: str | Path) -> None:
        """Write a compressed NumPy archive without pickle; the file appears whole or not at all."""
        readers.write_npz(Path(path), readers.Parts(self.counts, self.vocabulary, self.titles, self.labels))

    def __len__(self) -> int:
        return int(self.counts.shape[0])

    @property
    def n_words(self) -> int:
        """Length of the vocabulary, V."""
        return len(self.vocabulary)

    @cached_property
    def n_tokens(self) -> int:
        """Sum of all counts."""
        return int(self.counts.data.sum(dtype=np.float64))

    @cached_property
    def n_empty(self) -> int:
        """Documents without a single word."""
        return int((np.diff(self.counts.indptr) == 0).sum())

    @cached_property
    def _digest(self) -> str:
        digest = xxhash.xxh3_128()
        digest.update("\0".join(self.vocabulary).encode("utf-8", "surrogatepass"))
        for values, dtype in ((self.counts.indptr, "<i8"), (self.counts.indices, "<i4"), (self.counts.data, "<f4")):
            digest.update(b"\0" + dtype.encode() + str(len(values)).encode())
            digest.update(np.ascontiguousarray(values, dtype=dtype).data)
        return digest.hexdigest()

    def fingerprint(self) -> str:
        """Return 32 hexadecimal digits that depend on the counts and the vocabulary, not on titles or labels."""
        return self._digest

    def take(self, rows: npt.ArrayLike) -> Batch:
        """Return the given documents as a batch.

        Parameters
        ----------
        rows : array-like of int, shape (B,)
            Row numbers from 0 to D - 1, in any order, repeats allowed.

        Raises
        ------
        IndexError
            If a row number is negative or not below D, or `rows` is not a list of whole numbers.
        """
        checked = row_numbers(rows, len(self))
        return Batch(checked, self.counts[checked])

    def subset(self, rows: npt.ArrayLike) -> Corpus:
        """Return the given documents as a corpus of their own, with the same vocabulary. Arguments as :meth:`take`."""
        checked = row_numbers(rows, len(self))
        chosen = [None if texts is None else [texts[row] for row in checked] for texts in (self.titles, self.labels)]
        return Corpus(self.counts[checked], self.vocabulary, *chosen)

    def prune(
        self,
        stop_words: str | Iterable[str] | None = None,
        *,
        min_df: float = 1,
        max_df: float = 1.0,
        min_length: int = 1,
        max_words: int | None = None,
        min_tokens: int = 0,
    ) -> Corpus:
        """Return a corpus with fewer words: all limits on words at once, then the one on documents.

        Parameters
        ----------
        stop_words : 'english', iterable of str or None
            Words to drop; ``'english'`` is scikit-learn's list and the pieces its tokens leave of contractions.
        min_df, max_df : int or float
            Fewest and most documents a word may occur in: an int counts documents, a float from 0 to 1 is a share.
        min_length : int
            Fewest letters of a word.
        max_words : int, optional
            Keep only that many words, the most frequent ones.
        min_tokens : int
            Drop documents with fewer remaining tokens. 0 keeps all, also empty ones.

        Raises
        ------
        ValueError
            If an argument is out of range, or no word or no document is left.
        """
        return self._filtered(WordFilter(stop_words, min_df, max_df, min_length, max_words), min_tokens)

    def _filtered(self, words: WordFilter, min_tokens: int) -> Corpus:
        columns, reasons = words.columns(self.counts, self.vocabulary)
        pruned = Corpus(self.counts[:, columns], [self.vocabulary[i] for i in columns], self.titles, self.labels)
        lengths = np.asarray(pruned.counts.sum(axis=1)).ravel()
        rows = np.flatnonzero(lengths >= min_tokens)
        if not len(rows):
            raise ValueError(f"min_tokens={min_tokens} leaves no document; the longest has {lengths.max():.0f} tokens")
        kept = pruned if len(rows) == len(self) else pruned.subset(rows)
        if 2 * len(columns) < self.n_words:
            object.__setattr__(kept, "_losses", f"{len(columns):,} of {self.n_words:,} words left: {reasons}")
        return kept

    def __repr__(self) -> str:
        parts = [f"{len(self):,} documents × {self.n_words:,} words", f"{self.n_tokens:,} tokens"]
        if self.n_empty:
            parts.append(f"{self.n_empty:,} empty")
        if self.titles is not None:
            parts.append("titles")
        if self.labels is not None:
            names = sorted(set(self.labels))
            parts.append(f"labels {', '.join(names[:4])}{', …' if len(names) > 4 else ''}")
        if self._losses:
            parts.append(self._losses)
        return f"Corpus({'; '.join(parts)})"
