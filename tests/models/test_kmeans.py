"""K-means: Lloyd's step, balanced sizes, temperature, edits by hand, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.cluster import KMeans as Lloyd
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import load_wine
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

import mixviz as mv
from mixviz import backend
from mixviz.engine.states import digest
from mixviz.models import clusters
from mixviz.models import kmeans as module
from mixviz.models.kmeans import KMeans
from mixviz.types import Batch

DIGITS = mv.datasets.load_digits()


def values(model: KMeans, data: Any = DIGITS, **changes: float) -> dict[str, float]:
    return {control.name: control.value for control in model.controls(data)} | changes


def blobs(n: int = 600, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 10, (4, 5))
    which = rng.integers(0, 4, n)
    return (centres[which] + rng.normal(size=(n, 5))).astype(np.float32), which


def latest(session: mv.Session, name: str, n_steps: int) -> Any:
    """Return what a metric was in the last so many steps, however often it is measured."""
    steps, figures = session.history[name]
    return figures[steps > session.published.step - n_steps]


def run(session: mv.Session, n: int, **changes: float) -> dict[str, float]:
    """Train with these controls; return the means of the last 100 steps, which a minibatch alone would make jump."""
    session.set(**changes)
    session.step(n)
    assert session.wait(120)
    return {name: float(latest(session, name, 100).mean()) for name in ("distance", "size_variance")}


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
def test_a_cold_full_step_is_lloyds(kind: Any) -> None:
    x, _ = blobs()
    model = KMeans(6, centre_rate=1.0)
    data = model.as_dataset(kind(x))
    state = model.init_state(data, 3)
    new, _ = model.step(state, data.take(np.arange(len(x))), values(model))
    lloyd = Lloyd(6, init=state.centres_kf, n_init=1, max_iter=1, algorithm="lloyd").fit(x)
    labels = module.assign(x, state.centres_kf, np.ones(5, np.float32), np.zeros(6, np.float32)).labels_b
    means = np.stack([x[labels == k].mean(axis=0, dtype=np.float64) for k in range(6)])
    np.testing.assert_allclose(new.centres_kf, means, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(new.centres_kf, lloyd.cluster_centers_, rtol=1e-4, atol=1e-4)


def test_it_finds_what_is_there() -> None:
    x, which = blobs()
    models = [KMeans(4, random_state=seed, max_iter=20).fit(x) for seed in range(5)]
    model = min(models, key=lambda model: model.inertia_)
    groups = [set(model.labels_[which == k]) for k in range(4)]
    assert all(len(group) == 1 for group in groups)
    assert len(set.union(*groups)) == 4
    assert model.inertia_ == pytest.approx(Lloyd(4, n_init=5, random_state=0).fit(x).inertia_, rel=0.01)
    np.testing.assert_array_equal(model.predict(x), model.labels_)
    np.testing.assert_array_equal(model.transform(x).argmin(axis=1), model.labels_)
    assert model.score(x) == pytest.approx(-model.inertia_, rel=1e-5)


def test_fit_settles_at_least_as_well_as_scikit_learns() -> None:
    digits = DIGITS.take(np.arange(len(DIGITS))).data.astype(np.float32)
    for x, K in ((digits, 32), (digits, 10), (StandardScaler().fit_transform(load_wine().data), 3)):
        ours = [KMeans(K, random_state=seed).fit(x).inertia_ for seed in range(10)]
        theirs = [MiniBatchKMeans(K, n_init=1, random_state=seed).fit(x).inertia_ for seed in range(10)]
        assert np.mean(ours) < np.mean(theirs)  # 0.981, 0.977 and 0.979 times


def test_bytes_give_what_their_floats_give() -> None:
    pixels = DIGITS.pixels.reshape(len(DIGITS), -1)
    models = [KMeans(10, random_state=1, max_iter=3).fit(x) for x in (pixels, pixels.astype(np.float32), DIGITS)]
    for other in models[1:]:
        np.testing.assert_array_equal(models[0].cluster_centers_, other.cluster_centers_)
        np.testing.assert_array_equal(models[0].labels_, other.labels_)


def test_size_weight_evens_the_sizes_and_costs_distance_and_is_taken_back() -> None:
    session = mv.Session(KMeans(32, random_state=0), DIGITS)
    plain = run(session, 250)
    moderate = run(session, 250, size_weight=1.0)
    large = run(session, 250, size_weight=10.0)
    back = run(session, 250, size_weight=0.0)
    assert moderate["size_variance"] < 0.5 * plain["size_variance"]
    assert moderate["distance"] < 1.01 * plain["distance"]
    assert large["distance"] > 1.05 * plain["distance"]
    assert back["distance"] < 1.01 * plain["distance"]


def test_heat_spreads_the_rows_and_cooling_brings_them_back() -> None:
    session = mv.Session(KMeans(10, random_state=0), DIGITS)
    cold = run(session, 150)
    hot = run(session, 150, temperature=3.0)
    again = run(session, 150, temperature=0.0)
    assert hot["distance"] > 1.1 * cold["distance"]
    assert again["distance"] < 1.02 * cold["distance"]


def test_an_empty_cluster_begins_anew_and_is_reported() -> None:
    x, _ = blobs()
    model = KMeans(4)
    state = model.init_state(model.as_dataset(x), 0)
    centres = state.centres_kf.copy()
    centres[2] = 1e4
    shares = np.array([0.4, 0.3, 0.0, 0.3], np.float32)
    lost = replace(state, centres_kf=centres, share_k=shares, idle_k=np.array([0, 0, 399, 200], np.int64))
    new, info = model.step(lost, Batch(np.arange(100), x[:100]), values(model))
    assert (info["reseeded"], new.idle_k[2]) == (1, 0)
    for patient in (replace(lost, idle_k=lost.idle_k - 100), replace(lost, share_k=np.full(4, 0.25, np.float32))):
        assert model.step(patient, Batch(np.arange(100), x[:100]), values(model))[1]["reseeded"] == 0
    assert any(np.array_equal(new.centres_kf[2], row) for row in x[:100])
    assert new.share_k.sum() == pytest.approx(1)


def test_how_quickly_sizes_follow_empties_no_cluster() -> None:
    sessions = [mv.Session(KMeans(64, random_state=0, size_rate=rate), DIGITS) for rate in (0.15, 1.0)]
    slow, quick = (run(session, 200)["distance"] for session in sessions)
    assert quick == pytest.approx(slow, rel=0.03)
    assert sum(session.history["reseeded"][1].sum() for session in sessions) == 0


def two_blocks(n: int = 800) -> tuple[mv.FeatureBlocks, Any, Any]:
    """Return rows whose two blocks tell different groups apart, at very different scales, and both groups."""
    rng = np.random.default_rng(0)
    low, high = rng.integers(0, 3, n), rng.integers(0, 3, n)
    coarse = rng.normal(0, 1000, (3, 4))[low] + rng.normal(0, 10, (n, 4))
    fine = rng.normal(0, 0.1, (3, 30))[high] + rng.normal(0, 0.001, (n, 30))
    return mv.FeatureBlocks({"coarse": coarse, "fine": fine}), low, high


def test_block_weights_move_what_clusters_share() -> None:
    blocks, low, high = two_blocks()
    session = mv.Session(KMeans(3, random_state=0, block_weights={"fine": 0.0}), blocks, validation=0)
    assert {name: control.value for name, control in session.controls.items() if name.startswith("weight_")} == {
        "weight_coarse": 1.0,
        "weight_fine": 0.0,
    }
    agreement = []
    for changes in ({}, {"weight_coarse": 0.0, "weight_fine": 1.0}):
        session.set(**changes)
        session.step(100)
        assert session.wait(60)
        labels = session.model.predict(blocks)
        agreement.append([adjusted_rand_score(groups, labels) for groups in (low, high)])
    assert agreement[0][0] > 0.5 > 0.1 > agreement[0][1]
    assert agreement[1][1] > 0.5 > 0.1 > agreement[1][0]


def test_weighted_blocks_are_scaled_features() -> None:
    blocks, _, _ = two_blocks()
    rows = np.arange(len(blocks))
    model = KMeans(5, block_weights={"coarse": 0.3}, centre_rate=1.0)
    state = model.init_state(blocks, 0)
    weights = [value for name, value in values(model, blocks).items() if name.startswith("weight_")]
    np.testing.assert_allclose(state.weight_f, np.repeat(blocks.scales * weights, blocks.widths), rtol=1e-6)
    new, _ = model.step(state, blocks.take(rows), values(model, blocks))
    scaled, root = blocks.take(rows).data * np.sqrt(state.weight_f), np.sqrt(state.weight_f)
    lloyd = Lloyd(5, init=state.centres_kf * root, n_init=1, max_iter=1, algorithm="lloyd").fit(scaled)
    np.testing.assert_allclose(new.centres_kf * root, lloyd.cluster_centers_, rtol=1e-3, atol=1e-4)
    model.adopt(new)
    np.testing.assert_allclose(model.transform(blocks), lloyd.transform(scaled), rtol=1e-2, atol=1e-2)
    np.testing.assert_array_equal(model.predict(blocks), model.transform(blocks).argmin(axis=1))


def test_where_all_weights_are_zero_all_blocks_count_alike() -> None:
    blocks, _, _ = two_blocks()
    model = KMeans(4, random_state=0)
    data = model.as_dataset(blocks)
    state, batch = model.init_state(data, 0), data.take(np.arange(100))
    alike, _ = model.step(state, batch, values(model, blocks))
    none, _ = model.step(state, batch, values(model, blocks, weight_coarse=0, weight_fine=0))
    np.testing.assert_array_equal(none.weight_f, alike.weight_f)
    np.testing.assert_array_equal(none.centres_kf, alike.centres_kf)


def test_a_run_with_blocks_is_saved_and_replayed(tmp_path: Path) -> None:
    blocks, _, _ = two_blocks()
    session = mv.Session(KMeans(4, random_state=0, block_weights={"fine": 0.5}), blocks)
    session.step(10)
    session.set(weight_coarse=0.1)
    session.edit("merge", cluster=1, into=2)
    session.step(10)
    session.wait(60)
    session.save(tmp_path / "run.mixviz")
    assert mv.replay(tmp_path / "run.mixviz", blocks).identical
    again = mv.Session.load(tmp_path / "run.mixviz", blocks)
    assert again.controls["weight_coarse"].value == 0.1


def test_weights_of_any_kind_of_number_go_into_a_file(tmp_path: Path) -> None:
    blocks, _, _ = two_blocks()
    session = mv.Session(KMeans(np.int64(4), random_state=0, block_weights={"fine": np.float32(0.5)}), blocks)
    session.save(tmp_path / "run.mixviz")
    assert mv.Session.load(tmp_path / "run.mixviz", blocks).controls["weight_fine"].default == 0.5


def test_weights_of_blocks_that_are_not_there_are_refused() -> None:
    blocks, _, _ = two_blocks()
    with pytest.raises(ValueError, match=r"block_weights must name blocks of the data \(coarse, fine\), got 'pool9'"):
        mv.Session(KMeans(4, block_weights={"pool9": 1}), blocks)
    with pytest.raises(ValueError, match=r"block_weights must name blocks of the data \(it has none\), got 'fine'"):
        mv.Session(KMeans(4, block_weights={"fine": 1}), DIGITS)
    with pytest.raises(TypeError, match=r"block_weights must be a mapping of names to weights, got \[1, 0\]"):
        KMeans(4, block_weights=[1, 0]).fit(blocks)  # type: ignore[arg-type]


def test_a_model_of_blocks_goes_on_with_as_many() -> None:
    blocks, _, _ = two_blocks()
    rows = blocks.take(np.arange(len(blocks))).data
    for first, then, words in ((blocks, rows, "0 feature blocks.* to 2"), (rows, blocks, "2 feature blocks.* to 0")):
        with pytest.raises(ValueError, match=f"data has {words}"):
            KMeans(4, random_state=0).fit(first).partial_fit(then)


def test_edits_do_what_they_say() -> None:
    x, _ = blobs()
    model = KMeans(4, random_state=0)
    data = model.as_dataset(x)
    state = model.init_state(data, 0)
    for _ in range(20):
        state, _ = model.step(state, data.take(np.arange(len(x))), values(model))
    smallest = int(state.share_k.argmin())
    other = (smallest + 1) % 4

    parted = clusters.split(state, data, other)
    middle = (parted.centres_kf[other] + parted.centres_kf[smallest]) / 2
    np.testing.assert_allclose(middle, state.centres_kf[other], atol=1e-3)
    assert not np.array_equal(parted.centres_kf[other], parted.centres_kf[smallest])

    joined = clusters.merge(state, data, 0, into=1)
    shares = state.share_k[:2] / state.share_k[:2].sum()
    np.testing.assert_allclose(joined.centres_kf[1], shares @ state.centres_kf[:2], rtol=1e-4)
    assert (joined.share_k[0], joined.share_k.sum()) == (0, pytest.approx(1))

    for vacated, number in ((joined, 0), (clusters.drop(state, data, 3), 3)):
        after, info = model.step(vacated, data.take(np.arange(len(x))), values(model))
        assert info["reseeded"] == 1
        assert np.abs(after.centres_kf[number]).max() < 100

    np.testing.assert_array_equal(clusters.move(state, data, 2, 17).centres_kf[2], x[17])
    for edited in (parted, joined):
        assert edited.step == state.step + 1


@pytest.mark.parametrize(
    ("edit", "arguments", "words"),
    [
        ("drop", (4,), "cluster must be a whole number from 0 to 3, got 4"),
        ("split", (-1,), "cluster must be a whole number from 0 to 3, got -1"),
        ("merge", (0, 0), "into must be another cluster than 0"),
        ("merge", (0, 9), "into must be a whole number from 0 to 3, got 9"),
        ("move", (0, 600), "row must be a whole number from 0 to 599, got 600"),
        ("move", (True, 1), "cluster must be a whole number from 0 to 3, got True"),
        ("drop", ("x",), "cluster must be a whole number from 0 to 3, got 'x'"),
        ("split", (None,), "cluster must be a whole number from 0 to 3, got None"),
        ("drop", (1.5,), "cluster must be a whole number from 0 to 3, got 1.5"),
        ("move", (0, float("inf")), "row must be a whole number from 0 to 599, got inf"),
    ],
)
def test_edits_that_do_not_fit_are_refused(edit: str, arguments: tuple[Any, ...], words: str) -> None:
    model = KMeans(4)
    data = model.as_dataset(blobs()[0])
    with pytest.raises(ValueError, match=words):
        model.edits()[edit](model.init_state(data, 0), data, *arguments)


def test_the_last_cluster_with_rows_stays() -> None:
    """Also after several edits with no step between, which would move the others to where rows are."""
    model = KMeans(3)
    data = model.as_dataset(blobs()[0])
    state = module.EDITS["drop"](model.init_state(data, 0), data, 2)
    with pytest.raises(ValueError, match="cluster 2 has no rows to split: it begins anew with the next minibatch"):
        module.EDITS["split"](state, data, 2)
    state = module.EDITS["merge"](state, data, 1, 0.0)
    with pytest.raises(ValueError, match="the only cluster cannot be dropped: no other has rows"):
        module.EDITS["drop"](state, data, 0)
    after, info = model.step(state, data.take(np.arange(600)), values(model))
    assert info["reseeded"] == 2
    assert np.isfinite(after.centres_kf).all()


def test_a_cluster_that_the_latest_minibatch_left_out_can_be_edited_like_any() -> None:
    """Where sizes follow at once, a share of 0 says nothing about a cluster."""
    model = KMeans(3)
    data = model.as_dataset(blobs()[0])
    state = replace(model.init_state(data, 0), share_k=np.array([1, 0, 0], np.float32))
    assert module.EDITS["split"](state, data, 1).share_k.tolist() == [1, 0, 0]
    np.testing.assert_array_equal(module.EDITS["drop"](state, data, 0).share_k, np.float32([0, 0.5, 0.5]))


def test_the_only_cluster_stays() -> None:
    model = KMeans(1)
    data = model.as_dataset(blobs()[0])
    state = model.init_state(data, 0)
    for edit in ("drop", "split"):
        with pytest.raises(ValueError, match="the only cluster cannot be"):
            model.edits()[edit](state, data, 0)


@pytest.mark.parametrize(
    ("model", "data", "error", "words"),
    [
        (KMeans(9), np.eye(8), ValueError, "n_clusters must be at most the number of rows, 8, got 9"),
        (KMeans(0), np.eye(8), ValueError, "n_clusters must be a whole number of at least 1, got 0"),
        (KMeans(2, init="first"), np.eye(8), ValueError, r"init must be 'k-means\+\+' or 'random', got 'first'"),
        (KMeans(2), None, TypeError, "data must be images, a data set or a matrix of rows by features, got None"),
        (KMeans(2), np.array([[1.0], [np.nan]]), ValueError, "NaN"),
        (KMeans(2, size_weight=-1), np.eye(8), ValueError, "control 'size_weight' takes 0 or"),
    ],
)
def test_what_cannot_be_clustered_is_refused(model: KMeans, data: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        model.fit(data)


@pytest.mark.parametrize("x", [np.ones((50, 3)), np.arange(50.0)[:, None]], ids=["constant", "one feature"])
def test_poor_data_are_clustered_all_the_same(x: Any) -> None:
    model = KMeans(3, random_state=0, temperature=0.5, size_weight=1.0).fit(x)
    assert np.isfinite(model.cluster_centers_).all()
    assert model.labels_.shape == (50,)


POOR = {
    "constant": np.full((60, 3), 7.0),
    "zeros": np.zeros((60, 3)),
    "constant images": mv.Images(np.full((60, 4, 4), 9, np.uint8)),
    "one feature": np.arange(60.0)[:, None],
    "two rows over and over": np.arange(60)[:, None] % 2 * np.ones(3),
    "as many rows as clusters": np.random.default_rng(0).normal(size=(8, 3)),
}


@pytest.mark.parametrize("K", [1, 2, 8])
@pytest.mark.parametrize("data", POOR.values(), ids=POOR)
def test_a_run_on_poor_data_stays_finite_whatever_is_done_to_it(data: Any, K: int) -> None:
    session = mv.Session(KMeans(K, random_state=0), data)
    for control in list(session.controls.values()):
        for value in {control.low, control.high, 0.0 if control.allows_zero else control.low, control.value}:
            session.set(**{control.name: value})
            session.step(2)
    session.set(temperature=100, size_weight=100, centre_rate=1, size_rate=1)
    session.step(2)
    for edit in ("split", "drop", "merge", "move") if K > 1 else ("move",):
        session.edit(edit, cluster=1 if K > 1 else 0, **{"merge": {"into": 0}, "move": {"row": 3}}.get(edit, {}))
        session.step(2)
    session.set(temperature=0)
    session.step(2)
    assert session.wait(60)
    assert (session.status.error, session.errors) == (None, {})
    for name in ("distance", "size_variance", "silhouette", "inertia"):
        assert np.isfinite(session.history[name][1]).all(), name


def test_sessions_side_by_side_their_forks_and_any_number_of_threads_give_the_same_bits() -> None:
    pixels = DIGITS.take(np.arange(len(DIGITS))).data
    blocks = mv.FeatureBlocks({"upper": pixels[:, :32], "lower": pixels[:, 32:]})
    digests = set()
    try:
        for n_threads in (1, 2, 4):
            backend.set_num_threads(n_threads)
            sessions = [mv.Session(KMeans(20, random_state=0, temperature=0.3), blocks) for _ in range(2)]
            for session in sessions:
                session.step(20)
                assert session.wait(60)  # what is changed while it runs acts at whatever step it has come to
                session.set(weight_upper=0.2, size_weight=0.5)
                for edit, other in (("split", {}), ("drop", {}), ("move", {"row": 7}), ("merge", {"into": 6})):
                    session.edit(edit, cluster=3, **other)
                    session.step(5)
                    assert session.wait(60)
            assert all(session.wait(60) for session in sessions)
            sessions.append(sessions[0].fork())
            for session in sessions:
                session.step(20)
            assert all(session.wait(60) for session in sessions)
            assert all(session.errors == {} for session in sessions)
            digests |= {digest(session.published.state) for session in sessions}
    finally:
        backend.set_num_threads(None)
    assert len(digests) == 1


def test_a_run_with_edits_is_saved_and_replayed(tmp_path: Any) -> None:
    session = mv.Session(KMeans(10, random_state=0), DIGITS)
    run(session, 20, temperature=0.5)
    session.edit("split", cluster=3)
    session.edit("merge", cluster=1, into=2)
    run(session, 20, temperature=0.0, size_weight=0.1)
    session.save(tmp_path / "run.mixviz")
    report = mv.replay(tmp_path / "run.mixviz", DIGITS)
    assert (report.identical, report.n_steps) == (True, 42)
