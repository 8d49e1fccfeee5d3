"""What is said of a machine's GPU, and what kernels may be given."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import mixviz as mv
from mixviz import cuda
from mixviz.kernels.launch import launch
from mixviz.models.lda import LDA


@pytest.fixture(autouse=True)
def _look_again() -> Iterator[None]:
    cuda.device_report.cache_clear()
    yield
    cuda.device_report.cache_clear()


def without_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "cupy" else find(name, *more))


def test_without_cupy_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cupy(monkeypatch)
    report = mv.device_report()
    assert (report.device, report.name) == ("cpu", "")
    assert str(report) == (
        "cpu: CuPy is not installed. To use an NVIDIA GPU: pip install 'mixviz[cuda13]' (or 'mixviz[cuda12]' where the "
        "driver is older)"
    )


def test_a_cupy_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise ImportError("\n=====\nlibcudart.so.13: cannot open shared object file\n=====")

    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: object())
    monkeypatch.setattr(cuda, "array_module", broken)
    assert mv.device_report().reason == (
        "CuPy is installed but cannot be imported: ImportError: libcudart.so.13: cannot open shared object file"
    )


def test_auto_takes_the_processor_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cupy(monkeypatch)
    assert not cuda.uses_gpu("auto")
    assert LDA(2).place().name == "cpu"
    with pytest.raises(mv.DeviceError, match=r"device='cuda' cannot be had: CuPy is not installed"):
        LDA(2, device="cuda").place()


@pytest.mark.parametrize("device", ["gpu", "cuda:1", None, 0])
def test_a_device_is_one_of_three(device: Any) -> None:
    with pytest.raises(ValueError, match=r"device must be 'auto', 'cuda' or 'cpu', got"):
        LDA(2, device=device).place()


def test_a_gpu_is_told_in_full(fake_gpu: Any) -> None:
    report = mv.device_report()
    assert report.device == "cuda"
    assert report.compute_capability == "9.0"
    assert 0 < report.free_bytes <= report.memory_bytes
    assert str(report).startswith("cuda: a GPU was found and works\n")
    assert "compute capability 9.0" in str(report)


def test_a_cublas_that_is_missing_is_found_before_a_step_needs_it(
    fake_gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ImportError('Failure finding "libcublasLt.so.13"')

    monkeypatch.setattr(fake_gpu, "touch_cublas", missing)
    report = mv.device_report()
    assert (report.device, report.reason) == (
        "cpu", 'a GPU was looked for in vain: ImportError: Failure finding "libcublasLt.so.13"',
    )  # fmt: skip


@pytest.mark.parametrize("value", [3, 2.5, True, np.float64(1), np.zeros(3, np.float32)], ids=repr)
def test_kernels_take_nothing_that_cupy_would_guess_at(fake_gpu: Any, value: Any) -> None:
    with pytest.raises(TypeError, match=r"argument 1 of audit must be a device array in C order or a NumPy scalar"):
        launch("audit", "audit", 1, 256, np.int64(1), value)


def test_a_device_array_that_is_not_in_order_is_refused(fake_gpu: Any) -> None:
    xp: Any = sys.modules["cupy"]
    with pytest.raises(TypeError, match="in C order"):
        launch("audit", "audit", 1, 256, xp.zeros((4, 3), np.float32).T)


def test_an_empty_grid_starts_nothing(fake_gpu: Any) -> None:
    launch("audit", "audit", 0, 256)
    assert not fake_gpu.launches


def test_other_errors_than_those_of_the_device_stay_what_they_are(fake_gpu: Any) -> None:
    with pytest.raises(ZeroDivisionError), cuda.errors_in_words():
        1 / 0  # noqa: B018


def test_two_threads_leave_a_kernel_the_more_shared_memory(fake_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2)

    class Kernel:
        """Between looking and setting there is time for another thread to look."""

        known = 48 << 10

        @property
        def max_dynamic_shared_size_bytes(self) -> int:
            known = self.known
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.2)
            return known

        @max_dynamic_shared_size_bytes.setter
        def max_dynamic_shared_size_bytes(self, size: int) -> None:
            time.sleep((300_000 - size) / 1e6)  # the smaller number is set last
            self.known = size

        def __call__(self, *given: Any, shared_mem: int) -> None:
            assert shared_mem <= self.known

    kernel = Kernel()
    monkeypatch.setattr("mixviz.kernels.launch._kernel", lambda *which: kernel)
    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(launch, "audit", "audit", 1, 32, shared=size) for size in (200_000, 100_000)]
        assert [each.result() for each in started] == [None, None]
    assert kernel.known == 200_000


TROUBLES: dict[str, tuple[Any, str]] = {
    "cuBLAS": (lambda xp, a: a @ a, "the GPU failed: CUBLASError: CUBLAS_STATUS_EXECUTION_FAILED"),
    "thrust": (lambda xp, a: xp.argsort(a), "the GPU failed: RuntimeError: radix_sort: failed on 1st step: cudaError"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_lost_device_is_known_by_what_other_libraries_raise(fake_gpu: Any, name: str) -> None:
    xp: Any = sys.modules["cupy"]
    a, (use, words) = xp.zeros((2, 2), np.float32), TROUBLES[name]
    fake_gpu.error = 700
    with pytest.raises(mv.DeviceError, match=words), cuda.errors_in_words():
        use(xp, a)


def test_no_room_to_sort_in_is_out_of_memory(fake_gpu: Any) -> None:
    xp: Any = sys.modules["cupy"]
    a = xp.zeros(1000, np.int32)
    fake_gpu.memory = fake_gpu.used + 100
    with pytest.raises(mv.DeviceError, match="the GPU is out of memory"), cuda.errors_in_words():
        xp.argsort(a)
    with pytest.raises(MemoryError, match="of the host"), cuda.errors_in_words():
        raise MemoryError("of the host")


def test_a_gpu_that_was_lost_is_not_counted_on_again(fake_gpu: Any) -> None:
    assert cuda.uses_gpu("auto")
    fake_gpu.error = 700
    with pytest.raises(mv.DeviceError, match="the GPU failed"), cuda.errors_in_words():
        sys.modules["cupy"].zeros(3)
    assert not cuda.uses_gpu("auto")


def test_a_forked_child_looks_for_itself(fake_gpu: Any) -> None:
    assert cuda.uses_gpu("auto")
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on, where there are threads
        child = os.fork()
    if not child:
        fake_gpu.error = 100  # as far as it can tell
        os.write(writing, mv.device_report().device.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 10) == b"cpu"
    os.close(reading)
    os.close(writing)
