"""Products of rows of bytes with centres, where the processor multiplies bytes (AVX-512 VNNI): twice BLAS's speed.

A centre becomes whole numbers n of 16 bits times a scale of its own, ``scale_k = max_f |w_f c_kf| / 32639``, and each
n two signed bytes, ``256 high + low``. One instruction takes 64 bytes of rows and 64 of centres, and adds the
products, four and four, to 16 sums of 32 bits: these are exact. What counts is the rounding of centres, and squared
lengths take it into account: beside what float32 rounds, a cost errs by at most ``scale_k sum_f |x_f - c_kf|`` and 1 %.
In images that is a millionth of the cost, twenty times what float32 products err by.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba.core.registry import cpu_target

from mixviz.backend import parallel_for
from mixviz.kernels.simd import (
    LANES,
    add_byte_products,
    aligned_floats,
    as_bits,
    as_floats,
    helper,
    kernel,
    lanes,
    load,
    padded,
    repeat_bytes,
    signed_to_floats,
    store,
    to_bits,
    transpose,
)
from mixviz.types import FloatArray

ROWS, BLOCK, STRIP = 8, 4096, 256
"""Rows of a tile; features whose sums fit 32 bits and whose bytes fit the cache; features packed in one go."""
LEAST, MOST = 1 << 13, 1 << 24
"""Bytes of packed centres that are worth their kernels' compilation, and that may be held beside the centres."""
LARGEST, MIDDLE = 127 * 256 + 127, 0x8080
"""The largest n, and what is added so that both of its bytes are 0 or more."""
f4, u4 = np.float32, np.uint32


class Packed(NamedTuple):
    """Centres in bytes: by 16 clusters, by 4 features, high or low, cluster, feature; scales and squared lengths."""

    limbs: FloatArray
    scale_k: FloatArray
    norm_k: FloatArray


@cache
def has_byte_products() -> bool:
    """Return whether kernels are compiled for a processor that multiplies bytes."""
    return "+avx512vnni" in cpu_target.target_context.codegen().magic_tuple()[2]


def suits(data: Any, K: int) -> bool:
    """Return whether products with K centres go by bytes; it does not depend on the number of rows."""
    is_bytes = isinstance(data, np.ndarray) and data.dtype == np.uint8
    return is_bytes and LEAST <= 2 * padded(K) * padded(data.shape[1]) <= MOST and has_byte_products()


# ---- centres


