"""Metrics of clusters, compared with scikit-learn's and with their definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.metrics import silhouette_samples

import mixviz as mv
from mixviz import cluster_metrics
from mixviz.data.blocks import FeatureBlocks
from mixviz.types import Batch

RNG = np.random.default_rng(0)
BLOCKS = FeatureBlocks({"near": RNG.normal(size=(90, 3)), "far": RNG.normal(0, 50, (90, 2))})


def fitted(data: Any, K: int = 4, **options: Any) -> tuple[Any, Batch]:
    model = mv.KMeans(K, random_state=0, max_iter=3, **options).fit(data)
    dataset = model.as_dataset(data)
    return model.state_, dataset.take(np.arange(len(dataset)))


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
def test_silhouettes_are_scikit_learns(kind: Any) -> None:
    x = RNG.normal(size=(80, 6))
    state, batch = fitted(kind(x))
    measured = cluster_metrics.Silhouettes()
    values, labels = measured(state, batch)
    np.testing.assert_allclose(values, silhouette_samples(x, labels), atol=1e-5)
    assert measured.mean(state, batch) == pytest.approx(float(values.mean()), abs=1e-6)


def test_silhouettes_are_measured_with_the_weights_of_the_blocks() -> None:
    measured = cluster_metrics.Silhouettes()
    for weight in (0.1, 1.0):
        state, batch = fitted(BLOCKS, block_weights={"far": weight})
        values, labels = measured(state, batch)
        expected = silhouette_samples(batch.data * np.sqrt(state.weight_f), labels)
        np.testing.assert_allclose(values, expected, atol=1e-5)


def test_distances_among_the_rows_are_found_once_for_each_batch_and_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    state, batch = fitted(RNG.normal(size=(80, 6)))
    found: list[Any] = []
    true = cluster_metrics.squared_distances
    monkeypatch.setattr(cluster_metrics, "squared_distances", lambda x, y: found.append(x) or true(x, y))
    measured = cluster_metrics.Silhouettes()
    for next_state in (state, replace(state, step=9), replace(state, weight_f=2 * state.weight_f)):
        measured(next_state, batch)
    assert len(found) == 2
    measured(state, Batch(batch.rows, batch.data))
    assert len(found) == 3


def test_rows_alone_and_a_single_cluster_have_silhouette_zero() -> None:
    between = np.abs(np.subtract.outer([0.0, 1.0, 9.0], [0.0, 1.0, 9.0]))
    assert cluster_metrics.silhouette_values(between, np.array([3, 3, 7])).tolist() == pytest.approx([8 / 9, 7 / 8, 0])
    assert cluster_metrics.silhouette_values(between, np.array([5, 5, 5])).tolist() == [0, 0, 0]
    assert cluster_metrics.silhouette_values(np.zeros((3, 3)), np.array([0, 0, 1])).tolist() == [0, 0, 0]


def test_sizes_are_in_units_of_the_equal_share_and_no_line() -> None:
    state, batch = fitted(RNG.normal(size=(80, 6)))
    uneven = replace(state, share_k=np.float32([0.5, 0.25, 0.25, 0]))
    assert cluster_metrics.sizes(uneven, batch).tolist() == [2, 1, 1, 0]
    assert cluster_metrics.size_variance(uneven, batch) == pytest.approx(0.5)
    assert not next(m for m in cluster_metrics.cluster_metrics(batch) if m.name == "sizes").has_line


def test_each_block_has_its_own_distance_whatever_its_weight() -> None:
    metrics = {metric.name: metric for metric in cluster_metrics.cluster_metrics(BLOCKS)}
    assert list(metrics)[-2:] == ["distance_near", "distance_far"]
    for weight in (1.0, 0.0):
        state, batch = fitted(BLOCKS, block_weights={"far": weight})
        labels = cluster_metrics.nearest(state, batch).labels_b
        away = (batch.data - state.centres_kf[labels])[:, 3:]
        expected = np.sqrt((away**2).sum(axis=1) * BLOCKS.scales[1]).mean()
        assert metrics["distance_far"].function(state, batch) == pytest.approx(float(expected), rel=1e-4)


def test_metrics_that_need_the_clusters_of_rows_find_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    state, batch = fitted(BLOCKS)
    metrics = [m for m in cluster_metrics.cluster_metrics(BLOCKS) if m.every == cluster_metrics.EVERY]
    assert [m.name for m in metrics] == ["distance", "inertia", "distance_near", "distance_far"]
    expected = [
        cluster_metrics.distance(state, batch),
        cluster_metrics.inertia(state, batch),
        *(cluster_metrics.block_distance(state, batch, block) for block in (0, 1)),
    ]
    found: list[Any] = []
    true = cluster_metrics.nearest_there
    monkeypatch.setattr(cluster_metrics, "nearest_there", lambda *given: found.append(given) or true(*given))
    shared = cluster_metrics.cluster_metrics(BLOCKS)
    assert [m.function(state, batch) for m in shared if m.every == cluster_metrics.EVERY] == expected
    assert len(found) == 1
    other = replace(state, centres_kf=2 * state.centres_kf)
    assert [m.function(other, batch) for m in shared if m.every == cluster_metrics.EVERY] != expected
    assert len(found) == 2


def test_rows_of_many_features_are_measured_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    state, batch = fitted(BLOCKS)
    whole = cluster_metrics.Silhouettes()(state, batch)[0], cluster_metrics.block_distance(state, batch, 0)
    monkeypatch.setattr(cluster_metrics, "_CHUNK_FEATURES", 2)
    monkeypatch.setattr(cluster_metrics, "_CHUNK_NUMBERS", 30)
    np.testing.assert_allclose(cluster_metrics.Silhouettes()(state, batch)[0], whole[0], atol=1e-6)
    assert cluster_metrics.block_distance(state, batch, 0) == pytest.approx(whole[1], rel=1e-12)


def test_inertia_is_a_metric_by_name() -> None:
    metric = mv.Metric("mine", mv.cluster_metrics.inertia)
    session = mv.Session(mv.KMeans(3, random_state=0), BLOCKS, metrics=[metric])
    session.step(2)
    assert session.wait(60)
    found = cluster_metrics.nearest(session.published.state, session.held_out or session.data.take(np.arange(90)))
    assert session.history["mine"][1][-1] == pytest.approx(float(found.distances_b.mean()), rel=1e-6)


def test_a_session_records_the_distances_of_blocks() -> None:
    session = mv.Session(mv.KMeans(3, random_state=0), BLOCKS)
    session.step(6)
    assert session.wait(60)
    assert {"distance_near", "distance_far", "sizes", "inertia"} <= set(session.history)
