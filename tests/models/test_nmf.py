"""NMF: its two losses against NumPy and scikit-learn, L1 up and down, steered runs, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.decomposition import NMF as Batch_NMF
from sklearn.exceptions import ConvergenceWarning

import mixviz as mv
from mixviz import factor_metrics
from mixviz.data.blocks import FeatureBlocks
from mixviz.mixins import Mixin
from mixviz.models.nmf import NMF
from mixviz.types import Batch
from mixviz.views.registry import PANELS
from mixviz.views.session_source import SessionSource

DIGITS = mv.datasets.load_digits()
PIXELS = DIGITS.pixels.reshape(len(DIGITS), -1)
DIVERGENCE = "kullback-leibler"
LOSSES = ["frobenius", DIVERGENCE]
f4 = np.float32


@pytest.fixture(scope="module")
def docstrings() -> mv.Corpus:
    return mv.datasets.load_docstrings()


def values(model: NMF, data: Any, **changes: float) -> dict[str, float]:
    return {control.name: control.value for control in model.controls(data)} | changes


def awkward(n: int, n_features: int) -> Any:
    """Counts of which a row and a column are zero, where there are several."""
    counts = np.random.default_rng(0).poisson(1.5, (n, n_features)).astype(f4)
    counts[n // 2] *= n < 3
    counts[:, n_features // 2] *= n_features < 3
    return counts


def run(session: mv.Session, n: int, **changes: float) -> dict[str, float]:
    """Train with these controls; return the means of the latest values."""
    session.set(**changes)
    session.step(n)
    assert session.wait(120)
    names = ("loss", "code_density", "density")
    return {name: float(session.history[name][1][-5:].mean()) for name in names}


@pytest.mark.parametrize(("n", "n_features", "K"), [(1, 1, 1), (1, 9, 3), (6, 1, 2), (40, 30, 17)])
@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
def test_a_full_step_with_divergence_is_expectation_maximisation(n: int, n_features: int, K: int, kind: Any) -> None:
    """Multiplicative updates of Lee and Seung 2001, eq. 5, which for columns that sum to 1 are EM (Hofmann 1999)."""
    x, model = awkward(n, n_features), NMF(K, loss=DIVERGENCE)
    data = model.as_dataset(kind(x))
    state = model.init_state(data, 1)
    h, w, counts = np.ones((n, K)), state.phi_vk.astype(float), x.astype(float)
    for _ in range(4):
        h *= (counts / np.maximum(h @ w.T, 1e-300)) @ w
    expected = w * ((counts / np.maximum(h @ w.T, 1e-300)).T @ h)
    new, info = model.step(state, data.take(np.arange(n)), values(model, data, sweeps=4, step_size=1))
    assert info == {"step_size_used": 1}
    atol = 1.1e-3 / n_features  # what an entry never falls below, so that it can come back
    np.testing.assert_allclose(new.phi_vk, expected / expected.sum(axis=0), rtol=1e-3, atol=atol)
    np.testing.assert_allclose(new.size_k, expected.sum(axis=0) / n, rtol=1e-4)
    found = factor_metrics.encode(state, kind(x), 0.0, 4).codes_nk
    np.testing.assert_allclose(found, h, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("n", "n_features", "K"), [(1, 1, 1), (1, 9, 3), (6, 1, 2), (40, 30, 17)])
@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
def test_a_full_step_with_squares_is_coordinate_descent(n: int, n_features: int, K: int, kind: Any) -> None:
    x, model = awkward(n, n_features), NMF(K)
    data = model.as_dataset(kind(x))
    state = model.init_state(data, 1)
    w, h = state.phi_vk.astype(float), np.zeros((n, K))
    for _ in range(4):
        for k in range(K):
            h[:, k] = np.maximum(0, h[:, k] + (x - h @ w.T) @ w[:, k] / (w[:, k] @ w[:, k]))
    for _ in range(3):
        for k in np.flatnonzero((h**2).sum(axis=0) > 0):
            w[:, k] = np.maximum(0, w[:, k] + (x - h @ w.T).T @ h[:, k] / (h[:, k] @ h[:, k]))
    new, _ = model.step(state, data.take(np.arange(n)), values(model, data, sweeps=4, step_size=1))
    np.testing.assert_allclose(new.phi_vk, w / w.sum(axis=0), rtol=5e-3, atol=2e-4)
    np.testing.assert_allclose(new.size_k, h.mean(axis=0) * w.sum(axis=0), rtol=5e-3, atol=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("data", ["digits", "docstrings"])
def test_the_loss_falls_to_that_of_scikit_learn(loss: str, data: str, docstrings: mv.Corpus) -> None:
    given, x = (DIGITS, PIXELS.astype(f4)) if data == "digits" else (docstrings, docstrings.counts)
    solver = "cd" if loss == "frobenius" else "mu"
    peer = Batch_NMF(16, solver=solver, beta_loss=loss, init="random", max_iter=60, random_state=0)
    with pytest.warns(ConvergenceWarning):
        peer.fit(x)
    errors = [NMF(16, loss=loss, max_iter=n, random_state=0).fit(given).reconstruction_err_ for n in (1, 30)]
    assert errors[1] < 0.99 * errors[0]
    assert errors[1] < 1.03 * peer.reconstruction_err_


@pytest.mark.parametrize("loss", LOSSES)
def test_the_error_is_that_of_the_product(loss: str) -> None:
    model = NMF(8, loss=loss, max_iter=2, random_state=0).fit(PIXELS)
    x, codes = PIXELS.astype(float), model.transform(PIXELS)
    fitted = model.inverse_transform(codes).astype(float)
    assert codes.min() >= 0
    np.testing.assert_allclose(model.components_.sum(axis=1), 1, rtol=1e-5)
    if loss == "frobenius":
        error, share = np.linalg.norm(x - fitted), np.linalg.norm(x - fitted) / np.linalg.norm(x)
    else:
        there = x > 0
        total = (x[there] * np.log(x[there] / fitted[there])).sum() - x.sum() + fitted.sum()
        error, share = np.sqrt(2 * total), total / x.sum()
    assert model.reconstruction_err_ == pytest.approx(error, rel=1e-3)
    for rows in (PIXELS, scipy.sparse.csr_matrix(PIXELS)):
        batch = Batch(np.arange(len(x)), rows)
        assert factor_metrics.loss(model.state_, batch) == pytest.approx(share, rel=1e-3)
        for metric, alone in zip(factor_metrics.factor_metrics(), ("loss", "code_density"), strict=True):
            assert metric.name == alone
            assert metric.function(model.state_, batch) == getattr(factor_metrics, alone)(model.state_, batch)


@pytest.mark.parametrize("loss", LOSSES)
def test_bytes_give_what_their_floats_give(loss: str) -> None:
    models = [NMF(6, loss=loss, random_state=1, max_iter=2).fit(x) for x in (DIGITS, PIXELS, PIXELS.astype(float))]
    for other in models[1:]:
        np.testing.assert_array_equal(models[0].components_, other.components_)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_the_scale_of_the_data_changes_nothing(loss: str, scale: float) -> None:
    one, other = (NMF(6, loss=loss, l1_codes=0.5, random_state=1, max_iter=1).fit(PIXELS * s) for s in (1.0, scale))
    np.testing.assert_allclose(other.components_, one.components_, rtol=0.05, atol=2e-3)
    np.testing.assert_allclose(other.transform(PIXELS * scale).sum(), scale * one.transform(PIXELS).sum(), rtol=0.01)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("data", ["digits", "docstrings"])
def test_l1_on_codes_leaves_fewer_and_is_taken_back(loss: str, data: str, docstrings: mv.Corpus) -> None:
    session = mv.Session(NMF(16, loss=loss, random_state=0), DIGITS if data == "digits" else docstrings)
    plain = run(session, 250)
    moderate = 1.0 if loss == "frobenius" else 0.3
    few = run(session, 250, l1_codes=moderate)
    fewer = run(session, 250, l1_codes=3 * moderate)
    back = run(session, 400, l1_codes=0.0)
    assert fewer["code_density"] < 0.75 * few["code_density"]
    assert few["code_density"] < 0.85 * plain["code_density"]
    assert fewer["loss"] > few["loss"] > 0.99 * plain["loss"]
    assert back["code_density"] > 0.8 * plain["code_density"]
    assert back["loss"] < 1.1 * plain["loss"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("data", "strong"), [("digits", 1.0), ("docstrings", 0.1)])
def test_l1_on_the_dictionary_makes_small_parts_and_is_taken_back(
    loss: str, data: str, strong: float, docstrings: mv.Corpus
) -> None:
    """With the divergence, parts of images that were once torn apart stay so, as LDA's topics do after `cosine`."""
    session = mv.Session(NMF(16, loss=loss, random_state=0), DIGITS if data == "digits" else docstrings)
    plain = run(session, 250)
    small = run(session, 250, l1=strong)
    smaller = run(session, 250, l1=3 * strong)
    back = run(session, 400, l1=0.0)
    assert smaller["density"] < 0.8 * small["density"] < 0.8 * 0.8 * plain["density"]
    assert smaller["loss"] > small["loss"]
    assert back["loss"] < 1.15 * plain["loss"]
    is_torn = (loss, data) == (DIVERGENCE, "digits")
    assert back["density"] > (1.0 if is_torn else 1.5) * smaller["density"]


