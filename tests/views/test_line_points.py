import numpy as np

from mixviz.views.line_points import NO_BINS, Bins, finite, points, positive, smoothed


def test_points_double_only_where_a_bin_spans_a_range():
    x, y = points(np.array([1, 5, 9]), np.array([2.0, 3.0, 4.0]), np.array([2.0, 7.0, 4.0]))
    assert x.tolist() == [1, 5, 5, 9]
    assert y.tolist() == [2, 3, 7, 4]


def test_what_is_not_finite_is_left_out():
    bins = finite(Bins(np.array([1, 2, 3]), np.array([1.0, np.nan, 3.0]), np.array([1.0, np.nan, np.inf])))
    assert [values.tolist() for values in bins] == [[1], [1], [1]]


def test_no_bins_are_no_points():
    assert [len(values) for values in points(*NO_BINS)] == [0, 0]
    assert len(smoothed(NO_BINS, NO_BINS, 0.5)) == 0


def test_only_positive_values_stay_on_a_log_axis():
    bins = positive(Bins(np.array([1, 2, 3]), np.array([-2.0, -1.0, 3.0]), np.array([-1.0, 5.0, 4.0])))
    assert [values.tolist() for values in bins] == [[2, 3], [5, 3], [5, 4]]


def test_smoothing_is_a_running_mean_of_the_middles_that_does_not_start_at_zero():
    bins = Bins(np.array([1, 2, 4]), np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 4.0]))
    expected = [1, (0.5 * 1 + 3) / 1.5, (0.25 * 1 + 0.5 * 3 + 4) / 1.75]
    np.testing.assert_allclose(smoothed(bins, bins, 0.5), np.array(expected)[[0, 1, 1, 2]])


def test_smoothing_leaves_a_constant_alone():
    bins = Bins(np.arange(300), np.full(300, -8.5), np.full(300, -8.5))
    np.testing.assert_allclose(smoothed(bins, bins, 0.99), -8.5)


def test_a_zoom_between_infinities_is_smoothed_by_itself():
    shown = Bins(np.array([5, 6]), np.array([1.0, 3.0]), np.array([1.0, 3.0]))
    np.testing.assert_allclose(smoothed(shown, NO_BINS, 0.5), [1, 3.5 / 1.5])
