"""Profiles of clusters: bars, their names, and what they are measured by."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_wine

import mixviz as mv
from mixviz.data.blocks import FeatureBlocks
from mixviz.types import Published
from mixviz.views import profiles
from mixviz.views.profiles import Profiles, usual_values
from tests.views.clusters import clustered
from tests.views.session import still_session

WINE = load_wine(as_frame=True).data
X = np.random.default_rng(0).normal(5, [1, 10, 0.1], (200, 3))


def bars(frame: Any, n: int) -> np.ndarray:
    return np.frombuffer(frame.buffers[0], "<f4").reshape(-1, n)


def sized(session: SimpleNamespace, shares: list[float]) -> SimpleNamespace:
    state = SimpleNamespace(centres_kf=session.published.state.centres_kf, share_k=np.float32(shares))
    return SimpleNamespace(**{**vars(session), "published": Published(1, 1, state, {})})


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
def test_bars_are_standard_deviations_from_the_mean_the_largest_cluster_first(kind: Any) -> None:
    session = sized(clustered(kind(X), 3), [0.2, 0.5, 0.3])
    frame = Profiles().frame(session)
    assert frame.header["numbers"] == [1, 2, 0]
    assert frame.header["shares"] == pytest.approx([0.5, 0.3, 0.2])
    centres = session.published.state.centres_kf[[1, 2, 0]]
    np.testing.assert_allclose(bars(frame, 3), (centres - X.mean(axis=0)) / X.std(axis=0), rtol=1e-4, atol=1e-4)
    mean, spread = (np.frombuffer(part, "<f4") for part in frame.buffers[1:])
    np.testing.assert_allclose(mean + bars(frame, 3) * spread, centres, rtol=1e-5)
    json.dumps(frame.header, allow_nan=False)


def test_bars_may_be_the_values_as_they_are() -> None:
    session, view = clustered(X, 2), Profiles()
    view.configure(session, scale="plain")
    frame = view.frame(session)
    np.testing.assert_allclose(bars(frame, 3), session.published.state.centres_kf, rtol=1e-6)
    assert (len(frame.buffers), frame.header["is_relative"]) == (1, False)
    assert frame.header["note"] == "values as they are · 3 features"
    with pytest.raises(ValueError, match="scale takes one of 'relative', 'plain'"):
        view.configure(session, scale="cubic")


def test_clusters_keep_their_places_until_one_is_clearly_larger() -> None:
    session, view = clustered(X, 3), Profiles()
    view.frame(sized(session, [0.4, 0.35, 0.25]))
    for shares, first in (([0.36, 0.38, 0.26], 0), ([0.2, 0.55, 0.25], 1)):
        view._spared._rests_until = 0
        assert view.frame(sized(session, shares)).header["numbers"][0] == first
    now = sized(session, [0.5, 0.48, 0.02])
    now.status.state = "paused"
    view._spared._rests_until = 0
    assert view.frame(now).header["numbers"] == [0, 1, 2], "exact at rest"


def test_a_run_that_ends_is_put_in_order_once_more() -> None:
    session, view = clustered(X, 2), Profiles()
    view.frame(sized(session, [0.6, 0.4]))
    last = sized(session, [0.49, 0.51])
    view._spared._rests_until = 0
    assert view.frame(last).header["numbers"] == [0, 1]
    last.status.state = "stopped"
    view._spared._rests_until = 0
    assert view.frame(last).header["numbers"] == [1, 0]


def test_only_clusters_can_be_changed_by_hand() -> None:
    header = Profiles().frame(clustered(X, 2)).header
    assert (header["n_rows"], header["unit"], header["is_editable"]) == (200, "rows", True)


def test_features_have_the_names_of_the_data() -> None:
    assert Profiles().frame(clustered(WINE)).header["labels"] == list(WINE.columns)
    assert Profiles().frame(clustered(X)).header["labels"] == ["feature 0", "feature 1", "feature 2"]
    blocks = FeatureBlocks({"page_colour": X, "shape": X[:, :2]})
    header = Profiles().frame(clustered(blocks)).header
    assert header["labels"] == ["page colour 0", "page colour 1", "page colour 2", "shape 0", "shape 1"]
    assert header["starts"] == [3]
    assert header["note"] == "above or below the average · 5 features: page colour, shape"


def test_many_features_share_bars_and_many_clusters_leave_room_for_fewer() -> None:
    wide = np.random.default_rng(0).normal(size=(300, 512)).astype(np.float32)
    for K, n_bars, every in ((2, 256, 2), (256, 32, 16)):
        session = clustered(wide, K)
        frame = Profiles("plain").frame(session)
        shown = bars(frame, n_bars)
        assert len(shown) == K
        expected = session.published.state.centres_kf.reshape(K, n_bars, every).mean(axis=2)
        np.testing.assert_allclose(shown, expected, atol=1e-5)
        assert frame.header["note"].endswith(f"512 features · {every} a bar")
        assert frame.header["labels"][-1] == f"feature {512 - every} to feature 511"
    assert len(Profiles().frame(clustered(wide, 2)).buffers) == 1


def test_of_more_clusters_the_largest_are_shown() -> None:
    frame = Profiles().frame(clustered(X, 200))
    assert len(bars(frame, 3)) == 200
    many = clustered(np.random.default_rng(0).normal(size=(400, 3)), 300)
    assert len(bars(frame := Profiles().frame(many), 3)) == 256
    assert frame.header["note"].endswith("the 256 largest of 300")


def test_features_that_are_all_alike_and_few_rows() -> None:
    still = np.array([[1e9, 1, 0], [1e9, 2, 0]])
    mean, spread = usual_values(clustered(still, 1).data, 3)
    np.testing.assert_allclose(mean, [1e9, 1.5, 0])
    np.testing.assert_allclose(spread, [1, 0.5, 1])
    frame = Profiles().frame(clustered(still, 1))
    assert np.isfinite(bars(frame, 3)).all()


def test_of_large_data_a_sample_spread_over_the_rows_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "SAMPLE_VALUES", 3 * 100)
    monkeypatch.setattr(profiles, "TILE", 40)
    mean, spread = usual_values(clustered(X).data, 3)
    np.testing.assert_allclose(mean, X[::2].mean(axis=0))
    np.testing.assert_allclose(spread, X[::2].std(axis=0))


def test_it_fits_clusters_of_what_is_neither_image_nor_text() -> None:
    assert Profiles.fits(clustered(X))
    assert not Profiles.fits(clustered(mv.datasets.load_digits()))
    assert not Profiles.fits(still_session())
    assert Profiles.offers(clustered(X)) == [("profiles of the clusters", {})]


def test_parts_of_nmf_are_shown_as_they_are() -> None:
    model = mv.NMF(3, random_state=0)
    data = model.as_dataset(np.abs(X))
    state = model.init_state(data, 0)
    session = still_session(data=data, published=Published(0, 0, state, {}))
    assert Profiles.offers(session) == [("profiles of the parts", {})]
    view = Profiles()
    assert [setting.name for setting in view.settings(session)] == ["cluster"]
    frame = view.frame(session)
    assert (frame.header["what"], frame.header["is_relative"]) == ("part", False)
    np.testing.assert_allclose(bars(frame, 3), state.components_kf[frame.header["numbers"]], rtol=1e-6)


def test_the_chosen_cluster_is_marked() -> None:
    session, view = clustered(X), Profiles(cluster=2)
    assert view.frame(session).header["cluster"] == 2
    view.configure(session, cluster=None)
    assert view.frame(session).header["cluster"] is None
    with pytest.raises(ValueError, match="cluster takes one of None, 0, 1, 2, 3, got 4"):
        view.configure(session, cluster=4)
