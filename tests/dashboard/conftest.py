"""A browser that is none, and a dashboard for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mixviz.dashboard import Dashboard
from mixviz.engine.session import Session
from tests.dashboard.toy import Browser, Rows, Toy


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(monkeypatch)


@pytest.fixture
def dash(browser: Browser) -> Iterator[Dashboard]:
    dash = Dashboard(Session(Toy(), Rows()), interval_ms=10)
    yield dash
    dash.session.stop()
    assert dash.session.wait(10)
    dash.close()
