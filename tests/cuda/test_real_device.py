"""What stands in for the fake where the tests run on a GPU, as far as it can be tried without one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.gpu import every_kernel, limits
from mixviz.kernels.launch import KERNELS
from tests.cuda import real_device, test_draws
from tests.cuda.fake_cupy import cupy
from tests.cuda.nvrtc import ARCHITECTURES, compiled
from tests.cuda.twin import Twin


def test_sources_of_tests_run_as_on_the_twin(fake_gpu: Any) -> None:
    options, results = (f"-I{KERNELS}",), []
    for kind in (real_device.Compiled, Twin):
        out = np.full((2, 500), np.nan, np.float32)
        numbers = np.float32(3), np.uint32(3), np.uint32(5), np.uint32(7), np.int32(500)
        kind(test_draws.SOURCE, options).launch("draws", 2, 256, (*numbers, *out))
        results.append(out)
    assert np.isfinite(results[0]).all()
    np.testing.assert_array_equal(*results)


def test_memory_is_poisoned_when_it_is_handed_out(fake_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[tuple[int, int]] = []
    memory = SimpleNamespace(memset_async=lambda value, size: filled.append((value, size)))
    allocators: list[Any] = []
    monkeypatch.setattr(cupy, "get_default_memory_pool", lambda: SimpleNamespace(malloc=lambda size: memory))
    monkeypatch.setattr(cupy.cuda, "set_allocator", allocators.append, raising=False)
    module = SimpleNamespace(Twin=Twin)
    real_device.install(monkeypatch, module)
    assert module.Twin is real_device.Compiled
    assert allocators[0](12) is memory
    assert filled == [(0xFF, 12)]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("source", ["limits", "planted", "draws"])
def test_sources_that_no_operation_has_compile_too(source: str, architecture: str) -> None:
    code, constants = {
        "limits": (limits.SOURCE.read_text(), {"WIDTH": 256}),
        "planted": (every_kernel.PLANTED, {}),
        "draws": (test_draws.SOURCE, {}),
    }[source]
    made = compiled(code, architecture, constants)
    assert made.log == ""
    assert all(not figures.spilled for figures in made.kernels.values())
