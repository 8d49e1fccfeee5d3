"""Members of clusters, against brute force."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mixviz.cluster_metrics import nearest
from mixviz.data.images import Images
from mixviz.types import Published
from mixviz.views import allowance, sampled_members
from mixviz.views.members import MAX_ENLARGED_BYTES, N_OF_CHOSEN, Members
from mixviz.views.sampled_members import BUDGET_S
from tests.views.clusters import clustered
from tests.views.session import still_session
from tests.views.test_cluster_grid import some_images


def finished(view, source):
    """The frame once all of the sample was looked at."""
    frame = view.frame(source)
    while view.is_unfinished:
        frame = view.frame(source)
    return frame


def shown(frame):
    return {group["number"]: group["rows"] for group in frame.header["groups"]}


def test_members_are_those_nearest_to_each_centre():
    data = some_images(60)
    source, view = clustered(data), Members(n_images=5)
    frame = finished(view, source)
    json.dumps(frame.header, allow_nan=False)
    found = nearest(source.published.state, data.take(np.arange(60)))
    for group in frame.header["groups"]:
        rows = np.flatnonzero(found.labels_b == group["number"])
        assert group["rows"] == rows[np.argsort(found.distances_b[rows], kind="stable")][:5].tolist()
        assert group["labels"] == [f"kind {row % 3}" for row in group["rows"]]
        np.testing.assert_allclose(group["distances"], np.sqrt(found.distances_b[group["rows"]]), rtol=1e-2)
    rows = [row for group in frame.header["groups"] for row in group["rows"]]
    sent = np.frombuffer(frame.buffers[0], np.uint8).reshape(-1, *frame.header["shape"])
    np.testing.assert_array_equal(sent, data.pixels[rows])
    assert (frame.header["caption"], frame.header["enlarged"]) == ("of all 60 images", None)


def test_images_stay_in_their_places_while_they_are_members():
    data = some_images(200)
    source, view = clustered(data), Members(n_images=6)
    before = shown(finished(view, source))
    now, rng = source.published, np.random.default_rng(0)
    centres = now.state.centres_kf + rng.normal(size=now.state.centres_kf.shape).astype(np.float32) * 20
    source.published = Published(2, 2, replace(now.state, centres_kf=centres), {})
    after = shown(finished(view, source))
    labels = nearest(source.published.state, data.take(np.arange(200))).labels_b
    n_left = 0
    for cluster, rows in before.items():
        for place, row in enumerate(rows):
            n_left += labels[row] != cluster
            assert row in after[cluster] if labels[row] == cluster else row not in after[cluster]
            if labels[row] == cluster and len(after[cluster]) == 6:
                assert after[cluster][place] == row
    assert 0 < n_left < 20


def test_many_members_of_a_chosen_cluster():
    source, view = clustered(some_images(300), K=2), Members(cluster=1)
    frame = finished(view, source)
    assert list(shown(frame)) == [1]
    assert len(shown(frame)[1]) == min(N_OF_CHOSEN, int((nearest_labels(source) == 1).sum()))
    assert (frame.header["n_columns"], view.title) == (None, "members of cluster 1")
    view.configure(source, cluster=None)
    assert sorted(shown(view.frame(source))) == [0, 1]
    assert view.title == "members"


def nearest_labels(source):
    return nearest(source.published.state, source.data.take(np.arange(len(source.data)))).labels_b


def test_the_largest_clusters_where_not_all_are_shown():
    source = clustered(some_images(100), K=6)
    share_k = np.array([1, 6, 2, 5, 3, 4], np.float32) / 21
    now = source.published
    source.published = Published(1, 1, replace(now.state, share_k=share_k), {})
    frame = Members(n_clusters=3).frame(source)
    assert [group["number"] for group in frame.header["groups"]] == [1, 3, 5]
    assert frame.header["n_clusters"] == 6


def test_an_image_is_shown_in_full_and_put_away_with_its_cluster():
    data = some_images(50, (9, 8, 3))
    source, view = clustered(data), Members()
    finished(view, source)
    view.configure(source, enlarged=7)
    frame = view.frame(source)
    labels = nearest_labels(source)
    assert frame.header["enlarged"]["row"] == 7
    assert frame.header["enlarged"]["cluster"] == labels[7]
    assert frame.header["enlarged"]["label"] == "kind 1"
    np.testing.assert_array_equal(np.frombuffer(frame.buffers[1], np.uint8), data.pixels[7].ravel())
    view.configure(source, cluster=2)
    assert view.options["enlarged"] is None
    for row in (50, -1, 1.5, True):
        with pytest.raises(ValueError, match="enlarged takes the number of an image, 0 to 49"):
            view.configure(source, enlarged=row)


def test_a_large_image_is_shown_no_larger_than_can_be_sent():
    data = Images(np.zeros((4, 600, 500, 3), np.uint8))
    source, view = clustered(data, K=2), Members(enlarged=3)
    frame = view.frame(source)
    assert len(frame.buffers[1]) == np.prod(frame.header["enlarged"]["shape"]) <= MAX_ENLARGED_BYTES


def test_nearest_centres_cost_fifteen_milliseconds_of_processor_time_a_second(monkeypatch):
    spent, now = [0.0], [0.0]

    def slow(state, batch):
        spent[0] += 0.004
        return nearest(state, batch)

    monkeypatch.setattr(sampled_members, "nearest", slow)
    monkeypatch.setattr(allowance.time, "thread_time", lambda: spent[0])
    monkeypatch.setattr(allowance.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sampled_members, "_MAX_BLOCK", 16)
    source, view = clustered(some_images(1000)), Members()
    view.frame(source)
    assert view.is_unfinished
    assert view.frame(source).header["caption"] == "64 of 1,000 sampled images so far"
    for _ in range(60):
        now[0] += 1 / 20
        source.published = Published(1, 1, replace(source.published.state), {})
        view.frame(source)
    assert 3 * BUDGET_S < spent[0] <= 4 * BUDGET_S + 0.004


def test_it_fits_images_with_centres_only():
    assert Members.fits(clustered(some_images()))
    assert not Members.fits(clustered(np.eye(8)))
    assert not Members.fits(still_session())
    assert Members.offers(still_session()) == []
    assert Members().settings(still_session())[0].choices == (None,)
    with pytest.raises(ValueError, match="cluster must be a number from 0 to 3, got 9"):
        Members(cluster=9).frame(clustered(some_images()))
