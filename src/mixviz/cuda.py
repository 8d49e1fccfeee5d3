"""CUDA through CuPy: whether there is a GPU that works, what its errors mean, and where arrays are.

Nothing is imported before it is needed: a machine without CuPy never pays for it.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
DEVICES = ("auto", "cuda", "cpu")
_FAILURES = {"CUDARuntimeError", "CUDADriverError", "CUBLASError"}
"""Names of errors of a call to the device. cuBLAS's own cannot be imported where its library is missing."""
_HOW = "pip install 'mixviz[cuda13]' (or 'mixviz[cuda12]' where the driver is older)"


class DeviceError(RuntimeError):
    """The GPU cannot go on: it is out of memory, or gone. What it held is lost; what was on the host is not."""


@dataclass(frozen=True)
class DeviceReport:
    """What was found when a GPU was looked for. Printed, it is a sentence or two.

    Attributes
    ----------
    device : {'cuda', 'cpu'}
        What ``device="auto"`` takes here.
    reason : str
        Why, in words, and what would change it.
    name : str
        The GPU's; empty where there is none.
    compute_capability : str
        As ``'9.0'``.
    memory_bytes, free_bytes : int
        Of the GPU, when it was looked at.
    driver, runtime : str
        The newest CUDA that the driver knows, and the one CuPy brings, as ``'13.0'``.
    cupy : str
        CuPy's version.
    """

    device: str
    reason: str
    name: str = ""
    compute_capability: str = ""
    memory_bytes: int = 0
    free_bytes: int = 0
    driver: str = ""
    runtime: str = ""
    cupy: str = ""

    def __str__(self) -> str:
        if not self.name:
            return f"{self.device}: {self.reason}"
        memory = f"{self.free_bytes / 2**30:.1f} of {self.memory_bytes / 2**30:.1f} GiB free"
        versions = f"driver for CUDA {self.driver}, CuPy {self.cupy} with CUDA {self.runtime}"
        card = f"{self.name}, compute capability {self.compute_capability}, {memory}"
        return f"{self.device}: {self.reason}\n{card}; {versions}"


def check_device(value: object) -> str:
    """Return `value`; ValueError unless it is 'auto', 'cuda' or 'cpu'."""
    if value not in DEVICES:
        raise ValueError(f"device must be 'auto', 'cuda' or 'cpu', got {value!r}")
    return str(value)


def array_module() -> Any:
    """Return CuPy."""
    import cupy

    return cupy


@cache
def device_report() -> DeviceReport:
    """Look for a GPU that works, once in a process unless it fails, and say what was found and whether it is used."""
    if importlib.util.find_spec("cupy") is None:
        return DeviceReport("cpu", f"CuPy is not installed. To use an NVIDIA GPU: {_HOW}")
    try:
        cupy = array_module()
    except Exception as error:  # a broken installation raises all kinds of errors
        return DeviceReport("cpu", f"CuPy is installed but cannot be imported: {_first_line(error)}")
    try:
        return _examined(cupy)
    except Exception as error:  # as above; whatever it is, the processor works
        return DeviceReport("cpu", _explained(cupy, error), cupy=cupy.__version__)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=device_report.cache_clear)  # a child cannot use its parent's GPU


def _examined(cupy: Any) -> DeviceReport:
    """Return what is known of the current device after it has added two numbers, and multiplied by cuBLAS."""
    runtime = cupy.cuda.runtime
    if not runtime.getDeviceCount():
        return DeviceReport("cpu", "no NVIDIA GPU was found", cupy=cupy.__version__)
    properties = runtime.getDeviceProperties(cupy.cuda.Device().id)
    if int((cupy.ones(1, np.int32) + 1)[0]) != 2:
        return DeviceReport("cpu", "the GPU adds wrongly: 1 + 1 is not 2 there", cupy=cupy.__version__)
    ones = cupy.ones((2, 2), np.float32)
    if int((ones @ ones)[1, 1]) != 2:
        return DeviceReport("cpu", "the GPU multiplies wrongly: 1 1 + 1 1 is not 2 there", cupy=cupy.__version__)
    free, total = runtime.memGetInfo()
    name = properties["name"]
    return DeviceReport(
        "cuda",
        "a GPU was found and works",
        name.decode() if isinstance(name, bytes) else str(name),
        f"{properties['major']}.{properties['minor']}",
        int(total),
        int(free),
        _version(runtime.driverGetVersion()),
        _version(runtime.runtimeGetVersion()),
        cupy.__version__,
    )


