"""Columns: exact on the present path, decimated without losing extremes, small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixviz.engine.columns import ArrayColumn, Column
from mixviz.engine.history import History
from mixviz.engine.log import DTYPE, Change, Log
from mixviz.engine.path import Path, Segment


def filled(n: int) -> tuple[History, np.ndarray]:
    values = np.random.default_rng(0).normal(size=n)
    history = History()
    for tick, value in enumerate(values, 1):
        history.append("x", tick, value)
    return history, values


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 255, 256, 257, 5000, 40_000])
@pytest.mark.parametrize("n_bins", [1, 10])
def test_windows_keep_the_extremes(n: int, n_bins: int) -> None:
    history, values = filled(n)
    if n == 0:
        history.columns["x"] = Column()
    steps, lows, highs = history.window("x", 1, None, n_bins)
    assert len(steps) == min(n, n_bins)
    if n:
        assert lows.min() == values.min()
        assert highs.max() == values.max()
        assert steps[0] == 1
        assert (np.diff(steps) > 0).all()
    if n <= n_bins:
        np.testing.assert_array_equal(lows, values)


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 50))
def test_any_window_agrees_with_the_plain_computation(first: int, length: int, n_bins: int) -> None:
    history, values = SHARED
    last = first + length - 1
    steps, lows, highs = history.window("x", first, last, n_bins)
    inside = values[first - 1 : last]
    assert len(steps) == min(n_bins, len(inside))
    if len(inside):
        assert (lows.min(), highs.max()) == (inside.min(), inside.max())
        assert first <= steps[0]
        assert steps[-1] <= last


SHARED = filled(3000)


def test_a_million_steps_stay_small() -> None:
    column = Column()
    column.extend(np.arange(1, 1_000_001, dtype=np.uint32), np.zeros(1_000_000))
    assert column.n_bytes < 14.5e6  # six figures and the digests fit 100 MB
    assert len(column.window(Path(), 1, None, 1000)[0]) == 1000


@pytest.mark.parametrize("sizes", [(5000,), (1, 255, 256, 257, 0, 511), (300, 1, 1, 700)])
def test_many_values_at_once_are_as_one_by_one(sizes: tuple[int, ...]) -> None:
    n = sum(sizes)
    history, values = filled(n)
    column, first = Column(), 0
    for size in sizes:
        column.extend(np.arange(first + 1, first + size + 1, dtype=np.uint32), values[first : first + size])
        first += size
    column.append(n + 1, 0.5)
    history.append("x", n + 1, 0.5)
    for n_bins in (1, 3, n):
        for seen, wanted in zip(
            column.window(Path(), 1, None, n_bins), history.window("x", 1, None, n_bins), strict=True
        ):
            np.testing.assert_array_equal(seen, wanted)
    with pytest.raises(ValueError, match="2 values for 3 ticks"):
        column.extend(np.zeros(3, np.uint32), np.zeros(2))


def test_a_path_reads_only_its_own_ticks() -> None:
    history, values = filled(40)
    history.path = Path((Segment(1, 10, 0), Segment(31, None, 20)))
    steps, seen = history["x"]
    np.testing.assert_array_equal(steps, np.arange(1, 21))
    np.testing.assert_array_equal(seen, np.r_[values[:10], values[30:]])
    np.testing.assert_array_equal(history.window("x", 5, 12, 100)[1], np.r_[values[4:10], values[30:32]])


def test_the_latest_value_is_that_of_the_present_path() -> None:
    history = History()
    for tick in range(1, 1001):
        history.append("falling", tick, -tick)
    assert history.latest("falling") == -1000
    history.path = history.path.until(400).continued(1000, 400)
    assert history.latest("falling") == -400
    history.append("falling", 1001, np.nan)
    assert np.isnan(history.latest("falling") or 0.0)
    history.path = Path().until(0).continued(1001, 0)
    assert history.latest("falling") is None
    history.append("a", 1, np.zeros(2))
    for name in ("a", "nothing"):
        with pytest.raises(KeyError, match=name):
            history.latest(name)


def test_the_latest_array_is_that_of_the_present_path() -> None:
    history = History()
    for tick in range(1, 101):
        history.append("shares", tick, np.full(2, tick))
    history.append("x", 1, 0.0)
    np.testing.assert_array_equal(history.latest_array("shares"), [100, 100])
    history.path = history.path.until(40).continued(100, 40)
    np.testing.assert_array_equal(history.latest_array("shares"), [40, 40])
    history.append("shares", 101, np.full(3, 101))
    np.testing.assert_array_equal(history.latest_array("shares"), [101, 101, 101])
    history.path = Path().until(0).continued(101, 0)
    assert history.latest_array("shares") is None
    for name in ("x", "nothing"):
        with pytest.raises(KeyError, match=name):
            history.latest_array(name)


def assert_even(steps: np.ndarray, n: int) -> None:
    assert (steps[0], steps[-1]) == (1, n)
    gaps = np.diff(steps)[:-1]  # the newest stands wherever it stands
    assert gaps.max() <= 2 * gaps[1:].min()


@pytest.mark.parametrize("n", [1, 2, 256, 257, 2000, 20_001])
def test_array_columns_are_thinned_evenly_and_keep_the_newest(n: int) -> None:
    column = ArrayColumn()
    for tick in range(1, n + 1):
        column.append(tick, np.full(3, tick))
    steps, values = column.arrays(Path())
    assert min(n, 128) <= len(steps) <= 256
    np.testing.assert_array_equal(values[:, 0], steps)
    if n > 2:
        assert_even(steps, n)


def test_array_columns_stay_even_where_they_are_read_back_or_copied() -> None:
    column = ArrayColumn()
    for tick in range(1, 10_001):
        column.append(tick, np.full(3, tick))
    read, copied = ArrayColumn(), column.copied(7000)
    for tick, value in column.entries:
        read.append(tick, value)
    for first, other in ((10_001, read), (7001, copied)):
        for tick in range(first, 40_001):
            other.append(tick, np.full(3, tick))
        assert_even(other.arrays(Path())[0], 40_000)


def test_arrays_are_limited_by_bytes_and_counted() -> None:
    history, array = History(), np.zeros(1 << 17)  # 1 MiB
    for tick in range(1, 1001):
        history.append("large", tick, array)
    steps = history.columns["large"].arrays(Path())[0]
    assert len(steps) > 4
    assert_even(steps, 1000)
    assert array.nbytes * len(steps) <= history.n_bytes <= 14.5e6  # no more than a column of a million numbers
    history.append("huge", 1, np.zeros(2_000_000))
    history.append("huge", 2, np.ones(2_000_000))
    assert history["huge"][0].tolist() == [2]


def test_windows_are_of_numbers() -> None:
    history = History()
    history.append("a", 1, np.zeros(2))
    with pytest.raises(KeyError, match="array-valued"):
        history.window("a", 1, None, 10)


def test_arrays_of_changing_shape_come_as_a_list() -> None:
    column = ArrayColumn()
    column.append(1, np.zeros(2))
    column.append(2, np.zeros(3))
    assert [value.shape for value in column.arrays(Path())[1]] == [(2,), (3,)]


changes = st.builds(
    Change,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.floats(0, 1e10),
    st.text(max_size=5),
    st.sampled_from(["set", "rewind", "error"]),
    st.text(max_size=5),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.floats(allow_nan=False),
    st.integers(-1, 2**40),
)


@given(st.lists(changes, max_size=20))
def test_a_log_gives_back_what_was_put_in_also_through_arrays(lines: list[Change]) -> None:
    log = Log()
    for line in lines:
        log.append(line)
    assert list(log) == lines
    assert list(Log.from_arrays(*log.to_arrays())) == lines
    assert log[-3:] == tuple(lines[-3:])


def test_a_log_of_a_million_lines_stays_small() -> None:
    assert DTYPE.itemsize * 1_000_000 < 60e6


def test_damaged_log_arrays_are_refused() -> None:
    log = Log()
    log.append(Change(1, 1, 0.0, "user", "set", "rate", 0.0, 1.0))
    rows, texts = log.to_arrays()
    with pytest.raises(ValueError, match="texts"):
        Log.from_arrays(rows, texts[:1])
    with pytest.raises(ValueError, match="dtype"):
        Log.from_arrays(np.zeros(3), texts)
    rows["kind"] = 200
    with pytest.raises(ValueError, match="kind"):
        Log.from_arrays(rows, texts)
