"""A session as panels read it: which of what it measures is, or may become, a line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixviz.types import Metric
from mixviz.views.session_source import SessionSource
from tests.views.session import Columns
from tests.views.test_board import session


def declare(source: SessionSource, name: Any, **options: Any) -> None:
    source.session.instruments.add_metric(Metric(name, lambda state, batch: 1.0, **options))


def test_metrics_are_columns_of_numbers_and_what_may_become_one():
    source = SessionSource(session("density"))
    declare(source, "later", help="not recorded yet")
    source.session.history["corner"] = (np.array([1]), np.ones((1, 3)))
    source.session.history["seconds"] = (np.array([1]), np.array([0.1]))
    assert source.metrics == {"density": "about density", "later": "not recorded yet", "seconds": ""}
    assert source.usual_metrics == ("density",)


def test_before_the_first_step_the_metrics_that_a_session_began_with_are_shown():
    source = SessionSource(session("density", history=Columns()))
    declare(source, "later")
    assert (list(source.metrics), source.usual_metrics) == (["density", "later"], ("density",))


def test_a_metric_that_failed_is_shown_although_it_is_gone():
    source = SessionSource(session("density"))
    source.session.instruments.failures = {"mine": {"message": "no", "traceback": ""}}
    assert source.metrics["mine"] == ""
    assert source.usual_metrics == ("density", "mine")


def test_a_name_that_is_no_text_is_passed_over():
    source = SessionSource(session("density"))
    source.session.instruments.metrics[5] = Metric(5, lambda state, batch: 1.0)
    source.session.history[5] = (np.array([1]), np.array([0.1]))
    assert list(source.metrics) == ["density"]
    assert source.usual_metrics == ("density",)


def test_what_a_session_lacks_is_said():
    lacking = session("density")
    del lacking.log
    with pytest.raises(AttributeError, match="log"):
        SessionSource(lacking).refresh()
