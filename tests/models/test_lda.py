"""LDA as an estimator: what it accepts, what it learns, what it refuses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from mixviz.data.corpus import Corpus
from mixviz.mixins import L1, Mixin
from mixviz.models.lda import LDA
from mixviz.types import Batch

K, V = 4, 40


def planted(n_documents: int = 400, seed: int = 0) -> tuple[Any, Any]:
    """Documents of two topics out of four, each topic with ten words of its own; counts and topic shares."""
    rng = np.random.default_rng(seed)
    shares = np.zeros((n_documents, K))
    for row in shares:
        row[rng.choice(K, 2, replace=False)] = rng.dirichlet([2, 2])
    counts = rng.poisson(60 * shares @ np.kron(np.eye(K), np.ones(10) / 10))
    return scipy.sparse.csr_matrix(counts.astype(np.float32)), shares


def fitted(**parameters: Any) -> LDA:
    settings = {"n_components": K, "random_state": 1, "batch_size": 100, "max_iter": 20, **parameters}
    return LDA(**settings).fit(planted()[0])


@pytest.mark.parametrize("temperature", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("sampler", ["aggregated", "poisson", "multinomial"])
def test_planted_topics_are_found(temperature: float, sampler: str) -> None:
    lda = fitted(temperature=temperature, sampler=sampler, max_iter=20 if sampler != "multinomial" else 8)
    blocks = lda.components_.reshape(K, K, 10).sum(axis=2)
    np.testing.assert_allclose(np.sort(blocks.max(axis=1)), 1, atol=0.05)
    assert len(set(blocks.argmax(axis=1))) == K
    counts, shares = planted(seed=5)
    found = lda.transform(counts)[:, np.argsort(blocks.argmax(axis=1))]
    assert np.abs(found - shares).mean() < 0.03, "sixty tokens a document leave an error of about 0.02"


def test_fitted_attributes() -> None:
    lda = fitted()
    assert lda.components_.shape == (K, V)
    np.testing.assert_allclose(lda.components_.sum(axis=1), 1, rtol=1e-5)
    assert lda.components_.base is lda.state_.phi_vk, "components_ is a view, not a copy"
    assert (lda.n_iter_, lda.n_features_in_, lda.state_.step) == (20, V, 80)
    assert list(lda.get_feature_names_out()) == ["lda0", "lda1", "lda2", "lda3"]


def test_nobody_writes_to_what_was_learnt() -> None:
    lda = fitted(max_iter=1)
    with pytest.raises(ValueError, match="read-only"):
        lda.components_[:] = 1 / V

    class Careless(Banned):
        def grad(self, params: Any) -> Any:
            params[:10] = 1
            return params

    with pytest.raises(ValueError, match="read-only"):
        fitted(mixins=[Careless(0.5)], max_iter=1)


@pytest.mark.parametrize("sampler", ["poisson", "multinomial"])
def test_without_temperature_all_samplers_are_the_same(sampler: str) -> None:
    cold, reference = (fitted(temperature=0.0, max_iter=1, sampler=kind) for kind in (sampler, "aggregated"))
    np.testing.assert_array_equal(cold.components_, reference.components_)


def test_score_and_perplexity() -> None:
    lda, counts = fitted(), planted(seed=5)[0]
    assert lda.perplexity(counts) == pytest.approx(np.exp(-lda.score(counts)))
    assert -np.log(24) < lda.score(counts) < -np.log(10), "ten words to choose from in each of two topics"
    assert lda.score(counts) > LDA(K, random_state=1, max_iter=1).fit(counts).score(counts) + 0.1


def test_partial_fit_goes_on_from_where_it_stopped() -> None:
    counts, _ = planted()
    lda = LDA(K, random_state=1, batch_size=50)
    for _ in range(15):
        for first in range(0, 400, 100):
            lda.partial_fit(counts[first : first + 100])
    assert (lda.n_iter_, lda.state_.step, lda.state_.n_documents) == (60, 120, 6000)
    assert lda.score(counts) == pytest.approx(fitted().score(counts), abs=0.05)


def test_partial_fit_sees_each_row_once_whatever_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    step = LDA.step
    monkeypatch.setattr(
        LDA, "step", lambda lda, state, batch, controls: (seen.append(batch.rows), step(lda, state, batch, controls))[1]
    )
    counts, lda = planted()[0], LDA(K, random_state=1, batch_size=10)
    orders = []
    for n_rows in (10, 30, 30, 7):
        seen.clear()
        lda.partial_fit(counts[:n_rows])
        np.testing.assert_array_equal(np.sort(np.concatenate(seen)), np.arange(n_rows))
        orders.append(np.concatenate(seen).tolist())
    assert orders[1] != orders[2], "every pass has an order of its own"


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda texts: np.array(texts, object), "".join])
def test_texts_are_no_counts(kind: Any) -> None:
    texts = kind(["The cat sat on the mat", "dogs"])
    for call in (LDA().fit, LDA().partial_fit, LDA().as_dataset, fitted(max_iter=1).transform):
        with pytest.raises(TypeError, match=r"data is texts.*mixviz\.Corpus\.from_texts\(texts\)"):
            call(texts)


def test_no_data_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"data must be a mixviz\.Corpus or a matrix of counts.*, got None"):
        LDA().as_dataset(None)


def test_seed_is_what_random_state_stands_for() -> None:
    assert (LDA().seed(), LDA(random_state=7).seed()) == (None, 7)
    drawn = [LDA(random_state=np.random.RandomState(0)).seed() for _ in range(2)]
    assert drawn[0] == drawn[1] != LDA(random_state=np.random.RandomState(1)).seed()
    assert 0 <= drawn[0] < 2**32


def test_dense_sparse_and_corpus_are_the_same() -> None:
    counts, _ = planted()
    corpus = Corpus(counts, [f"w{i}" for i in range(V)])
    reference = fitted(max_iter=2)
    for data in (counts.toarray(), counts.toarray().astype(int), counts.tocsc(), counts.tocoo(), corpus):
        lda = LDA(K, random_state=1, batch_size=100, max_iter=2).fit(data)
        np.testing.assert_array_equal(lda.components_, reference.components_)
        np.testing.assert_array_equal(lda.transform(data), reference.transform(counts))


def test_pipeline_behind_a_vectoriser() -> None:
    texts = ["apples pears apples plums", "dogs cats dogs mice", "pears plums apples", "cats mice dogs"] * 30
    pipeline = make_pipeline(CountVectorizer(), LDA(2, random_state=0, max_iter=20, batch_size=40))
    shares = pipeline.fit_transform(texts)
    assert shares.shape == (120, 2)
    assert (shares[::2].argmax(axis=1) != shares[1::2].argmax(axis=1)).all()
    assert list(pipeline.get_feature_names_out()) == ["lda0", "lda1"]
    assert np.isfinite(pipeline.score(texts))


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_counts_are_refused(bad: float) -> None:
    counts = np.ones((4, 5))
    counts[1, 2] = bad
    for data in (counts, scipy.sparse.csr_matrix(counts)):
        with pytest.raises(ValueError, match=r"Negative values|NaN|infinity"):
            LDA(2).fit(data)


def test_fractions_are_weights() -> None:
    counts, _ = planted()
    half = LDA(K, random_state=1, max_iter=15, batch_size=100).fit(counts * 0.5)
    assert half.score(counts) == pytest.approx(fitted().score(counts), abs=0.1)


def test_awkward_data() -> None:
    for rows in ([[1]], [[0, 0], [0, 0]], [[0, 3, 0]], [[0, 0, 0], [5, 0, 1]]):
        lda = LDA(3, random_state=0, max_iter=2).fit(np.array(rows, float))
        assert np.isfinite(lda.components_).all()
        shares = lda.transform(np.array(rows, float))
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    empty = fitted(max_iter=1).transform(np.zeros((1, V)))
    np.testing.assert_allclose(empty, 1 / K, rtol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be a whole number of at least 1, got 0"),
        ({"n_components": 2.5}, r"n_components must be a whole number of at least 1, got 2\.5"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, or .auto., got 0"),
        ({"max_iter": 0}, "max_iter must be a whole number of at least 1, got 0"),
        ({"sampler": "gibbs"}, "sampler must be one of 'aggregated', 'poisson', 'multinomial', got 'gibbs'"),
        ({"temperature": -1}, r"control 'temperature' takes 0 or 0\.0001 to 100, got -1"),
        ({"alpha": 0}, r"control 'alpha' takes 0\.0001 to 10, got 0"),
        ({"sweeps": 1.5}, r"control 'sweeps' takes whole numbers, 1 to 200, got 1\.5"),
        ({"step_decay": 0.4}, r"control 'step_decay' takes 0\.5 to 1, got 0\.4"),
        ({"mixins": {"l3": 1}}, "mixins names 'l3'"),
        ({"random_state": -1}, "random_state must lie between"),
    ],
)
def test_parameters_are_checked_in_fit(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LDA(**{"n_components": 2, **parameters}).fit(np.ones((3, 4)))


def test_use_before_fit_and_with_other_words() -> None:
    for call in (LDA().transform, LDA().score, LDA().perplexity):
        with pytest.raises(NotFittedError):
            call(np.ones((2, 3)))
    corpus = Corpus(np.ones((2, 3)), ["a", "b", "c"])
    for other in (np.ones((2, 3)), corpus):
        with pytest.raises(ValueError, match="has 3 features, but"):
            fitted(max_iter=1).transform(other)


class Banned(Mixin):
    name = "banned"

    def value(self, params: Any) -> float:
        return float(params[:10].sum())

    def grad(self, params: Any) -> Any:
        slope = np.zeros_like(params)
        slope[:10] = 1
        return slope


def test_a_mixin_of_the_users_own() -> None:
    lda = fitted(mixins=[Banned(0.5)])
    assert "banned" in [control.name for control in lda.controls()]
    share = fitted().components_[:, :10].sum() / K
    assert lda.components_[:, :10].sum() / K < 0.02 < share
    np.testing.assert_allclose(lda.components_.sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(ValueError, match="only built-in mixins can be described"):
        lda.config()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda slope: slope * np.nan, "must be finite, got NaN or infinity in 160 entries"),
        (lambda slope: np.where(slope > 0, np.inf, 0), "must be finite, got NaN or infinity in 40 entries"),
        (lambda slope: slope.astype(float) * 1e300, "must be finite, got NaN or infinity in 40 entries"),
        (lambda slope: slope.T, r"must have the shape \(40, 4\), got \(4, 40\)"),
        (lambda slope: 1.0, r"must have the shape \(40, 4\), got \(\)"),
    ],
)
def test_a_mixin_with_a_bad_gradient_is_named(bad: Any, message: str) -> None:
    class Bad(Banned):
        def grad(self, params: Any) -> Any:
            return bad(super().grad(params))

    with pytest.raises(ValueError, match=f"grad of mixin 'banned' {message}"):
        fitted(mixins=[Bad(0.5)], max_iter=1)


def test_a_mixin_may_not_take_the_name_of_a_control() -> None:
    class Temperature(Banned):
        name = "temperature"

    with pytest.raises(ValueError, match="a mixin may not be named 'temperature'"):
        LDA(2, mixins=[Temperature()]).fit(np.ones((3, 4)))


def test_config_survives_json() -> None:
    lda = LDA(np.int64(7), temperature=0.5, mixins=[L1(0.25)], random_state=3, sampler="poisson")
    config = json.loads(json.dumps(lda.config()))
    again = LDA.from_config(config)
    assert again.config() == lda.config() == config
    assert again.get_params()["mixins"] == {"l1": 0.25, "l2": 0.0, "cosine": 0.0, "entropy": 0.0}
    with pytest.raises(ValueError, match="random_state must be None or an int"):
        LDA(random_state=np.random.RandomState(0)).config()


def _step(lda: LDA, rows: Any, **changes: float) -> Any:
    data = lda.as_dataset(planted()[0])
    values = {control.name: control.value for control in lda.controls()} | changes
    return lda.step(lda.state_, data.take(rows), values)[0].phi_vk


@pytest.mark.parametrize("mixin", [{"l1": 0.3}, {"cosine": 0.1}, {"l2": 0.2}, {"entropy": 0.3}])
def test_the_effect_of_a_mixin_depends_on_neither_batch_size_nor_temperature(mixin: dict[str, float]) -> None:
    lda = fitted(step_size=0.3, max_iter=1)  # topics that still overlap
    effects = []
    for n_rows in (50, 400):
        for temperature in (0.0, 0.001, 0.1):
            rows = np.arange(n_rows)
            change = _step(lda, rows, temperature=temperature, **mixin) - _step(lda, rows, temperature=temperature)
            effects.append(np.abs(change).sum())
    assert effects[0] > 0.05
    np.testing.assert_allclose(effects, effects[0], rtol=0.03)


@pytest.mark.parametrize("prior", ["alpha", "beta"])
def test_priors_do_not_weaken_as_replicas_grow(prior: str) -> None:
    lda = fitted(max_iter=1)  # words that may still belong to several topics
    rows = np.arange(400)
    effects = []
    for temperature in (1.0, 0.1, 0.01, 0.001, 0.0):
        high, low = (_step(lda, rows, temperature=temperature, **{prior: value}) for value in (3.0, 0.01))
        effects.append(np.abs(high - low).sum())
    assert effects[-1] > 0.01
    np.testing.assert_allclose(effects[1:], effects[-1], rtol=0.3)


def test_step_size_follows_the_schedule_unless_fixed() -> None:
    lda = LDA(2, step_offset=3.0, step_decay=0.5, random_state=0)
    data = lda.as_dataset(planted()[0])
    values = {control.name: control.value for control in lda.controls()}
    state, info = lda.step(lda.init_state(data, 0), data.take(np.arange(9)), values)
    assert info["step_size_used"] == pytest.approx((3 + 1) ** -0.5)
    assert lda.step(state, data.take(np.arange(9)), values)[1]["step_size_used"] == pytest.approx((3 + 2) ** -0.5)
    assert lda.step(state, data.take(np.arange(9)), values | {"step_size": 0.25})[1]["step_size_used"] == 0.25


def test_metrics_run_on_a_batch() -> None:
    lda, counts = fitted(max_iter=1), planted(seed=3)[0]
    batch = Batch(np.arange(400), counts)
    values = {metric.name: metric.function(lda.state_, batch) for metric in lda.metrics(lda.as_dataset(counts))}
    assert values["likelihood"] == lda.score(counts)
    assert np.isfinite(list(values.values())).all()
