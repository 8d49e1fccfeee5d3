"""A machine with one GPU, or with none, or with one in trouble; or this machine's own GPU.

Where the environment has MIXVIZ_GPU, the fixture `fake_gpu` is None and CuPy is the real one: that is for tests that
use the fixture without naming it among their arguments. All others are marked `fake`: ``pytest tests/cuda -m "not
fake"`` leaves them out. MIXVIZ_SEED, a whole number, gives tests of both kinds other random numbers than usual.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixviz import cuda
from mixviz.kernels import launch
from tests.cuda import fake_cupy, fake_state, fake_streams, real_device

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fake: needs the fake GPU: looks at what happened on it, or lets it fail")
    if real_device.is_wanted():
        config.addinivalue_line("filterwarnings", "ignore:::cupy")  # its own opinions are no failures of ours


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the fake, and what needs no GPU at all."""
    for item in items:
        if HERE in item.path.parents and not _runs_on_a_device(item):
            item.add_marker(pytest.mark.fake)


def _runs_on_a_device(item: Any) -> bool:
    return "fake_gpu" in item.fixturenames and "fake_gpu" not in inspect.signature(item.function).parameters


def _forget() -> None:
    """Forget what was found out about the device, and the kernels compiled for it."""
    for remembered in (*vars(cuda).values(), *vars(launch).values()):
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()


def _mix_seeds(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Let ``np.random.default_rng(0)`` and the like give numbers that depend on `seed` too."""
    usual = np.random.default_rng
    monkeypatch.setattr(
        np.random, "default_rng", lambda given=None: usual([given, seed] if isinstance(given, int) else given)
    )


@pytest.fixture
def fake_gpu(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[fake_state.Gpu | None]:
    """Install the fake of CuPy; returns the device, on which one may see what happened and choose what fails."""
    if "MIXVIZ_SEED" in os.environ:
        _mix_seeds(monkeypatch, int(os.environ["MIXVIZ_SEED"]))
    if real_device.is_wanted():
        real_device.install(monkeypatch, request.module)
        yield None
        return
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy.cupy)
    monkeypatch.setitem(sys.modules, "cupy.cuda", fake_cupy.cupy.cuda)
    _forget()
    gpu = fake_state.reset()
    fake_streams.reset()
    yield gpu
    fake_state.reset()
    _forget()
