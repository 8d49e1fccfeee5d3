"""The fake's arrays on their way to the host and from it; every wait is counted."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tests.cuda.fake_memory import Memory
from tests.cuda.fake_state import gpu
from tests.cuda.fake_streams import Stream, current_stream, in_use, on_device


class Transfers:
    """What an array with `_host`, its numbers, and `_memory` offers the host."""

    _host: np.ndarray
    _memory: Memory

    def get(self, stream: Stream | None = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        with on_device(self._memory.device):
            used = stream or current_stream()
            in_use(self._memory, False, used)
        if out is not None and not isinstance(out, np.ndarray):
            raise TypeError(f"Only numpy.ndarray can be obtained from cupy.ndarray, got {type(out)}")
        if out is not None and (
            out.shape != self._host.shape or out.dtype != self._host.dtype or not out.flags.c_contiguous
        ):
            raise ValueError("Shape, dtype or layout mismatch")
        found = np.array(self._host, order=order if order != "A" else None)  # type: ignore[arg-type]
        result = np.empty_like(found) if out is None else out
        if blocking:
            used.synchronize("get")
            result[...] = found
        else:
            used.deliver_later(result, found)
        return result

    def set(self, arr: np.ndarray, stream: Stream | None = None) -> None:
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if arr.dtype != self._host.dtype:
            raise TypeError(f"{arr.dtype} array cannot be set to {self._host.dtype} array")
        if arr.shape != self._host.shape:
            raise ValueError(f"Shape mismatch. Old shape: {arr.shape}, new shape: {self._host.shape}")
        if not (self._host.flags.c_contiguous or self._host.flags.f_contiguous):
            raise RuntimeError("Cannot set to non-contiguous array")
        used = stream or current_stream()
        in_use(self._memory, True, used)
        gpu.uploads["set"] += arr.nbytes
        self._host[...] = arr
        used.read_from_host(arr)

    def _number(self, what: str) -> Any:
        current_stream().synchronize(what)
        in_use(self._memory, False, current_stream())
        return self._host.item()

    def item(self) -> Any:
        return self._number("item")

    def __int__(self) -> int:
        return int(self._number("int"))

    def __float__(self) -> float:
        return float(self._number("float"))

    def __bool__(self) -> bool:
        return bool(self._number("bool"))

    def __index__(self) -> int:
        return operator.index(self._number("index"))

    def tolist(self) -> Any:
        return self.get().tolist()

    def __array__(self, *args: Any, **options: Any) -> np.ndarray:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array "
            "explicitly."
        )
