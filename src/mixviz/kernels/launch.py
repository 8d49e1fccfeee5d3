"""CUDA kernels from the sources beside this file: compiled when they are first used, and started."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from mixviz.cuda import array_module

KERNELS = Path(__file__).parent
_STATIC_SHARED = 48 << 10
"""Bytes of shared memory that a block gets without being asked about."""
_SCALARS = {np.dtype(name) for name in ("int32", "uint32", "int64", "float32")}
_attributes = threading.Lock()


@cache
def _digest_of_sources() -> str:
    """Return a digest of all CUDA sources: CuPy's own cache overlooks a change in a header."""
    digest = xxhash.xxh3_64()
    for path in sorted([*KERNELS.rglob("*.cu"), *KERNELS.rglob("*.cuh")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _module(op: str, constants: tuple[tuple[str, int], ...]) -> Any:
    """Return the compiled kernels of one operation."""
    defines = [f"-D{name}={value}" for name, value in constants]
    options = ("--std=c++17", f"-I{KERNELS}", f"-DMIXVIZ_SOURCES=0x{_digest_of_sources()}", *defines)
    code = (KERNELS / op / "gpu.cu").read_text()
    return array_module().RawModule(code=code, options=options, backend="nvrtc")


@cache
def _kernel(op: str, name: str, constants: tuple[tuple[str, int], ...]) -> Any:
    return _module(op, constants).get_function(name)


def launch(
    op: str, name: str, grid: int | tuple[int, ...], block: int | tuple[int, ...], *args: Any, shared: int = 0,
    **constants: int,
) -> None:  # fmt: skip
    """Start a kernel on the current stream; an empty grid starts nothing.

    Parameters
    ----------
    op, name : str
        Kernel `name` of ``kernels/<op>/gpu.cu``.
    grid, block : int or tuple of up to three
        Blocks, and threads in each.
    *args
        CuPy arrays in C order for pointers; NumPy scalars of exactly the parameter's type for numbers.
    shared : int
        Bytes of dynamic shared memory.
    **constants
        Whole numbers the source is compiled with, once for each set of them.

    Raises
    ------
    TypeError
        If an argument is neither, for what CuPy would make of it fits no kernel.
    """
    for place, arg in enumerate(args):
        if not (_is_scalar(arg) or _is_on_device(arg)):
            wanted = "a device array in C order or a NumPy scalar"
            raise TypeError(f"argument {place} of {name} must be {wanted}, got {arg!r}")
    blocks = grid if isinstance(grid, tuple) else (grid,)
    if not all(blocks):
        return
    kernel = _kernel(op, name, tuple(sorted(constants.items())))
    if shared > _STATIC_SHARED:
        _allow_shared(kernel, shared)
    kernel(blocks, block if isinstance(block, tuple) else (block,), args, shared_mem=shared)


def _allow_shared(kernel: Any, size: int) -> None:
    """Let a kernel have so much shared memory, or more: never less than another thread is about to give its blocks."""
    with _attributes:
        if size > kernel.max_dynamic_shared_size_bytes:
            kernel.max_dynamic_shared_size_bytes = size


def most_shared() -> int:
    """Return the bytes of shared memory that a block may have on the current device."""
    return _shared_of(array_module().cuda.Device().id)


@cache
def _shared_of(device: int) -> int:
    return int(array_module().cuda.Device(device).attributes["MaxSharedMemoryPerBlockOptin"])


def _is_scalar(arg: Any) -> bool:
    return isinstance(arg, np.generic) and arg.dtype in _SCALARS


def _is_on_device(arg: Any) -> bool:
    return isinstance(arg, array_module().ndarray) and bool(arg.flags.c_contiguous)