def test_a_mixin_of_ones_own_acts_on_the_dictionary() -> None:
    class Banned(Mixin):
        name = "banned"
        help = "Keeps the upper half of the image out of every part."

        def value(self, params: Any) -> float:
            return float(params[:32].sum())

        def grad(self, params: Any) -> Any:
            slope = np.zeros_like(params)
            slope[:32] = 1
            return slope

    for loss in LOSSES:
        plain, banned = (NMF(8, loss=loss, mixins=m, random_state=0).fit(DIGITS) for m in (None, [Banned(10.0)]))
        assert banned.components_[:, :32].sum() < 0.25 * plain.components_[:, :32].sum()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_steered_run_is_saved_and_replayed(loss: str, tmp_path: Any) -> None:
    session = mv.Session(NMF(10, loss=loss, random_state=0), DIGITS)
    run(session, 20)
    mark = session.snapshot()
    run(session, 20, l1_codes=1.0, step_size=0.1)
    session.rewind(mark)
    run(session, 20, l1=0.1, cosine=0.01, sweeps=3)
    session.save(tmp_path / "run.mixviz")
    report = mv.replay(tmp_path / "run.mixviz", DIGITS)
    assert (report.identical, report.n_steps) == (True, 60)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("data", "panels"),
    [("docstrings", {"topic_matrix", "topic_map", "documents", "heat_map"}), ("digits", {"cluster_grid"})],
)
def test_panels_of_topics_and_of_images_show_the_parts(
    loss: str, data: str, panels: set[str], docstrings: mv.Corpus
) -> None:
    session = mv.Session(NMF(4, loss=loss, random_state=0), DIGITS if data == "digits" else docstrings)
    run(session, 3)
    source = SessionSource(session)
    fitting = {kind for kind, panel in PANELS.items() if panel.fits(source)}
    assert panels <= fitting
    for kind in fitting:
        assert isinstance(PANELS[kind]().frame(source).header, dict)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("x", [np.zeros((30, 4)), np.ones((30, 4)), np.arange(30.0)[:, None]], ids=str)
