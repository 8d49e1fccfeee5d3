"""The fake of CuPy: it computes, and finds what would go wrong on a GPU."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mixviz import cuda
from tests.cuda.fake_cupy import cupy
from tests.cuda.fake_state import CUDADriverError, CUDARuntimeError, Gpu, OutOfMemoryError, StrictError
from tests.cuda.twin import TwinError

CODE = """
extern "C" __global__ void __launch_bounds__(64) add(const float* x, int n, int ahead, float* out) {
    extern __shared__ float shared_floats[];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    shared_floats[threadIdx.x] = 1.0f;
    if (i < n) out[i + ahead] = x[i] + shared_floats[threadIdx.x];
}
"""
OPTIONS = ("--std=c++17",)


def add(x: Any, out: Any, *, ahead: int = 0, threads: int = 64, shared: int = 256, n: Any = None) -> None:
    kernel = cupy.RawModule(code=CODE, options=OPTIONS, backend="nvrtc").get_function("add")
    kernel((-(-x.size // threads),), (threads,), (x, n or np.int32(x.size), np.int32(ahead), out), shared_mem=shared)


CALCULATIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "arithmetic": lambda xp, a, b: (1 - a) * b / 3 + a**2 - b % 2 // 1 + np.float32(2) * a,
    "comparison": lambda xp, a, b: (a < b) & (a != 0.5) | ~(b >= a),
    "in place": lambda xp, a, b: a.__iadd__(b).__imul__(2),
    "matrix product": lambda xp, a, b: a @ b.T + xp.matmul(a, b.T) + xp.einsum("ij,kj->ik", a, b),
    "sums": lambda xp, a, b: a.sum(0) + b.mean(axis=0) + a.cumsum(1)[0] + xp.maximum(a, b).max(0) + a.min(),
    "rows": lambda xp, a, b: a[xp.argsort(b[:, 0])][1:, ::-1],
    "one row": lambda xp, a, b: a[2] + b[-1, 3] + b[None, 1, :],
    "functions": lambda xp, a, b: xp.where(a > 0.5, xp.sqrt(a), xp.log(b + 1) + xp.exp(-b)),
    "shapes": lambda xp, a, b: xp.concatenate([a.reshape(-1), b.T.ravel(), xp.repeat(a, 2, 1).ravel()]),
    "search": lambda xp, a, b: xp.searchsorted(xp.sort(a.ravel()), b.ravel(), side="right"),
    "made": lambda xp, a, b: xp.stack([xp.zeros_like(a), xp.full_like(a, 7), xp.ones_like(b)]),
    "numpy's own functions": lambda xp, a, b: np.sqrt(a) + np.maximum(a, b) + np.sum(a),
}


@pytest.mark.parametrize("name", CALCULATIONS)
def test_arithmetic_is_that_of_numpy_and_waits_for_nothing(fake_gpu: Gpu, name: str) -> None:
    a, b = np.random.default_rng(0).random((2, 5, 4), np.float32)
    on_device = CALCULATIONS[name](cupy, cupy.asarray(a), cupy.asarray(b))
    assert isinstance(on_device, cupy.ndarray)
    assert not fake_gpu.n_synchronisations
    np.testing.assert_array_equal(on_device.get(), CALCULATIONS[name](np, a, b))


def test_what_is_written_to_parts_is_in_the_whole(fake_gpu: Gpu) -> None:
    a = cupy.zeros((4, 3), np.float32)
    a[1:3] = cupy.ones(3, np.float32)
    a[cupy.asarray([0, 3]), 1] = 5
    a[2, 2].fill(9)
    np.testing.assert_array_equal(a.get(), [[0, 5, 0], [1, 1, 1], [1, 1, 9], [0, 5, 0]])
    a.set(np.full((4, 3), 2, np.float32))
    assert (a.get() == 2).all()


MIXTURES: dict[str, Callable[[Any, np.ndarray], Any]] = {
    "sum": lambda a, host: a + host,
    "sum, the other way round": lambda a, host: host + a,
    "in place": lambda a, host: a.__iadd__(host),
    "comparison": lambda a, host: a < host,
    "product": lambda a, host: host @ a,
    "function": lambda a, host: cupy.maximum(a, host),
    "numpy's function": lambda a, host: np.maximum(a, host),
    "list": lambda a, host: cupy.concatenate([a, host]),
    "conversion": lambda a, host: np.asarray(a),
    "zero-dimensional": lambda a, host: a + np.array(1.0),
    "output": lambda a, host: cupy.sqrt(a, out=host),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_arrays_of_the_host_do_not_mix(fake_gpu: Gpu, name: str) -> None:
    words = "Unsupported type <class 'numpy.ndarray'>|Implicit conversion to a NumPy array|must be cupy.ndarray"
    with pytest.raises(TypeError, match=words):
        MIXTURES[name](cupy.ones(3), np.ones(3))


WAITS: dict[str, Callable[[Any], Any]] = {
    "float": lambda a: float(a[0]),
    "int": lambda a: int(a[0]),
    "bool": lambda a: bool(a.any()),
    "item": lambda a: a[0].item(),
    "get": lambda a: a.get(),
    "asnumpy": lambda a: cupy.asnumpy(a),
    "index": lambda a: [1, 2][a[0].astype(np.int32)],
    "stream": lambda a: cupy.cuda.get_current_stream().synchronize(),
    "device": lambda a: cupy.cuda.Device().synchronize(),
    "bincount": lambda a: cupy.bincount(a.astype(np.int32)),
}


@pytest.mark.parametrize("name", WAITS)
def test_waiting_for_the_device_is_counted(fake_gpu: Gpu, name: str) -> None:
    WAITS[name](cupy.ones(3))
    assert fake_gpu.n_synchronisations == 1


HIDDEN_WAITS: dict[str, Callable[[Any], Any]] = {
    "mask": lambda a: a[a > 0],
    "nonzero": lambda a: cupy.nonzero(a),
    "unique": lambda a: cupy.unique(a),
    "where": lambda a: cupy.where(a > 0),
    "range": lambda a: cupy.arange(a[0]),
    "repeat": lambda a: cupy.repeat(a, a.astype(np.int32)),
    "index from the host": lambda a: a[np.array([0, 1])],
}


@pytest.mark.parametrize("name", HIDDEN_WAITS)
def test_what_waits_unseen_is_refused(fake_gpu: Gpu, name: str) -> None:
    with pytest.raises(StrictError):
        HIDDEN_WAITS[name](cupy.ones(3))


# ---- kernels


def test_a_kernel_runs_and_is_noted(fake_gpu: Gpu) -> None:
    x, out = cupy.arange(100, dtype=np.float32), cupy.empty(100, np.float32)
    assert np.isnan(out._host).all()
    add(x, out)
    np.testing.assert_array_equal(out.get(), np.arange(100) + 1)
    (launch,) = fake_gpu.launches
    assert (launch.name, launch.grid, launch.block, launch.shared) == ("add", (2,), (64,), 256)
    assert launch.dtypes == ("float32", "float32")


def test_arguments_of_other_types_are_refused(fake_gpu: Gpu) -> None:
    x = cupy.zeros(8, np.float32)
    with pytest.raises(TypeError, match="out of kernel add must be an array of float32, got ndarray of dtype float64"):
        add(x, cupy.zeros(8))
    with pytest.raises(TypeError, match="n of kernel add must be a NumPy scalar of int32, got NumPy scalar of dtype"):
        add(x, cupy.zeros(8, np.float32), n=np.int64(8))
    with pytest.raises(TypeError, match="not in C order"):
        add(cupy.zeros((4, 4), np.float32)[:, 1], cupy.zeros(4, np.float32))


@pytest.mark.parametrize("ahead", [-2, 1, 3, -100])
def test_writing_beside_an_array_is_found(fake_gpu: Gpu, ahead: int) -> None:
    with pytest.raises(TwinError, match=r"written \d+ bytes (before|after) an array of 28 bytes|illegal address"):
        add(cupy.zeros(7, np.float32), cupy.empty(7, np.float32), ahead=ahead)


def test_an_array_that_is_read_and_written_is_refused(fake_gpu: Gpu) -> None:
    x = cupy.zeros(8, np.float32)
    with pytest.raises(StrictError, match="x and out of kernel add overlap"):
        add(x, x)


def test_launches_that_no_device_takes(fake_gpu: Gpu) -> None:
    x, out = cupy.zeros(200, np.float32), cupy.empty(200, np.float32)
    with pytest.raises(CUDADriverError, match="CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"):
        add(x, out, threads=128)
    with pytest.raises(CUDADriverError, match="CUDA_ERROR_INVALID_VALUE"):
        add(x, out, shared=50_000)
    with pytest.raises(CUDADriverError, match="CUDA_ERROR_INVALID_VALUE"):
        add(cupy.zeros(0, np.float32), out)
    kernel = cupy.RawModule(code=CODE, options=OPTIONS, backend="nvrtc").get_function("add")
    with pytest.raises(CUDADriverError, match="CUDA_ERROR_INVALID_VALUE"):
        kernel.max_dynamic_shared_size_bytes = 300_000
    kernel.max_dynamic_shared_size_bytes = 200_000
    kernel((4,), (64,), (x, np.int32(200), np.int32(0), out), shared_mem=200_000)
    assert (out.get() == 1).all()


# ---- streams


def test_a_stream_must_wait_for_another_whose_work_it_uses(fake_gpu: Gpu) -> None:
    one, two = (cupy.cuda.Stream(non_blocking=True) for _ in range(2))
    with one:
        x = cupy.ones(3)
    with two, pytest.raises(StrictError, match="another still writes"):
        x + 1
    with two:
        two.wait_event(one.record())
        y = x + 1
    with one, pytest.raises(StrictError, match="another still reads"):
        x += 1
    two.synchronize()
    with one:
        x += 1
    one.synchronize()
    assert (x.get() == 2).all()
    assert (y.get() == 2).all()


def test_a_copy_to_the_host_is_there_when_it_was_waited_for(fake_gpu: Gpu) -> None:
    out = np.frombuffer(cupy.cuda.alloc_pinned_memory(12), np.float32, 3)
    with cupy.cuda.Stream(non_blocking=True) as stream:
        assert cupy.cuda.get_current_stream() == stream
        cupy.ones(3, np.float32).get(out=out, blocking=False)
        event = stream.record()
    assert cupy.cuda.get_current_stream() == cupy.cuda.Stream.null
    assert np.isnan(out).all()
    assert not event.done
    assert event.done
    assert (out == 1).all()
    assert not fake_gpu.n_synchronisations


def test_pinned_memory_must_stay_until_it_was_copied(fake_gpu: Gpu) -> None:
    staged = np.frombuffer(cupy.cuda.alloc_pinned_memory(12), np.float32, 3)
    x = cupy.empty(3, np.float32)
    x.set(staged)
    staged[:] = 5
    with pytest.raises(StrictError, match="changed before its copy"):
        cupy.cuda.get_current_stream().synchronize()


# ---- trouble


def test_memory_runs_out_and_comes_back(fake_gpu: Gpu) -> None:
    gc.collect()
    fake_gpu.memory = fake_gpu.used + 1000
    kept = cupy.zeros(100)
    with pytest.raises(OutOfMemoryError, match="Out of memory allocating 1,600 bytes"):
        cupy.zeros(200)
    with pytest.raises(cuda.DeviceError, match="the GPU is out of memory"), cuda.errors_in_words():
        cupy.concatenate([kept, kept])
    del kept
    assert cupy.zeros(120).size == 120
    fake_gpu.fail_at = 3
    with pytest.raises(OutOfMemoryError):
        [cupy.zeros(1) for _ in range(3)]
    assert cupy.zeros(1).size == 1


def test_a_lost_device_fails_in_every_call(fake_gpu: Gpu) -> None:
    x = cupy.ones(3)
    fake_gpu.lose(after=1, error=700)
    uses = [lambda: x + 1, lambda: x.get(), lambda: cupy.cuda.Event().record(), cupy.cuda.runtime.memGetInfo]
    with pytest.raises(CUDARuntimeError, match="cudaErrorIllegalAddress: an illegal memory access"):
        [use() for use in uses[:2]]
    for use in uses:
        with pytest.raises(CUDARuntimeError, match="cudaErrorIllegalAddress"):
            use()
    with pytest.raises(cuda.DeviceError, match="the GPU failed"), cuda.errors_in_words():
        cupy.zeros(1)


@pytest.mark.parametrize(
    ("error", "words"), [(0, "works"), (100, "no NVIDIA GPU was found"), (35, "too old for this CuPy"), (46, "in vain")]
)
def test_what_is_found_is_told(fake_gpu: Gpu, error: int, words: str) -> None:
    fake_gpu.error = error
    report = cuda.device_report()
    assert words in str(report)
    assert report.device == ("cpu" if error else "cuda")
