"""Distances against SciPy, scaling against known configurations, and frames that hold still."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon, pdist, squareform

from mixviz.types import Published
from mixviz.views import topic_map
from mixviz.views.topic_map import (
    MAX_WORDS,
    MIN_WORDS,
    TopicMap,
    aligned,
    classical_scaling,
    heaviest_words,
    jensen_shannon,
    leading,
    most_words,
    nearest,
    with_rest,
)
from tests.views.session import still_session


def topics(phi_vk: Any, size_k: Any = None) -> SimpleNamespace:
    phi = np.asarray(phi_vk, dtype=np.float32)
    state = SimpleNamespace(phi_vk=phi)
    if size_k is not None:
        state.size_k = np.asarray(size_k, dtype=np.float32)
    words = [f"w{v}" for v in range(len(phi))]
    return still_session(published=Published(3, 3, state, {}), data=SimpleNamespace(vocabulary=words))


def drawn(n_words: int, n_topics: int, seed: int = 0, concentration: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(n_words, concentration), n_topics).T.astype(np.float32)


def positions(frame: Any) -> np.ndarray:
    return np.frombuffer(frame.buffers[0], "<f4").reshape(-1, 2)


@pytest.mark.parametrize(("n_words", "n_topics"), [(1, 1), (3, 1), (1, 4), (7, 3), (200, 20)])
def test_distances_are_those_of_scipy(n_words: int, n_topics: int) -> None:
    shares = drawn(n_words, n_topics).T
    expected = [[jensenshannon(p, q, base=2) for q in shares.astype(float)] for p in shares.astype(float)]
    np.testing.assert_allclose(jensen_shannon(shares), np.nan_to_num(expected), atol=2e-3)


def test_topics_without_a_common_word_are_at_distance_one() -> None:
    distances = jensen_shannon(np.float32([[1, 0, 0], [0, 0.5, 0.5], [1, 0, 0]]))
    np.testing.assert_allclose(distances, [[0, 1, 0], [1, 0, 1], [0, 1, 0]], atol=1e-3)


def test_points_of_a_plane_come_back_with_their_distances() -> None:
    points = np.random.default_rng(3).normal(size=(17, 2)) * [3, 1]
    distances = squareform(pdist(points))
    scaled, explained = classical_scaling(distances)
    np.testing.assert_allclose(squareform(pdist(scaled)), distances, atol=1e-9)
    assert explained == pytest.approx(1)
    assert scaled[:, 0].var() > scaled[:, 1].var()
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    assert (scaled[np.abs(scaled).argmax(axis=0), [0, 1]] > 0).all()


def test_scaling_is_the_two_largest_axes_of_the_brute_force_solution() -> None:
    distances = jensen_shannon(drawn(50, 9).T)
    centring = np.eye(9) - 1 / 9
    values, vectors = np.linalg.eigh(-0.5 * centring @ distances**2 @ centring)
    scaled, explained = classical_scaling(distances)
    expected = vectors[:, :-3:-1] * np.sqrt(values[:-3:-1])
    np.testing.assert_allclose(np.abs(scaled), np.abs(expected), atol=1e-9)
    assert explained == pytest.approx(values[-2:].sum() / values.sum())


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([[0.0]], [[0, 0]]),
        ([[0, 2], [2, 0]], [[1, 0], [-1, 0]]),
        (np.zeros((3, 3)), np.zeros((3, 2))),
        ([[0, 1, 2], [1, 0, 1], [2, 1, 0]], [[1, 0], [0, 0], [-1, 0]]),
    ],
)
def test_configurations_of_one_axis_or_none(distances: Any, expected: Any) -> None:
    scaled, explained = classical_scaling(np.asarray(distances, dtype=float))
    flipped = scaled * [np.sign(scaled[0, 0] or 1), 1]
    np.testing.assert_allclose(flipped, expected, atol=1e-7)
    assert explained == pytest.approx(1)


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_turned_and_mirrored_map_is_turned_back(is_mirrored: bool) -> None:
    points = np.random.default_rng(0).normal(size=(8, 2))
    turn = np.array([[np.cos(2.0), -np.sin(2.0)], [np.sin(2.0), np.cos(2.0)]]) @ np.diag([1, -1 if is_mirrored else 1])
    np.testing.assert_allclose(aligned(points @ turn, points), points, atol=1e-12)


def test_another_number_of_topics_starts_anew() -> None:
    points = np.ones((3, 2))
    assert aligned(points, np.ones((4, 2))) is points


def test_the_map_holds_still_while_topics_change_little() -> None:
    rng = np.random.default_rng(1)
    view, phi, before = TopicMap(), drawn(400, 12), None
    for _ in range(20):
        now = positions(view.frame(topics(phi)))
        assert before is None or np.abs(now - before).max() < 0.05
        before = now
        phi = phi * rng.uniform(0.97, 1.03, phi.shape).astype(np.float32)
        phi /= phi.sum(axis=0)


def test_two_axes_of_equal_length_do_not_make_the_map_spin() -> None:
    view, before = TopicMap(), None
    for seed in range(10):  # four topics at the corners of a square: any rotation is as good
        noise = np.random.default_rng(seed).uniform(0, 1e-3, (4, 4))
        phi = np.kron(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]]), np.ones((1, 1))) + noise
        now = positions(view.frame(topics(phi / phi.sum(axis=0))))
        assert before is None or np.abs(now - before).max() < 0.02
        before = now


def test_a_frame_says_what_is_where() -> None:
    phi = [[0.6, 0.5, 0.0], [0.4, 0.4, 0.0], [0.0, 0.1, 0.3], [0.0, 0.0, 0.7]]
    frame = TopicMap().frame(topics(phi, [1, 2, 1]))
    assert frame.header["names"] == ["w0 w1", "w0 w1", "w3"]
    assert frame.header["nearest"] == [[1, 2], [0, 2], [1, 0]]
    assert frame.header["words"][2][:2] == ["w3", "w2"]
    assert frame.header["note"].startswith("Jensen-Shannon distances, ")
    np.testing.assert_allclose(np.frombuffer(frame.buffers[1], "<f4"), [0.25, 0.5, 0.25])
    json.dumps(frame.header, allow_nan=False)


def test_topics_keep_the_names_that_a_person_gave() -> None:
    session = topics(drawn(30, 3))
    session.topic_names = {1: "war films", 7: "of a topic that is gone"}
    names = TopicMap().frame(session).header["names"]
    assert (len(names), names[1]) == (3, "war films")


@pytest.mark.parametrize(("n_words", "n_topics"), [(1, 1), (1, 3), (2, 2), (6000, 2), (40, 100)])
def test_awkward_shapes(n_words: int, n_topics: int) -> None:
    frame = TopicMap().frame(topics(drawn(n_words, n_topics, concentration=1.0), np.zeros(n_topics)))
    assert positions(frame).shape == (n_topics, 2)
    assert np.isfinite(positions(frame)).all()
    assert np.isfinite(np.frombuffer(frame.buffers[1], "<f4")).all()
    json.dumps(frame.header, allow_nan=False)


def test_frames_share_no_memory() -> None:
    session = topics(drawn(30, 4))
    frame = TopicMap().frame(session)
    assert all(isinstance(data, bytes) for data in frame.buffers)


def test_it_fits_models_with_topics_over_words_only() -> None:
    assert TopicMap.fits(topics([[1.0]]))
    assert not TopicMap.fits(still_session())


def test_words_that_carry_most_of_the_weight_are_compared() -> None:
    weights = np.r_[np.full(100, 9.0), np.full(900, 0.125)]
    kept = heaviest_words(weights, 5000)
    assert set(range(100)) <= set(kept.tolist())
    assert weights[kept].sum() >= 0.95 * weights.sum() > weights[kept[:-1]].sum()
    assert len(heaviest_words(weights, 40)) == 40
    assert len(heaviest_words(np.ones(300), 5000)) == 300


def test_the_other_words_count_as_one() -> None:
    together = with_rest(np.float32([[0.5, 0.25], [0.6, 0.4]]))
    np.testing.assert_allclose(together, [[0.5, 0.25, 0.25], [0.6, 0.4, 0]])
    frame = TopicMap().frame(topics(drawn(3000, 5)))
    assert "of 3,000 words, the others as one" in frame.header["note"]


def test_leaving_words_out_shortens_distances_a_little() -> None:
    shares = drawn(2000, 6, concentration=0.02).T
    kept = heaviest_words(shares.sum(axis=0, dtype=float), 5000)
    all_words, some = jensen_shannon(shares), jensen_shannon(with_rest(shares[:, kept]))
    assert (some <= all_words + 1e-3).all()
    assert (all_words - some).max() < 0.1


@pytest.mark.parametrize(("n_topics", "most"), [(1, MAX_WORDS), (2, MAX_WORDS), (64, 1984), (1000, MIN_WORDS)])
def test_many_topics_are_compared_over_fewer_words(n_topics: int, most: int) -> None:
    assert most_words(n_topics) == most


def test_nearest_and_leading_are_in_order() -> None:
    assert nearest(np.array([[0.0]]), 3) == [[]]
    assert nearest(np.array([[0, 2, 1], [2, 0, 3], [1, 3, 0]], dtype=float), 1) == [[2], [0], [0]]
    assert leading(np.float32([[1, 3, 2], [5, 0, 6]]), 2).tolist() == [[1, 2], [2, 0]]
    assert leading(np.float32([[1, 3]]), 6).tolist() == [[1, 0]]


def test_work_is_bounded() -> None:
    """Of 64 topics over 5,000 words a frame takes about 8 ms; here the limit is wide, for busy machines."""
    session, view = topics(drawn(5000, 64)), TopicMap()
    view.frame(session)
    took = []
    for _ in range(5):
        start = time.thread_time()
        view.frame(session)
        took.append(time.thread_time() - start)
    assert min(took) < 0.05
    assert topic_map.TopicMap.interval_s == 1.0
