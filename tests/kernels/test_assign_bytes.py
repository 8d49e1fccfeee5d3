"""Products of bytes: against float64, within the error stated, and against float32 products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from mixviz import backend
from mixviz.kernels.assign import byte_products, cpu, reference
from mixviz.kernels.assign.reference import Chance

needs_bytes = pytest.mark.skipif(not byte_products.has_byte_products(), reason="the processor has no AVX-512 VNNI")
SHAPES = [(1, 1, 1), *((9, F, 3) for F in range(2, 10)), (8, 16, 16), (255, 33, 17), (257, 2352, 40), (20, 8201, 5)]
CENTRES: dict[str, Any] = {
    "near rows": lambda rng, x, K: x[rng.integers(0, len(x), K)] + rng.normal(0, 30, (K, x.shape[1])),
    "negative": lambda rng, x, K: -rng.uniform(0, 300, (K, x.shape[1])),
    "zero": lambda rng, x, K: np.zeros((K, x.shape[1])),
    "one far away": lambda rng, x, K: np.where(np.arange(K)[:, None] == K - 1, 1e5, rng.uniform(0, 255, x.shape[1])),
    "one number large": lambda rng, x, K: np.where(np.arange(x.shape[1]) == 0, 1e4, rng.uniform(0, 9, (K, 1))),
    "tiny": lambda rng, x, K: rng.normal(0, 1e-35, (K, x.shape[1])),
}


@pytest.fixture(params=[pytest.param(True, id="bytes", marks=needs_bytes), pytest.param(False, id="floats")])
def by_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Force either product, also for sizes that would not be worth it."""
    monkeypatch.setattr(byte_products, "LEAST", 0)
    monkeypatch.setattr(byte_products, "has_byte_products", lambda: request.param)
    return request.param


def problem(kind: str, B: int, F: int, K: int) -> tuple[Any, Any, Any]:
    """Return read-only rows, centres and weights, of which one in four is 0."""
    rng = np.random.default_rng(B + F + K)
    x = rng.integers(0, 256, (B, F), dtype=np.uint8)
    x[0] = 255
    centres = CENTRES[kind](rng, x.astype(float), K).astype(np.float32)
    weights = np.where(np.arange(F) % 4 == 3, 0, rng.uniform(0.1, 2, F)).astype(np.float32)
    return cpu._readonly(x), cpu._readonly(centres), weights


def errors(x: Any, centres: Any, weights: Any) -> Any:
    """Return the most that costs may err by: what is stated, and a few roundings of float32 numbers."""
    weighted, rows = np.abs(centres * weights).astype(float), x.astype(float)
    scales = np.maximum(weighted.max(axis=1), 1e-30) / byte_products.LARGEST
    away = np.stack([np.abs(rows - centre).sum(axis=1) for centre in centres.astype(float)], axis=1)
    size = 2 * rows @ weighted.T + (weighted * np.abs(centres)).sum(axis=1)
    return 1.01 * scales * away + 4e-7 * size


@needs_bytes
@pytest.mark.parametrize("kind", CENTRES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_costs_err_by_no_more_than_stated(kind: str, shape: tuple[int, int, int]) -> None:
    x, centres, weights = problem(kind, *shape)
    weighted = cpu._readonly(centres * weights)
    packed = byte_products.pack(centres, weighted)
    costs = packed.norm_k - 2 * byte_products.multiply(x, packed).astype(float)
    exact = (weighted.astype(float) * centres).sum(axis=1) - 2 * x.astype(float) @ weighted.astype(float).T
    assert costs.shape == exact.shape
    assert (np.abs(costs - exact) <= errors(x, centres, weights)).all()


@needs_bytes
def test_images_err_by_a_millionth() -> None:
    x, centres, weights = problem("near rows", 257, 2352, 40)
    packed = byte_products.pack(centres, cpu._readonly(centres * weights))
    distances = np.stack([(x - centre.astype(float)) ** 2 @ weights for centre in centres], axis=1)
    lengths = x.astype(float) ** 2 @ weights
    found = lengths[:, None] + packed.norm_k - 2 * byte_products.multiply(x, packed).astype(float)
    assert np.abs(found / distances - 1).mean() < 3e-6


@pytest.mark.parametrize("temperature", [0, 2000.0])
@pytest.mark.parametrize("kind", CENTRES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_only_near_ties_are_labelled_differently(
    kind: str, shape: tuple[int, int, int], temperature: float, by_bytes: bool
) -> None:
    (x, centres, weights), (B, _, K) = problem(kind, *shape), shape
    offsets = np.random.default_rng(0).uniform(0, 100, K)
    chance = Chance(temperature, np.arange(B), 3, 9) if temperature else None
    found = cpu.assign(x, centres, weights, offsets, chance)
    costs = np.stack([(x - centre.astype(float)) ** 2 @ weights.astype(float) for centre in centres], axis=1)
    distances = costs[np.arange(B), found.labels_b]
    costs += offsets - (temperature * reference.gumbel(chance, K) if chance else 0)
    best, rows = costs.argmin(axis=1), np.arange(B)
    assert byte_products.suits(x, K) == by_bytes
    bounds = errors(x, centres, weights) + 1e-4 * temperature
    gap = costs[rows, found.labels_b] - costs[rows, best]
    assert (gap <= bounds[rows, found.labels_b] + bounds[rows, best]).all()
    np.testing.assert_allclose(found.distances_b, distances, rtol=1e-5)
    if kind == "near rows":
        assert (found.labels_b == best).mean() > 0.98


@pytest.mark.parametrize("kind", ["near rows", "one far away"])
def test_number_of_threads_changes_no_bit(kind: str, by_bytes: bool) -> None:
    x, centres, weights = problem(kind, 700, 603, 33)
    offsets, chance = np.zeros(33), Chance(1e5, np.arange(700), 3, 9)
    results = []
    try:
        for n_threads in (1, 2, 4):
            backend.set_num_threads(n_threads)
            results.append(cpu.assign(x, centres, weights, offsets, chance))
    finally:
        backend.set_num_threads(None)
    for other in results[1:]:
        np.testing.assert_array_equal(other.labels_b, results[0].labels_b)
        np.testing.assert_array_equal(other.distances_b, results[0].distances_b)


@needs_bytes
def test_a_row_s_products_do_not_depend_on_its_neighbours() -> None:
    x, centres, _ = problem("near rows", 257, 603, 33)
    packed = byte_products.pack(centres, centres)
    whole = byte_products.multiply(x, packed)
    for b in (0, 1, 7, 8, 255, 256):
        np.testing.assert_array_equal(byte_products.multiply(x[b : b + 1], packed)[0], whole[b])


@needs_bytes
def test_bytes_alone_and_of_middling_size_take_this_way() -> None:
    rows = np.zeros((3, 784), np.uint8)
    assert byte_products.suits(rows, 10)
    assert not byte_products.suits(rows.astype(np.float32), 10)
    assert not byte_products.suits(rows.astype(np.int8), 10)
    assert not byte_products.suits(scipy.sparse.csr_matrix(rows), 10)
    assert not byte_products.suits(rows[:, :64], 10)
    assert not byte_products.suits(rows, 20_000)
