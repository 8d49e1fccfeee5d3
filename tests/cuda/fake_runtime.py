"""The fake's cupy.cuda: the device and what is known of it, its memory, streams and errors."""

from __future__ import annotations

import importlib.machinery
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

from tests.cuda.fake_state import CUDADriverError, CUDARuntimeError, OutOfMemoryError, gpu
from tests.cuda.fake_streams import (
    Event,
    PinnedMemoryPointer,
    Stream,
    alloc_pinned_memory,
    current_device,
    current_stream,
    leave_to,
    use_device,
)


def _get_device_count() -> int:
    if gpu.error:
        raise CUDARuntimeError(gpu.error)
    return gpu.n_devices


def _get_device_properties(device: int) -> dict[str, Any]:
    gpu.touch()
    major, minor = gpu.compute_capability
    return {
        "name": b"Fake H100", "totalGlobalMem": gpu.memory, "major": major, "minor": minor, "multiProcessorCount": 132,
        "sharedMemPerBlock": 48 << 10, "sharedMemPerBlockOptin": gpu.shared, "sharedMemPerMultiprocessor": 233472,
        "l2CacheSize": 50 << 20, "warpSize": 32, "maxThreadsPerBlock": 1024, "asyncEngineCount": 3,
    }  # fmt: skip


def _mem_get_info() -> tuple[int, int]:
    gpu.touch()
    return gpu.memory - gpu.used, gpu.memory


class Device:
    """One of those there are; which is current, every thread says for itself."""

    def __init__(self, device: int | None = None) -> None:
        if device is None:
            gpu.touch()
        self.id = current_device() if device is None else device
        self._before = threading.local()

    def __enter__(self) -> Device:
        self._before.__dict__.setdefault("devices", []).append(use_device(self.id))
        return self

    def __exit__(self, *error: object) -> None:
        leave_to(self._before.devices.pop())

    def use(self) -> None:
        use_device(self.id)

    @property
    def compute_capability(self) -> str:
        gpu.touch()
        return "{}{}".format(*gpu.compute_capability)

    @property
    def mem_info(self) -> tuple[int, int]:
        return _mem_get_info()

    @property
    def attributes(self) -> dict[str, int]:
        gpu.touch()
        return {"MultiProcessorCount": 132, "MaxSharedMemoryPerBlockOptin": gpu.shared, "L2CacheSize": 50 << 20}

    def synchronize(self) -> None:
        current_stream().synchronize("device")


class MemoryPool:
    """The pool; it hands back at once what nobody holds."""

    def used_bytes(self) -> int:
        return gpu.used

    def total_bytes(self) -> int:
        return gpu.used

    def free_bytes(self) -> int:
        return 0

    def n_free_blocks(self) -> int:
        return 0

    def free_all_blocks(self, stream: Any = None) -> None:
        gpu.touch()

    def get_limit(self) -> int:
        return gpu.limit

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        gpu.limit = int(gpu.memory * fraction) if size is None and fraction is not None else int(size or 0)


pool = MemoryPool()


def module(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    module.__dict__.update(members)
    return module


_runtime = SimpleNamespace(
    CUDARuntimeError=CUDARuntimeError,
    getDeviceCount=_get_device_count,
    getDeviceProperties=_get_device_properties,
    getDevice=lambda: Device().id,
    memGetInfo=_mem_get_info,
    driverGetVersion=lambda: {0: 13020, 35: 11040, 100: 13020}.get(gpu.error, 13020),
    runtimeGetVersion=lambda: 13020,
    deviceSynchronize=lambda: current_stream().synchronize("device"),
)
cupy_cuda = module(
    "cupy.cuda",
    Device=Device,
    Event=Event,
    PinnedMemoryPointer=PinnedMemoryPointer,
    Stream=Stream,
    alloc_pinned_memory=alloc_pinned_memory,
    cublas=SimpleNamespace(),  # tests of its products put them there
    driver=SimpleNamespace(CUDADriverError=CUDADriverError),
    get_cublas_handle=lambda: Device().id + 1,
    get_current_stream=current_stream,
    is_available=lambda: not gpu.error,
    memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
    runtime=_runtime,
)
