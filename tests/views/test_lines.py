import numpy as np
import pytest

from mixviz.engine.history import History
from mixviz.views.changes import Changes
from mixviz.views.lines import Lines, figure, points
from tests.views.session import Columns, change, still_session


def arrays(frame):
    return [np.frombuffer(data, dtype="<f8") for data in frame.buffers]


def test_points_double_only_where_a_bin_spans_a_range():
    x, y = points(np.array([1, 5, 9]), np.array([2.0, 3.0, 4.0]), np.array([2.0, 7.0, 4.0]))
    assert x.tolist() == [1, 5, 5, 9]
    assert y.tolist() == [2, 3, 7, 4]


def test_points_leave_out_what_is_not_finite():
    x, y = points(np.array([1, 2, 3]), np.array([1.0, np.nan, 3.0]), np.array([1.0, np.nan, np.inf]))
    assert (x.tolist(), y.tolist()) == ([1], [1])


def test_frame_holds_the_whole_run():
    frame = Lines().frame(still_session())
    x, y = arrays(frame)
    assert x.tolist() == list(range(1, 13))
    np.testing.assert_allclose(y, -9 + np.arange(12) / 10)
    header = frame.header
    assert (header["first"], header["last"], header["colour"], header["help"]) == (1, 12, 0, "per token")
    assert header["value"] == pytest.approx(-7.9)


def test_frames_share_no_memory():
    view, session = Lines(), still_session()
    first = view.frame(session)
    session.history["likelihood"][1][:] = 0
    assert arrays(first)[1][0] == -9
    assert all(isinstance(data, bytes) for data in first.buffers)


def test_a_metric_not_recorded_yet_is_an_empty_line():
    frame = Lines(["coherence"]).frame(still_session())
    assert [len(values) for values in arrays(frame)] == [0, 0]
    assert frame.header["value"] is None


def test_a_metric_that_is_never_finite_is_an_empty_line():
    history = Columns(broken=(np.arange(1, 4), np.full(3, np.nan)))
    frame = Lines(["broken"]).frame(still_session(history=history))
    assert (len(arrays(frame)[0]), frame.header["value"]) == (0, "NaN")


def test_the_number_is_the_latest_value_and_not_its_bins_maximum():
    history = History()
    for tick in range(1, 2001):
        history.append("falling", tick, -float(tick))
    frame = Lines(["falling"]).frame(still_session(history=history))
    assert len(arrays(frame)[0]) < 2000
    assert frame.header["value"] == -2000


def test_a_metric_that_became_nan_says_so():
    history = Columns(broken=(np.arange(1, 4), np.array([1.0, 2.0, np.nan])))
    frame = Lines(["broken"]).frame(still_session(history=history))
    assert (arrays(frame)[1].tolist(), frame.header["value"]) == ([1, 2], "NaN")


def test_marks_stand_where_controls_changed():
    changes = Changes()
    changes.read([change(step=6, old=0.0, new=0.5)])
    header = Lines().frame(still_session(changes=changes)).header
    assert header["marks"] == [{"step": 7, "title": "l1 0 → 0.5"}]


def test_figure_is_a_bqplot_line_without_animation():
    made = figure(2)
    assert (type(made).__name__, made.animation_duration) == ("Figure", 0)
    (line,) = made.marks
    assert line.colors == ["var(--series-2)"]
    assert set(line.scales) == {"x", "y"}
