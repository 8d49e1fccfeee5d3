"""Whole runs on the fake GPU: the models' own code, the real CUDA sources, the engine around them."""

from __future__ import annotations

import copy
import pickle
import sys
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import mixviz as mv
from mixviz.cuda import DeviceError
from mixviz.data.batches import Batches
from mixviz.engine import states
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.kernels.rows import gpu as rows_on_gpu
from mixviz.models.base import ArrayDataset
from mixviz.models.feeds import Resident, Streamed
from mixviz.models.on_device import OnDevice
from mixviz.views.registry import PANELS
from mixviz.views.session_source import SessionSource
from tests.cuda import fake_runtime
from tests.cuda.fake_cublas import tensor_cores  # noqa: F401 a fixture
from tests.engine.toy import run

pytestmark = pytest.mark.usefixtures("fake_gpu")


def counts(n: int = 120, V: int = 50) -> Any:
    """Documents about one of three groups of words."""
    rng = np.random.default_rng(0)
    rates = np.where(np.arange(V) % 3 == rng.integers(0, 3, n)[:, None], 1.0, 0.05)
    return scipy.sparse.csr_matrix(rng.poisson(rates).astype(np.float32))


def lda(**given: Any) -> mv.LDA:
    return mv.LDA(**{"n_components": 5, "batch_size": 40, "random_state": 1, "device": "cuda", **given})


def test_lda_learns_there_what_it_learns_here() -> None:
    there, here = (mv.Session(lda(device=device), counts(), validation=20) for device in ("cuda", "cpu"))
    for session in (there, here):
        run(session, 12)
        assert session.status.state is RunState.PAUSED, session.status.error
    assert (there.status.device, here.status.device) == ("cuda", "cpu")
    assert isinstance(there.published.state, OnDevice)
    assert not isinstance(here.published.state, OnDevice)
    assert set(there.history) == set(here.history)
    np.testing.assert_allclose(there.model.components_.sum(axis=1), 1, rtol=1e-4)
    for name in ("likelihood", "density", "cosine", "coherence"):
        np.testing.assert_allclose(there.history.latest(name), here.history.latest(name), rtol=0.05, atol=0.02)


def kmeans(**given: Any) -> mv.KMeans:
    return mv.KMeans(**{"n_clusters": 4, "batch_size": 40, "random_state": 1, "device": "cuda", **given})


def pictures(n: int = 120, F: int = 30) -> Any:
    """Rows of bytes in four groups."""
    rng = np.random.default_rng(0)
    return (rng.integers(0, 200, (4, F))[rng.integers(0, 4, n)] + rng.integers(0, 30, (n, F))).astype(np.uint8)