def pack(centres_kf: FloatArray, weighted_kf: FloatArray) -> Packed:
    """Return centres times weights as bytes, and the squared lengths to go with them; both given are read-only."""
    K, F = centres_kf.shape
    scale_k = np.zeros(padded(K), f4)
    scale_k[:K] = np.maximum(weighted_kf.max(axis=1, initial=1e-30), -weighted_kf.min(axis=1, initial=0)) / f4(LARGEST)
    packed = Packed(aligned_floats(padded(K) * padded(F) // 2), scale_k, np.empty(K, f4))
    parallel_for(_pack_range, padded(K) // LANES, centres_kf, weighted_kf, *packed)
    return packed


@kernel
def _pack_range(first: int, last: int, centres: Any, weighted: Any, limbs: Any, scales: Any, norms: Any) -> None:
    F = centres.shape[1]
    strip, block = np.empty((LANES, STRIP), f4), np.empty(LANES * LANES, f4)
    for group in range(first, last):
        at = len(limbs) // len(scales) * LANES * group
        clusters = range(group * LANES, min(group * LANES + LANES, len(norms)))
        for k in clusters:
            norms[k] = f4(0.0)
        for f in range(0, F, STRIP):
            end = min(f + STRIP, F)
            strip[:] = f4(MIDDLE)
            for k in clusters:
                norms[k] += _round(centres[k, f:end], weighted[k, f:end], scales[k], strip[k % LANES])
            for i in range(0, end - f, LANES):
                transpose(block, 0, LANES, strip, i, STRIP)
                at = _split(block, limbs, at)


@kernel
def _round(centres: Any, weighted: Any, scale: Any, numbers: Any) -> Any:
    """Set `numbers` to MIDDLE + n; return these features' part of the squared length, ``c (w c + 2 error)``."""
    inverse, length = f4(1.0) / scale, f4(0.0)
    for i in range(len(centres)):
        n = np.floor(weighted[i] * inverse + f4(MIDDLE + 0.5))
        numbers[i] = n
        length += (f4(2.0) * (n - f4(MIDDLE)) * scale - weighted[i]) * centres[i]
    return length


@helper
def _split(block: Any, limbs: Any, at: int) -> int:
    """Write the two bytes of 16 features of 16 clusters, and return where the next ones go."""
    for i in range(0, LANES * LANES, 4 * LANES):
        a, b = to_bits(load(block, i)), to_bits(load(block, i + LANES))
        c, d = to_bits(load(block, i + 2 * LANES)), to_bits(load(block, i + 3 * LANES))
        store(limbs, at, _signed_bytes(a >> 8, b >> 8, c >> 8, d >> 8))
        store(limbs, at + LANES, _signed_bytes(a & 255, b & 255, c & 255, d & 255))
        at += 2 * LANES
    return at


@helper
def _signed_bytes(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Return four bytes a lane, 128 taken from each."""
    return as_floats((a | (b << 8) | (c << 16) | (d << 24)) ^ u4(0x80808080))


# ---- products


def multiply(x_bf: Any, packed: Packed) -> FloatArray:
    """Return the products of rows of bytes, read-only and in C order, with the packed centres, shape (B, K)."""
    B, F = x_bf.shape
    if F % 4:
        x_bf = np.pad(x_bf, ((0, 0), (0, -F % 4)))
        x_bf.flags.writeable = False
    products = np.zeros((-(-B // ROWS) * ROWS, len(packed.scale_k)), f4)
    _multiply(x_bf, packed.limbs, packed.scale_k, products.ravel())
    return products[:B, : len(packed.norm_k)]


@kernel
def _multiply(x: Any, limbs: Any, scales: Any, products: Any) -> None:
    """Add a tile of 8 rows and 16 clusters after the other; beyond the last row, that one is taken again."""
    (B, F), K = x.shape, len(scales)
    rows, starts, tile = x.ravel(), np.empty(ROWS, np.int64), np.empty(ROWS * LANES, f4)
    for f in range(0, F, BLOCK):
        n_quads = (min(f + BLOCK, F) - f) // 4
        for k in range(0, K, LANES):
            at, scale = len(limbs) // K * k + f // 4 * 2 * LANES, load(scales, k)
            for b in range(0, B, ROWS):
                for i in range(ROWS):
                    starts[i] = min(b + i, B - 1) * F + f
                _multiply_tile(rows, starts, limbs, at, n_quads, tile)
                for i in range(ROWS):
                    j = (b + i) * K + k
                    store(products, j, load(products, j) + scale * load(tile, i * LANES))


@kernel
def _multiply_tile(rows: Any, starts: Any, limbs: Any, at: int, n_quads: int, tile: Any) -> None:
    """Set `tile` to the products of 8 rows with 16 clusters; 16 sums in registers hide the latency of an addition."""
    h0 = h1 = h2 = h3 = h4 = h5 = h6 = h7 = l0 = l1 = l2 = l3 = l4 = l5 = l6 = l7 = lanes(0) & 0
    for quad in range(n_quads):
        f, place = 4 * quad, at + 2 * LANES * quad
        high, low = as_bits(load(limbs, place)), as_bits(load(limbs, place + LANES))
        h0, l0 = _add_row(h0, l0, rows, starts[0] + f, high, low)
        h1, l1 = _add_row(h1, l1, rows, starts[1] + f, high, low)
        h2, l2 = _add_row(h2, l2, rows, starts[2] + f, high, low)
        h3, l3 = _add_row(h3, l3, rows, starts[3] + f, high, low)
        h4, l4 = _add_row(h4, l4, rows, starts[4] + f, high, low)
        h5, l5 = _add_row(h5, l5, rows, starts[5] + f, high, low)
        h6, l6 = _add_row(h6, l6, rows, starts[6] + f, high, low)
        h7, l7 = _add_row(h7, l7, rows, starts[7] + f, high, low)
    store(tile, 0, f4(256.0) * signed_to_floats(h0) + signed_to_floats(l0))
    store(tile, LANES, f4(256.0) * signed_to_floats(h1) + signed_to_floats(l1))
    store(tile, 2 * LANES, f4(256.0) * signed_to_floats(h2) + signed_to_floats(l2))
    store(tile, 3 * LANES, f4(256.0) * signed_to_floats(h3) + signed_to_floats(l3))
    store(tile, 4 * LANES, f4(256.0) * signed_to_floats(h4) + signed_to_floats(l4))
    store(tile, 5 * LANES, f4(256.0) * signed_to_floats(h5) + signed_to_floats(l5))
    store(tile, 6 * LANES, f4(256.0) * signed_to_floats(h6) + signed_to_floats(l6))
    store(tile, 7 * LANES, f4(256.0) * signed_to_floats(h7) + signed_to_floats(l7))


@helper
def _add_row(of_high: Any, of_low: Any, rows: Any, at: int, high: Any, low: Any) -> Any:
    """Return the sums of a row with four of its features added."""
    numbers = repeat_bytes(rows, at)
    return add_byte_products(of_high, numbers, high), add_byte_products(of_low, numbers, low)
