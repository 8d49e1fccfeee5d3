"""What holds for every kind of panel."""

from __future__ import annotations

import inspect
import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mixviz as mv
from mixviz.views.entries import check, meant
from mixviz.views.layout import MAX_ROWS, N_COLUMNS
from mixviz.views.panel import PanelView
from mixviz.views.registry import PANELS
from mixviz.views.session_source import SessionSource
from tests.views.clusters import clustered
from tests.views.test_board import session, topic_session

KINDS = sorted(PANELS)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=4,
)


@cache
def sources() -> list[SessionSource]:
    """Sessions of topics, of clusters of images, and of clusters of other rows."""
    sessions = [topic_session("likelihood", "density")]
    for data in (mv.datasets.load_digits(), np.eye(8)):
        found = clustered(data)
        sessions.append(session("distance", published=found.published, data=found.data))
    return [SessionSource(one) for one in sessions]


def fitting(kind: str) -> SessionSource:
    """The first of them that the panel fits."""
    return next(source for source in sources() if PANELS[kind].fits(source))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_its_key_and_has_a_size_of_the_grid(kind: str) -> None:
    panel = PANELS[kind]
    assert panel.kind == kind
    assert issubclass(panel, PanelView)
    assert 1 <= panel.size[0] <= N_COLUMNS
    assert 1 <= panel.size[1] <= MAX_ROWS


@pytest.mark.parametrize("kind", KINDS)
def test_options_are_what_the_constructor_takes(kind: str) -> None:
    view = PANELS[kind]()
    assert list(view.options) == list(inspect.signature(PANELS[kind]).parameters)
    described = json.loads(json.dumps(view.options, allow_nan=False))
    assert PANELS[kind](**described).options == view.options == described
    assert isinstance(view.title, str)


@pytest.mark.parametrize("kind", KINDS)
def test_settings_are_options_with_their_present_values(kind: str) -> None:
    source = fitting(kind)
    view, _, _ = meant(kind, source, {})
    for setting in view.settings(source):
        assert setting.value == view.options[setting.name]
        json.dumps(setting.value, allow_nan=False)
    check(view, source)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_options_are_refused_or_can_be_shown_and_changed(kind: str, data: st.DataObject) -> None:
    """A layout comes from a file, so its options may be anything; none may take the whole dashboard with it."""
    source = fitting(kind)
    names = list(inspect.signature(PANELS[kind]).parameters) or ["none"]
    options: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(names), JUNK, max_size=3))
    try:
        view, _, _ = meant({"kind": kind, "options": options}, source, {})
    except ValueError:
        return
    assert isinstance(view.title, str)
    view.settings(source)