def test_kmeans_learns_there_what_it_learns_here() -> None:
    there, here = (run(Session(kmeans(device=device), pictures(), validation=20), 12) for device in ("cuda", "cpu"))
    assert there.status.state is RunState.PAUSED, there.status.error
    np.testing.assert_allclose(there.model.cluster_centers_, here.model.cluster_centers_, rtol=1e-4)
    for name in ("distance", "size_variance", "silhouette"):
        np.testing.assert_allclose(there.history.latest(name), here.history.latest(name), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("precision", ["tf32", "int8"])
@pytest.mark.usefixtures("tensor_cores")
def test_kmeans_multiplies_as_it_is_told(precision: Any) -> None:
    quick, exact = (run(Session(kmeans(precision=p), pictures()), 8).model for p in (precision, "float32"))
    np.testing.assert_allclose(quick.cluster_centers_, exact.cluster_centers_, rtol=1e-3)
    with pytest.raises(ValueError, match="precision must be one of 'float32', 'tf32', 'int8', got 'int4'"):
        Session(kmeans(precision="int4"), pictures())


@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
def test_nmf_learns_there_what_it_learns_here(loss: str) -> None:
    there, here = (
        run(Session(mv.NMF(4, loss=loss, batch_size=40, random_state=1, device=device), pictures(), validation=20), 10)
        for device in ("cuda", "cpu")
    )
    assert there.status.state is RunState.PAUSED, there.status.error
    np.testing.assert_allclose(there.model.components_, here.model.components_, rtol=1e-2, atol=1e-4)
    for name in ("loss", "code_density", "cosine"):
        np.testing.assert_allclose(there.history.latest(name), here.history.latest(name), rtol=1e-2, atol=1e-3)


# ---- the engine around them


@pytest.fixture(params=["lda", "kmeans"])
def session(request: pytest.FixtureRequest) -> Session:
    corpus = mv.Corpus(counts(), [f"word{i}" for i in range(50)])
    model, data = {"lda": (lda(), corpus), "kmeans": (kmeans(temperature=0.5), pictures())}[request.param]
    return Session(model, data, snapshot_every=3, validation=20)


def fields_of(state: Any) -> dict[str, Any]:
    return {name: array.copy() for name, array in states.state_arrays(state).items()}


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_rewound_it_comes_to_the_same_bits(session: Session) -> None:
    run(session, 8)
    first = fields_of(session.published.state)
    session.rewind(3)
    run(session, 5)
    assert session.status.step == 8
    assert_same(first, fields_of(session.published.state))


def test_a_fork_and_a_replay_come_to_the_same_bits(session: Session, tmp_path: Any) -> None:
    run(session, 4)
    session.set(temperature=1.0)
    fork = session.fork()
    run(session, 3)
    run(fork, 3)
    assert_same(fields_of(session.published.state), fields_of(fork.published.state))
    session.save(tmp_path / "run.mixviz")
    data = session.data
    assert mv.replay(tmp_path / "run.mixviz", data, progress=False).identical


def test_snapshots_are_here_when_the_next_is_taken(session: Session) -> None:
    run(session, 7)
    third, sixth = (kept.state for kept in session.snapshots[1:3])
    assert not any(hasattr(value, "__cuda_array_interface__") for value in vars_of(third.raw))
    assert any(hasattr(value, "__cuda_array_interface__") for value in vars_of(sixth.raw))


def vars_of(state: Any) -> list[Any]:
    return [getattr(state, field.name) for field in fields(state)]


def test_it_can_be_copied_pickled_and_used_where_there_is_no_gpu(session: Session) -> None:
    run(session, 4)
    model = session.model
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert type(other.state_) is type(model).state_type
        np.testing.assert_array_equal(other.transform(session.data), model.transform(session.data))


def test_fit_computes_there_too(fake_gpu: Any) -> None:
    model = lda(max_iter=2).fit(counts())
    assert any(launch.name == "sweep_documents" for launch in fake_gpu.launches)
    assert model.transform(counts()).shape == (120, 5)


# ---- rows


def test_rows_that_do_not_fit_come_step_by_step(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    run(session, 7)
    resident = fields_of(session.published.state)
    monkeypatch.setattr("mixviz.models.feeds.SHARE", 0.0)
    model = copy.deepcopy(session.model)
    streamed = run(Session(model, session.data, validation=20), 7)
    assert_same(resident, fields_of(streamed.published.state))


def test_sessions_with_the_same_data_share_its_rows_there(session: Session) -> None:
    run(session, 2)
    fork = session.fork()
    run(fork, 2)
    assert fork.feed._kept is session.feed._kept
    run(other := Session(copy.deepcopy(session.model), copy.deepcopy(session.data)), 1)
    assert other.feed._kept is not session.feed._kept


# ---- what goes wrong


def test_out_of_memory_in_words_and_on_from_the_last_snapshot(session: Session, fake_gpu: Any) -> None:
    run(session, 7)
    fake_gpu.fail_at = 3
    run(session, 5)
    assert session.status.state is RunState.FAILED
    assert session.status.message.startswith("step 8 failed: the GPU is out of memory. ")
    assert session.status.message.endswith("Resume goes on from step 6, on the processor.")
    run(session, 4)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 10)
    assert not isinstance(session.published.state, OnDevice)


def test_a_device_that_is_lost(session: Session, fake_gpu: Any) -> None:
    run(session, 7)
    fake_gpu.error = 700
    run(session, 5)
    assert session.status.message.startswith("step 8 failed: the GPU failed: ")
    assert session.status.message.endswith("Resume goes on from step 3, on the processor.")
    run(session, 4)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 7)


def test_a_copy_that_nobody_waits_for_keeps_its_memory(session: Session) -> None:
    run(session, 1)
    place, state = session.model.place(), session.published.state
    given_up = place.published(state.raw)
    given_up.fetch()
    del given_up
    assert fields_of(state)  # waits for the same stream: what was begun before arrives too


def test_rows_that_are_there_are_checked_for_what_another_model_asks() -> None:
    x = np.random.default_rng(0).random((3000, 6), np.float32) - 0.01
    x[np.linspace(0, 2999, 1000).astype(int)] = 1  # where parts that NMF looks at first
    data = ArrayDataset(x)
    kept = run(Session(kmeans(), data, validation=20), 1)
    session = run(Session(factorisation(), data, validation=20), 1)
    assert kept.status.state is RunState.PAUSED
    assert "NMF takes rows whose entries are finite and 0 or more" in session.status.message


