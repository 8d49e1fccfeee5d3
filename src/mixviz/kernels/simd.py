"""Vectors of 16 numbers for Numba kernels, and the compiler options all kernels share.

Left to itself LLVM vectorises neither a random generator nor a polynomial with a branch, and reaches 13 GFLOP/s on
the short products of a document where vectors reach 58 (one Zen 4 core). So kernels name their vectors: `load` and
`store` move 16 numbers between an array and a vector, ``+ - * / < > & | ^ << >>`` work lane by lane, with plain
numbers too. LLVM splits the vectors to whatever width the processor has.
"""

from __future__ import annotations

import gc
import hashlib
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils, event
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import lower_builtin, models, register_model

LANES = 16
"""Numbers in a vector; kernels pad topics and words to multiples of it."""


def _sources_digest() -> str:
    """Return a digest of every kernel source: Numba's own cache overlooks a change in a function called from afar."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_DIGEST = _sources_digest()


_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
    "no_cfunc_wrapper": True,  # for calls from C, of which there are none
}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile `function` without the GIL, cached on disk where a folder can be written, NaN and infinity kept."""
    compiled: Any = numba.njit(**_OPTIONS)(function)
    try:
        compiled.enable_caching()
    except RuntimeError:  # no folder to write to: compiled anew in each process
        return compiled
    compiled._cache._cache_file._source_stamp = _DIGEST
    return compiled


def helper(function: Callable[..., Any]) -> Any:
    """Make `function`, one of whose arguments is a vector, callable from kernels.

    Python has no vectors to call it with, so what would be compiled for calls from there, a third of the time, is left
    out; and it is not cached, for those who call it are.
    """

    def refuse(*args: Any) -> None:
        raise TypeError(f"{function.__name__} takes vectors and can only be called from a kernel, got {args!r}")

    compiled: Any = numba.njit(**_OPTIONS | {"no_cpython_wrapper": True})(function)
    compiled._compile_for_args = refuse
    return compiled


def intrinsic(function: Callable[..., Any]) -> Any:
    """Make `function`, which returns a signature and what emits LLVM code, callable from kernels."""
    return numba_intrinsic(function)


def padded(n: int) -> int:
    """Return `n` rounded up to a multiple of the vector width."""
    return -(-n // LANES) * LANES


class _Uncollected(event.Listener):
    """Holds back the garbage collector while a kernel is compiled: a tenth of the time, and it would find nothing."""

    def __init__(self) -> None:
        self._depth, self._is_due = 0, False

    def on_start(self, event: Any) -> None:
        if self._depth or event.data["dispatcher"].py_func.__module__.startswith("mixviz.kernels."):
            if not self._depth:
                self._is_due = gc.isenabled()
                gc.disable()
            self._depth += 1

    def on_end(self, event: Any) -> None:
        if self._depth:
            self._depth -= 1
            if not self._depth and self._is_due:
                gc.enable()


event.register("numba:compile", _Uncollected())  # type: ignore[no-untyped-call]


class Vector(types.Type):
    """Numba's type of a vector: its elements are float32, uint32 or bool."""

    def __init__(self, element: Any) -> None:
        self.element = element
        super().__init__(name=f"Vector({element})")


FLOATS, BITS, MASK = Vector(types.float32), Vector(types.uint32), Vector(types.boolean)
_IR = {FLOATS: ir.FloatType(), BITS: ir.IntType(32), MASK: ir.IntType(1)}
_IR = {kind: ir.VectorType(element, LANES) for kind, element in _IR.items()}
_INDEX = ir.IntType(32)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, _IR[kind])  # type: ignore[no-untyped-call]


def _splat(context: Any, builder: Any, value: Any, source: Any, target: Vector) -> Any:
    """Return `value` as a vector of `target`, repeated if it is a plain number."""
    if source == target:
        return value
    number = context.cast(builder, value, source, target.element)
    empty = ir.Constant(_IR[target], ir.Undefined)
    one = builder.insert_element(empty, number, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(one, empty, ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES))


def _register(function: Any, kinds: tuple[Vector, ...], emit: Callable[..., Any], result: Vector | None = None) -> None:
    """Let `function` take two vectors of one of `kinds`, or one and a number; `emit(builder, a, b)` does the work."""

    @infer_global(function)  # type: ignore[no-untyped-call]
    class Operator(AbstractTemplate):
        def generic(self, args: Any, keywords: Any) -> Any:
            vectors = [kind for kind in args if isinstance(kind, Vector)]
            if len(args) != 2 or not vectors or vectors[0] not in kinds:
                return None
            if any(kind != vectors[0] and not isinstance(kind, types.Number) for kind in args):
                return None
            return signature(result or vectors[0], *args)  # type: ignore[no-untyped-call]

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = next(kind for kind in sig.args if isinstance(kind, Vector))
        return emit(builder, *(_splat(context, builder, v, t, kind) for v, t in zip(args, sig.args, strict=True)))

    for left, right in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(function, left, right)(lower)  # type: ignore[no-untyped-call]


