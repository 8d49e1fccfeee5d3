"""A machine with one GPU, or with none, or with one in trouble."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from mixviz import cuda
from tests.cuda import fake_cupy, fake_state, fake_streams


def _forget() -> None:
    """Forget what was found out about the device, and the kernels compiled for it."""
    for remembered in vars(cuda).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()


@pytest.fixture
def fake_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_state.Gpu]:
    """Install the fake of CuPy; returns the device, on which one may see what happened and choose what fails."""
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy.cupy)
    monkeypatch.setitem(sys.modules, "cupy.cuda", fake_cupy.cupy.cuda)
    _forget()
    gpu = fake_state.reset()
    fake_streams.reset()
    yield gpu
    fake_state.reset()
    _forget()