def test_sparse_rows_are_copied_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, sizes, cupy = counts(), [], sys.modules["cupy"]
    usual = cupy.asarray
    monkeypatch.setattr(rows_on_gpu, "_PART", 100)
    monkeypatch.setattr(cupy, "asarray", lambda a, *more: sizes.append(len(a)) or usual(a, *more))
    there = rows_on_gpu.upload(matrix)
    assert max(sizes) == 100
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(there, name).get(), getattr(matrix, name))


@pytest.mark.parametrize(("reserve", "kind"), [(0, Streamed), (1 << 30, Resident)])
def test_memory_that_cupy_keeps_in_reserve_counts_as_free(
    reserve: int, kind: Any, fake_gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = lda()
    model.place()
    fake_gpu.memory = fake_gpu.used
    monkeypatch.setattr(fake_runtime.pool, "free_bytes", lambda: reserve)
    monkeypatch.setattr(Resident, "_upload", lambda *given: None)
    assert type(model.feed(ArrayDataset(counts()), Batches(np.arange(120), 40, 0))) is kind


def test_where_there_is_none(fake_gpu: Any) -> None:
    fake_gpu.error = 100
    with pytest.raises(DeviceError, match="device='cuda' cannot be had: no NVIDIA GPU was found"):
        Session(lda(), counts())
    session = run(Session(lda(device="auto"), counts()), 2)
    assert not isinstance(session.published.state, OnDevice)


def test_a_driver_that_is_too_old(fake_gpu: Any) -> None:
    fake_gpu.error = 35
    assert "which is too old for this CuPy: update it, or pip install" in mv.device_report().reason


def test_very_many_parts_compute_on_the_processor() -> None:
    with pytest.raises(ValueError, match="n_components must be at most 512 on a GPU, got 513"):
        Session(factorisation(n_components=513), pictures())
    assert factorisation(n_components=513, device="auto").place().name == "cpu"
    assert factorisation(n_components=512, device="auto").place().name == "cuda"


def test_slow_oracles_compute_on_the_processor() -> None:
    with pytest.raises(ValueError, match="sampler='poisson' computes on the processor"):
        Session(lda(sampler="poisson"), counts())
    assert Session(lda(sampler="poisson", device="auto"), counts()).model.place().name == "cpu"


# ---- what a step costs


def factorisation(**given: Any) -> mv.NMF:
    return mv.NMF(**{"n_components": 4, "batch_size": 40, "random_state": 1, "device": "cuda", **given})


@pytest.mark.parametrize(
    ("model", "data", "n_waits"),
    [
        (lda(), counts(), 0),
        (lda(temperature=0.0, mixins={"l1": 0.1, "cosine": 0.1}), counts(), 0),
        (factorisation(), pictures(), 0),
        (factorisation(), counts(), 0),
        (factorisation(loss="kullback-leibler"), counts(), 0),
        (kmeans(temperature=0.5, size_weight=0.5), pictures(), 1),  # sizes and the mean distance, read together
    ],
    ids=["lda", "lda-mixins", "nmf", "nmf-sparse", "nmf-divergence", "kmeans"],
)
def test_a_step_waits_for_nothing_and_is_all_on_a_stream_of_its_own(
    model: Any, data: Any, n_waits: int, fake_gpu: Any
) -> None:
    session = run(Session(model, data, validation=20), 2)
    values = {name: control.value for name, control in session.controls.items()}
    batch, state = session.feed[3], session.published.state
    model.step(state, batch, values)
    waited, n_launches = fake_gpu.n_synchronisations, len(fake_gpu.launches)
    model.step(state, batch, values)
    assert fake_gpu.n_synchronisations - waited == n_waits, fake_gpu.synchronisations
    streams = {launch.stream for launch in fake_gpu.launches[n_launches:]}
    assert streams == {model.place().stream}


def test_panels_show_a_state_that_is_there(session: Session) -> None:
    run(session, 4)
    source = SessionSource(session)
    shown = [panel for panel in PANELS.values() if panel.fits(source) and panel.usual]
    assert len(shown) >= 2
    for panel in shown:
        frame = panel().frame(source)
        assert any(len(buffer) for buffer in frame.buffers) or frame.header, panel.kind


def test_a_replay_says_where_the_run_was_computed(session: Session, tmp_path: Any, fake_gpu: Any) -> None:
    run(session, 3)
    session.save(tmp_path / "run.mixviz")
    assert [change.name for change in session.log if change.kind == "start"] == ["on the GPU"]
    here = type(session.model)(**{**session.model.get_params(), "device": "cpu"})
    report = mv.replay(tmp_path / "run.mixviz", session.data, here, progress=False)
    assert not report.identical
    assert report.note == "recorded on a GPU, computed on the processor now: the last bits of numbers differ"
