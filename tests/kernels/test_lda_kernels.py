"""Sweeps, word sums and the model update: kernel against reference on awkward shapes, and the three samplers' law."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from mixviz import backend
from mixviz.kernels import multinomial
from mixviz.kernels.simd import kernel, padded, transpose
from mixviz.kernels.sweeps import cpu as sweeps
from mixviz.kernels.sweeps import per_entry as sweeps_per_entry
from mixviz.kernels.sweeps import reference as sweeps_reference
from mixviz.kernels.updates import cpu as updates
from mixviz.kernels.updates import reference as updates_reference
from mixviz.kernels.updates.reference import Push
from mixviz.kernels.word_sums import cpu as word_sums
from mixviz.kernels.word_sums import per_entry as word_sums_per_entry
from mixviz.kernels.word_sums import reference as word_sums_reference

V = 60
f4 = np.float32


@pytest.fixture(autouse=True)
def _default_threads() -> Iterator[None]:
    yield
    backend.set_num_threads(None)


def _documents(n_documents: int = 40, seed: int = 0) -> Any:
    """Documents of 0 to 60 words, some empty, some of one word."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.choice([0, 0.02, 0.5, 3], (n_documents, 1)) * np.ones(V))
    counts[3] = 0
    counts[4] = np.eye(V)[7]
    return scipy.sparse.csr_matrix(counts.astype(f4))


def _phi(n_topics: int, seed: int = 1) -> Any:
    phi = np.random.default_rng(seed).gamma(0.3, size=(V, n_topics)) + 1e-6
    return (phi / phi.sum(axis=0)).astype(f4)


def _swept(module: Any, counts: Any, phi: Any, temperature: float, n_sweeps: int = 3, seed: int = 9) -> Any:
    batch = word_sums.words_of_batch(counts.indices, V)
    weights = updates.gather_rows(batch.words, phi)
    rows = np.arange(counts.shape[0], dtype=np.int64) + 100
    arguments = (counts.indptr.astype(np.int64), batch.local, counts.data, weights, phi.shape[1], 0.1, temperature)
    return batch, weights, module.sweep_documents(*arguments, n_sweeps, rows, 5, seed)


@pytest.mark.parametrize("n_topics", [1, 3, 32, 33, 257])
@pytest.mark.parametrize("temperature", [0.0, 0.01, 1.0, 5.0])
def test_sweeps_agree_with_the_reference(n_topics: int, temperature: float) -> None:
    counts, phi = _documents(), _phi(n_topics)
    _, _, fast = _swept(sweeps, counts, phi, temperature)
    _, _, exact = _swept(sweeps_reference, counts, phi, temperature)
    is_apart = ~np.isclose(fast.x_dk, exact.x_dk, rtol=2e-3, atol=1e-4).all(axis=1)
    # a draw on the edge between two numbers may fall either way, and then the rest of its document differs
    assert is_apart.mean() <= (0 if temperature == 0 else 0.1)
    np.testing.assert_allclose(fast.theta_dk[~is_apart], exact.theta_dk[~is_apart], rtol=5e-3, atol=1e-6)
    documents = np.repeat(np.arange(len(is_apart)), np.diff(counts.indptr))
    together = ~is_apart[documents]
    np.testing.assert_allclose(fast.ratios[together], exact.ratios[together], rtol=5e-3)
    assert (fast.x_dk[:, n_topics:] == 0).all()
    assert (fast.theta_dk[:, n_topics:] == 0).all()


@pytest.mark.parametrize("width", [16, 32, 48, 64, 80, 112, 192])
@pytest.mark.parametrize("n_rows", [16, 48])
def test_row_times_matrix(n_rows: int, width: int) -> None:
    rng = np.random.default_rng(0)
    x, a = rng.random(n_rows, f4), rng.random((n_rows, width), f4)
    y = np.full(width, np.nan, f4)
    sweeps.row_times_matrix(y, x, a.ravel(), n_rows, width)
    np.testing.assert_allclose(y, x @ a, rtol=1e-5)


