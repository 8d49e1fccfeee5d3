"""Document sweeps of the CUDA source against the definition, on awkward shapes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from mixviz.kernels.launch import most_shared
from mixviz.kernels.simd import padded
from mixviz.kernels.sweeps import gpu, reference
from mixviz.kernels.sweeps.reference import Swept

f4 = np.float32
SEED, STEP, ALPHA = 9 + (7 << 32), 5, 0.1


def _documents(V: int = 60, n: int = 40) -> Any:
    """Documents of 0 to `V` words, some empty, some of one word."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.choice([0, 0.02, 0.5, 3], (n, 1)) * np.ones(V))
    counts[n // 8] = 0
    counts[n // 4] = np.eye(V)[V // 3]
    return scipy.sparse.csr_matrix(counts.astype(f4))


def _phi(V: int, K: int) -> Any:
    phi = np.random.default_rng(1).gamma(0.3, size=(V, K)) + 1e-6
    return (phi / phi.sum(axis=0)).astype(f4)


def _entities(n: int) -> Any:
    return np.arange(n, dtype=np.int64) + 2**32 - 3


def _swept(counts: Any, phi: Any, temperature: float, n_sweeps: int = 3, entities: Any = None, **hints: Any) -> Swept:
    xp: Any = sys.modules["cupy"]
    entities = _entities(counts.shape[0]) if entities is None else entities
    given = (counts.indptr.astype(np.int64), counts.indices, counts.data, phi)
    found = gpu.sweep_documents(
        *map(xp.asarray, given), phi.shape[1], ALPHA, temperature, n_sweeps, xp.asarray(entities), STEP, SEED, **hints
    )
    return Swept(*(part.get() for part in found))


def _exact(counts: Any, phi: Any, temperature: float, n_sweeps: int = 3) -> Swept:
    K = phi.shape[1]
    wide = np.pad(phi, ((0, 0), (0, padded(K) - K)))
    swept = reference.sweep_documents(
        counts.indptr, counts.indices, counts.data, wide, K, ALPHA, temperature, n_sweeps, _entities(counts.shape[0]),
        STEP, SEED,
    )  # fmt: skip
    return Swept(swept.theta_dk[:, :K], swept.x_dk[:, :K], swept.ratios)


def _check(found: Swept, exact: Swept, counts: Any, most_apart: float) -> None:
    is_apart = ~np.isclose(found.x_dk, exact.x_dk, rtol=2e-3, atol=1e-4).all(axis=1)
    # a draw on the edge between two numbers may fall either way, and then the rest of its document differs
    assert is_apart.mean() <= most_apart
    np.testing.assert_allclose(found.theta_dk[~is_apart], exact.theta_dk[~is_apart], rtol=5e-3, atol=1e-6)
    together = ~np.repeat(is_apart, np.diff(counts.indptr))
    np.testing.assert_allclose(found.ratios[together], exact.ratios[together], rtol=5e-3)


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("K", [1, 31, 33, 64, 100, 256])
@pytest.mark.parametrize("temperature", [0.0, 0.01, 1.0])
def test_agrees_with_the_reference(K: int, temperature: float) -> None:
    counts, phi = _documents(), _phi(60, K)
    found = _swept(counts, phi, temperature, lengths=np.diff(counts.indptr))
    _check(found, _exact(counts, phi, temperature), counts, 0 if temperature == 0 else 0.1)


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("K", [1, 33, 256])
@pytest.mark.parametrize("temperature", [0.0, 0.01])
def test_documents_longer_than_shared_memory(K: int, temperature: float) -> None:
    V = 5200
    rows = np.zeros((4, V), f4)
    rows[0, 100:5100] = np.random.default_rng(2).poisson(1, 5000) + 1
    rows[1, :257], rows[3, 7:2007] = 1, 2
    counts, phi = scipy.sparse.csr_matrix(rows), _phi(V, K)
    found = _swept(counts, phi, temperature, 2, lengths=np.diff(counts.indptr))
    _check(found, _exact(counts, phi, temperature, 2), counts, 0 if temperature == 0 else 0.5)


@pytest.mark.usefixtures("fake_gpu")
def test_one_word_one_sweep_and_no_documents() -> None:
    counts, phi = scipy.sparse.csr_matrix(np.array([[3], [0], [1]], f4)), np.ones((1, 33), f4)
    _check(_swept(counts, phi, 0.5, 1), _exact(counts, phi, 0.5, 1), counts, 0)
    for hints in ({}, {"lengths": np.zeros(0, np.int64)}):
        assert _swept(counts[:0], phi, 0.5, 1, **hints).theta_dk.shape == (0, 33)


def test_order_of_threads_company_and_room_change_no_bit_and_nothing_waits(fake_gpu: Any) -> None:
    counts = scipy.sparse.vstack([_documents(60, 200), _documents(300, 100)[:, :60]], "csr")
    phi, lengths = _phi(60, 33), np.diff(counts.indptr)
    results = []
    for order in ("forward", "backward", "shuffled"):
        fake_gpu.order = order
        results.append(_swept(counts, phi, 0.01, lengths=lengths))
    results.append(_swept(counts, phi, 0.01))
    for other in results[1:]:
        for part, expected in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(part, expected)
    some = np.arange(0, 300, 7)
    alone = _swept(counts[some], phi, 0.01, entities=_entities(300)[some], lengths=lengths[some])
    np.testing.assert_array_equal(alone.theta_dk, results[0].theta_dk[some])


@pytest.mark.parametrize(("K", "most"), [(32, 1), (33, 0), (256, 220)])
def test_launches_go_by_length_and_take_what_they_need(fake_gpu: Any, K: int, most: int) -> None:
    lengths = np.r_[np.full(200, 30), np.full(100, 200), 5000, 0, 1000]
    order, groups = gpu._by_length(lengths, len(lengths), K)
    assert sorted(order) == list(range(len(lengths)))
    assert (np.diff(lengths[order]) <= 0).all()
    firsts, lasts, rooms = zip(*groups, strict=True)
    assert (firsts[0], lasts[-1]) == (0, len(lengths))
    assert firsts[1:] == lasts[:-1]
    for first, last, room in groups:
        assert room % 4 == 0
        assert gpu._shared_bytes(room, K) <= most_shared()
        assert lengths[order[first:last]].max() <= room or room == gpu._most_rows(K, most_shared())
    assert rooms[-1] == 32