def test_poor_data_are_factorised_all_the_same(loss: str, x: Any) -> None:
    model = NMF(6, loss=loss, random_state=0, l1_codes=0.5, mixins={"l1": 1.0}).fit(x)
    assert np.isfinite(model.components_).all()
    assert np.isfinite(model.transform(x)).all()
    assert np.isfinite(model.reconstruction_err_)


@pytest.mark.parametrize(
    ("model", "data", "error", "words"),
    [
        (NMF(0), np.eye(8), ValueError, "n_components must be a whole number of at least 1, got 0"),
        (NMF(2, loss="hinge"), np.eye(8), ValueError, "loss must be 'frobenius' or 'kullback-leibler', got 'hinge'"),
        (
            NMF(2),
            None,
            TypeError,
            "data must be images, a corpus, a data set or a matrix of rows by features, got None",
        ),
        (NMF(2), np.array([[1.0], [np.nan]]), ValueError, "NaN"),
        (NMF(2), -np.eye(8), ValueError, "Negative values in data"),
        (NMF(2), FeatureBlocks({"a": -np.eye(8)}), ValueError, "entries are finite and 0 or more, got -1"),
        (NMF(2, l1_codes=-1), np.eye(8), ValueError, "control 'l1_codes' takes 0 or"),
        (NMF(2, mixins={"l3": 1.0}), np.eye(8), ValueError, "mixins names 'l3'"),
    ],
)
def test_what_cannot_be_factorised_is_refused(model: NMF, data: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        model.fit(data)


def test_a_mixin_may_not_take_the_name_of_a_control() -> None:
    class Sweeps(Mixin):
        name = "sweeps"

        def value(self, params: Any) -> float:
            return 0.0

        def grad(self, params: Any) -> Any:
            return params

    with pytest.raises(ValueError, match="a mixin may not be named 'sweeps': NMF has a control of that name"):
        NMF(2, mixins=[Sweeps()]).fit(np.eye(4))
