"""Cells of a heat map, the range of its colours, and which arrays it finds."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mixviz.types import Published
from mixviz.views.heat_map import HeatMap, block_means, colour_range, similarity
from tests.views.session import Columns, still_session


def session(n_words: int = 40, n_topics: int = 5, **fields: Any) -> SimpleNamespace:
    phi = np.random.default_rng(0).dirichlet(np.ones(n_words), n_topics).T.astype(np.float32)
    state = SimpleNamespace(phi_vk=phi, size_k=np.ones(n_topics), step=3)
    history = Columns(likelihood=([1], np.array([-9.0])), table=([1], [np.arange(6.0).reshape(2, 3)]))
    usual = {
        "published": Published(3, 3, state, {}),
        "history": history,
        "data": SimpleNamespace(vocabulary=[f"w{v}" for v in range(n_words)]),
    }
    return still_session(**{**usual, **fields})


def cells(frame: Any) -> np.ndarray:
    return np.frombuffer(frame.buffers[0], "<f4").reshape(frame.header["cells"])


def test_arrays_of_rows_and_columns_are_offered_in_words() -> None:
    assert HeatMap.offers(session()) == [(name, {"of": name}) for name in ("topic similarity", "table")]
    (of,) = HeatMap().settings(session())
    assert of.choices == ("automatic", "topic similarity", "table", "phi_vk")
    assert of.labels == ("automatic", "topic similarity", "table", "word weights")
    assert HeatMap("phi_vk").title == "word weights"
    assert not HeatMap.fits(still_session())


def test_similarity_is_the_cosine_between_topics() -> None:
    source = session()
    phi = source.published.state.phi_vk.astype(float)
    unit = phi / np.linalg.norm(phi, axis=0)
    view = HeatMap()
    frame = view.frame(source)
    np.testing.assert_allclose(cells(frame), unit.T @ unit, rtol=1e-5)
    assert (frame.header["shape"], frame.header["cells"], view.title) == ([5, 5], [5, 5], "topic similarity")
    assert len(frame.header["labels"]) == 5
    assert frame.header["high"] == pytest.approx((unit.T @ unit - 2 * np.eye(5)).max(), rel=1e-5)
    json.dumps(frame.header, allow_nan=False)


def test_topics_keep_the_names_that_a_person_gave() -> None:
    labels = HeatMap().frame(session(topic_names={1: "war films"})).header["labels"]
    assert (len(labels), labels[1]) == (5, "war films")


def test_similarity_of_topics_without_weight_is_zero() -> None:
    assert similarity(np.float32([[1, 0], [0, 0]])).tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("n_topics", [1, 2, 300])
def test_awkward_numbers_of_topics(n_topics: int) -> None:
    frame = HeatMap().frame(session(n_topics=n_topics))
    shown = min(n_topics, 150 if n_topics == 300 else n_topics)
    assert cells(frame).shape == (shown, shown)
    assert (frame.header["labels"] is None) == (n_topics == 300)
    json.dumps(frame.header, allow_nan=False)


def test_a_metric_is_shown_as_it_is() -> None:
    frame = HeatMap("table").frame(session())
    assert cells(frame).tolist() == [[0, 1, 2], [3, 4, 5]]
    header = frame.header
    assert (header["low"], header["high"], header["labels"], header["note"]) == (0, 5, None, "2 × 3")


def test_large_arrays_become_means_of_blocks() -> None:
    frame = HeatMap("phi_vk").frame(session(n_words=1000))
    assert frame.header["note"] == "1,000 × 5 · each cell the mean of 4 × 1"
    phi = session(n_words=1000).published.state.phi_vk
    np.testing.assert_allclose(cells(frame), phi.reshape(250, 4, 5).mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (7, 8), (9, 1), (8, 16)])
def test_blocks_against_brute_force(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(1).normal(size=shape)
    values[0, 0] = np.nan
    found = block_means(values, 4)
    rows, columns = (-(-n // 4) for n in shape)
    expected = [
        [
            np.nanmean(block) if np.isfinite(block).any() else np.nan
            for j in range(0, shape[1], columns)
            for block in [values[i : i + rows, j : j + columns]]
        ]
        for i in range(0, shape[0], rows)
    ]
    assert max(found.shape) <= 4
    np.testing.assert_allclose(found, expected)


def test_whole_numbers_and_truth_values_are_numbers() -> None:
    assert block_means(np.array([[True, False]]), 1).tolist() == [[0.5]]
    assert block_means(np.array([[2**40, 1]]), 2).tolist() == [[2**40, 1]]


def test_colours_range_over_what_is_finite() -> None:
    assert colour_range(np.array([[np.nan, 2.0, -1.0]]), is_similarity=False) == (-1, 2)
    assert colour_range(np.array([[np.nan]]), is_similarity=False) == (0, 1)
    assert colour_range(np.array([[1.0, 0.2], [0.2, 1.0]]), is_similarity=True) == (0, 0.2)
    assert colour_range(np.array([[1.0]]), is_similarity=True) == (1, 1)


def test_nothing_to_show_yet_is_an_empty_panel() -> None:
    for of, history in {"later": Columns(), "table": Columns(table=([1], [np.empty((0, 3))]))}.items():
        frame = HeatMap(of).frame(session(history=history))
        assert (frame.header["note"], frame.header["cells"]) == (f"no {of} yet", [0, 0])


def test_options_are_checked() -> None:
    view = HeatMap()
    view.configure(session(), of="table")
    assert view.title == "table"
    with pytest.raises(ValueError, match="of takes one of 'automatic', 'topic similarity', 'table', 'phi_vk'"):
        view.configure(session(), of="size_k")
