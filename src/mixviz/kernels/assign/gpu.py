"""Nearest clusters on a GPU: products by cuBLAS, everything else in three kernels.

For rows of 2,352 bytes and K = 256, each row once, on an H100 (worked out, not measured): the products are 1.20
million operations, at least 18.0 ns at 67 TFLOP/s in float32 and 2.4 ns at 494 in TF32; the bytes alone, 0.7 ns at
3.35 TB/s. Around them a row is read and written as floats (11.8 KB, 3.5 ns) and these read by cuBLAS (2.8 ns, while
it computes); products are written and read (2 KB, 0.6 ns); the distance reads the row and its centre (0.7 ns and, at
5.5 TB/s from the cache, 1.7 ns); moving centres reads the row again (0.7 ns) and the labels once a cluster and tile
(3 KB from the cache, 0.6 ns). With products at nine tenths of their limits that makes 28 ns a row in float32, 64 % of
that limit, and 11 ns in TF32, 23 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cuda import array_module, launch
from mixviz.kernels.assign.reference import Assigned, Chance
from mixviz.kernels.philox.reference import halves

COMPILED_WITH: tuple[dict[str, int], ...] = ({},)
THREADS, WARPS, LISTED = 256, 8, 1024
"""As in the source."""
FULL_ROWS = 128 * 132
"""Rows of a chunk are so many or a multiple where memory allows: tiles of 128 rows for all 132 multiprocessors."""
_CHUNK_BYTES, _SUM_BYTES = 192 << 20, 64 << 20
"""What a chunk's floats and products, and the sums of all segments, may take beside the data."""
i4, u4, f4, i8 = np.int32, np.uint32, np.float32, np.int64


def _is_sparse(data: Any) -> bool:
    return hasattr(data, "indptr")


def _ready(array: Any, dtype: Any = f4) -> Any:
    """Return `array`, on the host or not, on the device in C order."""
    xp = array_module()
    return xp.ascontiguousarray(xp.asarray(array, dtype))


def _rows(data: Any) -> Any:
    """Return dense rows as bytes or float32, in C order."""
    return _ready(data, data.dtype if data.dtype == np.uint8 else f4)


def _are_aligned(F: int, *arrays: Any) -> np.int32:
    """Return whether kernels may take four features at a time, wherever a row begins."""
    return i4(F % 4 == 0 and all(array.data.ptr % 16 == 0 for array in arrays))


# ---- nearest centres


