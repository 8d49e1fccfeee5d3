"""Bins and counts of a histogram, and which arrays it finds."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mixviz.types import Published
from mixviz.views import histogram
from mixviz.views.heat_map import HeatMap
from mixviz.views.histogram import LOG, Histogram, count_whole, held_range
from tests.views.clusters import clustered
from tests.views.session import Columns, still_session


@dataclass(frozen=True)
class State:
    phi_vk: np.ndarray
    size_k: np.ndarray
    offset_d: np.ndarray
    step: int = 3


def session(**fields: Any) -> SimpleNamespace:
    phi = np.random.default_rng(0).dirichlet(np.ones(50), 4).T.astype(np.float32)
    phi[0, 0] = 0
    state = State(phi, np.float32([1, 2, 3, 2]), np.arange(7))
    history = Columns(
        likelihood=(np.array([1]), np.array([-9.0])),
        lengths=(np.array([1, 2]), [np.zeros(5), np.array([1.0, 2.0, np.nan, np.inf, 3.0])]),
    )
    words = SimpleNamespace(vocabulary=[f"w{v}" for v in range(50)])
    return still_session(**{"published": Published(3, 3, state, {}), "history": history, "data": words, **fields})


def counts(frame: Any) -> np.ndarray:
    return np.frombuffer(frame.buffers[0], "<f8")


def test_arrays_are_offered_once_each_and_the_settings_have_those_they_are_made_of() -> None:
    offered = ["topic sizes", "word weights (log)", "lengths", "offset_d"]
    assert Histogram.offers(session()) == [(name.replace("_", " "), {"of": name}) for name in offered]
    of, n_bins, axis = Histogram().settings(session())
    assert of.choices == ("automatic", *offered[:3], "phi_vk", "size_k", "offset_d")
    assert of.labels[-3:] == ("word weights", "tokens of each topic", "offset d")
    assert (n_bins.low, n_bins.high, axis.choices) == (0, 200, ("linear", "log"))


def test_arrays_that_say_nothing_are_not_offered() -> None:
    fields = {"none_b": np.empty(0), "one_b": np.ones(1), "even_f": np.ones(9), "odd_f": np.arange(9.0)}
    bare = session(published=Published(1, 1, SimpleNamespace(**fields), {}))
    offered = [options["of"] for _, options in Histogram.offers(bare)]
    assert "odd_f" in offered
    assert not {"none_b", "one_b", "even_f"} & set(offered)
    assert set(fields) <= set(Histogram().settings(bare)[0].choices)


def test_parts_of_data_without_words_are_no_topics() -> None:
    parts, view, heat_map = session(data=SimpleNamespace()), Histogram(), HeatMap()
    assert Histogram.offers(parts)[:2] == [("part sizes", {"of": "topic sizes"}), ("part weights (log)", {"of": LOG})]
    view.frame(parts)
    assert (view.title, view.settings(parts)[0].labels[1]) == ("part sizes", "part sizes")
    heat_map.frame(parts)
    assert heat_map.title == "part similarity"


def test_topic_sizes_are_shares_and_shown_unasked() -> None:
    view = Histogram()
    assert view.title == "histogram"
    frame = view.frame(session())
    assert (frame.header["of"], view.title, counts(frame).sum()) == ("topic sizes", "topic sizes", 4)
    assert 0 <= frame.header["low"] < 1 / 8
    assert 3 / 8 < frame.header["high"] < 0.5


def test_sizes_of_clusters_are_in_equal_shares_and_their_scale_stays() -> None:
    still, view = clustered(np.eye(16), 4), Histogram()
    frame = view.frame(still)
    header = frame.header
    assert (header["of"], view.title, header["note"]) == ("sizes", "cluster sizes", "4 clusters, 1 is an equal share")
    assert (header["low"], header["high"], len(counts(frame))) == (0, 2.1, 8)
    assert next(options["of"] for _, options in Histogram.offers(still)) == "sizes"
    assert "share_k" not in [options["of"] for _, options in Histogram.offers(still)]
    uneven = replace(still.published.state, share_k=np.float32([0.85, 0.05, 0.05, 0.05]))
    frame = view.frame(still_session(data=still.data, published=Published(1, 1, uneven, {})))
    assert frame.header["high"] > 3.4
    assert view.frame(still).header["high"] > 3.4


def test_the_number_of_bins_suits_the_number_of_values() -> None:
    for n, n_bins in {3: 8, 100: 20, 10_000: 40}.items():
        values = Columns(x=([1], [np.linspace(0, 1, n)]))
        assert len(counts(Histogram("x").frame(session(history=values)))) == n_bins


@pytest.mark.parametrize("n_bins", [2, 7, 200])
@pytest.mark.parametrize("of", ["topic sizes", "word weights (log)", "lengths", "phi_vk", "offset_d"])
def test_every_finite_value_is_counted_once(of: str, n_bins: int) -> None:
    frame = Histogram(of, n_bins).frame(session())
    expected = {"topic sizes": 4, "word weights (log)": 199, "lengths": 3, "phi_vk": 200, "offset_d": 7}[of]
    assert counts(frame).sum() == expected
    assert len(counts(frame)) == (n_bins if of != "offset_d" else {2: 2, 7: 7, 200: 7}[n_bins])
    assert frame.header["low"] < frame.header["high"]
    json.dumps(frame.header, allow_nan=False)


def test_what_cannot_be_counted_is_mentioned() -> None:
    assert Histogram("word weights (log)").frame(session()).header["note"] == "199 values · zeros: 1"
    assert Histogram("lengths").frame(session()).header["note"] == "3 values · not finite: 2"


def test_of_huge_arrays_some_rows_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histogram, "MAX_VALUES", 80)
    frame = Histogram("phi_vk").frame(session())
    assert frame.header["note"] == "68 values · 1 of 3 rows"
    assert counts(frame).sum() == 68


@pytest.mark.parametrize("values", [np.empty(0), np.full(3, np.nan), np.full(3, 2.5), np.zeros(1), np.array([True])])
def test_values_without_a_range(values: np.ndarray) -> None:
    frame = Histogram("x").frame(session(history=Columns(x=([1], [values]))))
    assert counts(frame).sum() == np.isfinite(values).sum()
    assert frame.header["low"] < frame.header["high"]
    json.dumps(frame.header, allow_nan=False)


def test_an_array_not_recorded_yet_is_an_empty_panel() -> None:
    frame = Histogram("later").frame(session())
    assert (frame.header["note"], frame.buffers) == ("no later yet", [b""])


def test_before_anything_is_recorded_any_metric_may_be_meant() -> None:
    bare = still_session(history=Columns(), metrics={"lengths": "of documents"})
    assert Histogram.fits(bare)
    assert Histogram.offers(bare) == []
    Histogram("lengths").check(bare)
    assert not Histogram.fits(still_session())


def test_options_are_checked() -> None:
    view = Histogram()
    view.configure(session(), of="lengths", n_bins=12, axis="log")
    assert view.options == {"of": "lengths", "n_bins": 12, "axis": "log"}
    assert view.title == "lengths"
    for option, value in {"of": "likelihood", "n_bins": 201, "axis": "cubic"}.items():
        with pytest.raises(ValueError, match=f"{option} takes"):
            view.configure(session(), **{option: value})


def test_the_range_holds_still_until_values_leave_it() -> None:
    first = held_range(None, 0.0, 10.0)
    assert first == (0.0, 10.5)
    assert held_range(first, 1.0, 9.0) == first
    assert held_range(first, 1.0, 11.0)[1] > 11
    assert held_range(first, 1.0, 2.0) == (0.95, 2.05)
    assert held_range(None, -1.0, 1.0) == (-1.1, 1.1)


def test_the_range_starts_anew_with_another_array() -> None:
    view = Histogram("phi_vk")
    view.frame(session())
    view.configure(session(), of="lengths")
    header = view.frame(session()).header
    assert (header["low"], header["high"]) == pytest.approx((0.9, 3.1))


def test_whole_numbers_get_bins_of_equally_many() -> None:
    values = np.array([3, 3, 4, 9])
    found, limits = count_whole(values, 40)
    assert (found.tolist(), limits) == ([2, 1, 0, 0, 0, 0, 1], (2.5, 9.5))
    found, limits = count_whole(values, 3)
    assert (found.tolist(), limits) == ([3, 0, 1], (2.5, 11.5))
    assert count_whole(np.array([True, False, True]), 5)[0].tolist() == [1, 2]


def test_values_whose_distance_is_infinite_are_left_out_and_counted() -> None:
    huge = Columns(huge=(np.array([1]), [np.array([1e308, -1e308, 1.0, 2.0, np.inf])]))
    frame = Histogram("huge").frame(session(history=huge))
    assert frame.header["note"] == "2 values · not finite: 1 · beyond 1e+300: 2"
    assert counts(frame).sum() == 2
    assert (frame.header["low"], frame.header["high"]) == pytest.approx((0.95, 2.05))
    largest = Columns(huge=(np.array([1]), [np.array([1e300, -1e300])]))
    frame = Histogram("huge").frame(session(history=largest))
    assert counts(frame).sum() == 2
    json.dumps(frame.header, allow_nan=False)
