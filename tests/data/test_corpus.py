"""Corpus: what it accepts, what it refuses and how it says so."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from mixviz.data.corpus import Corpus
from mixviz.types import Dataset

WORDS = ["apple", "bear", "cat"]
COUNTS = np.array([[1, 0, 2], [0, 0, 0], [0, 3, 1], [4, 0, 0]])


@pytest.fixture
def corpus() -> Corpus:
    return Corpus(COUNTS, WORDS, titles=["a", "b", "c", "d"], labels=["x", "y", "x", "y"])


def assert_canonical(corpus: Corpus, expected: np.ndarray) -> None:
    counts = corpus.counts
    assert isinstance(counts, sparse.csr_matrix)
    assert (counts.dtype, counts.indices.dtype, counts.indptr.dtype) == (np.float32, np.int32, np.int32)
    fresh = sparse.csr_matrix((counts.data, counts.indices, counts.indptr), counts.shape)
    assert fresh.has_canonical_format
    assert (counts.data > 0).all()
    assert_array_equal(counts.toarray(), expected)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float64])
@pytest.mark.parametrize("form", ["dense", "csr", "csc", "coo", "lil", "dok", "bsr", "csr_array"])
def test_any_matrix_becomes_canonical(form: str, dtype: type) -> None:
    dense = COUNTS.astype(dtype)
    given_counts = (
        dense if form == "dense" else sparse.csr_array(dense.astype(np.float32)) if form == "csr_array" else None
    )
    if given_counts is None:
        given_counts = sparse.csr_matrix(dense.astype(np.float32) if dtype is np.float16 else dense).asformat(form)
    assert_canonical(Corpus(given_counts, WORDS), dense.astype(np.float32))


def test_duplicates_are_summed_and_zeros_removed_without_overflow() -> None:
    columns, starts = [2, 0, 2, 1], [0, 4]
    matrix = sparse.csr_matrix((np.array([200, 0, 200, 7], np.uint8), columns, starts), (1, 3))
    assert_canonical(Corpus(matrix, WORDS), np.array([[0, 7, 400]]))
    assert_canonical(
        Corpus(sparse.coo_matrix((np.full(2, 200, np.uint8), ([0, 0], [1, 1])), (1, 3)), WORDS), [[0, 400, 0]]
    )


@given(arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 2**24)))
@settings(max_examples=50, derandomize=True, deadline=None)
def test_round_trip_of_any_counts(counts: np.ndarray) -> None:
    corpus = Corpus(counts, [str(i) for i in range(counts.shape[1])])
    assert_canonical(corpus, counts)
    assert corpus.n_tokens == counts.sum()
    assert corpus.n_empty == (counts.sum(axis=1) == 0).sum()


def test_the_argument_is_copied_and_the_corpus_read_only() -> None:
    matrix = sparse.csr_matrix(COUNTS.astype(np.float32))
    corpus = Corpus(matrix, WORDS)
    matrix.data[:] = 99
    assert corpus.counts.max() == 4
    for values in (corpus.counts.data, corpus.counts.indices, corpus.counts.indptr):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0
    with pytest.raises(AttributeError):
        corpus.vocabulary = ("x",)  # type: ignore[misc]


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, r"counts must be whole numbers of 0 or more, got -1.0 \(negative\) in document 2, word 1"),
        (0.5, r"got 0.5 \(fractional\) in document 2, word 1"),
        (np.nan, r"got nan \(not finite\) in document 2, word 1"),
        (-np.inf, r"got -inf \(not finite\)"),
        (1e300, r"got 1e\+300 \(above 16,777,216\)"),
    ],
)
def test_bad_counts_are_named_with_their_place(value: float, message: str, as_sparse: bool) -> None:
    counts = COUNTS.astype(np.float64)
    counts[2, 1] = value
    with pytest.raises(ValueError, match=message):
        Corpus(sparse.csc_matrix(counts) if as_sparse else counts, WORDS)


def test_a_negative_count_does_not_hide_in_a_duplicate() -> None:
    matrix = sparse.coo_matrix(([3, -1], ([0, 0], [1, 1])), (1, 3))
    with pytest.raises(ValueError, match=r"got -1 \(negative\)"):
        Corpus(matrix, WORDS)


def test_duplicates_that_add_up_to_too_much() -> None:
    matrix = sparse.coo_matrix(([2**24, 2**24], ([0, 0], [1, 1])), (1, 3))
    with pytest.raises(ValueError, match="may be at most 16,777,216, got 33,554,432"):
        Corpus(matrix, WORDS)


@pytest.mark.parametrize(
    ("counts", "error", "message"),
    [
        ([1, 2, 3], ValueError, r"two dimensions, documents by words, got shape \(3,\)"),
        (np.zeros((0, 3)), ValueError, r"at least one document and one word, got shape \(0, 3\)"),
        (np.zeros((2, 0)), ValueError, r"got shape \(2, 0\)"),
        ([["a", "b", "c"]], TypeError, "counts must be whole numbers, got values of type <U1"),
        (np.ones((1, 3), complex), TypeError, "got values of type complex128"),
        (sparse.csr_matrix(([1.0], [7], [0, 1]), (1, 9))[:, :9], ValueError, r"one string per word \(9\), got 3"),
    ],
)
def test_matrices_that_are_no_corpus(counts: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Corpus(counts, WORDS)


def test_a_matrix_with_words_out_of_range() -> None:
    matrix = sparse.csr_matrix(COUNTS)
    matrix.indices[0] = 3
    with pytest.raises(ValueError, match="counts is not a valid CSR matrix"):
        Corpus(matrix, WORDS)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"vocabulary": ["a", "b"]}, ValueError, r"vocabulary must have one string per word \(3\), got 2"),
        ({"vocabulary": ["a", "b", "a"]}, ValueError, "vocabulary must hold each word once, got 'a' more than once"),
        ({"vocabulary": "abc"}, TypeError, "vocabulary must be a list of strings, got one string"),
        ({"vocabulary": ["a", "b", 3]}, TypeError, "vocabulary must hold strings, got 3 at position 2"),
        ({"titles": ["a"]}, ValueError, r"titles must have one string per document \(4\), got 1"),
        ({"labels": ["a"] * 5}, ValueError, r"labels must have one string per document \(4\), got 5"),
        ({"labels": "abcd"}, TypeError, "labels must be a list of strings, got one string"),
        ({"labels": [0, 1, 0.5, 1]}, TypeError, "labels must hold strings, got 0.5 at position 2"),
        ({"labels": [True] * 4}, TypeError, "labels must hold strings, got True at position 0"),
    ],
)
def test_bad_strings(arguments: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Corpus(COUNTS, **{"vocabulary": WORDS, **arguments})


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda target: np.array(target, np.int8)])
def test_whole_numbers_are_labels(kind: Callable[[list[int]], Any]) -> None:
    corpus = Corpus(COUNTS, WORDS, labels=kind([3, 10, 3, -1]))
    assert corpus.labels == ("3", "10", "3", "-1")
    assert Corpus.from_texts(["red", "blue"], labels=kind([0, 1])).labels == ("0", "1")


def test_take_keeps_the_identity_of_rows(corpus: Corpus) -> None:
    assert isinstance(corpus, Dataset)
    batch = corpus.take(np.array([3, 0, 3]))
    assert_array_equal(batch.rows, [3, 0, 3])
    assert batch.rows.dtype == np.int64
    assert_array_equal(batch.data.toarray(), COUNTS[[3, 0, 3]])
    assert (batch.data.dtype, batch.data.indices.dtype) == (np.float32, np.int32)
    assert len(corpus.take([])) == 0


@pytest.mark.parametrize("rows", [[-1], [4], [0.5], [[0, 1]], [True]])
def test_take_refuses_other_rows(corpus: Corpus, rows: list) -> None:
    with pytest.raises(IndexError, match="rows must be"):
        corpus.take(rows)


def test_subset_carries_titles_and_labels(corpus: Corpus) -> None:
    part = corpus.subset([2, 0])
    assert (part.titles, part.labels, part.vocabulary) == (("c", "a"), ("x", "x"), tuple(WORDS))
    assert_canonical(part, COUNTS[[2, 0]])


def test_one_document() -> None:
    corpus = Corpus([[0, 2, 1]], WORDS)
    assert len(corpus) == 1
    assert_array_equal(corpus.take([0]).data.toarray(), [[0, 2, 1]])
    assert corpus.prune(min_df=1.0, max_df=1).vocabulary == ("bear", "cat")


def test_empty_documents_keep_their_row(corpus: Corpus) -> None:
    assert (len(corpus), corpus.n_empty, corpus.n_tokens, corpus.n_words) == (4, 1, 11, 3)
    assert corpus.prune(min_tokens=1).titles == ("a", "c", "d")
    assert Corpus(np.zeros((2, 3)), WORDS).n_empty == 2


def test_fingerprint_follows_counts_and_words_alone(corpus: Corpus) -> None:
    same = Corpus(sparse.csc_matrix(COUNTS), WORDS)
    changed = COUNTS.copy()
    changed[1, 1] = 1
    assert corpus.fingerprint() == same.fingerprint() == "d95ec60c6e9d38b27f724f9f6abab562"
    others = [
        Corpus(changed, WORDS),
        Corpus(COUNTS, ["apple", "bear", "cow"]),
        Corpus(COUNTS[::-1], WORDS),
        Corpus(COUNTS[:3], WORDS),
    ]
    assert len({corpus.fingerprint(), *(other.fingerprint() for other in others)}) == 5


def test_repr_tells_a_person_what_it_is(corpus: Corpus) -> None:
    assert repr(corpus) == "Corpus(4 documents × 3 words; 11 tokens; 1 empty; titles; labels x, y)"
    assert repr(Corpus([[1000, 1]], ["a", "b"])) == "Corpus(1 documents × 2 words; 1,001 tokens)"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, ["apple", "bear", "cat"]),
        ({"stop_words": ["bear"]}, ["apple", "cat"]),
        ({"min_df": 2}, ["apple", "cat"]),
        ({"min_df": 0.5}, ["apple", "cat"]),
        ({"max_df": 1}, ["bear"]),
        ({"max_df": 0.25}, ["bear"]),
        ({"min_length": 4}, ["apple", "bear"]),
        ({"max_words": 1}, ["apple"]),
        ({"max_words": 2}, ["apple", "bear"]),
    ],
)
def test_prune_words(corpus: Corpus, limits: dict, words: list[str]) -> None:
    pruned = corpus.prune(**limits)
    assert list(pruned.vocabulary) == words
    assert_canonical(pruned, COUNTS[:, [WORDS.index(word) for word in words]])
    assert (pruned.titles, pruned.labels) == (corpus.titles, corpus.labels)


def test_prune_drops_documents_that_became_short(corpus: Corpus) -> None:
    pruned = corpus.prune(stop_words=["apple"], min_tokens=2)
    assert (pruned.titles, pruned.labels) == (("a", "c"), ("x", "x"))
    assert_canonical(pruned, np.array([[0, 2], [3, 1]]))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"stop_words": WORDS}, "no word of 3 is left, in 4 documents: stop_words drops 3$"),
        ({"min_df": 9, "min_length": 4}, "is left, in 4 documents: min_df=9 drops 3, min_length=4 drops 1$"),
        ({"stop_words": ["cat"], "max_df": 0.0}, "stop_words drops 1, max_df=0.0 drops 3$"),
        ({"min_tokens": 5}, "min_tokens=5 leaves no document; the longest has 4 tokens"),
        ({"stop_words": "klingon"}, "stop_words must be 'english', a list of words or None, got 'klingon'"),
        ({"min_df": 1.5}, r"min_df must be a whole number of documents or a share from 0.0 to 1.0, got 1.5"),
        ({"max_df": -1}, "max_df must be"),
        ({"max_df": True}, "max_df must be"),
        ({"max_words": 0}, "max_words must be at least 1 or None, got 0"),
    ],
)
def test_prune_says_what_is_wrong(corpus: Corpus, limits: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        corpus.prune(**limits)


def test_from_texts() -> None:
    texts = ["The cat doesn't sit on the mat", "Cats and dogs; dogs 42 x", ""]
    corpus = Corpus.from_texts(texts, titles=["one", "two", "three"])
    assert corpus.vocabulary == ("cat", "cats", "dogs", "mat", "sit")
    assert_canonical(corpus, np.array([[1, 0, 0, 1, 1], [0, 1, 2, 0, 0], [0, 0, 0, 0, 0]]))
    short = Corpus.from_texts(texts, titles=["one", "two", "three"], stop_words=None, min_df=1, min_tokens=5)
    assert short.titles == ("one",)
    assert "the" in short.vocabulary


def test_a_corpus_that_lost_most_of_its_words_says_why() -> None:
    texts = ["one two three four", "five six pears apples", "apples"]
    lost = "2 of 8 words left: stop_words drops 6"
    assert repr(Corpus.from_texts(texts)) == f"Corpus(3 documents × 2 words; 3 tokens; 1 empty; {lost})"
    assert repr(Corpus.from_texts(texts, max_words=1, min_tokens=1)).endswith(
        "1 of 8 words left: stop_words drops 6, max_words=1 drops 1)"
    )
    assert "left" not in repr(Corpus.from_texts(texts, stop_words=["one", "two", "five", "six"])), "half are left"


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("one string", TypeError, "texts must be a list with one string per document, got one string"),
        ({"a": "text"}, TypeError, "got a dict: pass one column"),
        (SimpleNamespace(columns=["text"]), TypeError, "got a SimpleNamespace: pass one column"),
        ([], ValueError, "texts must hold at least one document, got none"),
        (["a", None], TypeError, "texts must hold strings, got NoneType at position 1"),
        (["", "42"], ValueError, "texts: empty vocabulary.*got 2 documents"),
        (["the and of"], ValueError, "no word of 3 is left, in 1 documents: stop_words drops 3$"),
    ],
)
def test_texts_that_hold_no_words(texts: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Corpus.from_texts(texts)  # type: ignore[arg-type]


def test_from_vectorizer() -> None:
    vectorizer = CountVectorizer()
    corpus = Corpus.from_vectorizer(vectorizer, vectorizer.fit_transform(["b a_a b", "c1"]), titles=["x", "y"])
    assert (corpus.vocabulary, corpus.titles) == (("a_a", "c1"), ("x", "y"))
    weights = TfidfVectorizer()
    with pytest.raises(ValueError, match="fractional"):
        Corpus.from_vectorizer(weights, weights.fit_transform(["red green", "red blue"]))


def test_a_vectoriser_and_its_matrix_the_wrong_way_round() -> None:
    vectorizer = CountVectorizer()
    matrix = vectorizer.fit_transform(["red blue"])
    with pytest.raises(TypeError, match=r"vectorizer must have get_feature_names_out\(\), got csr_matrix"):
        Corpus.from_vectorizer(matrix, vectorizer)
