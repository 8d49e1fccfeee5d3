"""The fake's arrays: NumPy's arithmetic, CuPy's manners. They mix with numbers and each other, never with NumPy's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.cuda import fake_memory
from tests.cuda.fake_state import StrictError, gpu
from tests.cuda.fake_streams import current_stream, in_use
from tests.cuda.fake_transfers import Transfers

NUMBERS = (bool, int, float, np.generic)


class Data:
    """Where an array lies."""

    def __init__(self, memory: fake_memory.Memory, array: np.ndarray) -> None:
        self.mem = memory
        self.ptr = int(array.ctypes.data) if array.size else 0


class ndarray(Transfers):
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C"
    ) -> None:
        if memptr is not None or strides is not None:
            raise StrictError("arrays are made by cupy.empty")
        gpu.touch()
        self._host, self._memory = fake_memory.new(shape, dtype, order)
        self.base: ndarray | None = None

    # ---- what it is

    dtype = property(lambda self: self._host.dtype)
    shape = property(lambda self: self._host.shape)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    strides = property(lambda self: self._host.strides)
    data = property(lambda self: Data(self._memory, self._host))
    T = property(lambda self: view_of(self, self._host.T))
    device = property(lambda self: SimpleNamespace(id=0))

    @property
    def flags(self) -> SimpleNamespace:
        flags = self._host.flags
        return SimpleNamespace(
            c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous, owndata=self.base is None
        )

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[ndarray]:
        return (self[i] for i in range(len(self)))

    # ---- what prints it, and what other libraries ask of it

    def __repr__(self) -> str:
        return f"<device array of {self.dtype}, shape {self.shape}>"

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {"version": 3, "shape": self.shape, "typestr": self.dtype.str, "data": (self.data.ptr, False)}

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        return calculate(ufunc, *inputs, **({"out": out[0]} if out else {}), **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        from tests.cuda.fake_cupy import cupy

        same = getattr(cupy, function.__name__, None)
        if same is None or not all(issubclass(kind, ndarray) for kind in types):
            return NotImplemented
        return same(*args, **options)

    # ---- parts of it

    def __getitem__(self, index: Any) -> ndarray:
        places, by_array = _indices(index)
        found = self._host[places]
        if not by_array:
            gpu.touch()
            return view_of(self, np.asarray(found) if isinstance(found, np.ndarray) else self._one(places))
        in_use(self._memory, False, current_stream())
        return wrap(found)

    def _one(self, places: Any) -> np.ndarray:
        """Return a view of one element."""
        places = places if isinstance(places, tuple) else (places,)
        return self._host[(*places, Ellipsis)]

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, np.ndarray | list | tuple):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        places, _ = _indices(index)
        in_use(self._memory, True, current_stream())
        self._host[places] = _host_of(value)

    # ---- copies and other views

    def copy(self, order: str = "C") -> ndarray:
        return calculate(lambda a: np.array(a, order=order), self)  # type: ignore[call-overload]

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None, copy: bool = True
    ) -> ndarray:
        if casting is not None or subok is not None:
            raise TypeError("casting and subok are not supported yet")
        if not copy and np.dtype(dtype) == self.dtype:
            return self
        return calculate(lambda a: a.astype(dtype, order=order), self)

    def view(self, dtype: Any = None) -> ndarray:
        return view_of(self, self._host.view(dtype) if dtype is not None else self._host.view())

    def reshape(self, *shape: Any, order: str = "C") -> ndarray:
        return self._view_or_copy(self._host.reshape(*shape, order=order))

    def ravel(self, order: str = "C") -> ndarray:
        return self._view_or_copy(self._host.ravel(order))

    def transpose(self, *axes: Any) -> ndarray:
        return view_of(self, self._host.transpose(*axes))

    def squeeze(self, axis: Any = None) -> ndarray:
        return view_of(self, self._host.squeeze(axis))

    def _view_or_copy(self, found: np.ndarray) -> ndarray:
        if np.may_share_memory(found, self._host) or not found.size:
            return view_of(self, found)
        in_use(self._memory, False, current_stream())
        return wrap(found)

    def fill(self, value: Any) -> None:
        if not isinstance(value, (*NUMBERS, ndarray)) or getattr(value, "shape", ()) != ():
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        self[...] = value

    def sort(self, axis: int = -1) -> None:
        in_use(self._memory, True, current_stream())
        self._host.sort(axis, kind="stable")

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> ndarray:
        return self.copy()


def wrap(found: Any) -> ndarray:
    """Return a new device array with what NumPy found."""
    found = np.asarray(found)
    made = ndarray.__new__(ndarray)
    order = "F" if found.flags.f_contiguous and not found.flags.c_contiguous else "C"
    made._host, made._memory = fake_memory.new(found.shape, found.dtype, order)
    made._host[...] = found
    made.base = None
    in_use(made._memory, True, current_stream())
    return made


def view_of(array: ndarray, found: np.ndarray) -> ndarray:
    made = ndarray.__new__(ndarray)
    made._host, made._memory, made.base = found, array._memory, array if array.base is None else array.base
    return made


def _host_of(value: Any, changed: bool = False) -> Any:
    """Return `value` with device arrays, also those in lists, as what NumPy knows."""
    if isinstance(value, ndarray):
        in_use(value._memory, changed, current_stream())
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, list | tuple):
        return type(value)(_host_of(item) for item in value)
    return value


def calculate(function: Callable[..., Any], *args: Any, out: Any = None, **options: Any) -> Any:
    """Return what NumPy's `function` makes of device arrays, on the device."""
    gpu.touch_cublas() if function in (np.matmul, np.dot) else gpu.touch()
    values = [_host_of(arg) for arg in args]
    named = {key: _host_of(value) for key, value in options.items()}
    if out is None:
        found = function(*values, **named)
        return tuple(map(wrap, found)) if isinstance(found, tuple | list) else wrap(found)
    if not isinstance(out, ndarray):
        raise TypeError("Output arguments type must be cupy.ndarray")
    function(*values, out=_host_of(out, changed=True), **named)
    return out


