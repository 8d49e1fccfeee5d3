"""Metrics against values worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from mixviz import metrics
from mixviz.types import Batch


@dataclass
class State:
    phi_vk: Any
    alpha: float = 0.1


def _batch(rows: Any) -> Batch:
    return Batch(np.arange(len(rows)), scipy.sparse.csr_matrix(np.asarray(rows, np.float32)))


def _phi(rows: Any) -> Any:
    phi = np.asarray(rows, np.float32)
    return phi / phi.sum(axis=0)


def test_one_topic_scores_its_own_shares() -> None:
    state = State(_phi([[4.0], [3.0], [2.0], [1.0]]))
    batch = _batch([[5, 1, 5, 2], [0, 0, 0, 0], [3, 0, 0, 0]])
    expected = (1 * np.log(0.3) + 2 * np.log(0.1)) / 3  # the second and the fourth word; the others are fitted to
    assert metrics.likelihood(state, batch) == pytest.approx(expected, rel=1e-5)
    assert metrics.perplexity(state, batch) == pytest.approx(np.exp(-expected), rel=1e-5)


def test_no_word_is_scored_that_was_fitted_to() -> None:
    counts = scipy.sparse.csr_matrix(np.random.default_rng(0).poisson(0.4, (30, 50)).astype(np.float32))
    observed, scored = metrics.split_words(counts)
    assert (observed + scored != counts).nnz == 0
    assert observed.multiply(scored).nnz == 0
    distinct = np.diff(counts.indptr)
    np.testing.assert_array_equal(np.diff(observed.indptr), (distinct + 1) // 2)


def test_likelihood_of_nothing_to_score_is_nan() -> None:
    assert np.isnan(metrics.likelihood(State(_phi(np.ones((3, 2)))), _batch([[2, 0, 0], [0, 0, 0]])))


def test_topics_explain_the_other_half_of_a_document() -> None:
    state = State(_phi([[1, 0], [1, 0], [0, 1], [0, 1]]), alpha=0.01)
    assert metrics.likelihood(state, _batch([[9, 9, 0, 0], [0, 0, 9, 9]])) == pytest.approx(np.log(0.5), abs=0.01)
    shares = metrics.infer_topics(state.phi_vk, 0.01, _batch([[9, 9, 0, 0], [0, 0, 0, 0]]).data)
    np.testing.assert_allclose(shares, [[1, 0], [0.5, 0.5]], atol=0.01)


def test_density() -> None:
    state = State(_phi([[97, 1], [1, 1], [1, 1], [1, 1]]))
    assert metrics.density(state) == 5 / 8  # above 1/4: one word of the first topic, all of the second
    assert metrics.density(state, threshold=0.01) == 1
    assert metrics.density(state, threshold=0.02) == 5 / 8


def test_cosine() -> None:
    assert metrics.cosine(State(_phi(np.eye(4)))) == pytest.approx(0, abs=1e-9)
    assert metrics.cosine(State(_phi(np.ones((4, 3))))) == pytest.approx(0.25)
    phi = _phi(np.random.default_rng(0).random((50, 6)))
    products = phi.T @ phi
    assert metrics.cosine(State(phi)) == pytest.approx(products[~np.eye(6, dtype=bool)].mean(), rel=1e-4)
    assert metrics.cosine(State(_phi(np.ones((4, 1))))) == 0


def test_coherence() -> None:
    always = _batch([[1, 1, 0, 0]] * 4 + [[0, 0, 1, 1]] * 4)
    state = State(_phi([[8, 0], [7, 0], [0, 8], [0, 7]]))
    assert metrics.coherence(state, always, n_words=2) == pytest.approx(1)
    never = _batch([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert metrics.coherence(state, never, n_words=2) == -1
    chance = _batch([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]])
    assert metrics.coherence(state, chance, n_words=2) == pytest.approx(0, abs=1e-9)
    assert metrics.coherence(State(_phi([[8], [7], [1], [1]])), always, n_words=2) == pytest.approx(1)
    assert np.isnan(metrics.coherence(state, _batch([[0, 0, 0, 0]])))


def test_top_words() -> None:
    phi = _phi([[1, 5], [4, 2], [3, 1], [2, 4]])
    np.testing.assert_array_equal(metrics.top_words(phi, 3), [[1, 2, 3], [0, 3, 1]])
    assert metrics.top_words(phi, 99).shape == (2, 4)


def test_default_metrics_agree_with_the_functions() -> None:
    rng = np.random.default_rng(0)
    state, batch = State(_phi(rng.random((40, 3)))), _batch(rng.poisson(0.5, (20, 40)))
    values = {metric.name: metric.function(state, batch) for metric in metrics.topic_metrics()}
    assert list(values) == ["likelihood", "density", "cosine", "perplexity", "coherence"]
    for name, value in values.items():
        assert value == getattr(metrics, name)(state, batch)
    other = _batch(rng.poisson(0.5, (20, 40)))
    perplexity = {metric.name: metric.function for metric in metrics.topic_metrics()}["perplexity"]
    assert perplexity(state, other) == metrics.perplexity(state, other)
