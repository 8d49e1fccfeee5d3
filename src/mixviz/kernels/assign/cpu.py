"""Nearest clusters by matrix products in chunks of rows: as fast as BLAS, the same bits whatever the number of threads.

Rows times centres takes 2 B F K operations; bytes have a faster product where the processor has one. All else is a
few passes over a chunk that lies in the cache: its numbers as float32, its costs, and its distances to the centres
found. BLAS is held to one thread a product, and chunks go to mixviz's own threads.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from mixviz.backend import one_blas_thread, parallel_for
from mixviz.kernels.assign import byte_products
from mixviz.kernels.assign.byte_products import Packed
from mixviz.kernels.assign.reference import STREAM, Assigned, Chance
from mixviz.kernels.draws.cpu import log, uniform
from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.simd import LANES, helper, kernel, select, splat, store
from mixviz.types import FloatArray, IntArray

CHUNK_ROWS, CHUNK_FEATURES = 256, 4096
f4, u4 = np.float32, np.uint32
Labels = npt.NDArray[np.int32]


def _readonly(array: Any) -> Any:
    """Return `array` as kernels are compiled for: in C order, and read-only."""
    view = np.ascontiguousarray(array).view(np.ndarray)
    view.flags.writeable = False
    return view


# ---- nearest centres


def assign(
    data: Any, centres_kf: FloatArray, weights_f: FloatArray, offsets_k: FloatArray, chance: Chance | None = None
) -> Assigned:
    """As :func:`mixviz.kernels.assign.reference.assign`, in float32; `data` is not copied as a whole."""
    centres, weights = _readonly(np.asarray(centres_kf, f4)), _readonly(np.asarray(weights_f, f4))
    weighted = centres if (weights == 1).all() else _readonly(centres * weights)
    found = Assigned(np.empty(data.shape[0], np.int32), np.empty(data.shape[0], f4))
    label = _label_sparse if hasattr(data, "toarray") else _label_dense
    packed = byte_products.pack(centres, weighted) if byte_products.suits(data, len(centres)) else None

    def work(first_chunk: int, last_chunk: int) -> None:
        for first in range(first_chunk * CHUNK_ROWS, last_chunk * CHUNK_ROWS, CHUNK_ROWS):
            rows = slice(first, first + CHUNK_ROWS)
            part = None if chance is None else chance._replace(rows=chance.rows[rows])
            own = Assigned(found.labels_b[rows], found.distances_b[rows])
            label(data[rows], centres, packed or weighted, weights, norms, offsets_k, part, own)

    with one_blas_thread() if packed is None else nullcontext():
        norms = np.vecdot(weighted, centres) if packed is None else packed.norm_k
        parallel_for(work, -(-data.shape[0] // CHUNK_ROWS))
    return found


def _label_dense(
    x: Any, centres: Any, weighted: Any, weights: Any, norms: Any, offsets: Any, chance: Chance | None, own: Assigned
) -> None:
    """Set labels and distances of a chunk."""
    x = _readonly(x)
    products = byte_products.multiply(x, weighted) if isinstance(weighted, Packed) else _multiply(x, weighted)
    own.labels_b[:] = _cheapest(products, norms, offsets, chance)
    _set_distances(x, own.labels_b, centres, weights, own.distances_b)


def _multiply(x: Any, weighted: Any) -> Any:
    """Return the products of rows and centres, by blocks of features, so that they fit the cache."""
    products = None
    for first in range(0, x.shape[1], CHUNK_FEATURES):
        block = slice(first, first + CHUNK_FEATURES)
        part = np.matmul(x[:, block].astype(f4), weighted[:, block].T)
        products = part if products is None else np.add(products, part, out=products)
    return products


def _label_sparse(
    x: Any, centres: Any, weighted: Any, weights: Any, norms: Any, offsets: Any, chance: Chance | None, own: Assigned
) -> None:
    """Set labels and distances of a chunk of CSR rows."""
    products = np.asarray(x @ weighted.T, f4)
    own.labels_b[:] = best = _cheapest(products.copy(), norms, offsets, chance)
    squares = np.asarray(x.multiply(x) @ weights, np.float64).ravel()
    own.distances_b[:] = np.maximum(squares - 2 * products[np.arange(len(best)), best] + norms[best], 0)


def _cheapest(products: Any, norms: Any, offsets: Any, chance: Chance | None) -> Any:
    """Return the cluster of least cost for each row; `products` are overwritten."""
    products *= f4(-2)
    products += (norms + offsets).astype(f4)
    if chance is not None:
        products -= f4(chance.temperature) * gumbel(chance, len(norms))
    return products.argmin(axis=1)


@kernel
def _set_distances(x: Any, labels: Any, centres: Any, weights: Any, distances: Any) -> None:
    for b in range(len(labels)):
        k, total = labels[b], f4(0.0)
        for f in range(len(weights)):
            away = f4(x[b, f]) - centres[k, f]
            total += weights[f] * away * away
        distances[b] = total


# ---- chance


def gumbel(chance: Chance, K: int) -> FloatArray:
    """As :func:`mixviz.kernels.assign.reference.gumbel`, in float32."""
    numbers = np.empty((len(chance.rows), -(-K // (4 * LANES)) * 4 * LANES), f4)
    _set_gumbel(np.asarray(chance.rows, np.int64), chance.step, *halves(chance.seed), numbers.ravel())
    return numbers[:, :K]


@kernel
def _set_gumbel(rows: Any, step: int, k0: int, k1: int, numbers: Any) -> None:
    width = len(numbers) // max(len(rows), 1)
    for b in range(len(rows)):
        for k in range(0, width, 4 * LANES):
            w0, w1, w2, w3 = philox(rows[b], step, k // 4, np.int64(STREAM), k0, k1)
            store(numbers, b * width + k, _gumbel(w0))
            store(numbers, b * width + k + LANES, _gumbel(w1))
            store(numbers, b * width + k + 2 * LANES, _gumbel(w2))
            store(numbers, b * width + k + 3 * LANES, _gumbel(w3))


@helper
def _gumbel(bits: Any) -> Any:
    """Return ``-log(-log(u))`` of ``u = uniform(bits)``; from 1 - u where u is above a half, which float32 rounds."""
    is_upper = bits > u4(0x7FFFFFFF)
    small = uniform(select(is_upper, bits ^ u4(0xFFFFFFFF), bits))
    rest = f4(1.0) - small
    is_tiny = rest > f4(0.9999999)
    series = f4(0.0) - log(rest) * small / select(is_tiny, splat(f4(1.0)), f4(1.0) - rest)
    exponential = select(is_upper, select(is_tiny, small, series), f4(0.0) - log(small))
    return f4(0.0) - log(exponential)


# ---- centres


def move_centres(data: Any, labels_b: Labels, centres_kf: FloatArray, rate: float) -> tuple[FloatArray, IntArray]:
    """As :func:`mixviz.kernels.assign.reference.move_centres`, in float32; rows of a cluster are added in order."""
    K = len(centres_kf)
    counts = np.bincount(labels_b, minlength=K)
    if hasattr(data, "toarray"):
        return _move_sparse(data, labels_b, counts, centres_kf, f4(rate)), counts
    order = np.argsort(labels_b.astype(np.min_scalar_type(K)), kind="stable")
    moved = np.empty(centres_kf.shape, f4)
    ends = np.cumsum(counts)
    parallel_for(_move_range, K, _readonly(data), order, ends, _readonly(centres_kf), f4(rate), moved)
    return moved, counts


@kernel
def _move_range(first: int, last: int, data: Any, order: Any, ends: Any, centres: Any, rate: Any, moved: Any) -> None:
    for k in range(first, last):
        begin, end = ends[k - 1] if k > 0 else 0, ends[k]
        for f in range(centres.shape[1]):
            moved[k, f] = f4(0.0)
        for i in range(begin, end):
            b = order[i]
            for f in range(centres.shape[1]):
                moved[k, f] += f4(data[b, f])
        share, pace = f4(1.0) / f4(max(end - begin, 1)), rate if end > begin else f4(0.0)
        for f in range(centres.shape[1]):
            moved[k, f] = centres[k, f] + pace * (moved[k, f] * share - centres[k, f])


def _move_sparse(data: Any, labels: Labels, counts: IntArray, centres: FloatArray, rate: Any) -> FloatArray:
    n, filled = len(labels), counts > 0
    member = scipy.sparse.csr_matrix((np.ones(n, f4), (labels, np.arange(n))), (len(counts), n))
    sums = np.asarray((member @ data).toarray(), f4)
    moved = np.array(centres, f4)
    moved[filled] += rate * (sums[filled] / counts[filled, None].astype(f4) - moved[filled])
    return moved


def totals(counts_k: IntArray, distances_b: FloatArray) -> tuple[IntArray, Any]:
    """Return the rows of each cluster, and the mean distance in float64: what is looked at on the host."""
    return counts_k, distances_b.mean(dtype=np.float64)


def farthest(data: Any, distances_b: FloatArray, n: int) -> FloatArray:
    """Return the `n` rows that lie farthest from their centres, float32, shape (n, F)."""
    rows = data[np.argsort(-distances_b, kind="stable")[:n]]
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, f4)