@kernel
def _transposed(target: Any, source: Any) -> None:
    transpose(target, 3, 20, source, 5, 33)


def test_transpose() -> None:
    target, source = np.full(400, np.nan, f4), np.random.default_rng(0).random(700, f4)
    _transposed(target, source)
    i, j = np.mgrid[:16, :16]
    np.testing.assert_array_equal(target[3 + 20 * j + i], source[5 + 33 * i + j])


def test_words_of_batch_agree_with_the_reference() -> None:
    for indices in (_documents().indices, np.zeros(0, np.int32), np.full(5, V - 1, np.int32)):
        fast = word_sums.words_of_batch(indices, V)
        exact = word_sums_reference.words_of_batch(indices, V)
        for part, expected in zip(fast, exact, strict=True):
            np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("n_topics", [1, 3, 32, 33, 257])
@pytest.mark.parametrize("temperature", [0.0, 0.01, 1.0])
def test_word_sums_agree_with_the_reference(n_topics: int, temperature: float) -> None:
    counts, phi = _documents(), _phi(n_topics)
    batch, weights, swept = _swept(sweeps, counts, phi, 0.0)
    documents = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
    arguments = (batch, documents, swept.ratios, swept.theta_dk, weights, temperature, 5, 9)
    fast, exact = word_sums.sum_words(*arguments), word_sums_reference.sum_words(*arguments)
    is_apart = ~np.isclose(fast, exact, rtol=1e-4, atol=1e-5)
    assert is_apart.mean() <= (0 if temperature == 0 else 1e-3)
    if temperature == 0:
        np.testing.assert_allclose(fast.sum(axis=1), counts.sum(axis=0).A1[batch.words], rtol=1e-4)