def assign(
    data: Any, centres_kf: Any, weights_f: Any, offsets_k: Any, chance: Chance | None = None, tf32: bool = False
) -> Assigned:
    """As :func:`mixviz.kernels.assign.reference.assign`, in float32, on CuPy arrays, without waiting for them.

    Parameters
    ----------
    data : cupy.ndarray, or CSR rows with `indptr`, `indices`, `data` and `shape`
    centres_kf, weights_f, offsets_k : array
        On the device or on the host.
    chance : Chance, optional
        Its rows may be on either.
    tf32 : bool
        Products of dense rows in TF32: up to seven times as fast, but rows near a border may get another label.
    """
    xp, (n, F), K = array_module(), data.shape, len(centres_kf)
    centres, weights, offsets = _ready(centres_kf), _ready(weights_f), _ready(offsets_k)
    found = Assigned(xp.empty(n, i4), xp.empty(n, f4))
    width = F if _is_sparse(data) or data.dtype != np.uint8 else -(-F // 4) * 4
    weighted, lengths, shifts = xp.empty((K, width), f4), xp.empty(K, f4), xp.empty(K, f4)
    launch(
        "assign", "weigh_centres", K, THREADS, centres, weights, offsets, i4(F), i4(width), weighted, lengths, shifts
    )
    random = _random(chance)
    if _is_sparse(data):
        _label_sparse(data, centres, weights, weighted, lengths, shifts, random, found)
    else:
        _label_dense(_rows(data), centres, weights, weighted, shifts, random, found, tf32)
    return found


def _random(chance: Chance | None) -> tuple[Any, tuple[Any, ...]]:
    """Return what kernels take of `chance`: the numbers of the rows, and temperature, step and key."""
    if chance is None:
        return array_module().empty(1, i8), (f4(0), u4(0), u4(0), u4(0))
    k0, k1 = halves(chance.seed)
    return _ready(chance.rows, i8), (f4(chance.temperature), u4(chance.step & 0xFFFFFFFF), u4(k0), u4(k1))


def _label_dense(
    x: Any, centres: Any, weights: Any, weighted: Any, shifts: Any, random: Any, found: Assigned, tf32: bool
) -> None:
    """Set labels and distances, some rows at a time."""
    xp, (n, F), (K, width), is_bytes = array_module(), x.shape, weighted.shape, x.dtype == np.uint8
    n_each = min(_chunk_rows(4 * (K + width * is_bytes)), max(n, 1))
    products = xp.empty((n_each, K), f4)
    floats = xp.empty((n_each, width), f4) if is_bytes else x
    rows, numbers = random
    is_aligned = _are_aligned(F, x, centres, weights)
    for first in range(0, n, n_each):
        part, n_here = slice(first, min(first + n_each, n)), min(n_each, n - first)
        n_blocks = -(-n_here // WARPS)
        if is_bytes:
            _to_floats(x[part], floats)
        _multiply(floats[:n_here] if is_bytes else floats[part], weighted, products[:n_here], tf32)
        launch(
            "assign", "label_bytes" if is_bytes else "label_floats", n_blocks, THREADS, x[part], products, centres,
            weights, shifts, rows[part], i4(n_here), i4(F), i4(K), is_aligned, *numbers,
            found.labels_b[part], found.distances_b[part],
        )  # fmt: skip


def _chunk_rows(row_bytes: int) -> int:
    """Return how many rows a chunk has where each takes so many bytes."""
    n = max(_CHUNK_BYTES // row_bytes, 1)
    return n - n % FULL_ROWS if n > FULL_ROWS else n


def _to_floats(x: Any, floats: Any) -> None:
    """Set the first rows of `floats` to bytes, and what is beyond their features to 0."""
    (n, F), width = x.shape, floats.shape[1]
    n_blocks = -(-n // WARPS)
    launch("assign", "bytes_to_floats", n_blocks, THREADS, x, i4(n), i4(F), i4(width), _are_aligned(F, x), floats)


def _multiply(x: Any, weighted: Any, products: Any, tf32: bool) -> None:
    """Set `products` to those of float32 rows and centres, both of shape (n, width) in C order.

    TF32 is asked of cuBLAS for this one product: CuPy's own switch, CUPY_TF32, is the whole process's.
    """
    if not tf32:
        array_module().matmul(x, weighted.T, out=products)
        return
    (n, width), K, cuda = x.shape, len(weighted), array_module().cuda
    one, zero, kind = np.ones(1, f4), np.zeros(1, f4), cuda.runtime.CUDA_R_32F
    cuda.cublas.gemmEx(
        cuda.get_cublas_handle(), cuda.cublas.CUBLAS_OP_T, cuda.cublas.CUBLAS_OP_N, K, n, width, one.ctypes.data,
        weighted.data.ptr, kind, width, x.data.ptr, kind, width, zero.ctypes.data, products.data.ptr, kind, K,
        cuda.cublas.CUBLAS_COMPUTE_32F_FAST_TF32, cuda.cublas.CUBLAS_GEMM_DEFAULT,
    )  # fmt: skip


def _label_sparse(
    data: Any, centres: Any, weights: Any, weighted: Any, lengths: Any, shifts: Any, random: Any, found: Assigned
) -> None:
    """Set labels and distances of CSR rows, some at a time."""
    xp, (n, F), K = array_module(), data.shape, len(centres)
    indptr, indices, values = _csr(data)
    weighted_fk = xp.ascontiguousarray(weighted.T)
    n_each = min(_chunk_rows(4 * K), max(n, 1))
    products = xp.empty((n_each, K), f4)
    rows, numbers = random
    for first in range(0, n, n_each):
        part, n_here = slice(first, min(first + n_each, n)), min(n_each, n - first)
        here = indptr[first : first + n_here + 1]
        launch("assign", "multiply_sparse", n_here, THREADS, here, indices, values, weighted_fk, i4(K), products)
        launch(
            "assign", "label_sparse", -(-n_here // WARPS), THREADS, here, indices, values, products, centres, weights,
            shifts, lengths, rows[part], i4(n_here), i4(F), i4(K), *numbers,
            found.labels_b[part], found.distances_b[part],
        )  # fmt: skip


def _csr(data: Any) -> tuple[Any, Any, Any]:
    return _ready(data.indptr, i8), _ready(data.indices, i4), _ready(data.data)


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
    centres, labels = _ready(centres_kf), _ready(labels_b, i4)
    n_segments, n_each = _segments(n, K, F)
    sums, sizes = xp.empty((n_segments, K, F), f4), xp.empty((n_segments, K), i4)
    lengths = i8(n), i8(n_each), i4(F), i4(K)
    if _is_sparse(data):
        launch("assign", "sum_sparse", (K, 1, n_segments), THREADS, *_csr(data), labels, *lengths, sums, sizes)
    else:
        x = _rows(data)
        name, tiles = "sum_bytes" if x.dtype == np.uint8 else "sum_floats", -(-F // (4 * THREADS))
        grid = K, tiles, n_segments
        launch("assign", name, grid, THREADS, x, labels, *lengths, _are_aligned(F, x), sums, sizes)
    moved, counts = xp.empty((K, F), f4), xp.empty(K, i8)
    launch(
        "assign", "move_centres", (K, -(-F // THREADS)), THREADS, sums, sizes, centres, i4(n_segments), i4(F), i4(K),
        f4(rate), moved, counts,
    )  # fmt: skip
    return moved, counts


def _segments(n: int, K: int, F: int) -> tuple[int, int]:
    """Return into how many parts the rows are split, and how many each has: a multiple of LISTED."""
    most = max(_SUM_BYTES // (4 * K * F), 1)
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
