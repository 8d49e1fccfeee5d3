"""K-means on the fake GPU: what it learns is what it learns on the processor, and a step waits for the device once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import mixviz as mv
from mixviz import cluster_metrics
from mixviz.data.blocks import FeatureBlocks
from mixviz.models.kmeans import KMeans
from mixviz.models.on_device import OnDevice
from tests.engine.toy import run

pytestmark = pytest.mark.usefixtures("fake_gpu")
KINDS = {
    "bytes": lambda x: np.clip(x * 6 + 128, 0, 255).astype(np.uint8),
    "floats": lambda x: x.astype(np.float32),
    "doubles": lambda x: x,
    "sparse": lambda x: scipy.sparse.csr_matrix(np.maximum(x, 0)),
}


def blobs(n: int = 240, F: int = 6) -> Any:
    rng = np.random.default_rng(0)
    return rng.normal(0, 6, (4, F))[rng.integers(0, 4, n)] + rng.normal(size=(n, F))


def model(device: str, **given: Any) -> KMeans:
    return KMeans(**{"n_clusters": 4, "batch_size": 80, "random_state": 1, "max_iter": 3, "device": device, **given})


def values(one: KMeans, data: Any, **changes: float) -> dict[str, float]:
    return {control.name: control.value for control in one.controls(data)} | changes


@pytest.mark.parametrize("kind", KINDS)
def test_it_fits_there_as_it_does_here(kind: str) -> None:
    x = KINDS[kind](blobs())
    there, here = (model(device, size_weight=0.5, temperature=0.1).fit(x) for device in ("cuda", "cpu"))
    assert isinstance(there.state_, OnDevice)
    np.testing.assert_allclose(there.cluster_centers_, here.cluster_centers_, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(there.labels_, here.labels_)
    np.testing.assert_allclose(there.state_.share_k, here.state_.share_k, rtol=1e-4)
    assert there.inertia_ == pytest.approx(here.inertia_, rel=1e-3)
    assert isinstance(there.predict(x), np.ndarray)
    np.testing.assert_allclose(there.transform(x), here.transform(x), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_waits_for_the_device_once(kind: str, fake_gpu: Any) -> None:
    one = model("cuda", size_weight=0.5, temperature=0.1)
    data = one.as_dataset(KINDS[kind](blobs()))
    place, state, now = one.place(), one.init_state(data, 1), values(one, data)
    for step in range(2):  # the first from a state of the host
        batch = data.take(np.arange(step, 240, 3))
        fake_gpu.synchronisations.clear()
        state, _ = one.step(state, batch, now)
        assert fake_gpu.synchronisations == {"get": 1}
    assert {launch.stream for launch in fake_gpu.launches if launch.name != "take_rows"} == {place.stream}


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_cluster_begins_anew_at_the_farthest_row(kind: str) -> None:
    x = KINDS[kind](blobs())
    found = []
    for device in ("cuda", "cpu"):
        one = model(device)
        data = one.as_dataset(x)
        state = one.edits()["drop"](one.init_state(data, 1), data, 2)
        new, info = one.step(state, data.take(np.arange(240)), values(one, data))
        assert info == {"reseeded": 1.0}
        found.append(new)
    there, here = found
    np.testing.assert_allclose(there.centres_kf, here.centres_kf, rtol=1e-4, atol=1e-4)
    assert (there.centres_kf[2] == np.asarray(x.toarray() if kind == "sparse" else x, np.float32)).all(axis=1).any()
    np.testing.assert_array_equal(there.idle_k, here.idle_k)


def test_a_session_runs_measures_edits_and_rewinds_there() -> None:
    x = KINDS["bytes"](blobs())
    sessions = [mv.Session(model(device), x, validation=40) for device in ("cuda", "cpu")]
    for session in sessions:
        run(session, 10)
        session.edit("split", cluster=0)
        run(session, 10)
        session.rewind(5)
        run(session, 6)
    there, here = sessions
    assert isinstance(there.published.state, OnDevice)
    assert set(there.history) == set(here.history)
    for name in ("distance", "inertia", "size_variance", "silhouette"):
        one, two = (session.history.latest(name) for session in sessions)
        assert one == pytest.approx(two, rel=1e-3, abs=1e-3), name
    np.testing.assert_allclose(*(session.history.latest_array("sizes") for session in sessions), rtol=1e-3)


def test_metrics_are_measured_where_the_centres_are(fake_gpu: Any) -> None:
    x = blobs()
    blocks = FeatureBlocks({"left": x[:, :2].astype(np.float32), "right": KINDS["bytes"](x[:, 2:])})
    one = model("cuda")
    data = one.as_dataset(blocks)
    batch, now = data.take(np.arange(0, 240, 2)), values(one, data, weight_left=0.3)
    state, _ = one.step(one.init_state(data, 1), batch, now)
    here = replace(state.raw, centres_kf=state.centres_kf)
    for metric in one.metrics(data):
        fake_gpu.launches.clear()
        fake_gpu.synchronisations.clear()
        found = metric.function(state, batch)
        np.testing.assert_allclose(found, metric.function(here, batch), rtol=1e-4, err_msg=metric.name)
        if metric.name in ("distance", "inertia", "distance_left", "distance_right"):
            assert fake_gpu.synchronisations == {"float": 1}, metric.name
    for measure in (cluster_metrics.distance, cluster_metrics.inertia):
        assert measure(state, batch) == pytest.approx(measure(here, batch), rel=1e-5)
    for block in (0, 1):
        measure = cluster_metrics.block_distance
        assert measure(state, batch, block) == pytest.approx(measure(here, batch, block), rel=1e-5)