@pytest.mark.parametrize("n_topics", [1, 3, 32, 33, 257])
@pytest.mark.parametrize("push", [Push(), Push(l1=0.01), Push(l2=0.3), Push(cosine=0.2), Push(0.001, 0.01, 0.1, 1e-3)])
def test_update_agrees_with_the_reference(n_topics: int, push: Push) -> None:
    rng, phi = np.random.default_rng(2), _phi(n_topics)
    words = np.sort(rng.choice(V, 20, replace=False))
    rank = np.full(V, -1, np.int32)
    rank[words] = np.arange(20)
    sums = rng.gamma(0.5, size=(20, padded(n_topics))).astype(f4)
    keep, gain, floor, least = (
        rng.uniform(*r, n_topics).astype(f4) for r in ((0.5, 1), (0, 0.01), (0, 1e-4), (0, 1e-4))
    )
    before = phi.copy()
    fast = updates.update_words(phi, rank, sums, keep, gain, floor, least, push)
    exact = updates_reference.update_words(phi, rank, sums, keep, gain, floor, least, push)
    np.testing.assert_allclose(fast, exact, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(fast.sum(axis=0, dtype=float), 1, rtol=1e-5)
    np.testing.assert_array_equal(phi, before)


def test_a_topic_that_lost_everything_becomes_uniform() -> None:
    phi, zeros = _phi(3), np.zeros(3, f4)
    nothing = np.full(V, -1, np.int32)
    lost = updates.update_words(phi, nothing, np.zeros((0, 16), f4), zeros, zeros, zeros, zeros, Push(l1=1.0))
    np.testing.assert_allclose(lost, 1 / V, rtol=1e-6)


def test_read_only_and_writeable_topics_share_one_compiled_kernel() -> None:
    phi, rank, rates = np.full((V, 5), 1 / V, f4), np.arange(V, dtype=np.int32), (np.ones(5, f4),) * 4
    for is_writeable in (True, False):
        phi.setflags(write=is_writeable)
        weights = updates.gather_rows(rank, phi)
        updates.update_words(phi, rank, weights, *rates, Push())
    for compiled in (updates._gather_range, updates._update_range):
        assert compiled.signatures
        assert not any(signature[3].mutable for signature in compiled.signatures), "phi comes fourth"


@pytest.mark.parametrize("n_threads", [2, 4])
def test_number_of_threads_changes_no_bit(n_threads: int) -> None:
    counts, phi = _documents(300), _phi(33)
    results = []
    for n in (1, n_threads):
        backend.set_num_threads(n)
        batch, weights, swept = _swept(sweeps, counts, phi, 0.01)
        documents = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
        results.append(
            [*swept, word_sums.sum_words(batch, documents, swept.ratios, swept.theta_dk, weights, 0.01, 5, 9)]
        )
    for alone, shared in zip(*results, strict=True):
        np.testing.assert_array_equal(alone, shared)


@pytest.mark.parametrize("temperature", [1.0, 0.1])
def test_the_three_samplers_have_the_same_law(temperature: float) -> None:
    """Mean and spread of a document's topics after three sweeps, over 4,000 copies of one document.

    Multinomial counts know their total, Poisson counts do not (Zhao et al. 2015, section 3): a little less spread.
    """
    counts = scipy.sparse.csr_matrix(np.tile(_documents()[[0]].toarray() + np.eye(V)[2], (4000, 1)).astype(f4))
    phi = _phi(4)
    tokens = counts[0].sum()
    moments = []
    for module in (sweeps, sweeps_per_entry, multinomial):
        x = _swept(module, counts, phi, temperature)[2].x_dk[:, :4]
        shares = x / x.sum(axis=1, keepdims=True)
        moments.append((shares.mean(axis=0), shares.std(axis=0)))
    (mean, spread), per_entry, exact = moments
    noise = 5 * spread.max() / np.sqrt(4000)
    np.testing.assert_allclose(per_entry[0], mean, atol=noise)
    np.testing.assert_allclose(per_entry[1], spread, rtol=0.07)
    np.testing.assert_allclose(exact[0], mean, atol=noise + 0.2 / tokens)
    assert (0.6 * spread < exact[1]).all()
    assert (exact[1] < 1.05 * spread).all()


@pytest.mark.parametrize("module", [word_sums, word_sums_per_entry, multinomial])
def test_word_counts_have_the_right_mean_and_spread(module: Any) -> None:
    counts, phi = _documents(), _phi(4)
    batch, weights, swept = _swept(sweeps, counts, phi, 0.0)
    documents = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
    arguments = (batch, documents, swept.ratios, swept.theta_dk, weights)
    mean = word_sums.sum_words(*arguments, 0.0, 5, 9)
    drawn = np.stack([module.sum_words(*arguments, 0.25, step, 9) for step in range(1000)])
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=5 * np.sqrt(mean.max() * 0.25 / 1000))
    if module is not multinomial:
        np.testing.assert_allclose(drawn.var(axis=0), mean * 0.25, rtol=0.4, atol=0.02)


def test_multinomial_needs_whole_replicas() -> None:
    with pytest.raises(ValueError, match=r"1 / temperature to be a whole number, got 0\.3"):
        _swept(multinomial, _documents(), _phi(3), 0.3)


def test_a_step_compiles_the_random_bits_for_one_kind_of_numbers_and_leaves_the_collector_on() -> None:
    code = """
import gc, numpy as np, mixviz as mv
from mixviz.kernels.philox.cpu import philox
model = mv.LDA(4, max_iter=1, random_state=0)
model.fit(np.ones((4, 6), np.float32)).score(np.ones((4, 6), np.float32))
print(len(philox.signatures), gc.isenabled())
"""
    with tempfile.TemporaryDirectory() as folder:  # nothing compiled yet
        places = {**os.environ, "NUMBA_CACHE_DIR": folder}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=places)
    assert done.stdout.split() == ["1", "True"]
