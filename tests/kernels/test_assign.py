"""Nearest clusters: the fast kernel against the definition, and the law of random labels."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import scipy.stats
from threadpoolctl import threadpool_info

from mixviz import backend
from mixviz.kernels.assign import cpu, reference
from mixviz.kernels.assign.reference import Chance

SHAPES = [(1, 1, 1), (5, 3, 1), (7, 1, 4), (300, 33, 32), (513, 257, 33), (256, 300, 257)]
KINDS = {
    "uint8": lambda rng, shape: rng.integers(0, 256, shape).astype(np.uint8),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "float64": lambda rng, shape: rng.normal(size=shape),
    "sparse": lambda rng, shape: scipy.sparse.csr_matrix(rng.poisson(0.3, shape).astype(np.float32)),
}


def problem(kind: str, B: int, F: int, K: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(B + F + K)
    data = KINDS[kind](rng, (B, F))
    dense = data.toarray() if kind == "sparse" else data
    centres = (dense[rng.integers(0, B, K)] + rng.normal(size=(K, F)) * dense.std()).astype(np.float32)
    return data, centres, rng.uniform(0, 2, F).astype(np.float32), rng.uniform(0, dense.std() ** 2, K)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_kernel_is_the_definition(kind: str, shape: tuple[int, int, int]) -> None:
    data, centres, weights, offsets = problem(kind, *shape)
    fast, slow = cpu.assign(data, centres, weights, offsets), reference.assign(data, centres, weights, offsets)
    scale = float(slow.distances_b.mean()) + 1e-6
    dense = np.asarray(data.toarray() if kind == "sparse" else data, float)
    chosen = (((dense - centres[fast.labels_b]) ** 2) @ weights.astype(float)) + offsets[fast.labels_b]
    least = slow.distances_b + offsets[slow.labels_b]
    np.testing.assert_allclose(chosen, least, atol=2e-5 * max(scale, float(np.abs(centres).max()) ** 2 * shape[1]))
    same = fast.labels_b == slow.labels_b
    assert same.mean() > 0.99
    assert (fast.distances_b >= 0).all()
    length = float((dense**2).sum(axis=1).max() * weights.max()) + scale
    np.testing.assert_allclose(fast.distances_b[same], slow.distances_b[same], rtol=1e-4, atol=1e-5 * length)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_moved_centres_are_the_definition(kind: str, shape: tuple[int, int, int]) -> None:
    data, centres, weights, offsets = problem(kind, *shape)
    labels = reference.assign(data, centres, weights, offsets).labels_b
    fast, counts = cpu.move_centres(data, labels, centres, 0.3)
    slow, expected = reference.move_centres(data, labels, centres, 0.3)
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-5 * np.abs(centres).max())
    np.testing.assert_array_equal(fast[counts == 0], centres[counts == 0])


@pytest.mark.parametrize("kind", KINDS)
def test_number_of_threads_changes_no_bit(kind: str) -> None:
    data, centres, weights, offsets = problem(kind, 1100, 600, 33)
    chance = Chance(5.0, np.arange(1100), 3, 9)
    try:
        results = []
        for n_threads in (1, 2, 4):
            backend.set_num_threads(n_threads)
            assigned = cpu.assign(data, centres, weights, offsets, chance)
            results.append([*assigned, *cpu.move_centres(data, assigned.labels_b, centres, 0.3)])
    finally:
        backend.set_num_threads(None)
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


def test_no_rows_are_no_error() -> None:
    empty = np.zeros((0, 4), np.uint8)
    assert [len(part) for part in cpu.assign(empty, np.zeros((2, 4), np.float32), np.ones(4), np.zeros(2))] == [0, 0]
    centres, counts = cpu.move_centres(empty, np.zeros(0, np.int32), np.ones((2, 4), np.float32), 0.5)
    assert (centres.tolist(), counts.tolist()) == ([[1] * 4] * 2, [0, 0])


@pytest.mark.parametrize("kernel", [reference, cpu], ids=["reference", "cpu"])
def test_random_labels_follow_the_gibbs_distribution(kernel: Any) -> None:
    n, temperature = 40_000, 0.7
    centres = np.array([[0.0], [1.0], [1.5], [3.0]], np.float32)
    data = np.full((n, 1), 0.4, np.float32)
    chance = Chance(temperature, np.arange(n), 5, 1)
    labels = kernel.assign(data, centres, np.ones(1, np.float32), np.zeros(4), chance).labels_b
    shares = np.exp(-((0.4 - centres[:, 0].astype(float)) ** 2) / temperature)
    counts = np.bincount(labels, minlength=4)
    assert scipy.stats.chisquare(counts, n * shares / shares.sum()).pvalue > 1e-3


def test_random_labels_depend_on_row_step_and_seed_alone() -> None:
    data, centres, weights, offsets = problem("float32", 300, 8, 5)
    rows = np.arange(300) + 1000

    def labels(step: int, seed: int, part: slice = slice(None)) -> Any:
        chance = Chance(50.0, rows[part], step, seed)
        return cpu.assign(data[part], centres, weights, offsets, chance).labels_b

    np.testing.assert_array_equal(labels(1, 2)[100:], labels(1, 2, slice(100, None)))
    assert (labels(1, 2) != labels(2, 2)).any()
    assert (labels(1, 2) != labels(1, 3)).any()


@pytest.mark.parametrize("K", [1, 16, 63, 65, 257])
def test_gumbel_numbers_are_the_definition(K: int) -> None:
    chance = Chance(1.0, np.array([0, 7, 2**32 + 7, 123_456_789]), 5, 2**31 + (3 << 32))
    fast, slow = cpu.gumbel(chance, K), reference.gumbel(chance, K)
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(fast[1], fast[2])


def test_gumbel_numbers_keep_both_tails() -> None:
    chance = Chance(1.0, np.arange(40_000), 1, 0)
    fast, slow = cpu.gumbel(chance, 64), reference.gumbel(chance, 64)
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-6)
    assert fast.max() > 14
    assert fast.min() < -2.5


def test_a_read_only_memory_map_and_any_order_of_memory_will_do(tmp_path: Path) -> None:
    data, centres, weights, offsets = problem("uint8", 600, 40, 9)
    np.save(tmp_path / "data.npy", data)
    expected = [*cpu.assign(data, centres, weights, offsets)]
    moved = cpu.move_centres(data, expected[0], centres, 0.2)[0]
    centres.flags.writeable = False
    for same in (np.load(tmp_path / "data.npy", mmap_mode="r"), np.asfortranarray(data), np.repeat(data, 2, 0)[::2]):
        for one, two in zip(cpu.assign(same, centres, weights, offsets), expected, strict=True):
            np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(cpu.move_centres(same, expected[0], centres, 0.2)[0], moved)


def test_distances_to_near_centres_keep_their_digits() -> None:
    """Far from the origin, lengths and products cancel: distances come from differences."""
    rng = np.random.default_rng(0)
    data = (1000 + rng.normal(size=(50, 300))).astype(np.float32)
    found = cpu.assign(data, data + np.float32(1e-3), np.ones(300, np.float32), np.zeros(50))
    expected = ((data - (data + np.float32(1e-3))[found.labels_b]).astype(float) ** 2).sum(axis=1)
    np.testing.assert_allclose(found.distances_b, expected, rtol=1e-5)


def blas_threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_every_caller_holds_blas_to_one_thread_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    label = cpu._label_dense
    monkeypatch.setattr(cpu, "_label_dense", lambda *arguments: (seen.extend(blas_threads()), label(*arguments)))
    data, centres, weights, offsets = problem("uint8", 2000, 50, 9)
    before = blas_threads()
    callers = [Thread(target=cpu.assign, args=(data, centres, weights, offsets)) for _ in range(4)]
    cpu.assign(data, centres, weights, offsets)
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(seen) == 5 * 8 * len(before)
    assert set(seen) == {1}
    assert blas_threads() == before


@pytest.mark.parametrize("shape", [(4096, 2352, 256), (300, 40_000, 16)], ids=str)
def test_what_a_step_needs_beside_its_rows_stays_small(shape: tuple[int, int, int]) -> None:
    B, F, K = shape
    rng = np.random.default_rng(0)
    data, ones = rng.integers(0, 256, (B, F), np.uint8), np.ones(F, np.float32)
    centres = data[:K].astype(np.float32)

    def step(rows: slice) -> None:
        chance = Chance(1e6, np.arange(B)[rows], 1, 0)
        labels = cpu.assign(data[rows], centres, ones, np.zeros(K), chance).labels_b
        cpu.move_centres(data[rows], labels, centres, 0.1)

    step(slice(9))  # compiles
    backend.set_num_threads(2)
    tracemalloc.start()
    try:
        step(slice(B))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        backend.set_num_threads(None)
    a_thread = 4 * cpu.CHUNK_ROWS * (cpu.CHUNK_FEATURES + 6 * K)
    assert peak < centres.nbytes + 30 * B + 2 * a_thread < 64e6
