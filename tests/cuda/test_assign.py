"""Nearest clusters on a GPU, its sources run on the processor: against the definition, on awkward shapes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from mixviz.kernels.assign import cpu, gpu, reference
from mixviz.kernels.assign.reference import Chance
from mixviz.kernels.rows.gpu import upload
from tests.cuda.fake_cublas import tensor_cores  # noqa: F401 a fixture

pytestmark = pytest.mark.usefixtures("fake_gpu")
SHAPES = [
    (1, 1, 1),
    (5, 3, 1),
    (7, 1, 4),
    (300, 33, 32),
    (200, 260, 33),
    (40, 5000, 3),
    (130, 40, 300),
    (30, 1030, 2),
    (1100, 8, 65),
]
KINDS = {
    "uint8": lambda rng, shape: rng.integers(0, 256, shape).astype(np.uint8),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "float64": lambda rng, shape: rng.normal(size=shape),
    "sparse": lambda rng, shape: scipy.sparse.csr_matrix((rng.poisson(0.3, shape) * rng.random(shape)).astype("f4")),
}


def xp() -> Any:
    return sys.modules["cupy"]


def there(data: Any) -> Any:
    return upload(data) if hasattr(data, "toarray") else xp().asarray(data)


def here(arrays: Any) -> list[Any]:
    return [array.get() for array in arrays]


def problem(kind: str, B: int, F: int, K: int) -> tuple[Any, ...]:
    """Return rows, centres near some of them, weights of which every seventh is 0, and offsets."""
    rng = np.random.default_rng(B + F + K)
    data = KINDS[kind](rng, (B, F))
    dense = data.toarray() if kind == "sparse" else data
    spread = dense.std() + 0.1
    centres = (dense[rng.integers(0, B, K)] + rng.normal(size=(K, F)) * spread).astype(np.float32)
    weights = np.where(np.arange(F) % 7 == 6, 0, rng.uniform(0, 2, F)).astype(np.float32)
    return data, centres, weights, rng.uniform(0, spread**2, K).astype(np.float32)


def assigned(data: Any, *rest: Any) -> list[Any]:
    """Return what the GPU makes of arrays of the host."""
    return here(gpu.assign(there(data), *rest))


def moved(data: Any, labels: Any, centres: Any, rate: float) -> list[Any]:
    return here(gpu.move_centres(there(data), xp().asarray(labels), xp().asarray(centres), rate))


@pytest.mark.parametrize("temperature", [0.0, 1.0], ids=["nearest", "random"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_labels_and_distances_are_the_definition(kind: str, shape: tuple[int, int, int], temperature: float) -> None:
    data, centres, weights, offsets = problem(kind, *shape)
    slow = reference.assign(data, centres, weights, offsets)
    heat = temperature * (float(slow.distances_b.mean()) + 1)
    chance = Chance(heat, np.arange(shape[0]) + 2**31 + 7, 3, 2**40 + 9) if heat else None
    slow = reference.assign(data, centres, weights, offsets, chance)
    labels, distances = assigned(data, centres, weights, offsets, chance)
    same = labels == slow.labels_b
    assert (~same).sum() <= 1
    dense = np.asarray(data.toarray() if kind == "sparse" else data, float)
    exact = ((dense - centres[labels]) ** 2) @ weights.astype(float)
    length = float((centres.astype(float) ** 2).sum(axis=1).max() * 2)
    np.testing.assert_allclose(distances, exact, rtol=2e-6, atol=2e-7 * length if kind == "sparse" else 1e-30)
    costs = exact[:, None] if heat else exact + offsets[labels] - slow.distances_b - offsets[slow.labels_b]
    assert heat or (costs <= 1e-6 * (length + float((dense**2).sum(axis=1).max()))).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_moved_centres_are_the_definition(kind: str, shape: tuple[int, int, int]) -> None:
    data, centres, weights, offsets = problem(kind, *shape)
    labels = reference.assign(data, centres, weights, offsets).labels_b
    fast, counts = moved(data, labels, centres, 0.3)
    slow, expected = reference.move_centres(data, labels, centres, 0.3)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_allclose(fast, slow, rtol=1e-6, atol=1e-6 * np.abs(centres).max())
    np.testing.assert_array_equal(fast[counts == 0], centres[counts == 0])


@pytest.mark.parametrize("kind", ["uint8", "float32", "sparse"])
def test_a_cluster_with_all_rows_is_added_up_in_segments(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, centres, *_ = problem(kind, 5000, 6, 3)
    labels = np.where(np.arange(5000) % 1500 == 1499, 2, 0).astype(np.int32)
    slow, counts = reference.move_centres(data, labels, centres, 1.0)
    for sum_bytes, n_segments in ((64 << 20, 5), (2 * 3 * 6 * 4, 2), (1, 1)):
        monkeypatch.setattr(gpu, "_SUM_BYTES", sum_bytes)
        assert gpu._segments(5000, 3, 6)[0] == n_segments
        fast, found = moved(data, labels, centres, 1.0)
        np.testing.assert_array_equal(found, counts)
        np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-5)


def test_there_are_no_more_segments_than_a_grid_takes() -> None:
    n_segments, n_each = gpu._segments(10**9, 2, 2)
    assert 30_000 < n_segments <= 65_535
    assert n_segments * n_each >= 10**9 > (n_segments - 1) * n_each
    assert not n_each % gpu.LISTED


@pytest.mark.parametrize("kind", KINDS)
def test_chunks_of_rows_change_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, centres, weights, offsets = problem(kind, 300, 13, 5)
    chance = Chance(3.0, np.arange(300) * 7, 2, 5)
    whole = assigned(data, centres, weights, offsets, chance)
    monkeypatch.setattr(gpu, "_CHUNK_BYTES", 4000)
    for one, two in zip(whole, assigned(data, centres, weights, offsets, chance), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_chunks_fill_the_multiprocessors() -> None:
    assert gpu._chunk_rows(4 * (2352 + 256)) == gpu.FULL_ROWS
    assert gpu._chunk_rows(4) % gpu.FULL_ROWS == 0
    assert gpu._chunk_rows(1 << 40) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_depends_on_which_thread_comes_first_and_nothing_waits(kind: str, fake_gpu: Any) -> None:
    data, centres, weights, offsets = problem(kind, 1100, 70, 9)
    rows, chance, results = there(data), Chance(30.0, np.arange(1100), 3, 4), []
    for fake_gpu.order in ("forward", "backward", "shuffled"):
        found = gpu.assign(rows, centres, weights, offsets, chance)
        centres_kf, counts = gpu.move_centres(rows, found.labels_b, xp().asarray(centres), 0.2)
        far = gpu.farthest(rows, found.distances_b, 3)
        assert not fake_gpu.n_synchronisations
        totals = gpu.totals(counts, found.distances_b)
        assert fake_gpu.synchronisations == {"get": 1}
        results.append([*here(found), centres_kf.get(), counts.get(), far.get(), *totals])
        fake_gpu.synchronisations.clear()
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kind", KINDS)
def test_totals_and_the_farthest_rows_are_those_of_the_processor(kind: str) -> None:
    data, centres, weights, offsets = problem(kind, 700, 21, 5)
    labels, distances = assigned(data, centres, weights, offsets)
    _, counts = moved(data, labels, centres, 0.1)
    on_gpu = xp().asarray(counts), xp().asarray(distances)
    found, mean = gpu.totals(*on_gpu)
    expected, expected_mean = cpu.totals(counts, distances)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int64
    assert mean == pytest.approx(expected_mean, rel=1e-12)
    far = gpu.farthest(there(data), on_gpu[1], 4).get()
    np.testing.assert_array_equal(far, cpu.farthest(data, distances, 4))


def test_of_equal_costs_the_first_counts() -> None:
    centres = np.repeat(np.float32([[3.0], [1.0], [1.0], [5.0]]), 40, axis=0)  # 40 to 119 are as near as each other
    labels, distances = assigned(np.full((9, 1), 1, np.uint8), centres, np.ones(1), np.zeros(160))
    assert set(labels) == {40}
    assert set(distances) == {0}


def test_large_offsets_decide_and_leave_the_distances_alone() -> None:
    for kind in ("uint8", "sparse"):
        data, centres, weights, _ = problem(kind, 50, 20, 70)
        offsets = np.full(70, 1e12, np.float32)
        offsets[66] = -1e12
        labels, distances = assigned(data, centres, weights, offsets)
        assert set(labels) == {66}
        dense = np.asarray(data.toarray() if kind == "sparse" else data, float)
        np.testing.assert_allclose(distances, ((dense - centres[66]) ** 2) @ weights, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:invalid value encountered in matmul")
def test_costs_that_are_no_numbers_give_a_label_all_the_same() -> None:
    for bad in (np.nan, np.inf):
        labels, _ = assigned(np.ones((3, 2), np.float32), np.full((5, 2), bad, np.float32), np.ones(2), np.zeros(5))
        assert set(labels) == {0}


@pytest.mark.parametrize("K", [1, 16, 63, 65, 300])
def test_random_numbers_are_the_definition(K: int) -> None:
    """Where all costs are equal, a label is the place of the largest Gumbel number."""
    rows = np.concatenate([np.arange(100), [2**31 + 5, 2**32 + 7, 2**40]])
    chance = Chance(1.0, rows, 5, 2**31 + (3 << 32))
    zeros = np.zeros((K, 1), np.float32)
    labels, _ = assigned(np.zeros((len(rows), 1), np.float32), zeros, np.ones(1), np.zeros(K), chance)
    np.testing.assert_array_equal(labels, reference.gumbel(chance, K).argmax(axis=1))
    assert labels[-2] == labels[7]


def test_distances_to_near_centres_keep_their_digits() -> None:
    rng = np.random.default_rng(0)
    data = (1000 + rng.normal(size=(50, 300))).astype(np.float32)
    labels, distances = assigned(data, data + np.float32(1e-3), np.ones(300), np.zeros(50))
    expected = ((data - (data + np.float32(1e-3))[labels]).astype(float) ** 2).sum(axis=1)
    np.testing.assert_allclose(distances, expected, rtol=1e-5)


def test_no_rows_are_no_error() -> None:
    for empty in (np.zeros((0, 4), np.uint8), scipy.sparse.csr_matrix((0, 4), dtype=np.float32)):
        assert [part.size for part in assigned(empty, np.zeros((2, 4)), np.ones(4), np.zeros(2))] == [0, 0]
        centres, counts = moved(empty, np.zeros(0, np.int32), np.ones((2, 4), np.float32), 0.5)
        assert (centres.tolist(), counts.tolist()) == ([[1] * 4] * 2, [0, 0])


def test_rows_that_begin_anywhere_are_read_one_feature_at_a_time() -> None:
    """A view of a larger array need not begin where four features may be read at once."""
    data, centres, weights, offsets = problem("uint8", 30, 8, 4)
    memory = xp().asarray(np.concatenate([np.zeros(1, np.uint8), data.ravel()]))
    shifted = memory[1:].reshape(30, 8)
    found = gpu.assign(shifted, centres, weights, offsets)
    for one, two in zip(here(found), assigned(data, centres, weights, offsets), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)
    fast, counts = here(gpu.move_centres(shifted, found.labels_b, xp().asarray(centres), 0.3))
    slow, expected = moved(data, found.labels_b.get(), centres, 0.3)
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_array_equal(fast, slow)


@pytest.mark.fake  # whose numbers are those of float32
@pytest.mark.usefixtures("tensor_cores")
def test_tf32_is_asked_for_one_product_at_a_time() -> None:
    for kind in ("uint8", "float32"):
        data, centres, weights, offsets = problem(kind, 100, 30, 17)
        expected = reference.assign(data, centres, weights, offsets)
        labels, distances = assigned(data, centres, weights, offsets, None, "tf32")
        same = labels == expected.labels_b
        assert same.mean() > 0.9
        np.testing.assert_allclose(distances[same], expected.distances_b[same], rtol=2e-6)


@pytest.mark.usefixtures("tensor_cores")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bytes_are_multiplied_as_whole_numbers(shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    data, centres, weights, offsets = problem("uint8", *shape)
    monkeypatch.setattr(gpu, "_CHUNK_BYTES", 1 << 17)
    slow = reference.assign(data, centres, weights, offsets)
    labels, distances = assigned(data, centres, weights, offsets, None, "int8")
    exact = ((data - centres[labels].astype(float)) ** 2) @ weights.astype(float)
    np.testing.assert_allclose(distances, exact, rtol=2e-6)
    assert (labels == slow.labels_b).mean() > 0.98


@pytest.mark.usefixtures("tensor_cores")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_costs_from_whole_numbers_err_by_what_the_rounding_of_centres_allows(shape: tuple[int, int, int]) -> None:
    data, centres, weights, offsets = problem("uint8", *shape)
    x, c, w = data.astype(float), centres.astype(float), weights.astype(float)
    packed = gpu.ByteProducts(*(xp().asarray(part) for part in (centres, weights, offsets)))
    packed.begin(len(x))
    products, scale_k, width = packed.find(xp().asarray(data))
    found, scales = products.get().astype(float), scale_k.get().astype(float)
    whole = 256 * found[:, : len(c)] + found[:, width : width + len(c)]
    costs = packed.shifts.get() - 2 * scales * whole + (x**2 @ w)[:, None]
    for k in range(len(c)):
        away = x - c[k]
        allowed = 1.02 * scales[k] * np.abs(away).sum(axis=1) + 3e-7 * (np.abs(packed.shifts.get()[k]) + w @ c[k] ** 2)
        assert (np.abs(costs[:, k] - away**2 @ w - offsets[k]) <= allowed).all()


@pytest.mark.usefixtures("tensor_cores")
def test_centres_are_packed_as_on_the_processor() -> None:
    """A row that is 1 at one feature has, beside one of zeros, the number there: 256 high + low."""
    _, centres, weights, offsets = problem("uint8", 40, 21, 9)
    packed = gpu.ByteProducts(*(xp().asarray(part) for part in (centres, weights, offsets)))
    packed.begin(22)
    products, scale_k, width = packed.find(xp().asarray(np.eye(22, 21, dtype=np.uint8)))
    found, scales = products.get().astype(np.int64), scale_k.get().astype(float)
    whole = 256 * found[:, :9] + found[:, width : width + 9]
    np.testing.assert_allclose((whole[:21] - whole[21]) * scales, (centres * weights).T, atol=0.51 * scales.max())
    assert abs(whole[:21] - whole[21]).max() == 32639
    lengths = (centres.astype(float) ** 2) @ weights.astype(float)
    np.testing.assert_allclose(packed.shifts.get(), lengths + offsets + 2 * scales * whole[21], rtol=1e-4)


def test_unknown_products_are_refused() -> None:
    with pytest.raises(ValueError, match="products must be one of"):
        assigned(np.ones((2, 2), np.uint8), np.ones((1, 2)), np.ones(2), np.zeros(1), None, "float16")
