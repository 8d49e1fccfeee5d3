"""Data larger than memory: what a run holds is a batch and a little, never a copy of the whole."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import mixviz as mv

MB = 2**20
LITTLE = 64 * MB
SHAPES = {"images": (40_000, 32 * 32 * 3, np.uint8, 300), "wide": (700, 100_000, np.float32, 100)}
"""Rows, features, dtype, rows a batch: 117 and 267 MB."""


def stored(folder: Path, kind: str) -> Any:
    """Return a memory map of random rows, which differ in brightness above all."""
    n, width, dtype, _ = SHAPES[kind]
    data = np.memmap(folder / kind, dtype, "w+", shape=(n, width))
    rng = np.random.default_rng(0)
    for first in range(0, n, 100):
        rows = rng.integers(0, 64, (100, width), np.uint8)
        data[first : first + 100] = rows + rng.integers(0, 192, (100, 1), np.uint8)
    data.flush()
    return np.memmap(folder / kind, dtype, "r", shape=(n, width))


@contextmanager
def at_most(n_bytes: int) -> Iterator[None]:
    """Fail where more than so many bytes are allocated at once; pages of a memory map do not count."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < n_bytes, f"{peak / MB:.0f} MB, allowed are {n_bytes / MB:.0f}"


def steered(model: mv.KMeans, data: Any, batch_size: int) -> mv.Session:
    session = mv.Session(model, data, batch_size=batch_size)
    session.step(20)
    assert session.wait(120)
    session.set(temperature=0.5, size_weight=1)
    session.edit("split", cluster=1)
    session.step(3)
    assert session.wait(120)
    assert session.status.error is None
    return session


@pytest.mark.parametrize("kind", SHAPES)
def test_a_session_over_a_memory_map_holds_a_batch_and_a_little(kind: str, tmp_path: Path) -> None:
    data, (n, width, dtype, batch_size) = stored(tmp_path, kind), SHAPES[kind]
    steered(mv.KMeans(8, random_state=0), np.array(data[:batch_size]), batch_size // 2)  # kernels are compiled here
    row = width * np.dtype(dtype).itemsize
    n_held = batch_size + min(500, n // 10)  # a step's rows, and those held out for the metrics
    with at_most(n_held * row + LITTLE):
        session = steered(mv.KMeans(8, random_state=0), data, batch_size)
        session.save(tmp_path / "run.mixviz")


def test_sparse_rows_stay_sparse() -> None:
    data = scipy.sparse.random(5000, 30_000, 1e-3, "csr", np.float32, random_state=0)
    model = mv.KMeans(8, random_state=0, max_iter=1)
    model.fit(scipy.sparse.csr_matrix(np.eye(30, dtype=np.float32)))
    with at_most(LITTLE):
        labels = model.fit_predict(data)
        distances = model.transform(data)
    assert (distances.argmin(axis=1) == labels).mean() > 0.99


@pytest.mark.parametrize("kind", SHAPES)
def test_fitting_and_labelling_copy_no_whole(kind: str, tmp_path: Path) -> None:
    data, (n, width, dtype, batch_size) = stored(tmp_path, kind), SHAPES[kind]
    model = mv.KMeans(8, random_state=0, batch_size=batch_size, max_iter=1)
    model.fit(np.array(data[:batch_size]))  # kernels are compiled here, which takes memory of its own
    given = mv.Images(data.reshape(n, 32, 32, 3)) if kind == "images" else mv.FeatureBlocks({"all": data})
    with at_most(batch_size * width * np.dtype(dtype).itemsize + LITTLE):
        model.fit(given).partial_fit(given)
        distances = model.transform(given)
        labels = model.predict(given)
    assert (distances.argmin(axis=1) == labels).mean() > 0.99
    assert model.inertia_ == pytest.approx((distances.min(axis=1).astype(float) ** 2).sum(), rel=1e-2)
