"""What every model must keep to, whatever it computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from mixviz import backend
from mixviz.data.blocks import FeatureBlocks
from mixviz.models.base import SteerableEstimator
from mixviz.models.kmeans import KMeans
from mixviz.models.lda import LDA
from mixviz.models.nmf import NMF
from mixviz.types import Control, Dataset

MODELS = {
    "lda": LDA(5, random_state=0, batch_size=64, max_iter=2),
    "lda-hot": LDA(33, random_state=0, batch_size=64, temperature=1.0, mixins={"l1": 0.01, "cosine": 0.1}),
    "lda-cold": LDA(5, random_state=0, batch_size=64, temperature=0.0),
    "lda-poisson": LDA(5, random_state=0, batch_size=64, sampler="poisson", temperature=0.1),
    "kmeans": KMeans(5, random_state=0, batch_size=64, max_iter=2),
    "kmeans-hot": KMeans(33, random_state=0, batch_size=64, temperature=1.0, size_weight=0.5, init="random"),
    "kmeans-bytes": KMeans(5, random_state=0, batch_size=64, temperature=0.3, size_weight=0.5),
    "kmeans-blocks": KMeans(5, random_state=0, batch_size=64, block_weights={"right": 0.3}),
    "nmf-bytes": NMF(5, random_state=0, batch_size=64, mixins={"l1": 0.1}),
    "nmf-divergence-bytes": NMF(5, random_state=0, batch_size=64, loss="kullback-leibler"),
    "nmf": NMF(5, random_state=0, batch_size=64, max_iter=2),
    "nmf-l1": NMF(33, random_state=0, batch_size=64, l1_codes=1.0, mixins={"l1": 0.1, "cosine": 0.1}),
    "nmf-divergence": NMF(5, random_state=0, batch_size=64, loss="kullback-leibler", l1_codes=0.5, mixins={"l2": 0.1}),
    "lda-multinomial": LDA(5, random_state=0, batch_size=64, sampler="multinomial", temperature=0.5, sweeps=2),
}
EXPECTED_FAILURES: dict[str, str] = {}
"""Checks of scikit-learn that fail, each with its reason: none."""


@pytest.fixture(autouse=True)
def _default_threads() -> Iterator[None]:
    yield
    backend.set_num_threads(None)


@pytest.fixture(params=MODELS, ids=str)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str) -> SteerableEstimator:
    return MODELS[name]


@pytest.fixture
def data(name: str, model: SteerableEstimator) -> Dataset:
    counts = np.random.default_rng(0).poisson(0.4, (200, 70)) * (np.arange(200)[:, None] % 17 > 0)
    if name.endswith("bytes"):
        return model.as_dataset(counts.astype(np.uint8))
    if name.endswith("blocks"):
        return FeatureBlocks({"right": counts[:, 30:], "left": counts[:, :30]})
    return model.as_dataset(scipy.sparse.csr_matrix(counts.astype(np.float32)))


def _parts(rows: Any) -> list[Any]:
    """Return the arrays of a dense or sparse matrix, the numbers first."""
    return [rows] if isinstance(rows, np.ndarray) else [rows.data, rows.indices, rows.indptr]


def _values(model: SteerableEstimator, data: Dataset) -> dict[str, float]:
    return {control.name: control.value for control in model.controls(data)}


def _arrays(state: Any) -> dict[str, Any]:
    return {name: np.asarray(value) for name, value in _fields(state).items()}


def _fields(state: Any) -> dict[str, Any]:
    return {field.name: getattr(state, field.name) for field in fields(state)}


def _run(model: SteerableEstimator, data: Dataset, n_steps: int = 3, seed: int = 4) -> Any:
    state = model.init_state(data, seed)
    for step in range(n_steps):
        state, _ = model.step(state, data.take(np.arange(step * 50, step * 50 + 50)), _values(model, data))
    return state


def _assert_same(one: Any, other: Any) -> None:
    for name, values in _arrays(one).items():
        np.testing.assert_array_equal(values, _arrays(other)[name], err_msg=name)


def test_state_is_frozen_numbers_and_arrays(model: SteerableEstimator, data: Dataset) -> None:
    state = _run(model, data, 1)
    assert is_dataclass(state)
    assert isinstance(state, model.state_type)
    for value in _fields(state).values():
        assert isinstance(value, (np.ndarray, int, float))
    with pytest.raises(FrozenInstanceError):
        state.step = 0
    for given in (model.init_state(data, 0), state):
        assert not any(isinstance(a, np.ndarray) and a.flags.writeable for a in _fields(given).values())
    again = model.state_type(**{name: a.item() if a.ndim == 0 else a for name, a in _arrays(state).items()})
    _assert_same(state, again)


def test_same_seed_same_bits(model: SteerableEstimator, data: Dataset) -> None:
    _assert_same(_run(model, data), _run(model, data))


def test_another_seed_another_result(model: SteerableEstimator, data: Dataset) -> None:
    one, other = (next(iter(_arrays(_run(model, data, seed=seed)).values())) for seed in (4, 5))
    assert not np.array_equal(one, other)


def test_a_step_depends_only_on_what_it_is_given(model: SteerableEstimator, data: Dataset) -> None:
    """Rewind and replay: the same step from the same state, with others in between, gives the same bits."""
    state, batch = _run(model, data), data.take(np.arange(30, 90))
    first, _ = model.step(state, batch, _values(model, data))
    model.step(first, data.take(np.arange(10)), _values(model, data))
    _assert_same(first, model.step(state, batch, _values(model, data))[0])


@pytest.mark.parametrize("n_threads", [2, 4])
def test_number_of_threads_changes_no_bit(model: SteerableEstimator, data: Dataset, n_threads: int) -> None:
    backend.set_num_threads(1)
    alone = _run(model, data)
    backend.set_num_threads(n_threads)
    _assert_same(alone, _run(model, data))


def test_a_published_state_and_its_batch_are_never_written(model: SteerableEstimator, data: Dataset) -> None:
    state, batch = _run(model, data), data.take(np.arange(40))
    for array in (batch.rows, *_parts(batch.data)):
        array.setflags(write=False)
    before = {name: values.copy() for name, values in _arrays(state).items()}
    new, _ = model.step(state, batch, _values(model, data))
    model.adopt(new, data)
    for metric in model.metrics(data):
        metric.function(new, batch)
    for name, values in _arrays(state).items():
        np.testing.assert_array_equal(values, before[name])
    assert not any(np.shares_memory(a, b) for a in _arrays(state).values() for b in _arrays(new).values())


def test_extreme_controls_keep_the_state_finite(model: SteerableEstimator, data: Dataset) -> None:
    state = _run(model, data)
    for control in model.controls(data):
        for value in {control.low, control.high, 0.0 if control.allows_zero else control.low}:
            if model.get_params().get("sampler") == "multinomial" and control.name == "temperature":
                continue
            for start in (state, model.init_state(data, 1)):
                new, info = model.step(start, data.take(np.arange(40)), _values(model, data) | {control.name: value})
                assert all(np.isfinite(values).all() for values in _arrays(new).values()), (control.name, value)
                assert np.isfinite(list(info.values())).all()


def test_controls_explain_themselves(model: SteerableEstimator, data: Dataset) -> None:
    controls = model.controls(data)
    assert len({control.name for control in controls}) == len(controls)
    for control in controls:
        assert isinstance(control, Control)
        assert len(control.help) > 20
        assert control.value == control.default


def test_config_describes_the_model(model: SteerableEstimator, data: Dataset) -> None:
    again = type(model).from_config(model.config())
    assert again.config() == model.config()
    assert [control.value for control in again.controls(data)] == [control.value for control in model.controls(data)]


def test_dataset_takes_rows_and_tells_itself_apart(model: SteerableEstimator, data: Dataset) -> None:
    assert model.as_dataset(data) is data
    batch = data.take(np.array([5, 3, 5]))
    np.testing.assert_array_equal(batch.rows, [5, 3, 5])
    assert len(batch) == batch.data.shape[0] == 3
    other = batch.data.copy()
    _parts(other)[0].flat[0] += 1
    prints = {model.as_dataset(matrix).fingerprint() for matrix in (batch.data, other, batch.data[:2])}
    assert len(prints) == 3
    assert model.as_dataset(batch.data).fingerprint() in prints


@pytest.mark.parametrize("kind", [np.float16, np.int64, np.uint16, np.ndarray.tolist], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("which", ["kmeans", "nmf"])
def test_numbers_of_any_kind_are_what_they_are(which: str, kind: Any) -> None:
    """Nothing is cut to the range of bytes, nor are fractions cut off."""
    x = np.random.default_rng(0).integers(0, 600, (60, 4)) / (1 if "int" in kind.__name__ else 64)
    expected = clone(MODELS[which]).fit(x.astype(np.float32)).state_
    _assert_same(expected, clone(MODELS[which]).fit(kind(x)).state_)


@pytest.mark.parametrize("which", ["lda", "kmeans", "nmf", "nmf-divergence"])
def test_scikit_learn_accepts_the_estimator(which: str) -> None:
    results = check_estimator(clone(MODELS[which]), on_skip=None, on_fail=None)
    failures = {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"}
    assert set(failures) == set(EXPECTED_FAILURES), failures
    assert len(results) > 40
