"""Nearest clusters on a GPU: products by cuBLAS, everything else in kernels that read their numbers once.

For rows of 2,352 bytes and K = 256, each row once, on an H100 (worked out, not measured): the products are 1.20
million operations, at least 18.0 ns a row at 67 TFLOP/s in float32 and 2.4 ns at 494 in TF32; the bytes alone take
0.7 ns at 3.35 TB/s. As whole numbers products are twice as many, at least 1.2 ns at 1,979 TOPS in bytes.

Around them, where a chunk is larger than the cache: a row becomes floats (11.8 KB read and written, 3.5 ns) that
cuBLAS reads (2.8 ns, while it computes), or signed bytes (4.7 KB, 1.4 ns); products are written and read (2 KB,
0.6 ns; 4 KB, 1.2 ns, as whole numbers); the distance reads the row (0.7 ns) and its centre (1.7 ns at 5.5 TB/s, from
the cache); moving centres reads the row again (0.7 ns) and the labels once a cluster and tile (3 KB from the cache,
0.6 ns). With products at nine tenths of float32's limit, or three fifths of tensor cores', that makes 28 ns a row in
float32, 65 % of that limit; 12 ns in TF32, 20 % of that one; and 8 ns as whole numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.assign.gpu_products import (
    KINDS,
    MOST_FEATURES,
    THREADS,
    WARPS,
    ByteProducts,
    FloatProducts,
    are_aligned,
    ready,
)
from mixviz.kernels.assign.reference import Assigned, Chance
from mixviz.kernels.launch import launch
from mixviz.kernels.philox.reference import halves

COMPILED_WITH: tuple[dict[str, int], ...] = ({},)
LISTED = 1024
"""As in the source."""
FULL_ROWS = 128 * 132
"""Rows of a chunk are so many or a multiple where memory allows: tiles of 128 rows for all 132 multiprocessors."""
_MOST_SEGMENTS = 65535
"""Blocks that a grid may have in its third direction."""
_CHUNK_BYTES, _SUM_BYTES = 192 << 20, 64 << 20
"""What a chunk's numbers and products, and the sums of all segments, may take beside the data."""
i4, u4, f4, i8 = np.int32, np.uint32, np.float32, np.int64


def _is_sparse(data: Any) -> bool:
    return hasattr(data, "indptr")


def _rows(data: Any) -> Any:
    """Return dense rows as bytes or float32, in C order."""
    return ready(data, data.dtype if data.dtype == np.uint8 else f4)


# ---- nearest centres


def assign(
    data: Any, centres_kf: Any, weights_f: Any, offsets_k: Any, chance: Chance | None = None, products: str = "float32"
) -> Assigned:
    """As :func:`mixviz.kernels.assign.reference.assign`, in float32, on CuPy arrays; nothing waits for the device.

    Parameters
    ----------
    data : cupy.ndarray, or CSR rows with `indptr`, `indices`, `data` and `shape`
    centres_kf, weights_f, offsets_k : array
        On the device or on the host.
    chance : Chance, optional
        Its rows may be on either.
    products : {'float32', 'tf32', 'int8'}
        How dense rows are multiplied. In TF32 rows near a border may get another label. 'int8' is as good as float32
        for bytes, and is that for other rows.
    """
    if products not in KINDS:
        raise ValueError(f"products must be one of {KINDS}, got {products!r}")
    centres, weights, offsets = ready(centres_kf), ready(weights_f), ready(offsets_k)
    xp, n, is_bytes = array_module(), data.shape[0], data.dtype == np.uint8 if hasattr(data, "dtype") else False
    found, random = Assigned(xp.empty(n, i4), xp.empty(n, f4)), _random(chance)
    if products == "int8" and is_bytes and centres.shape[1] <= MOST_FEATURES:
        _label_dense(_rows(data), centres, weights, ByteProducts(centres, weights, offsets), random, found)
        return found
    in_floats = FloatProducts(is_bytes, centres, weights, offsets, products == "tf32")
    if _is_sparse(data):
        _label_sparse(data, centres, weights, in_floats, random, found)
    else:
        _label_dense(_rows(data), centres, weights, in_floats, random, found)
    return found


def _random(chance: Chance | None) -> tuple[Any, tuple[Any, ...]]:
    """Return what kernels take of `chance`: the numbers of the rows, and temperature, step and key."""
    if chance is None:
        return array_module().empty(1, i8), (f4(0), u4(0), u4(0), u4(0))
    k0, k1 = halves(chance.seed)
    return ready(chance.rows, i8), (f4(chance.temperature), u4(chance.step & 0xFFFFFFFF), u4(k0), u4(k1))


