"""Memory of the fake device: poisoned, and with edges at which a kernel that goes astray is found out."""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy as np

from tests.cuda.fake_state import gpu
from tests.cuda.fake_streams import current_device

_PAGE = mmap.PAGESIZE
_ALIGNED = 16
"""The end of an array may lie so many bytes before the page that cannot be touched; those bytes hold a pattern."""
_PATTERN = 0xA5
_POISON = 0x7F
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class Memory:
    """Bytes whose end lies at a page that cannot be touched, and whose start behind a pattern."""

    def __init__(self, size: int) -> None:
        self.size = 0  # nothing to give back if there is no memory
        gpu.take(size)
        self.size = size
        self.device = current_device()
        room = -(-max(size, 1) // _PAGE) * _PAGE
        self._map = mmap.mmap(-1, room + _PAGE)
        everything = np.frombuffer(self._map, np.uint8)
        if _libc.mprotect(everything.ctypes.data + room, _PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect failed")
        first = room - -(-size // _ALIGNED) * _ALIGNED
        self.bytes = everything[first : first + size]
        self._edges = everything[:first], everything[first + size : room]
        for edge in self._edges:
            edge.fill(_PATTERN)

    @property
    def ptr(self) -> int:
        return int(self.bytes.ctypes.data) if self.size else 0

    def check(self) -> None:
        """Raise IndexError if anything was written outside."""
        before, after = (np.flatnonzero(edge != _PATTERN) for edge in self._edges)
        if before.size:
            raise IndexError(f"written {self._edges[0].size - before[-1]} bytes before an array of {self.size} bytes")
        if after.size:
            raise IndexError(f"written {after[0]} bytes after an array of {self.size} bytes")

    def __del__(self) -> None:
        gpu.used -= self.size


def new(shape: Any, dtype: Any, order: str = "C") -> tuple[np.ndarray, Memory]:
    """Return an array filled with NaN, or with 0x7f where it is not of floats, and its memory."""
    dtype, shape = np.dtype(dtype), (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    memory = Memory(int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)
    array = memory.bytes.view(dtype).reshape(shape, order=order)
    if dtype.kind in "fc":
        array.fill(np.nan)
    else:
        memory.bytes.fill(_POISON if dtype.kind != "b" else 1)
    return array, memory
