"""Silhouettes of a sample: right at once, whole after some frames, and cheap."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.metrics import silhouette_samples

import mixviz as mv
from mixviz.data.blocks import FeatureBlocks
from mixviz.types import Published
from mixviz.views import sampled_members, sampled_silhouettes
from mixviz.views.silhouette import Silhouette
from tests.views.clusters import clustered
from tests.views.session import still_session

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6)).astype(np.float32)


def whole(view: Silhouette, session: Any) -> Any:
    """The frame once the view has nothing more to do."""
    for _ in range(1000):
        frame = view.frame(session)
        if not view.is_unfinished:
            return frame
        view._sample._spared._rests_until = 0
        view._sample.allowance._left = 0.01
    raise AssertionError("still unfinished after 1,000 frames")


def values(frame: Any) -> np.ndarray:
    return np.frombuffer(frame.buffers[0], "<f4")


def at(session: SimpleNamespace, state: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(session), "published": Published(1, 1, state, {})})


def expected(x: np.ndarray, session: Any) -> tuple[np.ndarray, np.ndarray]:
    state = session.published.state
    scaled, centres = x * np.sqrt(state.weight_f), state.centres_kf * np.sqrt(state.weight_f)
    labels = ((scaled[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    found = silhouette_samples(scaled, labels)
    order = np.lexsort((-found, labels))
    return found[order], labels[order]


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
def test_of_few_rows_all_are_shown_by_cluster_highest_first(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled_silhouettes, "TILE", 6 * 64)
    session = clustered(kind(X))
    frame = whole(Silhouette(), session)
    found, labels = expected(X, session)
    np.testing.assert_allclose(values(frame), found, atol=1e-5)
    assert np.repeat(frame.header["clusters"], frame.header["counts"]).tolist() == labels.tolist()
    assert frame.header["means"] == pytest.approx([found[labels == k].mean() for k in range(4)], abs=1e-3)
    assert frame.header["note"] == f"{100 * np.mean(found < 0):.0f} % below 0, of 300"
    assert frame.header["sample"] == "all 300 rows"
    json.dumps(frame.header, allow_nan=False)


def test_weights_of_blocks_count_and_may_change_at_once() -> None:
    blocks = FeatureBlocks({"a": X[:, :2], "b": 100 * X[:, 2:]})
    session, view = clustered(blocks), Silhouette()
    state = session.published.state
    whole(view, session)
    moved = at(session, replace(state, weight_f=(state.weight_f * np.float32([0.01] * 2 + [1] * 4)).astype(np.float32)))
    frame = whole(view, moved)
    np.testing.assert_allclose(values(frame), expected(blocks.take(np.arange(300)).data, moved)[0], atol=1e-4)


def test_of_many_rows_a_sample_spread_over_the_data_grows_until_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled_silhouettes, "BUDGET_S", 0.0)
    monkeypatch.setattr(sampled_silhouettes, "TILE", 6 * 16)
    session, view = clustered(X), Silhouette(100)
    first = view.frame(session)
    assert view.is_unfinished
    assert first.header["sample"] == "16 of 300 rows"
    assert np.ptp(view._sample._distances.rows[:16]) > 150
    monkeypatch.undo()
    assert whole(view, session).header["sample"] == "100 of 300 rows"
    assert sorted(view._sample._distances.rows) == list(range(0, 300, 3))


def test_each_frame_renews_some_rows_until_all_are_as_the_newest_state_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampled_members, "_MAX_BLOCK", 60)
    session, view = clustered(X), Silhouette()
    whole(view, session)
    newer = at(session, replace(session.published.state, centres_kf=X[:4].copy()))
    exact = expected(X, newer)[0]
    frames = []
    for n_left in (240, 180, 120, 60, 0):
        view._sample.allowance._left = 0.01
        frames.append(view.frame(newer))
        assert (view._sample._members.n_due, view.is_unfinished) == (n_left, n_left > 0)
    assert len({frame.buffers[0] for frame in frames}) == 5, "each shows something new"
    assert np.abs(values(frames[0]) - exact).max() > 0.1, "of most rows the old clusters"
    np.testing.assert_allclose(values(frames[-1]), exact, atol=1e-5)
    assert view.frame(newer) == frames[-1]
    assert not view.is_unfinished


def test_what_was_spent_too_much_is_waited_for_and_nothing_is_made_meanwhile() -> None:
    session, view = clustered(X), Silhouette()
    shown = whole(view, session)
    newer = at(session, replace(session.published.state, centres_kf=X[:4].copy()))
    view._sample.allowance._left = -60
    assert view.frame(newer) == shown
    assert view.is_unfinished
    view._sample.allowance._left = 0.01
    np.testing.assert_allclose(values(whole(view, newer)), expected(X, newer)[0], atol=1e-5)


def test_weights_that_move_all_the_time_have_distances_added_up_only_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks = FeatureBlocks({"a": X[:, :2], "b": X[:, 2:]})
    session, view = clustered(blocks), Silhouette()
    whole(view, session)
    added: list[Any] = []
    true = sampled_silhouettes.ClusterSums
    monkeypatch.setattr(sampled_silhouettes, "ClusterSums", lambda *given: added.append(given) or true(*given))
    view._sample._spared._rests_until = time.monotonic() + 60
    state = session.published.state
    for weight in np.float32([0.5, 0.2, 0.1]):
        moved = at(session, replace(state, weight_f=weight * state.weight_f))
        view.frame(moved)
        assert view.is_unfinished
    assert not added
    np.testing.assert_allclose(
        values(whole(view, moved)), expected(blocks.take(np.arange(300)).data, moved)[0], atol=1e-5
    )
    assert len(added) == 1


def test_it_moves_with_a_run_ten_times_a_second_and_is_exact_once_that_pauses() -> None:
    rng = np.random.default_rng(1)
    data = rng.integers(0, 256, (3000, 64)).astype(np.uint8)
    session, view = mv.Session(mv.KMeans(16, random_state=0), data), Silhouette(2000)
    seen, begun = set(), None
    session.resume()
    while begun is None or time.monotonic() < begun + 2:
        seen.add(view.frame(session).buffers[0])
        if begun is None and view._sample._distances.n_known == 2000:
            seen, begun = set(), time.monotonic()
        time.sleep(0.1)
    session.pause()
    assert session.wait(60)
    assert len(seen) > 5
    frame = whole(view, session)
    labels = view._sample._sums.labels
    x = data[view._sample._distances.rows].astype(np.float64)
    away = ((x[:, None] - session.published.state.centres_kf) ** 2).sum(axis=2)
    assert (away[np.arange(2000), labels] <= away.min(axis=1) * (1 + 1e-5)).all()
    found = silhouette_samples(x, labels)
    np.testing.assert_allclose(values(frame), found[np.lexsort((-found, labels))], atol=1e-5)


def test_the_number_of_rows_may_change() -> None:
    session, view = clustered(X), Silhouette(50)
    assert len(values(whole(view, session))) == 50
    view.configure(session, n_rows=120)
    assert len(values(whole(view, session))) == 120
    with pytest.raises(ValueError, match="n_rows takes a whole number from 50 to 2000"):
        view.configure(session, n_rows=3)


def test_one_cluster_and_hardly_any_rows() -> None:
    assert values(whole(Silhouette(), clustered(X, 1))).tolist() == [0] * 300
    few = whole(Silhouette(), clustered(X[:2], 2))
    assert (values(few).tolist(), few.header["counts"]) == ([0, 0], [1, 1])


def test_it_is_called_otherwise_than_the_metric() -> None:
    assert Silhouette.offers(clustered(X)) == [("silhouette graph, cluster by cluster", {})]
    assert Silhouette().title == "silhouette graph"


def test_only_models_with_clusters_fit() -> None:
    assert Silhouette.fits(clustered(X))
    assert not Silhouette.fits(still_session())


def test_the_chosen_cluster_is_marked_at_once_also_while_the_panel_rests() -> None:
    session, view = clustered(X), Silhouette(cluster=3)
    shown = whole(view, session)
    assert shown.header["cluster"] == 3
    view._sample.allowance._left = -60
    view.configure(session, cluster=None)
    assert view.frame(session) == (shown.header | {"cluster": None}, shown.buffers)
    with pytest.raises(ValueError, match="cluster takes one of"):
        view.configure(session, cluster=4)
    with pytest.raises(ValueError, match="cluster must be"):
        Silhouette(cluster=-1)