def _arithmetic(floats: str, integers: str) -> Callable[..., Any]:
    def emit(builder: Any, a: Any, b: Any) -> Any:
        if a.type == _IR[FLOATS]:
            return getattr(builder, floats)(a, b, flags=("contract", "nsz"))
        return getattr(builder, integers)(a, b)

    return emit


def _comparison(sign: str) -> Callable[..., Any]:
    def emit(builder: Any, a: Any, b: Any) -> Any:
        return (builder.fcmp_ordered if a.type == _IR[FLOATS] else builder.icmp_unsigned)(sign, a, b)

    return emit


def _plain(name: str) -> Callable[..., Any]:
    return lambda builder, a, b: getattr(builder, name)(a, b)


_register(operator.add, (FLOATS, BITS), _arithmetic("fadd", "add"))
_register(operator.sub, (FLOATS, BITS), _arithmetic("fsub", "sub"))
_register(operator.mul, (FLOATS, BITS), _arithmetic("fmul", "mul"))
_register(operator.truediv, (FLOATS,), _plain("fdiv"))
_register(operator.lt, (FLOATS, BITS), _comparison("<"), MASK)
_register(operator.gt, (FLOATS, BITS), _comparison(">"), MASK)
_register(operator.and_, (BITS, MASK), _plain("and_"))
_register(operator.or_, (BITS, MASK), _plain("or_"))
_register(operator.xor, (BITS, MASK), _plain("xor"))
_register(operator.lshift, (BITS,), _plain("shl"))
_register(operator.rshift, (BITS,), _plain("lshr"))


def _address(context: Any, builder: Any, array: Any, index: Any, kind: Any) -> Any:
    base = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(base, [index]), _IR[FLOATS].as_pointer())


@intrinsic
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """Return the 16 numbers of a flat float32 array from `index` on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, args[0], args[1], sig.args[0]), align=4)

    return FLOATS(array, types.intp), emit


@intrinsic
def store(typingctx: Any, array: Any, index: Any, vector: Any) -> Any:
    """Write a vector of floats to a flat float32 array from `index` on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, args[0], args[1], sig.args[0]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, FLOATS), emit


@intrinsic
def splat(typingctx: Any, number: Any) -> Any:
    """Return a vector of floats that all equal `number`."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(context, builder, args[0], sig.args[0], FLOATS)

    return FLOATS(number), emit


@intrinsic
def lanes(typingctx: Any, start: Any) -> Any:
    """Return the whole numbers start, start + 1, ..., start + 15 as bits."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _splat(context, builder, args[0], sig.args[0], BITS)
        return builder.add(first, ir.Constant(_IR[BITS], list(range(LANES))))

    return BITS(start), emit


@intrinsic
def select(typingctx: Any, mask: Any, yes: Any, no: Any) -> Any:
    """Return, lane by lane, `yes` where `mask` holds and `no` elsewhere; one of them may be a number."""
    kind = yes if isinstance(yes, Vector) else no

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        both = (_splat(context, builder, v, t, kind) for v, t in zip(args[1:], sig.args[1:], strict=True))
        return builder.select(args[0], *both)

    return kind(MASK, yes, no), emit


