"""A thin, strict fake of CuPy on NumPy: what it lets pass, CuPy takes too, and without waiting for the device unseen.

Installed as the module `cupy` by the fixture `fake_gpu`. Kernels run on the processor (twin.py). Only what mixviz uses
is here; what is missing raises AttributeError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cuda.fake_array import calculate, ndarray, wrap
from tests.cuda.fake_kernels import RawKernel, RawModule
from tests.cuda.fake_runtime import cupy_cuda, module, pool
from tests.cuda.fake_state import StrictError, gpu
from tests.cuda.fake_streams import current_stream

_SAME_AS_NUMPY = """
abs absolute add all any argmax argmin broadcast_to ceil clip concatenate cos cumsum diag diff divide dot einsum equal
exp expand_dims expm1 floor greater greater_equal isfinite isinf isnan less less_equal log log1p log2 logical_and
logical_not logical_or matmul max maximum mean min minimum moveaxis multiply negative outer power prod ravel reshape
rint round sign sin sqrt square squeeze stack std subtract sum swapaxes take tanh tensordot tile trace transpose tri
tril triu true_divide var vstack hstack
""".split()
_WAITING = "argwhere array_equal compress count_nonzero extract flatnonzero nonzero unique".split()
"""Most of these wait for the device to know how large their result is."""
_TYPES = (
    "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 intp newaxis inf nan pi".split()
)


def _same(name: str) -> Any:
    function = getattr(np, name)

    def call(*args: Any, **options: Any) -> Any:
        return calculate(function, *args, **options)

    return call


def _refused(name: str) -> Any:
    def call(*args: Any, **options: Any) -> Any:
        raise StrictError(f"cupy.{name} waits for the device")

    return call


# ---- making arrays


def empty(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    return ndarray(shape, dtype, order=order)


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> ndarray:
    made = ndarray(shape, np.result_type(fill_value) if dtype is None else dtype, order=order)
    made.fill(fill_value)
    return made


def zeros(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    return full(shape, 0, dtype, order)


def ones(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    return full(shape, 1, dtype, order)


def _like(make: Any) -> Any:
    def call(prototype: ndarray, dtype: Any = None, order: str = "K", subok: Any = None, shape: Any = None) -> ndarray:
        layout = "F" if prototype.flags.f_contiguous and not prototype.flags.c_contiguous and order == "K" else "C"
        return make(prototype.shape if shape is None else shape, dtype or prototype.dtype, order=layout)

    return call


def full_like(a: ndarray, fill_value: Any, dtype: Any = None) -> ndarray:
    return full(a.shape, fill_value, dtype or a.dtype)


def array(
    obj: Any, dtype: Any = None, copy: bool = True, order: str = "K", subok: bool = False, ndmin: int = 0, *,
    blocking: bool = False,
) -> ndarray:  # fmt: skip
    if isinstance(obj, ndarray):
        same = np.dtype(dtype or obj.dtype) == obj.dtype and (order in "KA" or obj._host.flags[f"{order}_CONTIGUOUS"])
        return obj if same and not copy else calculate(lambda a: np.array(a, dtype, order=order), obj)  # type: ignore[call-overload]
    parts = obj if isinstance(obj, list | tuple) else ()
    if any(isinstance(part, ndarray) for part in parts):
        return calculate(np.array, obj, dtype=dtype)
    given = np.array(obj, dtype=dtype, order=order)  # type: ignore[call-overload]
    if given.dtype.kind not in "biufc":
        raise ValueError(f"Unsupported dtype {given.dtype}")
    gpu.uploads["array"] += given.nbytes
    made = wrap(given)
    if isinstance(obj, np.ndarray):
        current_stream().read_from_host(obj)
    if blocking:
        current_stream().synchronize("asarray")
    return made


def asarray(a: Any, dtype: Any = None, order: str | None = None, *, blocking: bool = False) -> ndarray:
    return array(a, dtype, copy=False, order=order or "K", blocking=blocking)


def ascontiguousarray(a: Any, dtype: Any = None) -> ndarray:
    return asarray(a, dtype, "C")


def asfortranarray(a: Any, dtype: Any = None) -> ndarray:
    return asarray(a, dtype, "F")


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> ndarray:
    first, last = (0, start) if stop is None else (start, stop)
    if any(isinstance(value, ndarray) for value in (first, last, step)):
        raise StrictError("cupy.arange needs numbers: of a device array it waits for them")
    return wrap(np.arange(first, last, step, dtype))


def linspace(start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: Any = None) -> ndarray:
    return wrap(np.linspace(start, stop, num, endpoint, dtype=dtype))


def eye(n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> ndarray:
    return wrap(np.eye(n, m, k, dtype))


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True) -> np.ndarray:
    return a.get(stream, order, out, blocking) if isinstance(a, ndarray) else np.asarray(a, order=order)  # type: ignore[call-overload]


# ---- where CuPy differs from NumPy


def where(condition: ndarray, x: Any = None, y: Any = None) -> ndarray:
    if x is None or y is None:
        raise StrictError("cupy.where of a condition alone waits for the device")
    return calculate(np.where, condition, x, y)


def _stable(kind: str | None) -> None:
    if kind not in (None, "stable"):
        raise ValueError(f"kind can only be None or 'stable', got {kind!r}")


def argsort(a: ndarray, axis: int | None = -1, kind: str | None = None) -> ndarray:
    _stable(kind)
    gpu.take_for_thrust(a.nbytes)
    return calculate(np.argsort, a, axis, kind="stable")


def sort(a: ndarray, axis: int | None = -1, kind: str | None = None) -> ndarray:
    _stable(kind)
    gpu.take_for_thrust(a.nbytes)
    return calculate(np.sort, a, axis, kind="stable")


def searchsorted(a: ndarray, v: Any, side: str = "left", sorter: Any = None) -> ndarray:
    if not isinstance(a, ndarray):
        raise NotImplementedError("Only int or ndarray are supported for a")
    if not isinstance(v, ndarray | int | float | complex):
        raise NotImplementedError("Only python scalars or ndarrays are supported for v")
    return calculate(np.searchsorted, a, v, side, sorter)


def bincount(x: ndarray, weights: ndarray | None = None, minlength: int | None = None) -> ndarray:
    current_stream().synchronize("bincount")
    return calculate(lambda x, weights: np.bincount(x, weights, minlength or 0), x, weights)


def repeat(a: ndarray, repeats: Any, axis: int | None = None) -> ndarray:
    if isinstance(repeats, ndarray):
        raise StrictError("cupy.repeat with repeats on the device waits for their sum")
    return calculate(np.repeat, a, repeats, axis)


cupy = module(
    "cupy",
    __version__="14.2.0",
    **{name: _same(name) for name in _SAME_AS_NUMPY},
    **{name: _refused(name) for name in _WAITING},
    **{name: getattr(np, name) for name in _TYPES},
    RawKernel=RawKernel,
    RawModule=RawModule,
    arange=arange,
    argsort=argsort,
    array=array,
    asarray=asarray,
    ascontiguousarray=ascontiguousarray,
    asfortranarray=asfortranarray,
    asnumpy=asnumpy,
    bincount=bincount,
    bool=np.bool_,
    cuda=cupy_cuda,
    empty=empty,
    empty_like=_like(empty),
    eye=eye,
    full=full,
    full_like=full_like,
    get_array_module=lambda *args: cupy if any(isinstance(arg, ndarray) for arg in args) else np,
    get_default_memory_pool=lambda: pool,
    linspace=linspace,
    ndarray=ndarray,
    ones=ones,
    ones_like=_like(ones),
    repeat=repeat,
    searchsorted=searchsorted,
    sort=sort,
    where=where,
    zeros=zeros,
    zeros_like=_like(zeros),
)
