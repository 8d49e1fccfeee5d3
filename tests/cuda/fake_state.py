"""What the fake GPU is, what happened on it, and what is to go wrong on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

RUNTIME = {
    1: ("cudaErrorInvalidValue", "invalid argument"),
    2: ("cudaErrorMemoryAllocation", "out of memory"),
    35: ("cudaErrorInsufficientDriver", "CUDA driver version is insufficient for CUDA runtime version"),
    46: ("cudaErrorDevicesUnavailable", "CUDA-capable device(s) is/are busy or unavailable"),
    101: ("cudaErrorInvalidDevice", "invalid device ordinal"),
    100: ("cudaErrorNoDevice", "no CUDA-capable device is detected"),
    700: ("cudaErrorIllegalAddress", "an illegal memory access was encountered"),
    719: ("cudaErrorLaunchFailure", "unspecified launch failure"),
    400: ("cudaErrorInvalidResourceHandle", "invalid resource handle"),
    799: ("cudaErrorUnknown", "unknown error"),
}
DRIVER = {
    1: ("CUDA_ERROR_INVALID_VALUE", "invalid argument"),
    700: ("CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"),
    701: ("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"),
}


class CUDARuntimeError(RuntimeError):
    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(": ".join(RUNTIME[status]))


class CUDADriverError(RuntimeError):
    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(": ".join(DRIVER[status]))


class CUBLASError(RuntimeError):
    def __init__(self) -> None:
        super().__init__("CUBLAS_STATUS_EXECUTION_FAILED")


class OutOfMemoryError(MemoryError):
    def __init__(self, size: int, total: int, limit: int = 0) -> None:
        limited = f", limit set to: {limit:,} bytes" if limit else ""
        super().__init__(f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes{limited}).")


class StrictError(AssertionError):
    """CuPy would do it, and mixviz must not: it waits for the device, or is only right by luck."""


@dataclass(frozen=True)
class Launch:
    name: str
    grid: tuple[int, ...]
    block: tuple[int, ...]
    shared: int
    stream: Any
    dtypes: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]


@dataclass
class Gpu:
    """The devices, of which there is one unless a test wants more.

    Attributes
    ----------
    order : {'forward', 'backward', 'shuffled'}
        In which threads of kernels take turns; `seed` is of the last.
    error : int
        Status of what every call raises from now on; 0 while the device works. 100: there is none, 35: its driver is
        too old, 46 or 700: it was lost.
    lost_after : int, optional
        How many more calls succeed before the device is lost with `error_then`.
    memory : int
        Bytes of the device.
    shared : int
        Bytes of shared memory that a block may have if it is asked for.
    n_devices : int
        How many there are, all alike; one memory counts for all.
    fail_at : int, optional
        The how-manieth allocation from now on finds no memory.
    polls : int
        How often an event is asked in vain whether it is done.
    synchronisations : Counter
        How often the host waited for the device, by the call that did.
    """

    order: str = "forward"
    seed: int = 0
    error: int = 0
    error_then: int = 46
    lost_after: int | None = None
    memory: int = 80 << 30
    used: int = 0
    shared: int = 232448
    n_devices: int = 1
    limit: int = 0
    fail_at: int | None = None
    polls: int = 1
    compute_capability: tuple[int, int] = (9, 0)
    synchronisations: Counter[str] = field(default_factory=Counter)
    uploads: Counter[str] = field(default_factory=Counter)
    launches: list[Launch] = field(default_factory=list)

    def touch(self) -> None:
        """Raise what a call to a device in this state raises."""
        if self.lost_after is not None:
            self.lost_after -= 1
            if self.lost_after < 0:
                self.error, self.lost_after = self.error_then, None
        if self.error:
            raise CUDARuntimeError(self.error)

    def touch_cublas(self) -> None:
        """As :meth:`touch`, in cuBLAS's words."""
        try:
            self.touch()
        except CUDARuntimeError:
            raise CUBLASError from None

    def take_for_thrust(self, size: int) -> None:
        """Look for room to sort in, `size` bytes; thrust does not raise what CUDA and CuPy do."""
        try:
            self.take(size)
        except OutOfMemoryError:
            raise MemoryError("std::bad_alloc") from None
        except CUDARuntimeError as error:
            raise RuntimeError(f"radix_sort: failed on 1st step: {error}") from None
        self.used -= size

    def lose(self, after: int = 0, error: int = 46) -> None:
        """Lose the device after so many more calls."""
        self.lost_after, self.error_then = after, error

    def wait(self, what: str) -> None:
        self.touch()
        self.synchronisations[what] += 1

    def take(self, size: int) -> None:
        """Account for `size` bytes more, or raise for want of them."""
        self.touch()
        if self.fail_at is not None:
            self.fail_at -= 1
        limit = min(self.limit or self.memory, self.memory)
        if self.used + size > limit or self.fail_at == 0:
            raise OutOfMemoryError(size, self.used, self.limit)
        self.used += size

    @property
    def n_synchronisations(self) -> int:
        return self.synchronisations.total()


gpu = Gpu()
"""Changed in place, so that whoever imported it sees the same."""


def reset() -> Gpu:
    """Make the device as new; memory that is still held stays counted."""
    used = gpu.used
    gpu.__dict__.update(Gpu(used=used).__dict__)
    return gpu
