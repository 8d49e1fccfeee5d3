import numpy as np
import pytest
from ipywidgets.widgets import widget

from mixviz.engine.history import History
from mixviz.views.changes import Changes
from mixviz.views.lines import N_BINS, N_BINS_IN_ALL, Lines, close_figure, figure
from tests.views.session import Columns, change, still_session


def arrays(frame):
    return [np.frombuffer(data, dtype="<f8") for data in frame.buffers]


def two_columns(**fields):
    steps = np.arange(1, 13)
    history = Columns(likelihood=(steps, -9 + steps / 10), density=(steps, steps / 100))
    return still_session(history=history, metrics={"likelihood": "per token", "density": ""}, **fields)


def long_history(n=2000, **columns):
    history = History()
    for name, value in columns.items():
        for tick in range(1, n + 1):
            history.append(name, tick, float(value(tick)))
    return history


def test_frame_holds_the_whole_run():
    frame = Lines().frame(still_session())
    x, y, smooth = arrays(frame)
    assert x.tolist() == list(range(1, 13))
    np.testing.assert_allclose(y, -9 + np.arange(12) / 10)
    assert len(smooth) == 0
    (series,) = frame.header["series"]
    assert (series["metric"], series["colour"], series["help"]) == ("likelihood", 0, "per token")
    assert series["value"] == pytest.approx(-7.9)
    shown = {name: frame.header[name] for name in ("first", "last", "axis", "is_zoomed", "note")}
    assert shown == {"first": 1, "last": 12, "axis": "linear", "is_zoomed": False, "note": ""}


def test_several_lines_share_a_frame_and_no_colour():
    view = Lines(["density", "likelihood", "later"], smoothing=0.5)
    frame = view.frame(two_columns())
    assert [len(values) for values in arrays(frame)] == [12, 12, 12, 12, 12, 12, 0, 0, 0]
    assert [series["colour"] for series in frame.header["series"]] == [1, 0, 2]
    assert view.title == "density, likelihood, later"
    assert frame.header["note"] == "smoothed 0.5"


def test_frames_share_no_memory():
    view, session = Lines(), still_session()
    first = view.frame(session)
    session.history["likelihood"][1][:] = 0
    assert arrays(first)[1][0] == -9
    assert all(isinstance(data, bytes) for data in first.buffers)


def test_a_metric_not_recorded_yet_is_an_empty_line():
    frame = Lines(["coherence"]).frame(still_session())
    assert [len(values) for values in arrays(frame)] == [0, 0, 0]
    assert frame.header["series"][0]["value"] is None


def test_a_metric_that_is_never_finite_is_an_empty_line():
    history = Columns(broken=(np.arange(1, 4), np.full(3, np.nan)))
    frame = Lines(["broken"]).frame(still_session(history=history))
    assert (len(arrays(frame)[0]), frame.header["series"][0]["value"]) == (0, "NaN")


def test_the_number_is_the_latest_value_and_not_its_bins_maximum():
    frame = Lines(["falling"]).frame(still_session(history=long_history(falling=lambda tick: -tick)))
    assert len(arrays(frame)[0]) < 2000
    assert frame.header["series"][0]["value"] == -2000


def test_several_lines_share_the_bins():
    history = long_history(**{name: lambda tick: tick % 7 for name in "abcdef"})
    session = still_session(history=history, metrics=dict.fromkeys("abcdef", ""))
    session.published = session.published.__class__(2000, 2000, None, {})
    alone, together = (Lines(list(names)).frame(session) for names in ("a", "abcdef"))
    assert N_BINS < len(arrays(alone)[0]) <= 2 * N_BINS
    assert sum(len(x) for x in arrays(together)[::3]) <= 2 * N_BINS_IN_ALL


def test_zooming_in_decimates_anew():
    session = still_session(history=long_history(wave=lambda tick: tick % 7), metrics={"wave": ""})
    session.published = session.published.__class__(2000, 2000, None, {})
    view = Lines(["wave"])
    view.configure(session, first=301, last=350)
    frame = view.frame(session)
    assert arrays(frame)[0].tolist() == list(range(301, 351))
    assert (frame.header["first"], frame.header["last"], frame.header["is_zoomed"]) == (301, 350, True)
    assert frame.header["note"] == "steps 301 to 350"


def smooth_of(session, **options):
    x, _, smooth = arrays(Lines(["wave"], smoothing=0.9, **options).frame(session))
    return x, smooth


@pytest.mark.parametrize("axis", ["linear", "log"])
def test_a_zoomed_line_is_smoothed_as_the_whole_one(axis):
    session = still_session(history=long_history(200, wave=lambda tick: tick % 7 + 1), metrics={"wave": ""})
    session.published = session.published.__class__(200, 200, None, {})
    whole = dict(zip(*smooth_of(session, axis=axis), strict=True))
    steps, smooth = smooth_of(session, axis=axis, first=150, last=180)
    assert steps.tolist() == list(range(150, 181))
    np.testing.assert_allclose(smooth, [whole[step] for step in steps])