@intrinsic
def is_any(typingctx: Any, mask: Any) -> Any:
    """Return whether `mask` holds in some lane."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        word = builder.bitcast(args[0], ir.IntType(LANES))
        return builder.icmp_unsigned("!=", word, ir.Constant(ir.IntType(LANES), 0))

    return types.boolean(MASK), emit


def _conversion(name: str, source: Vector, target: Vector, instruction: str) -> Any:
    """Return the intrinsic that applies one LLVM conversion to a vector."""

    def convert(typingctx: Any, vector: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return getattr(builder, instruction)(args[0], _IR[target])

        return target(source), emit

    convert.__name__ = name
    return intrinsic(convert)


to_floats = _conversion("to_floats", BITS, FLOATS, "uitofp")
signed_to_floats = _conversion("signed_to_floats", BITS, FLOATS, "sitofp")
to_bits = _conversion("to_bits", FLOATS, BITS, "fptosi")
as_floats = _conversion("as_floats", BITS, FLOATS, "bitcast")
as_bits = _conversion("as_bits", FLOATS, BITS, "bitcast")


def _math(name: str) -> Any:
    """Return the intrinsic that applies one LLVM math function to a vector of floats."""

    def apply(typingctx: Any, vector: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            kind = ir.FunctionType(_IR[FLOATS], [_IR[FLOATS]])
            function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")  # type: ignore[no-untyped-call]
            return builder.call(function, args)

        return FLOATS(FLOATS), emit

    apply.__name__ = name
    return intrinsic(apply)


sqrt, floor = _math("sqrt"), _math("floor")


@intrinsic
def multiply_wide(typingctx: Any, vector: Any, number: Any) -> Any:
    """Return the high and the low 32 bits of ``vector * number``."""
    wide = ir.VectorType(ir.IntType(64), LANES // 2)
    half, low = (ir.Constant(wide, [n] * (LANES // 2)) for n in (32, 0xFFFFFFFF))
    picks = [[first + i + odd for i in range(0, LANES, 2) for odd in (0, LANES)] for first in (1, 0)]

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pairs = builder.bitcast(args[0], wide)
        factor = builder.and_(builder.bitcast(_splat(context, builder, args[1], sig.args[1], BITS), wide), low)
        even = builder.mul(builder.and_(pairs, low), factor)
        odd = builder.mul(builder.lshr(pairs, half), factor)
        halves = [builder.bitcast(product, _IR[BITS]) for product in (even, odd)]
        masks = [ir.Constant(ir.VectorType(_INDEX, LANES), pick) for pick in picks]
        parts = [builder.shuffle_vector(*halves, mask) for mask in masks]
        return context.make_tuple(builder, sig.return_type, parts)

    return types.UniTuple(BITS, 2)(BITS, number), emit  # type: ignore[no-untyped-call]


@intrinsic
def repeat_bytes(typingctx: Any, array: Any, index: Any) -> Any:
    """Return the four bytes of a flat array from `index` on, in every lane."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = builder.gep(context.make_array(sig.args[0])(context, builder, args[0]).data, [args[1]])
        word = builder.load(builder.bitcast(place, _INDEX.as_pointer()), align=1)
        return _splat(context, builder, word, types.uint32, BITS)

    return BITS(array, types.intp), emit


@intrinsic
def add_byte_products(typingctx: Any, sums: Any, numbers: Any, factors: Any) -> Any:
    """Return ``sums`` plus, lane by lane, the products of four bytes with four signed ones; needs AVX-512 VNNI."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(_IR[BITS], [_IR[BITS]] * 3)
        name = "llvm.x86.avx512.vpdpbusd.512"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)  # type: ignore[no-untyped-call]

    return BITS(BITS, BITS, BITS), emit


@intrinsic
def transpose(typingctx: Any, target: Any, at: Any, stride: Any, source: Any, index: Any, source_stride: Any) -> Any:
    """Set ``target[at + stride * j + i] = source[index + source_stride * i + j]`` for i and j below 16.

    Four rounds of exchange between rows 8, 4, 2 and 1 apart.
    """

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        def address(array: int, row: int) -> Any:
            offset = builder.mul(args[array + 2], ir.Constant(args[array + 2].type, row))
            return _address(context, builder, args[array], builder.add(args[array + 1], offset), sig.args[array])

        rows = [builder.load(address(3, row), align=4) for row in range(LANES)]
        for distance in (8, 4, 2, 1):
            lane = np.arange(LANES)
            upper = np.where(lane & distance, lane + LANES - distance, lane)
            masks = [ir.Constant(ir.VectorType(_INDEX, LANES), [int(n) for n in m]) for m in (upper, upper + distance)]
            for i in [i for i in range(LANES) if not i & distance]:
                pair = rows[i], rows[i + distance]
                rows[i], rows[i + distance] = (builder.shuffle_vector(*pair, mask) for mask in masks)
        for row, vector in enumerate(rows):
            builder.store(vector, address(0, row), align=4)
        return context.get_dummy_value()

    intp = types.intp
    return types.void(target, intp, intp, source, intp, intp), emit


@helper
def least(a: Any, b: Any) -> Any:
    """Return the smaller of a vector and another or a number, lane by lane; NaN in `a` stays."""
    return select(a > b, b, a)


@helper
def most(a: Any, b: Any) -> Any:
    """Return the larger of a vector and another or a number, lane by lane; NaN in `a` stays."""
    return select(a < b, b, a)


@kernel
def aligned_floats(n: int) -> Any:
    """Return room for `n` float32 numbers that begins on a cache line."""
    buffer = np.empty(n + LANES, np.float32)
    skip = (-(buffer.ctypes.data // 4)) % LANES
    return buffer[skip : skip + n]
