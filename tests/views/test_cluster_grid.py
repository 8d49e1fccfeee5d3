"""Clusters as images: their order, their pictures, and what stands for a centre that is no image."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import mixviz as mv
from mixviz.cluster_metrics import nearest
from mixviz.data.images import Images
from mixviz.types import Published
from mixviz.views import image_sheet
from mixviz.views.cluster_grid import ABSENT, ClusterGrid, nearest_places
from mixviz.views.image_sheet import BYTES_A_SECOND, MAX_BYTES, Thumbnails, pictures_of_centres, reduced, reduction
from mixviz.views.members import Members
from mixviz.views.sampled_members import MIN_SAMPLE, SampledMembers, stable_choice
from tests.views.clusters import clustered
from tests.views.session import still_session


def some_images(n=40, shape=(6, 5, 3), dtype=np.uint8, features=None, seed=0):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (n, *shape)).astype(np.uint8)
    pixels = pixels if dtype == np.uint8 else (pixels / 255).astype(dtype)
    return Images(pixels, [f"kind {i % 3}" for i in range(n)], features)


def with_shares(source, shares):
    share_k = np.asarray(shares, np.float32) / np.sum(shares, dtype=np.float32)
    now = source.published
    source.published = Published(now.step + 1, now.tick + 1, replace(now.state, share_k=share_k), {})
    return source


def pictures(frame):
    (data,) = frame.buffers
    return np.frombuffer(data, np.uint8).reshape(len(frame.header["numbers"]), *frame.header["shape"])


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1), (6, 5, 3), (1, 1, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_picture_of_a_centre_is_the_centre(shape, dtype):
    source = with_shares(clustered(some_images(shape=shape, dtype=dtype)), [1, 2, 3, 4])
    frame = ClusterGrid().frame(source)
    json.dumps(frame.header, allow_nan=False)
    assert frame.header["numbers"] == [3, 2, 1, 0]
    assert frame.header["shares"] == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=1e-5)
    centres = source.published.state.centres_kf * (1 if dtype == np.uint8 else 255)
    expected = np.round(centres[[3, 2, 1, 0]]).astype(np.uint8)
    np.testing.assert_array_equal(pictures(frame).reshape(4, -1), expected)
    assert frame.header["has_centres"]
    assert type(frame.buffers[0]) is bytes


def test_pictures_are_the_same_however_many_are_made_at_once(monkeypatch):
    source, order = clustered(some_images(), K=7), np.array([6, 0, 2, 1, 5, 3, 4])
    state, whole = source.published.state, pictures_of_centres(source.published.state, source.data, order)
    monkeypatch.setattr(image_sheet, "_PIXELS_AT_ONCE", 3 * 6 * 5 * 3)
    np.testing.assert_array_equal(pictures_of_centres(state, source.data, order), whole)


def test_a_cluster_passes_another_only_once_it_is_clearly_larger():
    source, view = clustered(some_images()), ClusterGrid()
    orders = []
    for shares in ([10, 9, 8, 7], [9, 10, 8, 7], [9, 10.7, 8, 7], [9, 11, 8, 7], [9, 8, 11, 7]):
        orders.append(view.frame(with_shares(source, shares)).header["numbers"])
    assert orders == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [1, 0, 2, 3], [2, 1, 0, 3]]
    source.status.state = "paused"
    assert view.frame(with_shares(source, [11, 10, 7, 8])).header["numbers"] == [0, 1, 3, 2], "exact at rest"
    source = with_shares(clustered(some_images(), K=3), [1, 2, 3])
    assert view.frame(source).header["numbers"] == [2, 1, 0], "a fork may have another number of clusters"


def test_the_chosen_cluster_is_an_option():
    source, view = clustered(some_images()), ClusterGrid(cluster=2)
    view.check(source)
    assert view.frame(source).header["cluster"] == 2
    view.configure(source, cluster=None)
    assert view.frame(source).header["cluster"] is None
    with pytest.raises(ValueError, match="cluster takes one of None, 0, 1, 2, 3, got 4"):
        view.configure(source, cluster=4)
    with pytest.raises(ValueError, match="cluster must be a whole number of at least 0, got -1"):
        ClusterGrid(cluster=-1)


def test_values_beyond_black_and_white_are_clipped():
    source = clustered(some_images(shape=(1, 3, 1)), K=2)
    state = replace(source.published.state, centres_kf=np.array([[-9, 127.4, 300], [0, 1, 254.6]], np.float32))
    pictures = pictures_of_centres(state, source.data, np.array([1, 0]))
    np.testing.assert_array_equal(pictures.reshape(2, 3), [[0, 1, 255], [0, 127, 255]])
    assert state.centres_kf[0, 0] == -9, "the state is as it was"


def test_parts_of_a_factorisation_are_as_light_as_can_be():
    data = some_images(shape=(1, 2, 1))
    parts = np.array([[0.1, 0.2], [0, 0], [3, 1]], np.float32)
    state = SimpleNamespace(components_kf=parts, size_k=np.array([1, 0, 3], np.float32))
    expected = [[128, 255], [0, 0], [255, 85]]
    np.testing.assert_array_equal(pictures_of_centres(state, data, np.arange(3)).reshape(3, 2), expected)
    source, view = still_session(data=data, published=Published(1, 1, state, {})), ClusterGrid()
    assert ClusterGrid.fits(source)
    header = view.frame(source).header
    assert (header["numbers"], header["shares"]) == ([2, 0, 1], [0.75, 0.25, 0])
    assert (header["noun"], header["is_editable"], view.title) == ("part", False, "parts")


def test_a_run_of_nmf_shows_its_parts():
    digits = mv.datasets.load_digits()
    model = mv.NMF(5, random_state=0)
    data = model.as_dataset(digits)
    source = still_session(data=data, published=Published(0, 0, model.init_state(data, 0), {}))
    assert pictures(ClusterGrid().frame(source)).shape == (5, 8, 8, 1)
    assert not Members.fits(source)


def test_features_are_shown_by_the_image_nearest_to_their_centre():
    rng = np.random.default_rng(1)
    data = some_images(60, features=rng.normal(size=(60, 7)).astype(np.float32))
    source, view = clustered(data), ClusterGrid()
    frame = view.frame(source)
    assert (view.is_unfinished, frame.header["has_centres"]) == (False, False)
    found = nearest(source.published.state, data.take(np.arange(60)))
    for picture, cluster in zip(pictures(frame), frame.header["numbers"], strict=True):
        rows = np.flatnonzero(found.labels_b == cluster)
        best = rows[found.distances_b[rows].argmin()]
        np.testing.assert_array_equal(picture, data.pixels[best])
    assert frame.header["without"] == []
    now = source.published
    far = now.state.centres_kf + np.array([[0], [1000], [0], [0]], np.float32)
    source.published = Published(2, 2, replace(now.state, centres_kf=far), {})
    assert view.frame(source).header["without"] == [1]


def test_an_image_stands_for_its_cluster_until_another_is_clearly_nearer():
    labels = np.array([0, 0, 1, -1])
    none = np.full(3, ABSENT)
    first = nearest_places(none, labels, np.array([2.0, 3.0, 1.0, np.inf]), 3)
    assert first.tolist() == [0, 2, ABSENT]
    assert nearest_places(first, labels, np.array([2.2, 2.0, 1.0, np.inf]), 3).tolist() == [0, 2, ABSENT]
    assert nearest_places(first, labels, np.array([2.5, 2.0, 1.0, np.inf]), 3).tolist() == [1, 2, ABSENT]
    moved = np.array([1, 0, 1, -1])
    assert nearest_places(first, moved, np.array([0.1, 5.0, 1.0, np.inf]), 3).tolist() == [1, 0, ABSENT]


def test_large_images_are_made_small_enough_to_send():
    assert reduction(256, (28, 28, 3)) == 1
    step = reduction(128, (224, 224, 3))
    assert 128 * (224 // step) ** 2 * 3 <= MAX_BYTES < 128 * (224 // (step - 1)) ** 2 * 3
    assert reduction(10**9, (3, 9, 1)) == 3, "never to nothing"
    big = np.arange(2 * 5 * 4, dtype=np.uint8).reshape(2, 5, 4, 1)
    expected = np.round(big[:, :4].reshape(2, 2, 2, 2, 2, 1).mean(axis=(2, 4)))
    np.testing.assert_array_equal(reduced(big, 2), expected)
    data = some_images(200, (120, 100, 3))
    source = clustered(data, K=100)
    assert len(ClusterGrid().frame(source).buffers[0]) <= MAX_BYTES


def test_photographs_are_sent_at_half_a_megabyte_a_second():
    features = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    source = clustered(some_images(300, (120, 100, 3), features=features), K=20)
    for view in (ClusterGrid(), Members()):
        frame = view.frame(source)
        assert len(frame.buffers[0]) / view.interval_s <= BYTES_A_SECOND
        assert view.interval_s >= 1
    pixels = ClusterGrid()
    pixels.frame(clustered(some_images()))
    assert pixels.interval_s == ClusterGrid.interval_s


def test_drawings_are_told_from_photographs():
    assert Thumbnails(mv.datasets.load_digits()).is_ink
    assert not Thumbnails(some_images(shape=(6, 5))).is_ink
    assert not Thumbnails(Images(np.zeros((4, 3, 3, 3), np.uint8))).is_ink, "colours stay as they are"


def test_a_choice_stays_while_it_can():
    assert stable_choice((), [5, 3, 9], 2) == [5, 3]
    assert stable_choice([5, 3], [9, 3, 5, 1], 3) == [5, 3, 9]
    assert stable_choice([5, 3, 9], [1, 9, 5], 3) == [5, 1, 9]
    assert stable_choice([5, 3, 9], [9], 3) == [9]
    assert stable_choice([5, 3, 9], [3, 5, 9], 2) == [5, 3]


def test_the_sample_is_spread_over_the_data_and_is_as_large_as_the_clusters_need():
    rng = np.random.default_rng(0)
    source = clustered(rng.normal(size=(5000, 3)).astype(np.float32), K=200)
    members = SampledMembers()
    members.renew(source.published.state, source.data)
    assert len(members.rows) == 2400
    np.testing.assert_array_equal(members.rows, np.arange(2400) * 5000 // 2400)
    few = clustered(rng.normal(size=(5000, 3)).astype(np.float32))
    members.renew(few.published.state, few.data)
    assert len(members.rows) == MIN_SAMPLE


def test_it_fits_clusters_of_images_only():
    assert ClusterGrid.fits(clustered(some_images()))
    assert not ClusterGrid.fits(clustered(np.eye(8)))
    assert not ClusterGrid.fits(still_session())
    assert ClusterGrid().settings(still_session())[0].choices == (None,)