def _label_dense(
    x: Any, centres: Any, weights: Any, products: FloatProducts | ByteProducts, random: Any, found: Assigned
) -> None:
    """Set labels and distances, some rows at a time."""
    (n, F), (rows, numbers) = x.shape, random
    is_aligned = are_aligned(F, x, centres, weights)
    n_each = min(_chunk_rows(products.row_bytes), max(n, 1))
    products.begin(n_each)
    for first in range(0, n, n_each):
        part = slice(first, min(first + n_each, n))
        n_here = part.stop - first
        launch(
            "assign", products.kernel, -(-n_here // WARPS), THREADS, x[part], *products.find(x[part]), centres, weights,
            products.shifts, rows[part], i4(n_here), i4(F), i4(len(centres)), is_aligned, *numbers,
            found.labels_b[part], found.distances_b[part],
        )  # fmt: skip


def _chunk_rows(row_bytes: int) -> int:
    """Return how many rows a chunk has where each takes so many bytes."""
    n = max(_CHUNK_BYTES // row_bytes, 1)
    return n - n % FULL_ROWS if n > FULL_ROWS else n


def _label_sparse(
    data: Any, centres: Any, weights: Any, ready_centres: FloatProducts, random: Any, found: Assigned
) -> None:
    """Set labels and distances of CSR rows, some at a time."""
    xp, (n, F), K, (rows, numbers) = array_module(), data.shape, len(centres), random
    indptr, indices, values = _csr(data)
    weighted_fk = xp.ascontiguousarray(ready_centres.weighted.T)
    n_each = min(_chunk_rows(4 * K), max(n, 1))
    products = xp.empty((n_each, K), f4)
    for first in range(0, n, n_each):
        part = slice(first, min(first + n_each, n))
        n_here, here = part.stop - first, indptr[first : part.stop + 1]
        launch("assign", "multiply_sparse", n_here, THREADS, here, indices, values, weighted_fk, i4(K), products)
        launch(
            "assign", "label_sparse", -(-n_here // WARPS), THREADS, here, indices, values, products, centres, weights,
            ready_centres.shifts, ready_centres.lengths, rows[part], i4(n_here), i4(F), i4(K), *numbers,
            found.labels_b[part], found.distances_b[part],
        )  # fmt: skip


def _csr(data: Any) -> tuple[Any, Any, Any]:
    return ready(data.indptr, i8), ready(data.indices, i4), ready(data.data)


# ---- centres


def move_centres(data: Any, labels_b: Any, centres_kf: Any, rate: float) -> tuple[Any, Any]:
    """As :func:`mixviz.kernels.assign.reference.move_centres`, in float32, on CuPy arrays, without waiting for them.

    Each block looks through the labels of a segment of the rows for those of its cluster, and adds these in order:
    that takes no sorting, and a cluster with all the rows is still shared by as many blocks as there are segments.
    Of sparse rows none may have a column twice.

    Returns
    -------
    centres_kf : cupy.ndarray of float32, shape (K, F)
    counts_k : cupy.ndarray of int64, shape (K,)
    """
    xp, (n, F), K = array_module(), data.shape, len(centres_kf)
    centres, labels = ready(centres_kf), ready(labels_b, i4)
    n_segments, n_each = _segments(n, K, F)
    sums, sizes = xp.empty((n_segments, K, F), f4), xp.empty((n_segments, K), i4)
    lengths = i8(n), i8(n_each), i4(F), i4(K)
    if _is_sparse(data):
        launch("assign", "sum_sparse", (K, 1, n_segments), THREADS, *_csr(data), labels, *lengths, sums, sizes)
    else:
        x = _rows(data)
        name, tiles = "sum_bytes" if x.dtype == np.uint8 else "sum_floats", -(-F // (4 * THREADS))
        grid = K, tiles, n_segments
        launch("assign", name, grid, THREADS, x, labels, *lengths, are_aligned(F, x), sums, sizes)
    moved, counts = xp.empty((K, F), f4), xp.empty(K, i8)
    launch(
        "assign", "move_centres", (K, -(-F // THREADS)), THREADS, sums, sizes, centres, i4(n_segments), i4(F), i4(K),
        f4(rate), moved, counts,
    )  # fmt: skip
    return moved, counts


def _segments(n: int, K: int, F: int) -> tuple[int, int]:
    """Return into how many parts the rows are split, and how many each has: a multiple of LISTED."""
    most = min(max(_SUM_BYTES // (4 * K * F), 1), _MOST_SEGMENTS)
    n_each = -(-max(n, 1) // min(-(-max(n, 1) // LISTED), most))
    n_each = -(-n_each // LISTED) * LISTED
    return -(-max(n, 1) // n_each), n_each


def totals(counts_k: Any, distances_b: Any) -> tuple[Any, Any]:
    """As :func:`mixviz.kernels.assign.cpu.totals`, on the host: waits for the device, once."""
    n, K = len(distances_b), len(counts_k)
    both = array_module().empty(K + 1, np.float64)
    launch("assign", "totals", 1, THREADS, counts_k, distances_b, i8(n), i4(K), both)
    found = both.get()
    return found[:K].astype(i8), found[K] / max(n, 1)


def farthest(data: Any, distances_b: Any, n: int) -> Any:
    """As :func:`mixviz.kernels.assign.cpu.farthest`; nothing waits for the device."""
    xp = array_module()
    chosen = xp.argsort(-distances_b)[:n]
    if not _is_sparse(data):
        return data[chosen].astype(f4)
    own = xp.full(len(distances_b), -1, i4)
    own[chosen] = xp.arange(n, dtype=i4)
    return move_centres(data, own, xp.zeros((n, data.shape[1]), f4), 1.0)[0]
