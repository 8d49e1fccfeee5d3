"""The fake's RawModule: kernels run on the processor by their twin, with a launch checked as the driver would."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from tests.cuda.fake_array import ndarray
from tests.cuda.fake_state import CUDADriverError, Launch, StrictError, gpu
from tests.cuda.fake_streams import Stream, current_stream, in_use
from tests.cuda.twin import Twin, TwinError

_UNASKED = 48 << 10
_MOST_BLOCKS, _MOST_THREADS = (2**31 - 1, 65535, 65535), (1024, 1024, 64)


@cache
def _twin(code: str, options: tuple[str, ...]) -> Twin:
    return Twin(code, options)


class RawModule:
    def __init__(
        self, *, code: str, options: tuple[str, ...] = (), backend: str = "nvrtc", name_expressions: Any = None
    ) -> None:
        if not isinstance(options, tuple):
            raise TypeError(f"Argument 'options' has incorrect type (expected tuple, got {type(options).__name__})")
        if backend != "nvrtc" or name_expressions is not None or "--std=c++17" not in options:
            raise StrictError("kernels are compiled by NVRTC as C++17, without name expressions")
        gpu.touch()
        self.code, self.options = code, options

    def get_function(self, name: str) -> RawKernel:
        gpu.touch()
        twin = _twin(self.code, self.options)
        if name not in twin.signatures:
            raise AttributeError(f"CUDA_ERROR_NOT_FOUND: named symbol not found: {name}")
        return RawKernel(twin, name)


class RawKernel:
    def __init__(self, twin: Twin, name: str) -> None:
        self.name = name
        self._twin, self._signature, self._most_shared = twin, twin.signatures[name], _UNASKED

    @property
    def max_dynamic_shared_size_bytes(self) -> int:
        return self._most_shared

    @max_dynamic_shared_size_bytes.setter
    def max_dynamic_shared_size_bytes(self, size: int) -> None:
        gpu.touch()
        if not 0 <= size <= gpu.shared:
            raise CUDADriverError(1)
        self._most_shared = size

    @property
    def max_threads_per_block(self) -> int:
        return self._twin.most_threads(self.name)

    def __call__(
        self, grid: tuple[int, ...], block: tuple[int, ...], args: Any, *, shared_mem: int = 0, stream: Any = None
    ) -> None:
        used = stream or current_stream()
        self._check(grid, block, shared_mem)
        self._signature.check(args)
        arrays = [arg for arg in args if isinstance(arg, ndarray)]
        self._note(grid, block, shared_mem, used, arrays)
        for parameter, arg in zip(self._signature.parameters, args, strict=True):
            if isinstance(arg, ndarray):
                in_use(arg._memory, not parameter.read_only, used)
        self._check_overlaps(args)
        values = tuple(arg._host if isinstance(arg, ndarray) else arg for arg in args)
        self._twin.launch(self.name, grid, block, values, shared=shared_mem, order=gpu.order, seed=gpu.seed)
        for place, array in enumerate(arrays):
            try:
                array._memory.check()
            except IndexError as error:
                raise TwinError(f"kernel {self.name}, array {place} of its arguments: {error}") from None

    def _check(self, grid: tuple[int, ...], block: tuple[int, ...], shared: int) -> None:
        gpu.touch()
        for size, most in ((grid, _MOST_BLOCKS), (block, _MOST_THREADS)):
            if not isinstance(size, tuple):
                raise TypeError(f"Argument has incorrect type (expected tuple, got {type(size).__name__})")
            if not 1 <= len(size) <= 3 or not all(1 <= n <= m for n, m in zip(size, most, strict=False)):
                raise CUDADriverError(1)
        if math.prod(block) > 1024 or shared > self._most_shared:
            raise CUDADriverError(1)
        if math.prod(block) > self.max_threads_per_block:
            raise CUDADriverError(701)

    def _note(self, grid: Any, block: Any, shared: int, stream: Stream, arrays: list[ndarray]) -> None:
        dtypes, shapes = tuple(str(array.dtype) for array in arrays), tuple(array.shape for array in arrays)
        gpu.launches.append(Launch(self.name, grid, block, shared, stream, dtypes, shapes))

    def _check_overlaps(self, args: Any) -> None:
        """Raise StrictError if an array that is written overlaps another one."""
        pairs = [(p, a) for p, a in zip(self._signature.parameters, args, strict=True) if isinstance(a, ndarray)]
        for i, (one, first) in enumerate(pairs):
            for other, second in pairs[i + 1 :]:
                written = not (one.read_only and other.read_only)
                if written and np.may_share_memory(first._host, second._host):
                    raise StrictError(f"{one.name} and {other.name} of kernel {self.name} overlap, and one is written")