def _explained(cupy: Any, error: Exception) -> str:
    """Return in words why the GPU cannot be used."""
    text = _first_line(error)
    if "InsufficientDriver" in text:
        found = _version(cupy.cuda.runtime.driverGetVersion())
        known = f"knows CUDA up to {found}" if found != "0.0" else "is missing"
        return f"the NVIDIA driver {known}, which is too old for this CuPy: update it, or {_HOW} ({text})"
    if "NoDevice" in text:
        return f"no NVIDIA GPU was found ({text})"
    return f"a GPU was looked for in vain: {text}"


def _version(number: int) -> str:
    """Return CUDA's 13000 as 13.0."""
    return f"{number // 1000}.{number % 1000 // 10}"


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip(" =")]
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__


def uses_gpu(device: str) -> bool:
    """Return whether `device` means a GPU here.

    Raises
    ------
    ValueError
        If it is neither 'auto', 'cuda' nor 'cpu'.
    DeviceError
        If it is 'cuda' and there is no GPU that works.
    """
    if check_device(device) == "cpu":
        return False
    report = device_report()
    if report.device == "cpu" and device == "cuda":
        raise DeviceError(f"device='cuda' cannot be had: {report.reason}")
    return report.device == "cuda"


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn what CuPy raises for want of memory, or of a device, into a DeviceError that says so.

    After that the GPU is looked at anew, so that whoever comes next does not count on one that is gone.
    """
    try:
        yield
    except Exception as error:
        message = _failure(error)
        if message is None:
            raise
        device_report.cache_clear()
        raise DeviceError(message) from error


def _failure(error: Exception) -> str | None:
    """Return what happened to the device in words, or None where it is well."""
    text, is_sorting = str(error), type(error) in (MemoryError, RuntimeError)  # then thrust's errors come as these
    if isinstance(error, array_module().cuda.memory.OutOfMemoryError) or (is_sorting and "bad_alloc" in text):
        asked = re.search(r"allocating ([\d,]+) bytes", text)
        size = f" {int(asked[1].replace(',', '')) / 2**20:,.0f} MiB were asked for." if asked else ""
        return f"the GPU is out of memory.{size}"
    is_lost = type(error).__name__ in _FAILURES or (is_sorting and "cudaError" in text)
    return f"the GPU failed: {_first_line(error)}" if is_lost else None


# ---- arrays and states that may be on a GPU


def is_on_gpu(array: Any) -> bool:
    """Return whether `array` is CuPy's."""
    return hasattr(array, "__cuda_array_interface__")


def module_of(array: Any) -> Any:
    """Return CuPy for its arrays, otherwise NumPy."""
    return array_module() if is_on_gpu(array) else np


def kernels(op: str, array: Any) -> Any:
    """Return the module of an operation's kernels for arrays such as `array`."""
    return kernels_of("gpu" if is_on_gpu(array) else "cpu", op)


def kernels_of(device: str, op: str) -> Any:
    """Return the module of an operation's kernels for a device, 'cpu' or 'gpu'."""
    return import_module(f"mixviz.kernels.{op}.{device}")


def where_it_is(metric: Callable[..., T]) -> Callable[..., T]:
    """Let a metric measure a state on a GPU there: it gets the state with CuPy's arrays, and computes on its stream."""

    @wraps(metric)
    def measured(state: Any, *args: Any, **keywords: Any) -> T:
        at_work = getattr(state, "at_work", None)
        if at_work is None:
            return metric(state, *args, **keywords)
        with at_work() as raw:
            return metric(raw, *args, **keywords)

    return measured