def test_a_zoom_into_a_decimated_line_keeps_its_smoothing():
    history = long_history(20_000, wave=lambda tick: np.sin(tick / 2000))
    session = still_session(history=history, metrics={"wave": ""})
    session.published = session.published.__class__(20_000, 20_000, None, {})
    steps, smooth = smooth_of(session, first=5001, last=5100)
    assert len(steps) == len(smooth) == 100
    np.testing.assert_allclose(smooth, np.interp(steps, *smooth_of(session)), atol=0.01)


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"window": "last 100 steps"}, (1901, 2000)),
        ({"window": "last 10,000 steps"}, (1, 2000)),
        ({"first": 500}, (500, 2000)),
        ({"last": 500}, (1, 500)),
        ({"first": 5000}, (5000, 5001)),
        ({"window": "last 100 steps", "first": 7, "last": 9}, (7, 9)),
    ],
)
def test_windows(options, steps):
    session = still_session(history=long_history(wave=lambda tick: tick % 7), metrics={"wave": ""})
    session.published = session.published.__class__(2000, 2000, None, {})
    header = Lines(["wave"], **options).frame(session).header
    assert (header["first"], header["last"]) == steps


def test_another_window_ends_a_zoom():
    view, session = Lines(first=3, last=5), still_session()
    view.configure(session, axis="log")
    assert view.options["first"] == 3
    view.configure(session, window="last 100 steps")
    assert (view.options["first"], view.options["last"]) == (None, None)


def test_a_log_axis_says_what_it_leaves_out():
    history = Columns(loss=(np.arange(1, 4), np.array([0.0, 10.0, 100.0])))
    frame = Lines(["loss"], axis="log").frame(still_session(history=history))
    assert arrays(frame)[0].tolist() == [2, 3]
    assert frame.header["note"] == "log · values of 0 and below left out"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": []}, "metrics takes a list of 1 to 6 different names, got \\[\\]"),
        ({"metrics": "likelihood"}, "metrics takes"),
        ({"metrics": ["a", "a"]}, "metrics takes"),
        ({"axis": "square"}, "axis takes one of 'linear', 'log', got 'square'"),
        ({"smoothing": 1}, "smoothing takes a number from 0 to 0.99, got 1"),
        ({"window": "last week"}, "window takes one of"),
        ({"first": 0}, "first takes None or a step, a whole number from 1, got 0"),
        ({"last": 2.5}, "last takes"),
        ({"first": 9, "last": 9}, "first must be below last, 9, got 9"),
    ],
)
def test_options_that_are_not_allowed(options, message):
    with pytest.raises(ValueError, match=message):
        Lines(**options)
    view, session = Lines(), still_session()
    before = view.options
    with pytest.raises(ValueError, match=message):
        view.configure(session, **{"smoothing": 0.5, **options})
    assert view.options == before


def test_settings_offer_the_sessions_metrics_and_those_shown():
    settings = {setting.name: setting for setting in Lines(["later"]).settings(two_columns())}
    assert settings["metrics"].choices == ("likelihood", "density", "later")
    assert list(settings) == ["metrics", "axis", "smoothing", "window"]


def test_a_menu_offers_a_line_for_each_metric():
    assert Lines.offers(two_columns())[1] == ("density", {"metrics": ["density"]})


def test_a_metric_that_failed_says_so():
    failure = {"message": "metric density disabled: no", "traceback": "…"}
    header = Lines(["likelihood", "density"]).frame(two_columns(failures={"density": failure})).header
    assert [series["failure"] for series in header["series"]] == [None, failure]


def test_a_metric_that_became_nan_says_so():
    history = Columns(broken=(np.arange(1, 4), np.array([1.0, 2.0, np.nan])))
    frame = Lines(["broken"]).frame(still_session(history=history))
    assert (arrays(frame)[1].tolist(), frame.header["series"][0]["value"]) == ([1, 2], "NaN")


def test_marks_stand_where_controls_changed():
    changes = Changes()
    changes.read([change(step=6, old=0.0, new=0.5)])
    header = Lines().frame(still_session(changes=changes)).header
    assert header["marks"] == [{"step": 7, "title": "l1 0 → 0.5"}]


def test_figure_is_two_bqplot_marks_without_animation():
    made = figure()
    assert (type(made).__name__, made.animation_duration) == ("Figure", 0)
    behind, line = made.marks
    assert behind.stroke_width < line.stroke_width
    assert set(line.scales) == {"x", "y"}


def test_a_closed_figure_leaves_no_widget_behind():
    before = set(widget._instances)
    made = figure()
    assert len(set(widget._instances) - before) == 9
    close_figure(made)
    assert set(widget._instances) <= before
