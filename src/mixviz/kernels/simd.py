"""What every Numba kernel here is built on: the compiler options, aligned scratch, and one vector product.

Numba's own vectoriser reaches 13 GFLOP/s on the short products of a document; written as LLVM vectors, with the sums
held in registers, the same product reaches 58 on one Zen 4 core. LLVM splits the vectors to whatever width the
processor has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
"""Numbers handled at once; kernels pad topics and words to multiples of it."""

_FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_INDEX = ir.IntType(64)
_PANELS = ((4, 2), (2, 4), (1, 8))
"""(vectors of columns, rows) held in registers at once, widest first: eight independent sums hide the latency."""


def _sources_digest() -> str:
    """Return a digest of every kernel source: Numba's own cache overlooks a change in a function called from afar."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_DIGEST = _sources_digest()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile `function` without the GIL, cached on disk where a folder can be written, NaN and infinity kept."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": _FASTMATH}
    compiled = numba.njit(**options)(function)
    try:
        compiled.enable_caching()
    except RuntimeError:  # no folder to write to: compiled anew in each process
        return compiled
    compiled._cache._cache_file._source_stamp = _DIGEST
    return compiled


def padded(n: int) -> int:
    """Return `n` rounded up to a multiple of the vector width."""
    return -(-n // LANES) * LANES


@kernel
def aligned_zeros(n: int) -> Any:
    """Return `n` float32 zeros that begin on a cache line."""
    buffer = np.zeros(n + LANES, np.float32)
    skip = (-(buffer.ctypes.data // 4)) % LANES
    return buffer[skip : skip + n]


@intrinsic  # type: ignore[untyped-decorator]
def row_times_matrix(typingctx: Any, y: Any, x: Any, a: Any, n_rows: Any, n_cols: Any) -> Any:
    """``y[:n_cols] = x[:n_rows] @ a[:n_rows, :n_cols]``: float32, `a` flat and row-major, sizes multiples of 16."""
    signature = types.void(y, x, a, types.int64, types.int64)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointers = [context.make_array(t)(context, builder, v).data for t, v in zip(signature.args, args[:3])]
        column = cgutils.alloca_once_value(builder, ir.Constant(_INDEX, 0))
        for width, depth in _PANELS:
            _emit_columns(builder, pointers, args[3], args[4], column, width, depth)
        return context.get_dummy_value()

    return signature, codegen


def _emit_columns(builder: Any, pointers: Any, n_rows: Any, n_cols: Any, column: Any, width: int, depth: int) -> None:
    """While `width` vectors of columns are left, multiply them."""
    step = ir.Constant(_INDEX, width * LANES)
    test, body, end = (builder.append_basic_block(name) for name in ("columns", "panel", "columns.end"))
    builder.branch(test)
    builder.position_at_end(test)
    first = builder.load(column)
    builder.cbranch(builder.icmp_signed("<=", builder.add(first, step), n_cols), body, end)
    builder.position_at_end(body)
    _emit_panel(builder, pointers, n_rows, n_cols, first, width, depth)
    builder.store(builder.add(first, step), column)
    builder.branch(test)
    builder.position_at_end(end)


def _emit_panel(builder: Any, pointers: Any, n_rows: Any, n_cols: Any, first: Any, width: int, depth: int) -> None:
    """Multiply one panel of columns: a loop over `depth` rows at a time, with depth x width sums in registers."""
    y, x, a = pointers
    before, loop, end = builder.block, builder.append_basic_block("rows"), builder.append_basic_block("rows.end")
    builder.branch(loop)
    builder.position_at_end(loop)
    row = builder.phi(_INDEX)
    row.add_incoming(ir.Constant(_INDEX, 0), before)
    sums = [[builder.phi(_VECTOR) for _ in range(width)] for _ in range(depth)]
    grown = []
    for i in range(depth):
        index = builder.add(row, ir.Constant(_INDEX, i))
        factor = _splat(builder, builder.load(builder.gep(x, [index])))
        start = builder.add(builder.mul(index, n_cols), first)
        for w in range(width):
            product = builder.fmul(factor, _load(builder, a, start, w), flags=("contract",))
            grown.append(builder.fadd(product, sums[i][w], flags=("contract",)))
            sums[i][w].add_incoming(ir.Constant(_VECTOR, [0.0] * LANES), before)
            sums[i][w].add_incoming(grown[-1], loop)
    following = builder.add(row, ir.Constant(_INDEX, depth))
    row.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, n_rows), loop, end)
    builder.position_at_end(end)
    for w in range(width):
        total = _tree_sum(builder, grown[w::width])
        builder.store(total, _address(builder, y, first, w), align=4)


def _tree_sum(builder: Any, terms: list[Any]) -> Any:
    while len(terms) > 1:
        terms = [builder.fadd(terms[i], terms[i + 1]) for i in range(0, len(terms), 2)]
    return terms[0]


def _address(builder: Any, base: Any, start: Any, w: int) -> Any:
    index = builder.add(start, ir.Constant(_INDEX, w * LANES))
    return builder.bitcast(builder.gep(base, [index]), _VECTOR.as_pointer())


def _load(builder: Any, base: Any, start: Any, w: int) -> Any:
    return builder.load(_address(builder, base, start, w), align=4)


def _splat(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
