"""What is said of a machine's GPU, and what kernels may be given."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import mixviz as mv
from mixviz import cuda
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


@pytest.mark.parametrize("value", [3, 2.5, True, np.float64(1), np.zeros(3, np.float32)], ids=repr)
def test_kernels_take_nothing_that_cupy_would_guess_at(fake_gpu: Any, value: Any) -> None:
    with pytest.raises(TypeError, match=r"argument 1 of audit must be a device array in C order or a NumPy scalar"):
        cuda.launch("audit", "audit", 1, 256, np.int64(1), value)


def test_a_device_array_that_is_not_in_order_is_refused(fake_gpu: Any) -> None:
    xp: Any = sys.modules["cupy"]
    with pytest.raises(TypeError, match="in C order"):
        cuda.launch("audit", "audit", 1, 256, xp.zeros((4, 3), np.float32).T)


def test_an_empty_grid_starts_nothing(fake_gpu: Any) -> None:
    cuda.launch("audit", "audit", 0, 256)
    assert not fake_gpu.launches


def test_other_errors_than_those_of_the_device_stay_what_they_are(fake_gpu: Any) -> None:
    with pytest.raises(ZeroDivisionError), cuda.errors_in_words():
        1 / 0  # noqa: B018
