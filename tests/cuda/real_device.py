"""This machine's own GPU in place of the fake: memory is poisoned there too, and sources of tests run on it."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest

_POISON = 0xFF
"""A byte: floats of it are NaN, whole numbers with a sign -1."""


def is_wanted() -> bool:
    return bool(os.environ.get("MIXVIZ_GPU"))


def install(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    """Import CuPy, hand out poisoned memory only, and let `module` compile for the GPU what it has for the twin."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cupy
    pool = cupy.get_default_memory_pool()

    def poisoned(size: int) -> Any:
        memory = pool.malloc(size)
        memory.memset_async(_POISON, size)
        return memory

    cupy.cuda.set_allocator(poisoned)
    if hasattr(module, "Twin"):
        monkeypatch.setattr(module, "Twin", Compiled)


class Compiled:
    """The kernels of one source on the GPU, used like :class:`tests.cuda.twin.Twin`."""

    def __init__(self, code: str, options: tuple[str, ...] = (), name: str = "gpu.cu") -> None:
        import cupy

        self._cupy = cupy
        self._module = cupy.RawModule(code=code, options=("--std=c++17", *options), backend="nvrtc")

    def launch(self, kernel: str, grid: int, block: int, args: tuple[Any, ...]) -> None:
        """Run `kernel` on copies of NumPy's arrays, and copy back what it made of them."""
        given = [self._cupy.asarray(arg) if isinstance(arg, np.ndarray) else arg for arg in args]
        self._module.get_function(kernel)((grid,), (block,), tuple(given))
        for arg, found in zip(args, given, strict=True):
            if isinstance(arg, np.ndarray):
                arg[...] = found.get()