def _indices(index: Any) -> tuple[Any, bool]:
    """Return `index` for NumPy, and whether arrays are in it."""
    parts = index if isinstance(index, tuple) else (index,)
    found: list[Any] = []
    for part in parts:
        if isinstance(part, np.ndarray | list | tuple):
            raise StrictError("an index from the host is copied to the device each time: put it there once")
        if isinstance(part, ndarray):
            if part.dtype.kind == "b":
                raise StrictError("CuPy waits for the device to count what a mask selects; use where()")
            if part.dtype.kind not in "iu":
                raise IndexError(f"arrays used as indices must be of integer or boolean type. (actual: {part.dtype})")
            found.append(_host_of(part))
        else:
            found.append(part)
    by_array = any(isinstance(part, ndarray) for part in parts)
    return (tuple(found) if isinstance(index, tuple) else found[0]), by_array


def _binary(ufunc: np.ufunc, reflected: bool) -> Any:
    def method(self: ndarray, other: Any) -> Any:
        if not isinstance(other, (*NUMBERS, ndarray)):
            raise TypeError(f"Unsupported type {type(other)}")
        return calculate(ufunc, other, self) if reflected else calculate(ufunc, self, other)

    return method


def _in_place(ufunc: np.ufunc) -> Any:
    def method(self: ndarray, other: Any) -> Any:
        if not isinstance(other, (*NUMBERS, ndarray)):
            raise TypeError(f"Unsupported type {type(other)}")
        return calculate(ufunc, self, other, out=self)

    return method


def _unary(function: Any) -> Any:
    return lambda self: calculate(function, self)


def _reduction(name: str) -> Any:
    def method(self: ndarray, *args: Any, **options: Any) -> Any:
        return calculate(getattr(np, name), self, *args, **options)

    return method


for _name in "add sub mul truediv floordiv mod pow and or xor lshift rshift matmul".split():
    _ufunc = {
        "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "floordiv": np.floor_divide,
        "mod": np.remainder, "pow": np.power, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
        "lshift": np.left_shift, "rshift": np.right_shift, "matmul": np.matmul, "add": np.add,
    }[_name]  # fmt: skip
    setattr(ndarray, f"__{_name}__", _binary(_ufunc, False))
    setattr(ndarray, f"__r{_name}__", _binary(_ufunc, True))
    setattr(ndarray, f"__i{_name}__", _in_place(_ufunc))
for _name, _ufunc in {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
}.items():  # fmt: skip
    setattr(ndarray, f"__{_name}__", _binary(_ufunc, False))
for _name, _ufunc in {"neg": np.negative, "abs": np.abs, "invert": np.invert, "pos": np.positive}.items():
    setattr(ndarray, f"__{_name}__", _unary(_ufunc))
for _name in "sum prod min max mean std var any all argmin argmax cumsum clip dot take diagonal trace".split():
    setattr(ndarray, _name, _reduction(_name))
